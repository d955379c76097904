"""A worker: takes one claimed video from its spans to its stored events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vtrack_ray.errors import VideoTimedOut
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim, Outcome
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.sampling_log import SamplingLog
from vtrack_ray.meaning.span import Span
from vtrack_ray.pipeline.detector import Detector, Uncoded
from vtrack_ray.pipeline.job import job_on_video
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.stopwatch import Stopwatch
from vtrack_ray.pipeline.time_limit import within
from vtrack_ray.pipeline.together import together
from vtrack_ray.sampling.sampler import first_method, sample_alone, sample_span, spans_of
from vtrack_ray.sampling.second_look import second_look, shortened
from vtrack_ray.sampling.survey import card_area
from vtrack_ray.settings import Settings


class Worker:
    """Works on one claim; `on_sampled` is told the seconds of footage that are sampled, as they are."""

    def __init__(
        self,
        claim: Claim,
        profile: Profile,
        *,
        settings: Settings,
        store: Store,
        launcher: Launcher,
        detector: Detector,
        on_sampled: Callable[[float], None] = lambda _seconds: None,
        is_exhaustive: bool = False,
        is_urgent: bool = False,
    ) -> None:
        self._claim = claim
        self._profile = profile
        self._settings = settings
        self._store = store
        self._launcher = launcher
        self._detector = detector
        self._on_sampled = on_sampled
        self._is_exhaustive = is_exhaustive
        self._is_urgent = is_urgent
        self._watch = Stopwatch()
        self._sampled_s = 0.0
        self._logs: list[SamplingLog] = []

    @property
    def worked_s(self) -> float:
        """Seconds in which the video was worked on, waiting left out."""
        return self._watch.seconds

    async def work(self) -> Outcome:
        """Samples the video, looks again where a code is missing, and concludes it; tells what it came to.

        Raises VideoTimedOut once it was worked on for longer than `TIMEOUT_SECONDS`, with all work on it ended;
        VideoError if it can't be used, StaleAttempt if the claim was given up, ActorLost.
        """
        try:
            return await within(self._settings.TIMEOUT_SECONDS, self._watch, self._work())
        except VideoTimedOut as error:
            reached = f"{self._sampled_s:.1f} of {self._claim.video.duration_s:.1f} s were sampled"
            raise VideoTimedOut(f"{error}; {reached}") from error

    async def _work(self) -> Outcome:
        claim, profile = self._claim, self._profile
        video = claim.video
        spans = spans_of(video, self._settings.SPAN_SECONDS)
        kept = await self._kept(spans)
        self._sampled(sum(span.duration_s for span in kept))
        await self._sample([span for span in spans if span not in kept])
        logs = (await self._store(Ledger.logs, [video.video_id]))[video.video_id] if kept else self._logs
        logs = sorted(logs, key=lambda log: log.span)
        looks: Sequence[SamplingLog] | None = None
        while isinstance(ending := await self._detector.conclude(claim, profile, logs, looks), Uncoded):
            stretches = shortened(ending.spans, self._settings.SECOND_LOOK_SECONDS)
            looks = await together([self._look_again(span) for span in stretches])
        return ending

    async def _kept(self, spans: Sequence[Span]) -> Sequence[Span]:
        """Those of the spans that need not be sampled, as an attempt before has done so with this profile."""
        if not self._claim.is_begun:
            return ()
        method = first_method(is_exhaustive=self._is_exhaustive)
        return await self._store(Ledger.keep_logs, self._claim.video.video_id, self._profile.digest, method, spans)

    async def _sample(self, spans: Sequence[Span]) -> None:
        """Samples the spans side by side; whoever samples a single one looks for the card as well."""
        if len(spans) == 1:
            await self._sample_span(spans[0], sample_alone)
        elif spans:
            card = await self._card_area()
            await together([self._sample_span(span, sample_span, card) for span in spans])

    async def _card_area(self) -> Area | None:
        video, profile = self._claim.video, self._profile
        if not profile.may_card_move:
            return profile.qr_trigger_area
        job = job_on_video("survey", video, self._watch, is_urgent=self._is_urgent)
        return await self._launcher.run(job, card_area, video, profile)

    async def _sample_span(self, span: Span, function: Callable[..., SamplingLog], *card: Area | None) -> None:
        claim, profile = self._claim, self._profile
        job = job_on_video("sample", claim.video, self._watch, span.start_s, is_urgent=self._is_urgent)
        sampled = await self._launcher.run(
            job, function, claim.video, profile, span, *card, is_exhaustive=self._is_exhaustive
        )
        await self._store(Ledger.log_span, claim.video.video_id, claim.attempt, profile.digest, sampled)
        self._logs.append(sampled)
        self._sampled(span.duration_s)

    async def _look_again(self, span: Span) -> SamplingLog:
        claim, profile = self._claim, self._profile
        job = job_on_video("second look", claim.video, self._watch, span.start_s, is_urgent=self._is_urgent)
        looked = await self._launcher.run(job, second_look, claim.video, profile, span)
        await self._store(Ledger.log_span, claim.video.video_id, claim.attempt, profile.digest, looked)
        return looked

    def _sampled(self, seconds: float) -> None:
        self._sampled_s += seconds
        self._on_sampled(seconds)
