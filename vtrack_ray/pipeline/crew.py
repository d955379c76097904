"""The crew: the workers under way and their claims, of which each is concluded, set back or given back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim, Outcome
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.pipeline.cameras import Cameras
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.detector import Detector
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.reasons import END_THE_RUN
from vtrack_ray.pipeline.setbacks import Setbacks
from vtrack_ray.pipeline.worker import Worker
from vtrack_ray.settings import Settings


class Crew:
    """Has a worker for each claim under way, as many as its length says; `on_ended` is called when one has ended.

    `reopen_stale` has videos of a camera done again that were concluded with another profile than that of the digest.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        launcher: Launcher,
        detector: Detector,
        cameras: Cameras,
        setbacks: Setbacks,
        chronicle: Chronicle,
        reopen_stale: Callable[[str, str, Sequence[str]], Awaitable[None]],
        on_ended: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._launcher = launcher
        self._detector = detector
        self._cameras = cameras
        self._setbacks = setbacks
        self._chronicle = chronicle
        self._reopen_stale = reopen_stale
        self._on_ended = on_ended
        self._tasks: dict[Claim, asyncio.Task[None]] = {}
        self._urgent: set[Claim] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    @property
    def is_at_urgent_work(self) -> bool:
        return bool(self._urgent)

    def begin(self, claim: Claim, group: asyncio.TaskGroup, *, is_urgent: bool) -> None:
        """Has a worker see the claim through, as a task of the group: it fails of nothing but what ends the service."""
        if is_urgent:
            self._urgent.add(claim)
        task = group.create_task(self._see_through(claim, is_urgent=is_urgent), name=claim.video.path)
        self._tasks[claim] = task
        task.add_done_callback(lambda _done: self._ended(claim))

    async def finish(self, patience_s: float) -> None:
        """Waits for all of them, but no longer than that."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=patience_s)

    async def give_back(self) -> int:
        """Ends all work under way, and has its videos wait again; what was sampled of them is kept."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        return await self._store(Ledger.release_claims)

    async def give_back_stale(self, claimed_before: datetime) -> None:
        """Ends what nobody answered for since then, whoever claimed it, and has it wait again."""
        for claim in await self._store(Ledger.stale_claims, claimed_before):
            if task := self._tasks.get(claim):
                task.cancel()
                await asyncio.wait([task])
            if await self.release(claim, "nobody answered for it"):  # or it was concluded at the last moment
                await self._chronicle.tell_of(
                    claim.video.file, claim.attempt, OccurrenceKind.STALE, "its claim was stale, and it waits again"
                )

    async def release(self, claim: Claim, reason: str) -> bool:
        """Gives a claim back that no worker has; False if it was no longer one."""
        try:
            await self._store(Ledger.release, claim.video.video_id, claim.attempt, reason)
        except StaleAttempt:
            return False
        return True

    def _ended(self, claim: Claim) -> None:
        del self._tasks[claim]
        self._urgent.discard(claim)
        self._on_ended()

    async def _see_through(self, claim: Claim, *, is_urgent: bool) -> None:
        """Takes one video to its end; whatever goes wrong with it is its own reason and stops no other."""
        video, profile = claim.video, self._cameras.profiles[claim.video.camera_name]
        worker = Worker(
            claim,
            profile,
            settings=self._settings,
            store=self._store,
            launcher=self._launcher,
            detector=self._detector,
            is_urgent=is_urgent,
        )
        try:
            outcome = await worker.work()
            await self._tell_done(claim, outcome, worker.worked_s)
            latest = self._cameras.profiles[video.camera_name]
            if latest.digest != profile.digest:  # somebody changed it meanwhile
                await self._reopen_stale(video.camera_name, latest.digest, [video.video_id])
        except END_THE_RUN:
            raise
        except StaleAttempt as error:
            await self._chronicle.tell_of(video.file, claim.attempt, OccurrenceKind.STALE, str(error))
        except Exception as error:  # noqa: BLE001  whatever it is, it is this video's and no other's
            await self._setbacks.take(video.file, claim.attempt, error)

    async def _tell_done(self, claim: Claim, outcome: Outcome, worked_s: float) -> None:
        await self._chronicle.tell_of(
            claim.video.file,
            claim.attempt,
            OccurrenceKind.DONE,
            outcome.status + (f": {outcome.reason}" if outcome.reason else ""),
            footage_s=claim.video.duration_s,
            work_s=worked_s,
            events=outcome.findings.events,
            codes=outcome.findings.tracking_codes,
            **{f"{stage}_s": seconds for stage, seconds in outcome.seconds.items()},
        )
