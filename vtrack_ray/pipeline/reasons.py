"""Reasons: why a video is not as it should be, in a sentence for a person."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from vtrack_ray.errors import ActorLost, LedgerError, NotAVideo, ToolMissing, VideoTimedOut, VtrackError
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sample import Trigger
from vtrack_ray.meaning.sampling_log import Jump, SamplingLog
from vtrack_ray.meaning.span import Coverage, covered_s, joined
from vtrack_ray.meaning.video import FoundFile, Video, VideoStatus

log = logging.getLogger(__name__)

END_THE_RUN = (ActorLost, ToolMissing, LedgerError)
"""What is no single video's fault."""

_WORTH_TELLING_S = 0.1
"""Less than this, two or three pictures, is no loss to a packing."""

_MOST_TOLD = 5
"""Of what happens again and again, so many are told."""


def unreadable(video: Video, logs: Iterable[SamplingLog]) -> str | None:
    """What could not be read of a video, as a sentence; None if all of it was. Raises NotAVideo if nothing was."""
    logs = list(logs)
    broken = joined(s for sampled in logs for s in sampled.coverage if s.coverage is Coverage.UNREADABLE)
    lost_s = covered_s(broken, Coverage.UNREADABLE)
    if broken and lost_s > video.duration_s - 1e-6:
        raise NotAVideo(f"{broken[0].reason}; nothing of it could be read. Copy it again from the recorder")
    if lost_s >= _WORTH_TELLING_S:
        long = [s for s in broken if s.span.duration_s >= _WORTH_TELLING_S] or broken
        where = ", ".join(f"{s.span.start_s:.1f} to {s.span.end_s:.1f} s" for s in long[:_MOST_TOLD])
        more = f" and {len(long) - _MOST_TOLD} more" if len(long) > _MOST_TOLD else ""
        longest = max(long, key=lambda stretch: stretch.span.duration_s)
        return f"{lost_s:.1f} s could not be read ({where}{more}): {longest.reason}"
    return _jumped(jump for sampled in logs for jump in sampled.jumps)


def _jumped(jumps: Iterable[Jump]) -> str | None:
    """A sentence on the timestamps that go back, each said once; None if none do."""
    jumps = sorted(set(jumps))
    told = (
        (True, "times are counted on from there"),
        (False, "pictures whose time has been already are left out"),
    )
    sentences = []
    for is_counted_on, what_follows in told:
        times_s = [jump.time_s for jump in jumps if jump.is_counted_on is is_counted_on]
        where = ", ".join(f"{time_s:.1f}" for time_s in times_s[:_MOST_TOLD])
        more = f" and {len(times_s) - _MOST_TOLD} more" if len(times_s) > _MOST_TOLD else ""
        if times_s:
            sentences.append(f"timestamps jump back at {where} s{more}; {what_follows}")
    return "; ".join(sentences) or None


def unseen_card(video: Video, logs: Iterable[SamplingLog], profile: Profile) -> str | None:
    """A sentence if the trigger card is seen nowhere in a video that is longer than any packing."""
    seen = {sample.trigger for sampled in logs for sample in sampled.samples}
    if profile.qr_trigger_area is None or video.duration_s <= profile.max_packing_s or Trigger.ON in seen:
        return None
    return (
        f"the trigger card {profile.trigger_text!r} is seen nowhere in it, so all of it counts as one packing; "
        "if the card lay there, look at the picture: is it lit, sharp, and the whole card in it?"
    )


def sentence(file: FoundFile, error: Exception) -> str:
    """Why a video was given up. An error that nobody raised on purpose is logged with its trace."""
    if isinstance(error, VtrackError):
        return str(error).removeprefix(file.path).lstrip(": ")
    log.error("%s", file.path, exc_info=error)
    return f"{type(error).__name__}: {error} (an error in vtrack; its log has more)"


def status_after(error: Exception) -> VideoStatus:
    """The status of a video that is given up because of the error."""
    return VideoStatus.TIMEOUT if isinstance(error, VideoTimedOut) else VideoStatus.FAILED
