"""An order: what footage is asked for. Refuses what can't be made; knows nothing of how it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo

from vtrack_ray import instants

Symbology: TypeAlias = Literal["QRCode", "Code128", "DataMatrix"]
Codec: TypeAlias = Literal["h264", "hevc", "mjpeg"]
Container: TypeAlias = Literal["mp4", "mkv", "avi", "mov", "ts", "flv"]
Border: TypeAlias = Literal["idle", "event"]
Preset: TypeAlias = Literal["ultrafast", "superfast", "veryfast"]

_SHORTEST_EVENT_S = 2.0
_SHORTEST_IDLE_S = 2.5
"""Hands come in before an event and leave after it; the table is still in between."""
_SHORTEST_BORDER_S = 4.0
"""An idle stretch in which one file ends and the next begins."""
_SHORTEST_STROKED_EVENT_S, _SHORTEST_STROKED_LABEL_S = 6.0, 2.5
"""So that a label over which hands pass shows long enough to lie free as well."""
_LONGEST_LIFTED_S = 0.6
"""On its way aside and back, a parcel frees the card for a moment more: less than a second in all."""
_SHORTEST_LIFTED_EVENT_S = 4.0
_UNSTORABLE = {("hevc", "avi"), ("mjpeg", "ts"), ("hevc", "flv"), ("mjpeg", "flv")}
_FRAGMENTABLE = ("mp4", "mov")


@dataclass(frozen=True, kw_only=True)
class Packing:
    """What happens on one packing table. Pairs are [shortest, longest] in seconds, drawn evenly with the seed."""

    events: int = 3
    event_s: tuple[float, float] = (10.0, 16.0)
    idle_s: tuple[float, float] = (5.0, 9.0)
    """From the end of an event to the start of the next."""
    before_s: float = 4.0
    """Idle time before the first event's start."""
    after_s: float = 4.0
    """Idle time after the last event's end."""
    trigger_card: bool = True
    label_s: float | None = None
    """How long the label shows; None: from the middle of the event to its end."""
    two_codes: bool = False
    unlabelled: tuple[int, ...] = ()
    """Numbers (from 1) of the events whose parcel gets no label."""
    symbology: Symbology = "QRCode"
    hands_over_label: bool = False
    """Whether hands pass over the labels again and again: no code is whole then, about half of its time."""
    cut_short: bool = False
    """Whether the footage ends in the midst of the last event."""
    passing_hands: int = 0
    """In how many idle stretches a hand passes over the trigger card, for less than a second."""
    lifted_s: float = 0.0
    """For how long each parcel is off the trigger card once while it is packed: less than a second, which is no end."""

    def __post_init__(self) -> None:
        _require(self.events >= 0, f"events is {self.events}; it takes 0 or more")
        _require_range("event_s", self.event_s, _SHORTEST_EVENT_S)
        _require_range("idle_s", self.idle_s, _SHORTEST_IDLE_S)
        for name in ("before_s", "after_s"):
            _require(getattr(self, name) >= 1.5, f"{name} is {getattr(self, name)}; hands need 1.5 s or more")
        _require(self.events > 0 or not self.cut_short, "with no events, cut_short has none to cut")
        _require(
            not self.lifted_s or self.event_s[0] >= _SHORTEST_LIFTED_EVENT_S,
            f"lifted_s takes event_s from {_SHORTEST_LIFTED_EVENT_S} s",
        )
        _require(
            0 <= self.lifted_s <= _LONGEST_LIFTED_S, f"lifted_s is {self.lifted_s}; it takes 0 to {_LONGEST_LIFTED_S}"
        )
        _require(self.label_s is None or self.label_s > 0, f"label_s is {self.label_s}; it takes more than 0")
        _require_one_of("symbology", self.symbology, get_args(Symbology))
        _require(
            not self.hands_over_label
            or (
                self.event_s[0] >= _SHORTEST_STROKED_EVENT_S
                and (self.label_s is None or self.label_s >= _SHORTEST_STROKED_LABEL_S)
            ),
            f"hands_over_label takes event_s from {_SHORTEST_STROKED_EVENT_S} s "
            f"and label_s from {_SHORTEST_STROKED_LABEL_S} s, so that labels lie free as well",
        )
        strays = [number for number in self.unlabelled if not 1 <= number <= self.events]
        _require(not strays, f"unlabelled names events {strays}; they are numbered 1 to {self.events}")
        _require(
            0 <= self.passing_hands <= self.events + (not self.cut_short),
            f"passing_hands is {self.passing_hands}; there are not as many idle stretches",
        )


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the pictures look like. Lengths are pixels of the picture, whatever its size."""

    width_px: int = 1920
    height_px: int = 1080
    card_module_px: float | None = None
    """Size of the trigger card's modules; None: 6 in a picture 1080 high, in proportion, never under 3."""
    label_module_px: float = 2.6
    tilt_deg: float = 0.0
    """How far labels lean away from the camera."""
    blur_px: float = 0.0
    """Standard deviation of the lens's blur."""
    exposure_s: float = 0.0
    """What moves is smeared by its speed times this."""
    sway_px_per_s: float = 24.0
    """Highest speed of the parcel while it is packed."""
    noise: float = 2.0
    """Standard deviation of the sensor's noise, in grey levels of 255."""
    parcel_scale: float = 1.0
    """The parcel's width and height as a share of the usual ones; never less than card, labels and hands need."""
    clutter: bool = False
    """Whether table and parcels carry product codes, print and fine texture, and a screen of noise runs beside them."""
    brightness: float = 1.0
    """A share of full light; 0.25 is a night picture. A screen shines by itself."""
    light_drift: float = 0.0
    """How far the light rises and falls in `light_period_s`, from lowest to highest, in grey levels of 255."""
    light_period_s: float = 180.0

    def __post_init__(self) -> None:
        for name in ("width_px", "height_px"):
            value = getattr(self, name)
            _require(value >= 160 and value % 2 == 0, f"{name} is {value}; it takes an even number from 160")
        _require(
            self.card_module_px is None or self.card_module_px >= 1,
            f"card_module_px is {self.card_module_px}; it takes 1 or more",
        )
        _require(self.label_module_px >= 0.5, f"label_module_px is {self.label_module_px}; it takes 0.5 or more")
        _require(0 <= self.tilt_deg <= 75, f"tilt_deg is {self.tilt_deg}; it takes 0 to 75")
        for name in ("blur_px", "exposure_s", "sway_px_per_s", "noise"):
            _require(getattr(self, name) >= 0, f"{name} is {getattr(self, name)}; it takes 0 or more")
        _require(self.noise <= 25, f"noise is {self.noise}; it takes 25 or less")
        _require(self.parcel_scale > 0, f"parcel_scale is {self.parcel_scale}; it takes more than 0")
        _require(0 < self.brightness <= 1, f"brightness is {self.brightness}; it takes more than 0, up to 1")
        _require(0 <= self.light_drift <= 200, f"light_drift is {self.light_drift}; it takes 0 to 200")
        _require(self.light_period_s > 0, f"light_period_s is {self.light_period_s}; it takes more than 0")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """How the recorder stores the pictures."""

    frame_rate: float = 25.0
    variable_frame_rate: bool = False
    """Times between pictures vary, `frame_rate` being their mean; now and then some are missing."""
    skip_unchanged: bool = False
    """Whether pictures in which nothing moved are left out, but for one each `still_s`."""
    still_s: float = 4.0
    codec: Codec = "h264"
    container: Container = "mp4"
    fragmented: bool = False
    """Whether the file is a row of fragments, one a keyframe, each with its own index; MP4 and MOV only."""
    keyframe_s: float = 2.0
    crf: int = 29
    """Quality (lower is better), where no bit rate is given."""
    bitrate_kbps: int | None = None
    """Constant bit rate, filled up where the pictures need less."""
    preset: Preset = "veryfast"
    """How much the encoder of H.264 makes of a picture: simple recorders make less of it, in larger files."""
    started_at: datetime = datetime(2026, 11, 1, 1, tzinfo=UTC)
    """The instant of the first picture; whole seconds, as containers keep no finer ones."""
    creation_time: bool = True
    """Whether the container tells its start; AVI and TS have no place for it."""
    zone: str = "Asia/Ho_Chi_Minh"
    """Whose clock the file names show."""
    videos: int = 1
    """Files per camera."""
    borders: Border = "idle"
    """Whether one file ends and the next begins (within a second) between two events or in the midst of one."""

    def __post_init__(self) -> None:
        _require(1 <= self.frame_rate <= 120, f"frame_rate is {self.frame_rate}; it takes 1 to 120")
        _require_one_of("codec", self.codec, get_args(Codec))
        _require_one_of("container", self.container, get_args(Container))
        _require_one_of("preset", self.preset, get_args(Preset))
        _require_one_of("borders", self.borders, get_args(Border))
        _require((self.codec, self.container) not in _UNSTORABLE, f"{self.container} can't hold {self.codec}")
        _require(
            not (self.variable_frame_rate and self.container == "avi"),
            "avi can't hold a variable frame rate; take mp4 or mkv",
        )
        _require(
            not (self.skip_unchanged and self.container == "avi"),
            "avi has no times of its own for pictures, so skip_unchanged can't leave any out; take mp4 or mkv",
        )
        _require(
            not (self.skip_unchanged and self.bitrate_kbps is not None),
            "skip_unchanged leaves out what a constant bit rate fills up; take one of them",
        )
        _require(self.still_s > 0, f"still_s is {self.still_s}; it takes more than 0")
        _require(
            not self.fragmented or self.container in _FRAGMENTABLE,
            f"{self.container} has no fragments; take {' or '.join(_FRAGMENTABLE)}",
        )
        _require(self.keyframe_s > 0, f"keyframe_s is {self.keyframe_s}; it takes more than 0")
        _require(0 <= self.crf <= 51, f"crf is {self.crf}; it takes 0 to 51")
        _require(self.bitrate_kbps is None or self.bitrate_kbps >= 50, "bitrate_kbps takes 50 or more")
        _require(
            self.bitrate_kbps is None or self.codec != "mjpeg", "mjpeg has no constant bit rate here; take h264 or hevc"
        )
        _require(self.videos >= 1, f"videos is {self.videos}; it takes 1 or more")
        instants.require_aware(self.started_at)
        _require(self.started_at.microsecond == 0, f"started_at {self.started_at.isoformat()} is not a whole second")
        try:
            ZoneInfo(self.zone)
        except (KeyError, OSError) as error:
            raise ValueError(f"zone {self.zone!r} is not a time zone's name, such as Asia/Ho_Chi_Minh") from error

    @property
    def rate(self) -> Fraction:
        """Pictures a second."""
        return Fraction(self.frame_rate).limit_denominator(1001)


