"""Filters: which recordings are worked on at all. Everything else is skipped, with the filter's name."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

DAYS_OF_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DayOfWeek = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _without_offset(at: time) -> time:
    """The time itself. Raises ValueError for one with an offset: the zone is set once, for all of them."""
    if at.tzinfo is not None:
        raise ValueError(f"{at.isoformat()} has an offset; give it as clocks in TIME_ZONE show it")
    return at


TimeOfDay = Annotated[time, AfterValidator(_without_offset)]


class Refusal(NamedTuple):
    """The filter that a recording does not pass, and why it does not, for a person."""

    filter_name: str
    reason: str


class Filters(BaseModel):
    """What an operator chose; None, and no names at all, mean any.

    A recording is judged by its start, in the zone given: working hours go from `from_time` (included) to `to_time`,
    across midnight if that is earlier, and are the whole day if both are equal. The hours after midnight belong to the
    working day on which they began. `days` is how old a recording may be when it is first found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cameras: tuple[str, ...] = ()
    days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    working_days: tuple[DayOfWeek, ...] = ()
    from_time: TimeOfDay = time(0)
    to_time: TimeOfDay = time(0)

    def refusal(self, camera_name: str, started_at: datetime, found_at: datetime, zone: ZoneInfo) -> Refusal | None:
        """The filter that a recording does not pass, and why; None if it passes all of them.

        In a night that the clocks are put back in, an hour comes twice, and both belong to the working hours or
        neither does.
        """
        if self.cameras and camera_name not in self.cameras:
            return Refusal("cameras", f"camera {camera_name!r} is not selected")
        if self.days is not None and started_at < found_at - timedelta(days=self.days):
            return Refusal("days", f"it was recorded more than {self.days} days before it was found")
        local = started_at.astimezone(zone)
        clock = local.time()
        is_all_day = self.from_time == self.to_time
        is_across_midnight = self.from_time > self.to_time
        is_late = clock >= self.from_time
        is_early = clock < self.to_time
        if not is_all_day and not (is_late or is_early if is_across_midnight else is_late and is_early):
            return Refusal("working_hours", f"it does not begin from {self.from_time:%H:%M} to {self.to_time:%H:%M}")
        working_date = local.date() - timedelta(days=1 if is_across_midnight and is_early else 0)
        if self.working_days and DAYS_OF_WEEK[working_date.weekday()] not in self.working_days:
            return Refusal("working_days", f"it does not begin on {', '.join(self.working_days)}")
        return None
