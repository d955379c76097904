"""Times from requests: instants as people and programs write them, and only those that there can be."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vtrack_ray import instants
from vtrack_ray.api.refusals import Refusal

_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2999


def instant(value: str | int | None, zone: ZoneInfo, name: str) -> datetime | None:
    """The UTC instant of ISO 8601 (read in `zone` if it has none) or milliseconds since 1970. Raises Refusal."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, int) or value.strip().isdecimal():
            found = instants.from_us(int(value) * 1000)
        else:
            found = instants.parse(value, zone)
    except (ValueError, OverflowError) as error:
        raise _refused(name, value) from error
    if not _EARLIEST_YEAR <= found.year <= _LATEST_YEAR:
        raise _refused(name, value)
    return found


def require_order(since: datetime | None, until: datetime | None, names: tuple[str, str]) -> None:
    """Raises Refusal for a stretch that ends before it begins."""
    if since is not None and until is not None and since > until:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{names[0]} lies behind {names[1]}; exchange them.")


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name. Raises Refusal."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:  # OSError: a folder of zones; ValueError: a path
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"{name[:80]!r} is no time zone; name one such as Asia/Ho_Chi_Minh."
        ) from error


def _refused(name: str, value: str | int) -> Refusal:
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{name}: {str(value)[:80]!r} is no instant between {_EARLIEST_YEAR} and {_LATEST_YEAR}; write it like "
        "2026-11-01T08:00+07:00, or as milliseconds since 1970.",
    )
