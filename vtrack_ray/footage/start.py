"""A recording's start: the instant of its first picture, from the container's tags or from the file's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from vtrack_ray import instants

_EARLIEST = datetime(2000, 1, 2, tzinfo=UTC)
"""Clocks that were never set count from 1904 (MP4), 1970, 1980 or 2000-01-01."""

_EARLIEST_EPOCH = datetime(2010, 1, 1, tzinfo=UTC)
"""Ten digits are more often something else than seconds since 1970: only recent ones are believed."""

_AHEAD = timedelta(days=1)
"""A recorder's clock may be set to the wrong zone, and no further ahead than that."""

_TAGS = ("creation_time", "com.apple.quicktime.creationdate")

_DATE = r"(?<!\d)(?P<year>20\d\d)(?P<sep>[-_.]?)(?P<month>\d\d)(?P=sep)(?P<day>\d\d)"
_CLOCK_TIMES = (
    # 20261101080000, 20261101_080000, 2026-11-01T08:00:00, 2026-11-01 08-00-00.250, 2026-11-01-08h00m00s
    r"[-_. T]{0,3}(?P<hour>\d\d)(?P<mid>[-_.:h]?)(?P<minute>\d\d)[-_.:m]?(?P<second>\d\d)(?:[._](?P<ms>\d{3}))?(?!\d)",
    # 2026-11-01 08-00: without seconds, hour and minute must stand apart, or they may be a running number
    r"[-_. T]{1,3}(?P<hour>\d\d)[-_.:h](?P<minute>\d\d)(?!\d)",
)
_DATED = tuple(re.compile(_DATE + clock_time) for clock_time in _CLOCK_TIMES)
_EPOCH = re.compile(r"(?<![\d+])(?P<seconds>1\d{9})(?P<ms>\d{3})?(?!\d)")


def start_from_tags(tag_sets: Iterable[Mapping[str, str]]) -> datetime | None:
    """The first believable creation time among a container's and its streams' tags; without a zone it is UTC."""
    for tags in tag_sets:
        for name in _TAGS:
            try:
                instant = instants.parse(tags.get(name, ""), ZoneInfo("UTC"))
            except (ValueError, OverflowError):
                # Absent, or a recorder's own notation: the next tag, the name or the modification time will do.
                continue
            if _is_believable(instant, _EARLIEST):
                return instant
    return None


def start_from_name(name: str, zone: ZoneInfo) -> datetime | None:
    """The first date with a time in a file's name, read in `zone`, or seconds or milliseconds since 1970."""
    for pattern in _DATED:
        for match in pattern.finditer(name):
            instant = _from_fields(match.groupdict(), zone)
            if instant is not None and _is_believable(instant, _EARLIEST):
                return instant
    for match in _EPOCH.finditer(name):
        instant = instants.from_us(int(match["seconds"]) * 1_000_000 + int(match["ms"] or 0) * 1000)
        if _is_believable(instant, _EARLIEST_EPOCH):
            return instant
    return None


def _from_fields(fields: Mapping[str, str | None], zone: ZoneInfo) -> datetime | None:
    year, month, day, hour, minute, second, ms = (
        int(fields.get(name) or 0) for name in ("year", "month", "day", "hour", "minute", "second", "ms")
    )
    try:
        return instants.require_aware(datetime(year, month, day, hour, minute, second, ms * 1000, tzinfo=zone))
    except ValueError:
        return None


def _is_believable(instant: datetime, earliest: datetime) -> bool:
    return earliest <= instant <= datetime.now(UTC) + _AHEAD
