"""Recordings that nobody made: what is in them is known beforehand, and so are the logs of sampling them.

Each camera records without a break, in files of ten minutes. A parcel is packed in every 110 s, with its code shown
three times; one in fifty is read at a second look alone. Every sixth event crosses from one file into the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from vtrack_ray import instants
from vtrack_ray.footage.probe import probe
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.event import EventStatus
from vtrack_ray.meaning.sample import Sample, Sight, Trigger
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, Stretch, joined
from vtrack_ray.meaning.video import FoundFile, Header, StartBasis, Video
from vtrack_ray.sampling.sampler import sample_alone, sample_span
from vtrack_ray.sampling.second_look import second_look
from vtrack_ray.sampling.survey import survey
from vtrack_ray.sources.local import Scan, scan_sources

ROOT = "/recordings"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
VIDEO_S = 600
LAST_PICTURE_S = 599.999
"""Packings are told to the millisecond: so none begins or ends between two files."""
CARD = Area(40, 40, 160, 160)

PROBE_S = 0.03
SURVEY_S = 0.1
SECOND_LOOK_S = 2.0
FASTEST_S, SLOWEST_S = 1.2, 5.5
"""An idle and a busy recording of ten minutes, on one core (docs/benchmarks.md: 507 and 110 times real time)."""

_EVERY_S = 110
_KEYFRAMES_S = 2
_SHOWN_S = (5.0, 8.0, 11.0)
_HARD_TO_READ = 0.02
_DEBOUNCE_S = 1.0
_STAGES = {"index": 0.06, "coarse": 0.55, "refine": 0.39}


class Packing(NamedTuple):
    """One packing of a camera, in seconds since `BEGIN`, to the millisecond."""

    start_s: float
    end_s: float
    code: str
    is_hard: bool


class Told(NamedTuple):
    """An event as the table is to have it; microseconds since 1970."""

    start_us: int
    end_us: int
    codes: tuple[str, ...]
    status: EventStatus


def chances(*names: object) -> list[float]:
    """Eight numbers in [0, 1) that always are the same for these names."""
    digest = blake2b("\0".join(map(str, names)).encode(), digest_size=16).digest()
    return [int.from_bytes(digest[at : at + 2]) / 65536 for at in range(0, 16, 2)]


class Recordings:
    """So many videos, shared out to so many cameras, the first ones of which were recorded by all of them."""

    def __init__(self, videos: int, cameras: int) -> None:
        self.videos = videos
        self.cameras = [f"cam{number:04}" for number in range(min(cameras, videos))]

    def files(self) -> Iterator[FoundFile]:
        """In the order of a scan."""
        for place, camera in enumerate(self.cameras):
            for number in range(len(range(place, self.videos, len(self.cameras)))):
                yield FoundFile(
                    source=ROOT,
                    path=f"{ROOT}/{camera}/{start_of(number):%Y%m%d_%H%M%S}.mp4",
                    camera_name=camera,
                    size_bytes=21_800_000,
                    modified_ns=int(start_of(number + 1).timestamp()) * 10**9,
                )

    def answer(self, function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, float]:
        """What the function would return if there were such files, and the seconds that it would take."""
        if function is scan_sources:
            return Scan(files=tuple(self.files()), problems=()), 1e-5 * self.videos
        if function is probe:
            return header_of(args[0]), PROBE_S
        if function is survey:
            return CARD, SURVEY_S
        if function is second_look:
            video, _, span = args
            return _log(video, span, is_second=True), SECOND_LOOK_S
        if function in (sample_span, sample_alone):
            video, _, span = args
            took_s = FASTEST_S + (SLOWEST_S - FASTEST_S) * chances(video.path)[0]
            took_s += SURVEY_S if function is sample_alone else 0.0
            return _log(video, span, is_second=False, took_s=took_s), took_s
        raise ValueError(f"{function} is nothing that the scheduler asks of a node")

    def told(self, camera: str, numbers: Iterable[int]) -> list[Told]:
        """The events of the camera when these of its videos are done, in time order."""
        return [one for first, last in _runs(sorted(numbers)) for one in _events(camera, first, last)]


def number_of(started_at: datetime) -> int:
    """Which of its camera's videos begins then."""
    return round((started_at - BEGIN).total_seconds()) // VIDEO_S


def start_of(number: int) -> datetime:
    return BEGIN + timedelta(seconds=VIDEO_S * number)


def header_of(file: FoundFile) -> Header:
    return Header(
        started_at=datetime.strptime(file.path[-19:-4], "%Y%m%d_%H%M%S").replace(tzinfo=UTC),
        start_basis=StartBasis.NAME,
        duration_s=float(VIDEO_S),
        width_px=1920,
        height_px=1080,
        codec="h264",
    )


