"""A truth: what rendered footage shows, as a file beside it tells."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer

from vtrack_ray.meaning.area import Area

TRUTH_NAME = "truth.json"

Instant: TypeAlias = Annotated[
    AwareDatetime,
    PlainSerializer(lambda instant: instant.astimezone(UTC).isoformat(), return_type=str, when_used="json"),
]
"""A UTC instant, in JSON with its offset of +00:00."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrueSight(_Part):
    """A code's first and last picture that shows it whole, in seconds from the first picture of the event's first
    video; in between, hands may lie on it."""

    code: str
    first_s: float
    last_s: float


class TrueEvent(_Part):
    """One packing; `start_s` and `end_s` are seconds from the first picture of its first video.

    With a trigger card: the first picture in which the parcel hides it, and the first in which it lies free again.
    Without one: the first picture of a whole hand, and the last of a whole code. An event that is cut short ends with
    the last picture.
    """

    start_s: float
    end_s: float
    started_at: Instant
    ended_at: Instant
    videos: tuple[str, ...]
    tracking_codes: tuple[str, ...]
    sights: tuple[TrueSight, ...]


class TrueVideo(_Part):
    """One file, its path from the truth's folder."""

    path: str
    started_at: Instant
    duration_s: float
    width: int
    height: int


class TrueCamera(_Part):
    """One camera's files and events, both in time order; `trigger_area` is the card's, [x, y, width, height]."""

    camera_name: str
    videos: tuple[TrueVideo, ...]
    trigger_area: Area | None
    events: tuple[TrueEvent, ...]


class Truth(_Part):
    """All that was rendered for one order."""

    seed: int
    cameras: tuple[TrueCamera, ...]

    @property
    def events(self) -> tuple[TrueEvent, ...]:
        """All cameras' events."""
        return tuple(event for camera in self.cameras for event in camera.events)

    def write(self, folder: Path) -> Path:
        """Writes `truth.json` into the folder and gives its path."""
        path = folder / TRUTH_NAME
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path


def read_truth(path: Path) -> Truth:
    """The truth from its file or the folder that holds it. Raises OSError, or ValueError if it is no truth file."""
    file = path / TRUTH_NAME if path.is_dir() else path
    return Truth.model_validate_json(file.read_bytes())
