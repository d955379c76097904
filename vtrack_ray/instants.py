"""Instants: points in time as aware UTC datetimes or whole microseconds since 1970, and nothing in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def require_aware(instant: datetime) -> datetime:
    """`instant` in UTC. Raises ValueError for a naive one: whose clock it was read off can't be guessed."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone")
    return instant.astimezone(UTC)


def to_us(instant: datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00Z."""
    return (require_aware(instant) - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The UTC instant `us` microseconds after 1970-01-01T00:00Z."""
    return _EPOCH + us * _MICROSECOND


def parse(text: str, zone: ZoneInfo) -> datetime:
    """A UTC instant from ISO 8601; a date or time without a zone is read in `zone`. Raises ValueError."""
    instant = datetime.fromisoformat(text.strip())
    try:
        return require_aware(instant if instant.tzinfo else instant.replace(tzinfo=zone))
    except OverflowError as error:
        raise ValueError("in UTC, its year is before 1 or after 9999") from error


def show(instant: datetime, zone: ZoneInfo) -> str:
    """ISO 8601 with the zone's offset, to the millisecond."""
    return require_aware(instant).astimezone(zone).isoformat(timespec="milliseconds")