@dataclass(frozen=True, kw_only=True)
class Order:
    """All that is asked for; the same order gives the same footage. Raises ValueError for what can't be made."""

    seed: int = 1
    cameras: tuple[str, ...] = ("cam1",)
    packing: Packing = field(default_factory=Packing)
    look: Look = field(default_factory=Look)
    recording: Recording = field(default_factory=Recording)

    def __post_init__(self) -> None:
        _require(self.seed >= 0, f"seed is {self.seed}; it takes 0 or more")
        _require(len(self.cameras) > 0, "an order takes at least one camera")
        _require(
            len(set(self.cameras)) == len(self.cameras), f"camera names {list(self.cameras)} are not all different"
        )
        for name in self.cameras:
            _require(name not in ("", ".", "..") and not set(name) & set("/\\\0"), f"{name!r} is no folder's name")
        _require(
            not (self.look.clutter and self.recording.skip_unchanged),
            "clutter has a screen that always changes, so skip_unchanged has nothing to leave out; take one of them",
        )
        borders = self.recording.videos - 1
        _require(borders <= self.packing.events, f"{borders + 1} videos take at least {borders} events to lie between")
        _require(
            borders == 0
            or self.recording.borders == "event"
            or min(self.packing.before_s, self.packing.idle_s[0]) >= _SHORTEST_BORDER_S,
            f"files that end between events take before_s and idle_s of at least {_SHORTEST_BORDER_S} s",
        )
        _require(
            borders == 0 or self.recording.borders == "idle" or not self.packing.cut_short,
            "an event that is cut short can't lie across two files as well; take borders 'idle'",
        )


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)


def _require_range(name: str, pair: tuple[float, float], least: float) -> None:
    _require(least <= pair[0] <= pair[1], f"{name} is {list(pair)}; it takes [shortest, longest] from {least} s")


def _require_one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    _require(value in known, f"{name} is {value!r}; it takes one of {', '.join(known)}")
