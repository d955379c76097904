"""Values for the ledger's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim, Conclusion, Refolded
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.event import Event, EventSight, EventStatus
from vtrack_ray.meaning.program import ProgramKind, ProgramRequest
from vtrack_ray.meaning.sample import Sample, Sight, Trigger
from vtrack_ray.meaning.samples import Samples
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Coverage, Span, Stretch
from vtrack_ray.meaning.video import FoundFile, Header, StartBasis

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DIGEST = "a profile's digest"


def found(name: str = "a.mp4", camera_name: str = "cam1", modified_ns: int = 1) -> FoundFile:
    return FoundFile(
        source="/rec", path=f"/rec/{camera_name}/{name}", camera_name=camera_name, size_bytes=7, modified_ns=modified_ns
    )


def header(minute: float = 0, duration_s: float = 60.0) -> Header:
    return Header(
        started_at=NOON + minute * MINUTE,
        start_basis=StartBasis.NAME,
        duration_s=duration_s,
        width_px=1920,
        height_px=1080,
        codec="h264",
    )


def probed(ledger: Ledger, *names: str, camera_name: str = "cam1") -> list[FoundFile]:
    """Files that are registered and probed, one a minute."""
    files = [found(name, camera_name) for name in names]
    ledger.register(files, NOON)
    for minute, file in enumerate(files):
        ledger.set_header(file.video_id, header(minute))
    return files


def claimed(ledger: Ledger, name: str = "a.mp4", camera_name: str = "cam1") -> Claim:
    """A claim on a file that is registered, probed and claimed."""
    (file,) = probed(ledger, name, camera_name=camera_name)
    claim = ledger.claim_video(file.video_id, NOON)
    assert claim is not None
    return claim


def claim_next(
    ledger: Ledger,
    limit: int,
    at: datetime,
    cameras: Sequence[str] | None = None,
    programs: Sequence[int] | None = None,
) -> list[Claim]:
    """Claims on what is next up."""
    claims = [ledger.claim_video(video_id, at) for video_id in ledger.next_up(limit, at, cameras, programs)]
    assert None not in claims
    return [claim for claim in claims if claim]


def log(video_id: str, start_s: float = 0.0, end_s: float = 60.0, method: Method = Method.CASCADE) -> SamplingLog:
    idle_s = (start_s + end_s) / 2
    return SamplingLog(
        video_id=video_id,
        span=Span(start_s, end_s),
        method=method,
        samples=Samples(
            (Sample(time_s=start_s, trigger=Trigger.ON), Sample(time_s=idle_s, sights=(sight(),), hand=False))
        ),
        coverage=()
        if method is Method.SECOND_LOOK
        else (
            Stretch(span=Span(start_s, idle_s), coverage=Coverage.IDLE),
            Stretch(span=Span(idle_s, end_s), coverage=Coverage.EXAMINED),
        ),
        pictures=2,
        seconds={"index": 0.25, "coarse": 1.5},
        notes=("a note",),
    )


def sight(code: str = "SPX00000001") -> Sight:
    return Sight(code=code, symbology="QRCode", area=Area(1, 2, 30, 40), decoder="zxing")


def event(minute: float, *video_ids: str, codes: Sequence[str] = ("SPX00000001",), camera_name: str = "cam1") -> Event:
    """An event of 20 s."""
    started_at = NOON + minute * MINUTE
    return Event(
        camera_name=camera_name,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=20),
        start_s=5.0,
        end_s=25.0,
        video_ids=video_ids or ("v",),
        status=EventStatus.COMPLETE,
        sights=tuple(
            EventSight(video_id=(video_ids or ("v",))[0], time_s=6.0 + n, at=started_at, sight=sight(code))
            for n, code in enumerate(codes)
        ),
    )


def conclusion(reason: str | None = None) -> Conclusion:
    return Conclusion(profile_digest=DIGEST, is_exhaustive=False, reason=reason, at=NOON)


def refolded(
    *events: Event,
    after: float | None = None,
    until: float | None = None,
    video_ids: Sequence[str] = (),
    camera_name: str = "cam1",
) -> Refolded:
    """A window from minute `after` to minute `until`."""
    return Refolded(
        camera_name=camera_name,
        after=None if after is None else NOON + after * MINUTE,
        until=None if until is None else NOON + until * MINUTE,
        events=events,
        video_ids=tuple(video_ids),
    )


def asked_for(ledger: Ledger, *video_ids: str) -> int:
    """The number of a Custom program that asks for these videos."""
    request = ProgramRequest(kind=ProgramKind.CUSTOM, custom_path=f"/rec/{'+'.join(video_ids)}")
    program_id = ledger.request_program(request, NOON).program_id
    ledger.assign_to_program(program_id, video_ids)
    return program_id
