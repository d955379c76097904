"""The runner: takes a request from files to stored events, in an order that a crash at any point can't spoil.

What is finished is in the ledger and is not done again; what is not, is done by the next run.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

from vtrack_ray.errors import ActorLost, LedgerError, StaleAttempt, ToolMissing
from vtrack_ray.events.chain import Take
from vtrack_ray.events.fold import spans_without_code
from vtrack_ray.footage.probe import probe
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim, Conclusion, VideoFilter, VideoRow
from vtrack_ray.meaning.area import Area
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.span import Span
from vtrack_ray.meaning.video import FoundFile, Video, VideoStatus
from vtrack_ray.pipeline.detector import Detector
from vtrack_ray.pipeline.hints import hints
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.progress import Progress
from vtrack_ray.pipeline.reasons import sentence, unreadable, unseen_card
from vtrack_ray.pipeline.request import Request
from vtrack_ray.pipeline.summary import Summary, Trouble
from vtrack_ray.sampling.sampler import first_method, sample_span, spans_of
from vtrack_ray.sampling.second_look import second_look, shortened
from vtrack_ray.sampling.survey import survey
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import scan, vanished

log = logging.getLogger(__name__)

_GIVEN_UP = (VideoStatus.FAILED, VideoStatus.TIMEOUT)
_END_THE_RUN = (ActorLost, ToolMissing, LedgerError)
"""What is no single video's fault."""


