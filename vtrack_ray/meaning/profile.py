"""A packing profile: what a camera's pictures mean."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from vtrack_ray.errors import ProfileError
from vtrack_ray.meaning.area import Area

SYMBOLOGIES = ("QRCode", "Code128", "DataMatrix", "Code39", "Code93", "Aztec", "PDF417", "ITF", "EAN13")
"""The symbologies a profile may list, by zxing-cpp's names."""

_PLAIN_NAMES = {name.lower(): name for name in SYMBOLOGIES}

_Area = Annotated[
    Area, BeforeValidator(lambda value: Area(*value) if isinstance(value, list | tuple) and len(value) == 4 else value)
]


_CHANGE_NOTHING = {"camera_name", "origin", "clip_margin_s", "find_trigger", "trigger_found_at"}
"""The fields that change neither what is sampled nor what the events come to."""


class Profile(BaseModel):
    """One camera's packing profile; areas are [x, y, width, height] in pixels of the recorded picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera_name: str = Field(min_length=1, description="the camera this profile is for")
    packing_area: _Area | None = Field(None, description="where labels are looked for; the whole picture if not set")
    qr_trigger_area: _Area | None = Field(
        None, description="where the trigger card lies; without it, hands and labels mark events"
    )
    find_trigger: bool = Field(True, description="whether the trigger card is looked for where no area is set")
    trigger_found_at: AwareDatetime | None = Field(
        None, description="start of the video in which the card was found by itself"
    )
    trigger_text: str = Field("TimeGo", min_length=1, description="the text of the trigger card's QR code")
    code_pattern: str = Field(
        "[A-Z0-9][A-Z0-9-]{7,}", description="regular expression that a tracking code's whole text matches"
    )
    symbologies: tuple[str, ...] = Field(
        ("QRCode", "Code128"), min_length=1, description="kinds of barcode that labels carry"
    )
    min_packing_s: float = Field(5.0, gt=0, le=3600, description="shortest packing, in seconds")
    max_packing_s: float = Field(
        120.0, gt=0, le=86400, description="longest packing, in seconds; a longer event is marked overlong"
    )
    sampling_interval_s: float = Field(
        0.2, ge=0.02, le=10, description="time between two samples where pictures are sampled regularly"
    )
    search_interval_s: float | None = Field(
        None,
        ge=0.02,
        le=60,
        description="about how often a packing is searched for codes where something moves; "
        "if not set, mostly at keyframes",
    )
    continuation_gap_s: float = Field(
        10.0, ge=0, le=600, description="longest gap between two videos that an event may cross"
    )
    clip_margin_s: float = Field(3.0, ge=0, le=600, description="time shown before and after an event in its clip")
    origin: Literal["auto", "person"] = Field(
        "auto", description="auto: found by vtrack; person: set by someone, never overwritten"
    )

    @field_validator("packing_area", "qr_trigger_area")
    @classmethod
    def _area_is_in_some_picture(cls, area: Area | None) -> Area | None:
        if area is not None and (min(area.x, area.y) < 0 or min(area.width, area.height) <= 0):
            raise ValueError(f"{list(area)} is no area: [x, y, width, height] takes x, y >= 0 and width, height > 0")
        return area

    @field_validator("code_pattern")
    @classmethod
    def _pattern_compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return pattern

    @field_validator("symbologies")
    @classmethod
    def _symbologies_are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """The names as zxing-cpp writes them, each once: `qrcode` and `QR Code` are QRCode."""
        known = [_PLAIN_NAMES.get(re.sub(r"[\s_-]", "", name).lower()) for name in names]
        for name, found in zip(names, known, strict=True):
            if found is None:
                raise ValueError(f"{name!r} is not one of {', '.join(SYMBOLOGIES)}")
        return tuple(dict.fromkeys(found for found in known if found is not None))

    @model_validator(mode="after")
    def _times_are_in_order(self) -> Self:
        if self.max_packing_s <= self.min_packing_s:
            raise ValueError(
                f"max_packing_s ({self.max_packing_s}) must be more than min_packing_s ({self.min_packing_s})"
            )
        if self.search_interval_s is not None and self.search_interval_s < self.sampling_interval_s:
            raise ValueError(
                f"search_interval_s ({self.search_interval_s}) must not be less than "
                f"sampling_interval_s ({self.sampling_interval_s})"
            )
        return self

    @property
    def may_card_move(self) -> bool:
        """Whether the card was found by itself, and so is looked for again in each video; what a person set stands."""
        return self.qr_trigger_area is not None and self.find_trigger

    # Not cached: a copy with other values would keep it.
    @property
    def digest(self) -> str:
        """16 hexadecimal digits of everything that changes what sampling or the events come to."""
        # What was sampled before there was this field counts as sampled without it.
        unknown = {"search_interval_s"} if self.search_interval_s is None else set[str]()
        text = self.model_dump_json(exclude=_CHANGE_NOTHING | unknown)
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def is_tracking_code(self, text: str) -> bool:
        """Whether a barcode's text is a tracking code: matches the pattern as a whole and is not the trigger's text."""
        return text != self.trigger_text and re.fullmatch(self.code_pattern, text) is not None

    def check_areas(self, width_px: int, height_px: int) -> None:
        """Raises ProfileError if an area does not lie in a picture of that size."""
        for name in ("packing_area", "qr_trigger_area"):
            area: Area | None = getattr(self, name)
            if area is not None and not area.fits(width_px, height_px):
                option = "--" + name.replace("_", "-")
                raise ProfileError(
                    f"{name} {list(area)} of camera {self.camera_name!r} lies outside its picture of "
                    f"{width_px}x{height_px} pixels; set it with: "
                    f"vtrack profile set {self.camera_name!r} {option} X,Y,WIDTH,HEIGHT"
                )
