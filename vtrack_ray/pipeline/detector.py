"""The event detector: folds a video's samples, with those of its neighbours in time, into stored events."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from vtrack_ray import instants
from vtrack_ray.events.chain import OVERLAP_US, Take
from vtrack_ray.events.fold import fold, spans_without_code
from vtrack_ray.events.window import window
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim, Conclusion, Outcome, Refolded
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sampling_log import Method, SamplingLog
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import Video
from vtrack_ray.pipeline.launcher import Store
from vtrack_ray.pipeline.reasons import unreadable, unseen_card
from vtrack_ray.pipeline.takes import MOST_SAMPLES, Takes


class Uncoded(NamedTuple):
    """Stretches of a video that were packed without a code being read, and deserve a second look."""

    spans: tuple[Span, ...]


class Detector(Protocol):
    """Turns sampling logs into events, one video of a camera at a time."""

    async def conclude(
        self,
        claim: Claim,
        profile: Profile,
        logs: Sequence[SamplingLog],
        looks: Sequence[SamplingLog] | None = None,
    ) -> Outcome | Uncoded:
        """Folds and stores the events around a video with these logs, all of which are stored, and closes its claim.

        `looks` are the logs of its second looks: with None, a video that deserves some is not concluded yet. Raises
        NotAVideo if nothing of it could be read, StaleAttempt if the claim was given up meanwhile.
        """
        ...

    async def refold(self, profile: Profile, removed: Video) -> None:
        """Folds the events again around a video that is gone from the ledger."""
        ...


class EventDetector:
    """The detector itself, one at work for each ledger; it holds nothing that the ledger can't give back.

    It remembers at most so many samples of what it has concluded.
    """

    def __init__(self, store: Store, most_samples: int = MOST_SAMPLES) -> None:
        self._store = store
        # Two folds of neighbouring videos at once would each miss the other's samples.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._known = Takes(most_samples)

    async def conclude(
        self,
        claim: Claim,
        profile: Profile,
        logs: Sequence[SamplingLog],
        looks: Sequence[SamplingLog] | None = None,
    ) -> Outcome | Uncoded:
        video, own = claim.video, Take(video=claim.video, logs=(*logs, *(looks or ())))
        reason = unreadable(video, logs) or unseen_card(video, logs, profile)
        if looks is None and (spans := spans_without_code(own, profile)):
            return Uncoded(tuple(spans))
        conclusion = Conclusion(
            profile_digest=profile.digest,
            is_exhaustive=any(log.method is Method.EXHAUSTIVE for log in logs),
            reason=reason,
            at=datetime.now(UTC),
        )
        async with self._turns[video.camera_name]:
            # Until it is known to be stored, it is not what the ledger has of the video.
            self._known.forget(video.video_id)
            refolded = await self._fold({video.video_id: own}, profile, is_there=True)
            outcome = await self._store(Ledger.conclude, video.video_id, claim.attempt, conclusion, refolded)
            self._known.keep(own)
        return outcome

    async def refold(self, profile: Profile, removed: Video) -> None:
        async with self._turns[removed.camera_name]:
            self._known.forget(removed.video_id)
            await self._store(Ledger.replace_events, await self.fold_around([removed], profile, is_there=False))

    async def fold_around(self, videos: Sequence[Video], profile: Profile, *, is_there: bool) -> Refolded:
        """The events around the time of these videos, from as many neighbours as it takes to be sure of them.

        They follow each other with no other video of the camera between them, or are one.
        """
        return await self._fold(await self._takes(videos), profile, is_there=is_there)

    async def _fold(self, own: Mapping[str, Take], profile: Profile, *, is_there: bool) -> Refolded:
        others: dict[str, Take] = {}
        reach = _Reach(min(take.start_us for take in own.values()), max(take.end_us for take in own.values()))
        asked = start_us, end_us = reach
        while True:
            near = await self._near(profile, reach, asked)
            others |= await self._takes([video for video in near if video.video_id not in {*own, *others}])
            takes = [*others.values(), *(own.values() if is_there else ())]
            after_us, until_us = window(takes, profile, start_us, end_us)
            # As far as events are replaced, every video has to be among the takes.
            wider = _Reach(
                min([reach.start_us, *([t.start_us for t in takes] if after_us is None else [after_us])]),
                max([reach.end_us, *([t.end_us for t in takes] if until_us is None else [until_us])]),
            )
            if wider == reach:
                break
            reach = wider
            # Each look reads all takes anew: where no rest ends it, the next one takes in twice as much.
            length_us = reach.end_us - reach.start_us
            asked = _Reach(
                reach.start_us - (length_us if after_us is None else 0),
                reach.end_us + (length_us if until_us is None else 0),
            )
        after_us = reach.start_us - 1 if after_us is None else after_us
        until_us = reach.end_us if until_us is None else until_us
        return Refolded(
            camera_name=profile.camera_name,
            after=instants.from_us(after_us),
            until=instants.from_us(until_us),
            events=tuple(e for e in fold(takes, profile) if after_us < instants.to_us(e.ended_at) <= until_us),
            video_ids=tuple(take.video.video_id for take in takes),
        )

    async def _near(self, profile: Profile, reach: _Reach, asked: _Reach) -> Sequence[Video]:
        """The concluded videos in the stretch `asked` that lie, one behind the other, within a continuation gap of the
        reach; or may begin with one that does."""
        gap_us = max(round(profile.continuation_gap_s * 1e6), OVERLAP_US)
        found = await self._store(
            Ledger.neighbours,
            profile.camera_name,
            instants.from_us(asked.start_us - gap_us),
            instants.from_us(asked.end_us + gap_us),
        )
        return _connected(found, reach, gap_us)

    async def _takes(self, videos: Sequence[Video]) -> dict[str, Take]:
        """The videos' takes, by identity."""
        takes = {video.video_id: take for video in videos if (take := self._known.of(video))}
        if unknown := [video for video in videos if video.video_id not in takes]:
            logs = await self._store(Ledger.logs, [video.video_id for video in unknown])
            takes |= {video.video_id: Take(video=video, logs=tuple(logs[video.video_id])) for video in unknown}
        return takes


class _Reach(NamedTuple):
    """Microseconds since 1970."""

    start_us: int
    end_us: int


def _connected(videos: Sequence[Video], reach: _Reach, gap_us: int) -> list[Video]:
    """Those of the videos that lie, one behind the other, no more than the gap from the reach."""
    stretches: list[tuple[int, int, Video | None]] = [(*reach, None)]
    stretches += [(instants.to_us(video.started_at), instants.to_us(video.ended_at), video) for video in videos]
    together: list[Video | None] = []
    until_us = 0
    for start_us, end_us, video in sorted(stretches, key=lambda stretch: stretch[:2]):
        if together and start_us - until_us > gap_us:
            if None in together:
                break
            together.clear()
        until_us = max(until_us, end_us) if together else end_us
        together.append(video)
    return [video for video in together if video is not None]
