"""A recording's start: the instant of its first picture, from the container's tags, the file's name or its folders'."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import PurePath
from zoneinfo import ZoneInfo

from vtrack_ray import instants

_EARLIEST = datetime(2000, 1, 2, tzinfo=UTC)
"""Clocks that were never set count from 1904 (MP4), 1970, 1980 or 2000-01-01."""

_EARLIEST_EPOCH = datetime(2010, 1, 1, tzinfo=UTC)
"""Ten digits are more often something else than seconds since 1970: only recent ones are believed."""

_AHEAD = timedelta(days=1)
"""A recorder's clock may be set to the wrong zone, and no further ahead than that."""

_TAGS = ("creation_time", "com.apple.quicktime.creationdate")

_DATES = (
    r"(?<!\d)(?P<year>20\d\d)(?P<sep>[-_.]?)(?P<month>\d\d)(?P=sep)(?P<day>\d\d)",
    # 01-11-2026 is the first of November: read as the month where it can be, files of one table would be in two orders
    r"(?<!\d)(?P<day>\d\d)(?P<sep>[-_.])(?P<month>\d\d)(?P=sep)(?P<year>20\d\d)",
)
_CLOCK_TIMES = (
    # 20261101080000, 20261101_080000, 2026-11-01T08:00:00, 2026-11-01 08-00-00.250, 2026-11-01-08h00m00s
    r"(?P<joint>[-_. T]{0,3})(?P<hour>\d\d)[-_.:h]?(?P<minute>\d\d)[-_.:m]?(?P<second>\d\d)(?:[._](?P<ms>\d{3}))?",
    # 2026-11-01 08-00: without seconds, hour and minute must stand apart, or they may be a running number
    r"(?P<joint>[-_. T]{1,3})(?P<hour>\d\d)[-_.:h](?P<minute>\d\d)",
)
_OFFSET = r"(?!\d)(?P<offset>[Zz](?![A-Za-z0-9])|[-+](?:0\d|1[0-4])(?:[:.]?[0-5]\d)?(?![.:]?\d\d|\d))?"
"""Zones lie up to 14 hours from UTC; what is further is no offset."""

_DATED = tuple(re.compile(date + clock_time + _OFFSET) for date in _DATES for clock_time in _CLOCK_TIMES)

_FOLDER_DATES = tuple(re.compile(date) for date in _DATES)
_BEGINS_WITH_CLOCK_TIME = re.compile(r"(?P<hour>\d\d)(?P<sep>[-_.:])(?P<minute>\d\d)(?P=sep)(?P<second>\d\d)(?!\d)")
"""08.00.00-08.30.00[M][0@0][0].dav, below a folder named after the day: Dahua's recorders."""

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


def start_from_path(path: PurePath, zone: ZoneInfo) -> datetime | None:
    """The start that a file's name tells, or its name and its folders' together."""
    return start_from_name(path.name, zone) or _start_from_folders(path, zone)


def start_from_name(name: str, zone: ZoneInfo) -> datetime | None:
    """The first date with a time in a file's name, or seconds or milliseconds since 1970.

    It is read in `zone`, unless a Z or an offset such as +0700 stands directly behind it.
    """
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


def _start_from_folders(path: PurePath, zone: ZoneInfo) -> datetime | None:
    """The clock time that the file's name begins with, on the day that the nearest dated folder is named after."""
    clock_time = _BEGINS_WITH_CLOCK_TIME.match(path.name)
    if clock_time is None:
        return None
    for folder in path.parents:
        for pattern in _FOLDER_DATES:
            if date := pattern.fullmatch(folder.name):
                instant = _from_fields({**date.groupdict(), **clock_time.groupdict()}, zone)
                if instant is not None and _is_believable(instant, _EARLIEST):
                    return instant
    return None


def _from_fields(fields: Mapping[str, str | None], zone: ZoneInfo) -> datetime | None:
    year, month, day, hour, minute, second, ms = (
        int(fields.get(name) or 0) for name in ("year", "month", "day", "hour", "minute", "second", "ms")
    )
    own_zone = _own_zone(fields.get("offset") or "", fields.get("joint") or "") or zone
    try:
        return instants.require_aware(datetime(year, month, day, hour, minute, second, ms * 1000, tzinfo=own_zone))
    except ValueError:
        return None


def _own_zone(offset: str, joint: str) -> tzinfo | None:
    """The zone that `offset` (Z, +0700) names; None if it names none."""
    if offset.upper() == "Z":
        return UTC
    # Behind a minus stands the recording's end as often, unless all is written as ISO 8601 has it.
    if not offset or (offset[0] == "-" and joint != "T"):
        return None
    digits = re.sub(r"\D", "", offset).ljust(4, "0")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-distance if offset[0] == "-" else distance)


def _is_believable(instant: datetime, earliest: datetime) -> bool:
    return earliest <= instant <= datetime.now(UTC) + _AHEAD
