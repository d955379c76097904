"""The runner: takes a request from files to stored events, in an order that a crash at any point can't spoil.

What is finished is in the ledger and is not done again; what is not, is done by the next run.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from vtrack_ray.errors import ActorLost, SourceError, StaleAttempt, VideoUnreachable
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import VideoFilter, VideoRow
from vtrack_ray.meaning.video import FoundFile, Video, VideoStatus
from vtrack_ray.pipeline.cameras import Cameras
from vtrack_ray.pipeline.detector import Detector
from vtrack_ray.pipeline.drive_scanner import DriveScanner
from vtrack_ray.pipeline.hints import hints
from vtrack_ray.pipeline.intake import Intake
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.progress import Progress
from vtrack_ray.pipeline.reasons import END_THE_RUN, sentence, status_after
from vtrack_ray.pipeline.request import Request
from vtrack_ray.pipeline.summary import Summary, Trouble
from vtrack_ray.pipeline.together import together
from vtrack_ray.pipeline.worker import Worker
from vtrack_ray.settings import Settings
from vtrack_ray.sources.local import Scan, scan
from vtrack_ray.sources.reach import require_no_camera

log = logging.getLogger(__name__)

_PACE_S = 5.0
"""How often the machines are looked at: a cluster's may join and leave meanwhile."""
_GIVEN_UP = (VideoStatus.FAILED, VideoStatus.TIMEOUT)


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
        self._intake = Intake(settings, store, launcher, detector)
        self._cameras = Cameras(settings, store, launcher)
        self._drive = DriveScanner(settings, store, launcher, settings.TIMEOUT_SECONDS)
        self.progress = Progress()

    async def run(self) -> Summary:
        """Scans, probes, surveys, samples and detects; raises SourceError if a path of the request does not exist.

        Raises DriveError if a folder at Google Drive can't be looked into.

        Raises ActorLost if the store or the detector died; what was finished is kept.
        """
        await self._store(Ledger.release_claims)
        await self._launcher.adjust()
        await self._store(Ledger.save_configs, {name: str(value) for name, value in self._settings})
        pacing = asyncio.create_task(self._keep_pace())
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
        finally:
            pacing.cancel()
            await asyncio.gather(pacing, return_exceptions=True)  # what it met, the rest meets too

    async def _keep_pace(self) -> None:
        while True:
            await asyncio.sleep(_PACE_S)
            await self._launcher.adjust()

    async def _scan(self) -> tuple[Sequence[VideoRow], Sequence[Trouble]]:
        """Registers the files of the request, and probes those whose header is not known yet."""
        found = await self._found()
        await self._intake.register(found.files, _now())
        ids = tuple(file.video_id for file in found.files)
        if self._request.is_forced:
            await self._store(Ledger.reopen, ids)
        else:
            await self._store(Ledger.reopen, ids, "it is tried again", statuses=_GIVEN_UP, keep_logs=True)
        await self._launcher.adjust()  # now there are files to know the sources by
        self.progress.step = "reading headers"
        unprobed, at_once = await self._store(Ledger.unprobed, ids), self._settings.QUEUE_LIMIT
        # So many at a time: all that wait are looked through whenever there is room for one more.
        for start in range(0, len(unprobed), at_once):
            await together([self._probe(file) for file in unprobed[start : start + at_once]])
        rows = await self._store(Ledger.videos, VideoFilter(video_ids=ids))
        strangers = [row for row in rows if self._request.camera_name not in (None, row.camera_name)]
        return rows, [
            *(Trouble(path=path, reason=reason) for path, reason in found.problems),
            *(Trouble(path=row.path, reason=f"is known as a video of camera {row.camera_name!r}") for row in strangers),
        ]

    async def _found(self) -> Scan:
        """What lies at the request's paths, and in its folders at Google Drive. Raises SourceError, DriveError."""
        found = scan(self._request.paths, await self._store(Ledger.sources), self._request.camera_name)
        for folder in self._request.drive_folders:
            require_no_camera(self._request.camera_name)
            there = await self._drive.scan_folder(folder)
            if not there.files:
                raise SourceError(f"There are no video files in {folder} at Google Drive")
            found = Scan(files=(*found.files, *there.files), problems=(*found.problems, *there.problems))
        return found

    async def _probe(self, file: FoundFile) -> None:
        try:
            await self._intake.probe(file)
        except END_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it is this file's and no other's
            self.progress.videos_finished += 1
            await self._give_up(file, None, error)

    async def _take_up(self, rows: Iterable[VideoRow]) -> list[Video]:
        """The videos to sample, fairly between cameras and oldest first inside one, with their cameras' profiles."""
        self.progress.step = "looking for the trigger card"
        ids_by_camera: dict[str, list[str]] = {}
        for row in rows:
            ids_by_camera.setdefault(row.camera_name, []).append(row.video_id)
        await together([self._know(camera_name, ids) for camera_name, ids in ids_by_camera.items()])
        waiting = await self._store(Ledger.pending, [i for ids in ids_by_camera.values() for i in ids])
        self.progress.videos = self.progress.videos_failed + len(waiting)
        self.progress.footage_s = sum(video.duration_s for video in waiting)
        self.progress.step = "sampling"
        return waiting

    async def _know(self, camera_name: str, video_ids: Sequence[str]) -> None:
        """Takes the camera's profile, and reopens those of the videos that were concluded with another one."""
        profile = await self._cameras.know(camera_name)
        await self._store(Ledger.reopen_stale_profile, camera_name, profile.digest, video_ids)

    async def _work_off(self, waiting: Iterable[Video]) -> None:
        queue, under_way = deque(waiting), set[asyncio.Task[None]]()
        try:
            while queue or under_way:
                # Asked each time: machines may have joined meanwhile.
                while queue and len(under_way) < self._launcher.slots:
                    under_way.add(asyncio.create_task(self._process(queue.popleft())))
                ended, under_way = await asyncio.wait(under_way, timeout=_PACE_S, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    task.result()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _process(self, video: Video) -> None:
        """Takes one video to its end; whatever goes wrong with it is its own reason and stops no other."""
        claim = await self._store(Ledger.claim_video, video.video_id, _now())
        if claim is None:
            return
        worker = Worker(
            claim,
            self._cameras.profiles[video.camera_name],
            settings=self._settings,
            store=self._store,
            launcher=self._launcher,
            detector=self._detector,
            on_sampled=self._sampled,
            is_exhaustive=self._request.is_exhaustive,
        )
        try:
            await worker.work()
        except END_THE_RUN:
            raise
        except StaleAttempt as error:
            log.warning("%s", error)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this video's and no other's
            await self._give_up(video.file, claim.attempt, error)
        finally:
            self.progress.videos_finished += 1

    def _sampled(self, seconds: float) -> None:
        self.progress.sampled_s += seconds

    async def _give_up(self, file: FoundFile, attempt: int | None, error: Exception) -> None:
        self.progress.videos_failed += 1
        reason = sentence(file, error)
        away = isinstance(error, VideoUnreachable)
        status = status_after(error)
        await self._store(Ledger.fail, file.video_id, attempt, status, reason, _now(), is_out_of_reach=away)

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
            hints=tuple(hints(rows, by_camera, self._cameras.profiles)),
        )


def _now() -> datetime:
    return datetime.now(UTC)