class Runner:
    """Works off one request; `progress` may be read at any time."""

    def __init__(
        self, *, request: Request, settings: Settings, store: Store, launcher: Launcher, detector: Detector
    ) -> None:
        self._request = request
        self._settings = settings
        self._store = store
        self._launcher = launcher
        self._detector = detector
        self._profiles: dict[str, Profile] = {}
        self.progress = Progress()

    async def run(self) -> Summary:
        """Scans, probes, surveys, samples and detects; raises SourceError if a path of the request does not exist.

        Raises ActorLost if the store or the detector died; what was finished is kept.
        """
        await self._store(Ledger.release_claims)
        await self._store(Ledger.save_configs, _texts(self._settings))
        try:
            rows, troubles = await self._scan()
            waiting = await self._take_up(rows)
            await self._work_off(waiting)
            return await self._summary(rows, troubles)
        except ActorLost:
            raise  # its claims are given back by the next run
        except BaseException:
            await self._store(Ledger.release_claims)
            raise

    async def _scan(self) -> tuple[Sequence[VideoRow], Sequence[Trouble]]:
        """Registers the files of the request, and probes those whose header is not known yet."""
        sources = await self._store(Ledger.sources)
        found = scan(self._request.paths, sources, self._request.camera_name)
        ids = tuple(file.video_id for file in found.files)
        # Of thousands of files, most are known: only the others are sent.
        unknown = set(await self._store(Ledger.unknown, ids))
        new = [file for video_id, file in zip(ids, found.files, strict=True) if video_id in unknown]
        moved_from = vanished(await self._store(Ledger.lookalikes, new))
        registered = await self._store(Ledger.register, new, _now(), moved_from)
        for removed in registered.removed:
            profile = await self._store(Ledger.profile, removed.camera_name)
            if profile is not None:
                await self._detector.refold(profile, removed)
        if self._request.is_forced:
            await self._store(Ledger.reopen, ids)
        else:
            await self._store(Ledger.reopen, ids, "it is tried again", statuses=_GIVEN_UP, keep_logs=True)
        self.progress.step = "reading headers"
        await _together([self._probe(file) for file in await self._store(Ledger.unprobed, ids)])
        rows = await self._store(Ledger.videos, VideoFilter(video_ids=ids))
        strangers = [row for row in rows if self._request.camera_name not in (None, row.camera_name)]
        return rows, [
            *(Trouble(path=path, reason=reason) for path, reason in found.problems),
            *(Trouble(path=row.path, reason=f"is known as a video of camera {row.camera_name!r}") for row in strangers),
        ]

    async def _probe(self, file: FoundFile) -> None:
        try:
            zone = ZoneInfo(self._settings.TIME_ZONE)
            header = await self._launcher.run(f"probe:{_label(file)}", probe, file, zone)
            await self._store(Ledger.set_header, file.video_id, header)
        except _END_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it is this file's and no other's
            self.progress.videos_finished += 1
            self.progress.videos_failed += 1
            await self._store(Ledger.fail, file.video_id, None, VideoStatus.FAILED, sentence(file, error), _now())

    async def _take_up(self, rows: Iterable[VideoRow]) -> list[Video]:
        """The videos to sample, fairly between cameras and oldest first inside one, with their cameras' profiles."""
        self.progress.step = "looking for the trigger card"
        ids_by_camera: dict[str, list[str]] = {}
        for row in rows:
            ids_by_camera.setdefault(row.camera_name, []).append(row.video_id)
        await _together([self._know_profile(camera_name) for camera_name in ids_by_camera])
        for camera_name, ids in ids_by_camera.items():
            digest = self._profiles[camera_name].digest
            await self._store(Ledger.reopen_stale_profile, camera_name, digest, ids)
        waiting = await self._store(Ledger.pending, [i for ids in ids_by_camera.values() for i in ids])
        self.progress.videos = self.progress.videos_failed + len(waiting)
        self.progress.footage_s = sum(video.duration_s for video in waiting)
        self.progress.step = "sampling"
        return waiting

    async def _know_profile(self, camera_name: str) -> None:
        """Takes the camera's profile, and looks for its trigger card in videos not yet searched, if nobody told.

        The earliest video in which the card can be read decides where it lies, in whatever order videos arrive.
        """
        profile = await self._store(Ledger.profile, camera_name) or Profile(camera_name=camera_name)
        if profile.find_trigger:
            found_at, found = profile.trigger_found_at, dict[str, object]()
            for video in await self._store(Ledger.unsurveyed, camera_name):
                if found_at is not None and video.started_at >= found_at:
                    break
                if area := await self._survey(video, profile.trigger_text):
                    found = {"qr_trigger_area": area, "trigger_found_at": video.started_at}
                    break
            # Somebody may have set the profile meanwhile.
            latest = await self._store(Ledger.profile, camera_name)
            profile = latest or profile
            if profile.find_trigger:
                profile = profile.model_copy(update=found)
            await self._store(Ledger.save_profile, profile)
        self._profiles[camera_name] = profile

    async def _survey(self, video: Video, trigger_text: str) -> Area | None:
        try:
            area = await self._launcher.run(f"survey:{_label(video.file)}", survey, video, trigger_text)
        except _END_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001
            # Sampling will meet the same fault and give it as the video's reason.
            log.info("no survey of %s: %s", video.path, error)
            return None
        await self._store(Ledger.mark_surveyed, video.video_id)
        return area

    async def _work_off(self, waiting: Iterable[Video]) -> None:
        queue = deque(waiting)

        async def worker() -> None:
            while queue:
                await self._process(queue.popleft())

        await _together([worker() for _ in range(self._launcher.slots)])

    async def _process(self, video: Video) -> None:
        """Takes one video to its end; whatever goes wrong with it is its own reason and stops no other."""
        claim = await self._store(Ledger.claim_video, video.video_id, _now())
        if claim is None:
            return
        try:
            await self._sample(claim, self._profiles[video.camera_name])
        except _END_THE_RUN:
            raise
        except StaleAttempt as error:
            log.warning("%s", error)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this video's and no other's
            await self._give_up(claim, sentence(video.file, error))
        finally:
            self.progress.videos_finished += 1

    async def _sample(self, claim: Claim, profile: Profile) -> None:
        video = claim.video
        spans = spans_of(video, self._settings.SPAN_SECONDS)
        method = first_method(is_exhaustive=self._request.is_exhaustive)
        kept = await self._store(Ledger.keep_logs, video.video_id, profile.digest, method, spans)
        self.progress.sampled_s += sum(span.duration_s for span in kept)
        area = await self._card_area(video, profile)
        await _together([self._sample_span(claim, profile, span, area) for span in spans if span not in kept])
        logs = (await self._store(Ledger.logs, [video.video_id]))[video.video_id]
        uncoded = spans_without_code(Take(video=video, logs=tuple(logs)), profile)
        looks = shortened(uncoded, self._settings.SECOND_LOOK_SECONDS)
        await _together([self._look_again(claim, profile, span) for span in looks])
        reason = unreadable(video, logs) or unseen_card(video, logs, profile)
        await self._detector.conclude(
            claim,
            profile,
            Conclusion(
                profile_digest=profile.digest, is_exhaustive=self._request.is_exhaustive, reason=reason, at=_now()
            ),
        )

    async def _card_area(self, video: Video, profile: Profile) -> Area | None:
        """Where the trigger card lies in this video: somebody may have moved it, or the camera, since it was found."""
        known = profile.qr_trigger_area
        if known is None or not profile.find_trigger:
            return known
        label = f"survey:{_label(video.file)}"
        found = await self._launcher.run(label, survey, video, profile.trigger_text, known)
        size = video.header.width_px, video.header.height_px
        return found or (known if known.fits(*size) else Area(0, 0, *size))

    async def _sample_span(self, claim: Claim, profile: Profile, span: Span, card_area: Area | None) -> None:
        sampled = await self._launcher.run(
            f"sample:{_label(claim.video.file)}@{span.start_s:.0f}",
            sample_span,
            claim.video,
            profile.model_copy(update={"qr_trigger_area": card_area}),
            span,
            is_exhaustive=self._request.is_exhaustive,
        )
        if card_area != profile.qr_trigger_area:
            note = f"the trigger card is looked for elsewhere in this video: {list(card_area or ())}"
            sampled = replace(sampled, notes=(*sampled.notes, note))
        await self._store(Ledger.log_span, claim.video.video_id, claim.attempt, profile.digest, sampled)
        self.progress.sampled_s += span.duration_s

    async def _look_again(self, claim: Claim, profile: Profile, span: Span) -> None:
        label = f"second look:{_label(claim.video.file)}@{span.start_s:.0f}"
        looked = await self._launcher.run(label, second_look, claim.video, profile, span)
        await self._store(Ledger.log_span, claim.video.video_id, claim.attempt, profile.digest, looked)

    async def _give_up(self, claim: Claim, reason: str) -> None:
        self.progress.videos_failed += 1
        await self._store(Ledger.fail, claim.video.video_id, claim.attempt, VideoStatus.FAILED, reason, _now())

    async def _summary(self, rows: Iterable[VideoRow], troubles: Sequence[Trouble]) -> Summary:
        ids = [row.video_id for row in rows]
        rows = await self._store(Ledger.videos, VideoFilter(video_ids=tuple(ids)))
        found = await self._store(Ledger.found_in, ids)
        by_camera = await self._store(Ledger.found_by_camera, ids)
        return Summary(
            videos_by_status=Counter(row.status for row in rows),
            new_videos=self.progress.videos,
            events=found.events,
            tracking_codes=found.tracking_codes,
            examined_s=sum(row.examined_s for row in rows),
            idle_s=sum(row.idle_s for row in rows),
            unreadable_s=sum(row.unreadable_s for row in rows),
            troubles=(*troubles, *(Trouble(path=row.path, reason=row.reason) for row in rows if row.reason)),
            hints=tuple(hints(rows, by_camera, self._profiles)),
        )


def _texts(settings: Settings) -> dict[str, str]:
    return {name: str(value) for name, value in settings}


async def _together(work: Iterable[Coroutine[object, object, None]]) -> None:
    """Runs the coroutines side by side; the first error ends them all and is raised once they have ended."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


def _label(file: FoundFile) -> str:
    """Camera and file name, for task lists; bytes that are no UTF-8 are written as escapes."""
    label = f"{file.camera_name}/{PurePath(file.path).name}"
    return label.encode("utf-8", "backslashreplace").decode()


def _now() -> datetime:
    return datetime.now(UTC)
