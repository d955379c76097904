"""Settings: every value an operator can set, its default, what is allowed, and where values are taken from.

A setting has one name everywhere: `BATCH_SIZE_MAX` in a file, after `--set` and as an attribute, and
`VTRACK_BATCH_SIZE_MAX` in the environment.
"""

from __future__ import annotations

import operator
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from vtrack_ray.errors import SettingsError

ENVIRONMENT_PREFIX = "VTRACK_"
CONFIG_VARIABLE = "VTRACK_CONFIG"
_RELATIONS: Mapping[str, Callable[[float, float], bool]] = {"at most": operator.le, "less than": operator.lt}
_AGREEMENTS = (
    ("BATCH_SIZE_DEFAULT", "at most", "BATCH_SIZE_MAX"),
    ("CPU_THRESHOLD_LOW", "less than", "CPU_THRESHOLD_HIGH"),
    ("MEMORY_GROW_BELOW", "at most", "MEMORY_THRESHOLD"),
    ("CORES_FLOOR", "at most", "CORES_CEILING"),
)
_ORIGIN = re.compile(r"https?://[^/?#@\s*]+")
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Settings(BaseModel):
    """One consistent set of values. Percentages are of a node's whole, 0 to 100."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    BATCH_SIZE_DEFAULT: int = Field(2, ge=1, le=256, description="sampling tasks at once on a node when a run starts")
    BATCH_SIZE_MAX: int = Field(4, ge=1, le=256, description="most sampling tasks at once on a shared node")
    CPU_THRESHOLD_LOW: float = Field(
        30, ge=0, le=100, description="CPU use in percent under which a node's batch grows by one"
    )
    CPU_THRESHOLD_HIGH: float = Field(
        80, ge=0, le=100, description="CPU use in percent over which a node's batch shrinks by one"
    )
    MEMORY_THRESHOLD: float = Field(
        85, ge=0, le=100, description="memory use in percent over which a node's batch shrinks by one"
    )
    MEMORY_GROW_BELOW: float = Field(
        70, ge=0, le=100, description="memory use in percent under which a node's batch may grow"
    )
    DEDICATED: bool = Field(
        False, description="the nodes do nothing else: fill their cores, without regard to the thresholds"
    )
    SCAN_INTERVAL_SECONDS: float = Field(
        900, ge=1, le=604_800, description="time between two scans of the sources in Default mode"
    )
    TIMEOUT_SECONDS: float = Field(
        900, ge=1, le=604_800, description="longest processing time of a video since its claim"
    )
    STALE_CLAIM_MINUTES: float = Field(
        59, ge=1, le=20_160, description="age at which a claim nobody answers for goes back to pending"
    )
    TASK_MEMORY_MB: int = Field(
        3000, ge=500, le=1_000_000, description="most memory that one sampling task may take, in MB"
    )
    QUEUE_LIMIT: int = Field(
        1000, ge=1, le=1_000_000, description="most files in memory at once on their way into the database"
    )
    STOP_SECONDS: float = Field(
        30, ge=0, le=3600, description="time that work under way may take to finish when the service is ended"
    )
    SETTLE_SECONDS: float = Field(
        30, ge=0, le=86_400, description="time for which a file must not have changed before the service takes it"
    )
    RETRY_SECONDS: float = Field(
        60, ge=0, le=86_400, description="pause before a failed video is tried again; five times as long after each"
    )
    RETRIES: int = Field(3, ge=0, le=10, description="how often a failed video is tried again")
    HISTORY_DAYS: int = Field(90, ge=1, le=36_500, description="how long the service's history is kept")
    BACKUP_HOURS: float = Field(24, ge=0, le=8_760, description="how often the service copies the database; 0: never")
    LOG_HANDOVERS: bool = Field(
        False, description="tell every hand-over between actors in their logs, to look for faults"
    )
    SPAN_SECONDS: float = Field(
        600, ge=1, le=86_400, description="length of the spans that a long video is sampled in, one task each"
    )
    SECOND_LOOK_SECONDS: float = Field(
        120, ge=0, le=86_400, description="most seconds of a packing without a code that are looked at a second time"
    )
    HTTP_HOST: str = Field(
        "127.0.0.1",
        pattern=r"^[0-9A-Za-z.:-]{1,253}$",
        description="address that the HTTP service listens on; 0.0.0.0: every one of this machine",
    )
    HTTP_PORT: int = Field(8800, ge=1, le=65_535, description="port that the HTTP service listens on")
    HTTP_RATE: float = Field(
        100, ge=1, le=100_000, description="requests a second that one client of the HTTP service may make"
    )
    SESSION_HOURS: float = Field(
        12, ge=1, le=8_760, description="how long a browser stays signed in to the HTTP service"
    )
    CLIPS_MB: int = Field(
        2000, ge=10, le=10_000_000, description="most that clips of events, kept beside the database, may take, in MB"
    )
    CACHE_MB: int = Field(
        4000,
        ge=100,
        le=10_000_000,
        description="most that is kept on a machine of what was read of videos elsewhere, in MB",
    )
    CACHE_DAYS: float = Field(7, ge=0, le=3_650, description="how long that is kept after it was last needed")
    SOURCE_ROOTS: tuple[Path, ...] = Field(
        (), description="folders below which sources may be added and removed over HTTP, with commas; none: nowhere"
    )
    TRUST_LOOPBACK: bool = Field(
        False, description="whoever is on this machine may use the HTTP service without a token"
    )
    CORS_ORIGINS: tuple[str, ...] = Field(
        (), description="origins of web pages that may use the HTTP service, such as https://shop.example, with commas"
    )
    DRIVE_ENDPOINT: str = Field(
        "https://www.googleapis.com",
        pattern=r"^(https://[^/?#@\s]+|http://(localhost|127\.0\.0\.1)(:\d+)?)$",
        description="where Google Drive is spoken to; another address than Google's for a proxy, or for tests",
        json_schema_extra={"format": "origin"},
    )
    DRIVE_RETRY_SECONDS: float = Field(
        1, ge=0, le=60, description="pause before Google Drive is asked again, if it asks for that; doubled each time"
    )
    DRIVE_MB_PER_SECOND: float = Field(
        0,
        ge=0,
        le=10_000,
        description="most that a machine reads of videos at Google Drive, in MB a second; 0: no limit",
    )
    DRIVE_RESULTS_MINUTES: float = Field(
        15, ge=1, le=10_080, description="how often the service sends events to the folder chosen at Google Drive"
    )
    NODE_ADDRESS: str = Field(
        "127.0.0.1",
        pattern=r"^[0-9A-Za-z.:-]{1,253}$",
        description="address of this machine that others join it at, with `vtrack node join`; 127.0.0.1: none can",
    )
    NODE_PORT: int = Field(6379, ge=1, le=65_535, description="port that other machines join at")
    KEEP_CLUSTER: bool = Field(
        False, description="keep what Ray knows of the other machines on the disk, so that they outlast the head"
    )
    CORES_FLOOR: int = Field(
        0, ge=0, le=1_000_000, description="processors that Ray's autoscaler is to keep while nothing is to be done"
    )
    CORES_CEILING: int = Field(
        0, ge=0, le=1_000_000, description="most processors that Ray's autoscaler is asked for; 0: it is asked for none"
    )
    CORES_COOL_DOWN_SECONDS: float = Field(
        300, ge=0, le=86_400, description="time for which fewer processors must do before the autoscaler is told"
    )
    TIME_ZONE: str = Field(
        "Asia/Ho_Chi_Minh",
        description="zone of times that come without one, and of times shown",
        json_schema_extra={"format": "time-zone"},
    )
    DB: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("vtrack", appauthor=False) / "vtrack.duckdb",
        description="the database file",
    )

    @field_validator("DB")
    @classmethod
    def _means_one_file_from_everywhere(cls, path: Path) -> Path:
        try:
            path = path.expanduser().absolute()
        except RuntimeError as error:  # ~somebody, and nobody of that name
            raise ValueError(str(error)) from error
        if path.is_dir():
            raise ValueError(f"{path} is a folder")
        return path

    @field_validator("SOURCE_ROOTS", "CORS_ORIGINS", mode="before")
    @classmethod
    def _commas_part_values(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("SOURCE_ROOTS")
    @classmethod
    def _roots_are_whole(cls, roots: tuple[Path, ...]) -> tuple[Path, ...]:
        # Where the service is started has no say in what may be read.
        if wrong := [root for root in roots if not root.is_absolute()]:
            raise ValueError(str(wrong[0]))
        return roots

    @field_validator("CORS_ORIGINS")
    @classmethod
    def _origins_are_whole(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        # A browser sends scheme, host and port, and nothing else would ever match; * may not go with credentials.
        if wrong := [origin for origin in origins if not _ORIGIN.fullmatch(origin)]:
            raise ValueError(wrong[0])
        return origins

    @field_validator("TIME_ZONE")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, OSError) as error:  # OSError: the name of a folder of zones, such as Asia
            raise ValueError(name) from error
        return name

    @model_validator(mode="after")
    def _values_agree(self) -> Self:
        broken = []
        for name, relation, other in _AGREEMENTS:
            value, limit = getattr(self, name), getattr(self, other)
            if not _RELATIONS[relation](value, limit):
                broken.append(f"{name} ({value:g}) must be {relation} {other} ({limit:g}).")
        if (stale_s := self.STALE_CLAIM_MINUTES * 60) <= self.TIMEOUT_SECONDS:
            # Otherwise a video still being processed would be taken for lost, and given out a second time.
            broken.append(
                f"TIMEOUT_SECONDS ({self.TIMEOUT_SECONDS:g}) must be less than STALE_CLAIM_MINUTES ({stale_s:g} s)."
            )
        if broken:
            raise ValueError("\n".join(broken))
        return self

    @classmethod
    def allowed(cls, name: str) -> str:
        """What a setting takes, in words: `a whole number from 1 to 256`."""
        match cls.model_json_schema()["properties"][name]:
            case {"type": "boolean"}:
                return "true or false"
            case {"type": "integer", "minimum": low, "maximum": high}:
                return f"a whole number from {low} to {high}"
            case {"type": "number", "minimum": low, "maximum": high}:
                return f"a number from {low:.0f} to {high:.0f}"
            case {"type": "array", "items": {"format": "path"}}:
                return "whole paths of folders, with commas between them"
            case {"type": "array"}:
                return "origins such as https://shop.example:8443, with commas between them"
            case {"format": "origin"}:
                return "https:// and a host's name, or http://localhost and a port"
            case {"pattern": _}:
                return "the name or address of this machine"
            case {"format": "time-zone"}:
                return "the name of a time zone, such as Asia/Ho_Chi_Minh or UTC"
            case _:
                return "a file's path, and not a folder's"


NAMES = tuple(Settings.model_fields)


class _Given(NamedTuple):
    """A value as somebody gave it, and where."""

    name: str
    value: Any
    origin: str


def load_settings(overrides: Mapping[str, str] = _NOTHING, config: Path | None = None) -> Settings:
    """The settings in force: `overrides` (`--set`) before environment variables before the TOML file before defaults.

    The file is `config`, else the one `VTRACK_CONFIG` names, else `vtrack/vtrack.toml` in the user's configuration
    folder if it exists. Raises SettingsError with a sentence for each unknown name and each wrong value.
    """
    given = [*_from_file(config), *_from_environment(), *_from_command_line(overrides)]
    if unknown := [_unknown(g) for g in given if g.name not in NAMES]:
        raise SettingsError("\n".join(unknown))
    in_force = {g.name: g for g in given}
    try:
        return Settings.model_validate({name: g.value for name, g in in_force.items()})
    except ValidationError as error:
        sentences = [
            _refused(in_force[str(fault["loc"][0])]) if fault["loc"] else str(fault["ctx"]["error"])
            for fault in error.errors()
        ]
        raise SettingsError("\n".join(sentences)) from error


def _from_file(config: Path | None) -> Iterator[_Given]:
    named = config or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    path = named or platformdirs.user_config_path("vtrack", appauthor=False) / "vtrack.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            raise SettingsError(f"The settings file {path} does not exist.") from None
        return
    except OSError as error:
        raise SettingsError(f"The settings file {path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise SettingsError(f"The settings file {path} is not TOML: {error}.") from error
    for name, value in content.items():
        yield _Given(name.upper(), value, f"in {path}")


def _from_environment() -> Iterator[_Given]:
    for variable, value in sorted(os.environ.items()):
        if variable.upper().startswith(ENVIRONMENT_PREFIX) and variable != CONFIG_VARIABLE:
            name = variable.upper().removeprefix(ENVIRONMENT_PREFIX)
            yield _Given(name, value, f"in the environment variable {variable}")


def _from_command_line(overrides: Mapping[str, str]) -> Iterator[_Given]:
    for name, value in overrides.items():
        yield _Given(name.upper(), value, f"by --set {name}")


def _unknown(given: _Given) -> str:
    near = get_close_matches(given.name, NAMES, n=1)
    advice = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(NAMES)}."
    return f"{given.name}, set {given.origin}, is no setting: {advice}"


def _refused(given: _Given) -> str:
    return f"{given.name} is {str(given.value)!r}, set {given.origin}, but must be {Settings.allowed(given.name)}."