def packings(camera: str, from_s: float, to_s: float) -> Iterator[Packing]:
    """Those that go on at some time between."""
    for number in range(max(0, int(from_s) // _EVERY_S - 1), int(to_s) // _EVERY_S + 1):
        late, long, hard, *_ = chances(camera, number)
        start_s = round(_EVERY_S * number + 15 + 20 * late, 3)
        end_s = round(start_s + 30 + 40 * long, 3)
        if start_s < to_s and end_s > from_s:
            yield Packing(start_s, end_s, f"SPX{camera[3:]}{number:08}", hard < _HARD_TO_READ)


def _log(video: Video, span: Span, *, is_second: bool, took_s: float = SECOND_LOOK_S) -> SamplingLog:
    offset_s = VIDEO_S * number_of(video.started_at)
    found = list(packings(video.camera_name, offset_s + span.start_s, offset_s + span.end_s))
    samples = {} if is_second else {float(at_s): Trigger.ON for at_s in range(0, VIDEO_S, _KEYFRAMES_S)}
    sights: dict[float, tuple[Sight, ...]] = {}
    for packing in found:
        start_s, end_s = round(packing.start_s - offset_s, 3), round(packing.end_s - offset_s, 3)
        if not is_second:
            samples |= {at_s: Trigger.OFF for at_s in samples if start_s <= at_s < end_s}
            samples |= {round(start_s - 0.2, 3): Trigger.ON, start_s: Trigger.OFF}
            samples |= {round(end_s - 0.2, 3): Trigger.OFF, end_s: Trigger.ON}
        if packing.is_hard == is_second:
            sights |= {round(start_s + at_s, 3): (_sight(packing.code),) for at_s in _SHOWN_S}
    if not is_second:
        samples |= {LAST_PICTURE_S: Trigger.OFF if _is_packed(found, offset_s + LAST_PICTURE_S) else Trigger.ON}
        samples |= {at_s: Trigger.OFF for at_s in sights if at_s not in samples}
    times_s = sorted(at_s for at_s in {*samples, *sights} if span.start_s <= at_s <= min(span.end_s, LAST_PICTURE_S))
    return SamplingLog(
        video_id=video.video_id,
        span=span,
        method=Method.SECOND_LOOK if is_second else Method.CASCADE,
        samples=Samples(Sample(time_s=t, trigger=samples.get(t), sights=sights.get(t, ())) for t in times_s),
        coverage=() if is_second else _coverage(span, [(p.start_s - offset_s, p.end_s - offset_s) for p in found]),
        pictures=len(times_s),
        seconds={"second_look": took_s} if is_second else {stage: part * took_s for stage, part in _STAGES.items()},
    )


def _coverage(span: Span, packed: Iterable[tuple[float, float]]) -> tuple[Stretch, ...]:
    """All of the span: idle, but for the packings."""
    edges = [span.start_s]
    for start_s, end_s in packed:
        edges += [min(max(start_s, span.start_s), span.end_s), min(max(end_s, span.start_s), span.end_s)]
    edges.append(span.end_s)
    kinds = (Coverage.IDLE, Coverage.EXAMINED)
    return joined(
        Stretch(span=Span(start_s, end_s), coverage=kinds[place % 2])
        for place, (start_s, end_s) in enumerate(pairwise(edges))
    )


def _sight(code: str) -> Sight:
    return Sight(code=code, symbology="QRCode", area=Area(700, 400, 120, 120), decoder="zxing")


def _is_packed(found: Iterable[Packing], at_s: float) -> bool:
    return any(packing.start_s <= at_s < packing.end_s for packing in found)


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of those that follow each other."""
    for _, same in groupby(enumerate(numbers), key=lambda one: one[1] - one[0]):
        run = [number for _, number in same]
        yield run[0], run[-1]


def _events(camera: str, first: int, last: int) -> Iterator[Told]:
    from_s, to_s = VIDEO_S * first, VIDEO_S * last + LAST_PICTURE_S
    for packing in packings(camera, from_s, to_s):
        # What ends less than that before the last picture may be a misread: nobody knows that it has ended.
        has_ended = to_s - packing.end_s >= _DEBOUNCE_S
        start_s, end_s = max(packing.start_s, from_s), packing.end_s if has_ended else to_s
        if end_s - start_s < _DEBOUNCE_S:
            continue
        is_cut = packing.start_s <= from_s or not has_ended
        is_read = any(start_s <= packing.start_s + at_s <= end_s for at_s in _SHOWN_S)
        yield Told(
            start_us=instants.to_us(BEGIN) + round(start_s * 1e6),
            end_us=instants.to_us(BEGIN) + round(end_s * 1e6),
            codes=(packing.code,) if is_read else (),
            status=EventStatus.INCOMPLETE if is_cut else EventStatus.COMPLETE,
        )
