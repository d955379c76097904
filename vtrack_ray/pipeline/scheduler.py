"""The scheduler: works on the programs that were asked for, for as long as the service runs.

It holds nothing that the ledger can't give back: wherever it is ended, the next one goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from vtrack_ray.errors import StaleAttempt
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.values import Claim
from vtrack_ray.meaning.filters import Filters
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramState
from vtrack_ray.meaning.video import FoundFile, VideoStatus
from vtrack_ray.pipeline.cameras import Cameras
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.copies import Copies
from vtrack_ray.pipeline.detector import Detector
from vtrack_ray.pipeline.intake import Intake
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.observer import Nobody, Observer
from vtrack_ray.pipeline.reasons import END_THE_RUN
from vtrack_ray.pipeline.scanner import Scanner
from vtrack_ray.pipeline.setbacks import Setbacks
from vtrack_ray.pipeline.sorting import sort
from vtrack_ray.pipeline.together import together
from vtrack_ray.pipeline.worker import Worker
from vtrack_ray.settings import Settings

_POLL_S = 0.5
"""How soon an order is followed that came by the database."""
_PACE_S = 5.0
"""How often batches are adjusted: a node's use has to show what the last change brought."""
_HOUSEKEEPING_S = 60.0
_URGENT = "urgent:"
_AHEAD = 1
"""So many more videos are under way than there are slots: while one is being concluded, its slot is not idle."""

_TRIED_AGAIN = (VideoStatus.FAILED, VideoStatus.TIMEOUT, VideoStatus.SKIPPED)
"""What a person who names a file wants to be tried once more."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Scheduler:
    """Scans, reads headers, and gives videos to workers, fairly; it follows orders while it does."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        launcher: Launcher,
        detector: Detector,
        now: Callable[[], datetime] = _utc_now,
        observer: Observer | None = None,
    ) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.TIME_ZONE)
        self._store = store
        self._launcher = launcher
        self._detector = detector
        self._now = now
        self._observer = observer or Nobody()
        self._intake = Intake(settings, store, launcher, detector)
        self._cameras = Cameras(settings, store, launcher)
        self._chronicle = Chronicle(store, self._observer, now)
        self._scanner = Scanner(settings, store, launcher, self._intake, self._chronicle, now)
        self._setbacks = Setbacks(settings, store, self._chronicle, now)
        self._copies = Copies(settings, store, self._chronicle, now)
        self._programs: Sequence[Program] = ()
        self._is_paused = False
        self._filters = Filters()
        self._roots: Sequence[str] = ()
        self._ended_here = set[int]()
        self._scan_due: datetime | None = None
        self._scanned_for: int | None = None
        self._is_all_scanned = False
        self._judging = 0
        self._under_way: dict[Claim, asyncio.Task[None]] = {}
        self._changed_cameras: set[str] = set()
        self._news: list[asyncio.Event] = []
        self._end = asyncio.Event()

    async def serve(self) -> None:
        """Works until `end` is called; then what is under way may finish for `STOP_SECONDS`, and is given back.

        Raises ActorLost, LedgerError or ToolMissing if it can't go on; what was finished is kept.
        """
        released = await self._store(Ledger.release_claims)
        await self._store(Ledger.save_configs, {name: str(value) for name, value in self._settings})
        await self._chronicle.tell(OccurrenceKind.SERVICE, "the service has started", given_back=released)
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                loops = [
                    *(
                        group.create_task(self._whenever_there_is_news(step))
                        for step in (self._follow, self._take_up, self._scan, self._dispatch)
                    ),
                    *(
                        group.create_task(self._whenever_there_is_news(partial(self._read_headers, is_urgent=urgent)))
                        for urgent in (True, False)
                    ),
                    group.create_task(_every(_PACE_S, self._keep_pace)),
                    group.create_task(_every(_HOUSEKEEPING_S, self._keep_house)),
                ]
                await self._end.wait()
                for loop in loops:
                    loop.cancel()
                if self._under_way:
                    await asyncio.wait(self._under_way.values(), timeout=self._settings.STOP_SECONDS)
                await self._give_back()
        except ExceptionGroup as errors:
            # One is enough: what failed beside it, or after it, failed for the same reason.
            raise _first(errors) from errors
        await self._chronicle.tell(OccurrenceKind.SERVICE, "the service has ended")

    def end(self) -> None:
        """Has `serve` end in good order."""
        self._end.set()

    def look(self) -> None:
        """Has it see at once what was asked for."""
        for news in self._news:
            news.set()

    @property
    def _running(self) -> Sequence[Program]:
        return [program for program in self._programs if program.state is ProgramState.RUNNING]

    @property
    def _lasting(self) -> Program | None:
        """The First or Default program that goes on, if one does."""
        return _lasting_of(self._programs)

    @property
    def _is_at_work(self) -> bool:
        return bool(self._programs) and not self._is_paused

    async def _whenever_there_is_news(self, step: Callable[[], Awaitable[None]]) -> None:
        """Takes the step again and again: at once when something has changed here, or else after a moment."""
        news = asyncio.Event()
        self._news.append(news)
        while True:
            news.clear()
            await step()
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await news.wait()

    async def _follow(self) -> None:
        """Reads what was asked for, and does what changes with it."""
        is_paused = await self._store(Ledger.is_paused)
        filters = await self._store(Ledger.filters)
        roots = await self._store(Ledger.roots)
        # Last, and taken in at once: this scheduler itself changes them meanwhile.
        programs = await self._store(Ledger.programs, unended=True)
        is_sorted_anew = filters != self._filters or _lasting_of(programs) != self._lasting
        gone = {one.program_id for one in self._programs} - {one.program_id for one in programs} - self._ended_here
        is_stopped = bool(gone) and not programs
        was_paused = self._is_paused
        if roots != self._roots:
            self._scan_due = self._now()
        self._is_paused, self._programs, self._filters, self._roots = is_paused, programs, filters, roots
        if is_paused != was_paused:
            await self._chronicle.tell(OccurrenceKind.PROGRAM, "work is paused" if is_paused else "work goes on")
        if is_stopped:
            given_back = await self._give_back()
            await self._chronicle.tell(
                OccurrenceKind.PROGRAM, "everything was stopped by request", given_back=given_back
            )
        for profile in await self._store(Ledger.profiles):
            self._heed(profile)
        if is_sorted_anew:
            await self._sort()
        await self._end_programs()

    async def _give_back(self) -> int:
        """Ends all work under way, and has its videos wait again; what was sampled of them is kept."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        return await self._store(Ledger.release_claims)

    def _heed(self, profile: Profile) -> None:
        """A profile that somebody has changed meanwhile counts from now on, for what was sampled before as well."""
        known = self._cameras.profiles.get(profile.camera_name)
        if known is not None and (known.digest, known.find_trigger) != (profile.digest, profile.find_trigger):
            self._changed_cameras.add(profile.camera_name)

    async def _know(self, camera_name: str, is_urgent: bool) -> None:
        """Takes the camera's profile, and has what was concluded with another one sampled anew."""
        profile = await self._cameras.know(camera_name, is_urgent=is_urgent)
        await self._store(Ledger.reopen_stale_profile, camera_name, profile.digest)
        self.look()

    async def _sort(self) -> None:
        videos = await self._store(Ledger.filterable)
        found = sort(videos, self._filters, self._lasting, self._zone)
        if found.skipped or found.taken_up:
            await self._store(Ledger.apply_filters, found.skipped, found.taken_up, self._now())

    async def _end_programs(self) -> None:
        """Ends the programs that have nothing left to do."""
        unfinished = await self._store(Ledger.unfinished_of_programs)
        for program in self._running:
            if program.kind is ProgramKind.CUSTOM and program.program_id not in unfinished:
                await self._end_program(program, ProgramState.DONE, None)
            elif program.kind is ProgramKind.FIRST and self._scanned_for == program.program_id and self._is_all_scanned:
                counts = await self._store(Ledger.counts)
                if not counts[VideoStatus.PENDING] and not counts[VideoStatus.SAMPLING]:
                    await self._end_program(program, ProgramState.DONE, None)

    async def _end_program(self, program: Program, state: ProgramState, reason: str | None) -> None:
        self._ended_here.add(program.program_id)
        await self._store(Ledger.end_program, program, state, reason, self._now())
        await self._chronicle.tell(OccurrenceKind.PROGRAM, f"{program} is {state}" + (f": {reason}" if reason else ""))
        await self._read_programs()

    async def _take_up(self) -> None:
        """Finds the files of the Custom programs that wait."""
        for program in self._programs if self._is_at_work else ():
            if program.kind is ProgramKind.CUSTOM and program.state is ProgramState.WAITING:
                try:
                    await self._find_files(program)
                except END_THE_RUN:
                    raise
                except Exception as error:  # noqa: BLE001  whatever it is, other programs go on
                    await self._end_program(program, ProgramState.FAILED, str(error))

    async def _find_files(self, program: Program) -> None:
        """Only then does a Custom program count as running: until then, all of it is done again."""
        request = program.request
        path = Path(request.custom_path or "")
        ids = await self._scanner.scan_path(path, self._roots, request.camera_name)
        await self._read_programs()
        if program not in self._programs:
            return  # it was stopped meanwhile
        # First of all its own: what is a program's is not skipped.
        await self._store(Ledger.assign_to_program, program.program_id, ids)
        if request.is_forced:
            await self._store(Ledger.reopen, ids)
        else:
            await self._store(Ledger.reopen, ids, "it is tried again", statuses=_TRIED_AGAIN, keep_logs=True)
        await self._start_program(program)

    async def _scan(self) -> None:
        """Scans the sources for First and Default, whenever that is due."""
        lasting = self._lasting
        if lasting is None or not self._is_at_work:
            return
        interval = timedelta(seconds=self._settings.SCAN_INTERVAL_SECONDS)
        # A clock that was put back must not put it off for as long.
        is_due = self._scan_due is None or not timedelta(0) < self._scan_due - self._now() <= interval
        if not is_due and self._scanned_for == lasting.program_id:
            return
        self._scan_due = self._now() + interval
        self._scanned_for, self._is_all_scanned = lasting.program_id, False
        try:
            found = await self._scanner.scan_sources(self._roots)
        except END_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001  the next scan may go well
            await self._chronicle.tell(OccurrenceKind.TROUBLE, f"the sources could not be scanned: {error}")
            return
        await self._take_back(found.video_ids)
        self._is_all_scanned = found.is_all
        if self._scanner.has_growing:
            soon = self._now() + timedelta(seconds=max(1.0, self._settings.SETTLE_SECONDS))
            self._scan_due = min(self._scan_due, soon)
        if lasting.state is ProgramState.WAITING:
            await self._start_program(lasting)

    async def _take_back(self, seen: Sequence[str]) -> None:
        """Has videos wait again that were given up as their files were out of reach, and are seen again."""
        if back := sorted({*await self._store(Ledger.out_of_reach)}.intersection(seen)):
            self._judging += 1
            await self._store(
                Ledger.reopen, back, "its file is there again", statuses=[VideoStatus.FAILED], keep_logs=True
            )
            await self._sort()
            self._judging -= 1
            self.look()

    async def _start_program(self, program: Program) -> None:
        await self._store(Ledger.start_program, program.program_id, self._now())
        await self._chronicle.tell(OccurrenceKind.PROGRAM, f"{program} has begun")
        await self._read_programs()

    async def _read_programs(self) -> None:
        """Takes in what it has just changed itself."""
        self._programs = await self._store(Ledger.programs, unended=True)
        self.look()

    async def _read_headers(self, *, is_urgent: bool) -> None:
        """Probes what was found, and gets to know its cameras; then the filters can judge it.

        What Custom programs ask for is urgent, and is read beside the rest, of which there may be much.
        """
        if not self._is_at_work:
            return
        # So many at a time: the first cameras need not wait for the headers of all.
        files = await self._store(Ledger.unprobed, None, self._now(), self._settings.QUEUE_LIMIT, of_programs=is_urgent)
        if files:
            self._judging += 1
            await together([self._probe(file, is_urgent) for file in files])
            await self._sort()
            self._judging -= 1
            self.look()
        names = {file.camera_name for file in files}
        # Those of which all was known when the service started have no new headers.
        names |= {*await self._store(Ledger.cameras_waiting, of_programs=is_urgent)} - self._cameras.profiles.keys()
        if not is_urgent:
            names |= self._changed_cameras
            self._changed_cameras.clear()
        await together([self._know(camera_name, is_urgent) for camera_name in sorted(names)])

    async def _probe(self, file: FoundFile, is_urgent: bool) -> None:
        try:
            await self._intake.probe(file, is_urgent=is_urgent)
        except END_THE_RUN:
            raise
        except StaleAttempt:
            return  # replaced meanwhile: the new file has a turn of its own
        except Exception as error:  # noqa: BLE001  whatever it is, it is this file's and no other's
            await self._setbacks.take(file, None, error)

    async def _dispatch(self) -> None:
        """Gives videos to workers while there is room."""
        while self._is_at_work and len(self._under_way) < self._launcher.slots + _AHEAD:
            customs = [p.program_id for p in self._running if p.kind is ProgramKind.CUSTOM]
            claims = await self._claimed(customs) if customs else []
            is_urgent = bool(claims)
            if not claims and self._may_begin_any:
                claims = await self._claimed(None)
            if not claims:
                return
            if self._is_at_work:
                self._begin(claims[0], is_urgent=is_urgent)
            else:
                await self._release(claims[0], "all was stopped or paused when it was about to begin")

    async def _claimed(self, program_ids: Sequence[int] | None) -> list[Claim]:
        return await self._store(Ledger.claim, 1, self._now(), list(self._cameras.profiles), program_ids)

    @property
    def _may_begin_any(self) -> bool:
        """Whether videos that no Custom program asks for may begin.

        What has its header read but was not judged yet could be claimed, so nothing is meanwhile, if it may be refused.
        """
        lasting = self._lasting
        if lasting is None or lasting not in self._running or self._is_urgent_under_way:
            return False
        is_choosy = self._filters != Filters() or lasting.kind is ProgramKind.FIRST
        return not (self._judging and is_choosy)

    @property
    def _is_urgent_under_way(self) -> bool:
        return any(task.get_name().startswith(_URGENT) for task in self._under_way.values())

    def _begin(self, claim: Claim, *, is_urgent: bool) -> None:
        name = f"{_URGENT if is_urgent else ''}{claim.video.path}"
        task = self._group.create_task(self._see_through(claim, is_urgent=is_urgent), name=name)
        self._under_way[claim] = task
        task.add_done_callback(lambda _done: self._ended(claim))

    def _ended(self, claim: Claim) -> None:
        del self._under_way[claim]
        self.look()

    async def _see_through(self, claim: Claim, *, is_urgent: bool) -> None:
        """Takes one video to its end; whatever goes wrong with it is its own reason and stops no other."""
        video = claim.video
        worker = Worker(
            claim,
            self._cameras.profiles[video.camera_name],
            settings=self._settings,
            store=self._store,
            launcher=self._launcher,
            detector=self._detector,
            is_urgent=is_urgent,
        )
        try:
            await worker.work()
            await self._tell_done(claim, worker.worked_s)
            latest = self._cameras.profiles[video.camera_name]
            await self._store(Ledger.reopen_stale_profile, video.camera_name, latest.digest, [video.video_id])
        except END_THE_RUN:
            raise
        except StaleAttempt as error:
            await self._chronicle.tell_of(claim.video.file, claim.attempt, OccurrenceKind.STALE, str(error))
        except Exception as error:  # noqa: BLE001  whatever it is, it is this video's and no other's
            await self._setbacks.take(video.file, claim.attempt, error)

    async def _release(self, claim: Claim, reason: str) -> bool:
        """Gives a claim back; False if it was no longer one."""
        try:
            await self._store(Ledger.release, claim.video.video_id, claim.attempt, reason)
        except StaleAttempt:
            return False
        return True

    async def _tell_done(self, claim: Claim, worked_s: float) -> None:
        row = await self._store(Ledger.video, claim.video.video_id)
        found = await self._store(Ledger.found_in, [claim.video.video_id])
        if row is None:
            return  # its file was replaced since
        await self._chronicle.tell_of(
            claim.video.file,
            claim.attempt,
            OccurrenceKind.DONE,
            row.status + (f": {row.reason}" if row.reason else ""),
            footage_s=claim.video.duration_s,
            work_s=worked_s,
            events=found.events,
            codes=found.tracking_codes,
            **{f"{stage}_s": seconds for stage, seconds in row.seconds.items()},
        )

    async def _keep_pace(self) -> None:
        """Adjusts how much runs at once."""
        await self._chronicle.keep(await self._launcher.adjust())
        backlog = await self._store(Ledger.backlog)
        self._observer.stands(backlog, len(self._under_way))

    async def _keep_house(self) -> None:
        """Gives stale claims back, and forgets old history."""
        before = self._now() - timedelta(minutes=self._settings.STALE_CLAIM_MINUTES)
        for claim in await self._store(Ledger.stale_claims, before):
            if task := self._under_way.get(claim):
                task.cancel()
                await asyncio.wait([task])
            if await self._release(claim, "nobody answered for it"):  # or it was concluded at the last moment
                await self._chronicle.tell_of(
                    claim.video.file, claim.attempt, OccurrenceKind.STALE, "its claim was stale, and it waits again"
                )
        await self._copies.keep()
        await self._store(Ledger.forget_history, self._now() - timedelta(days=self._settings.HISTORY_DAYS))


async def _every(seconds: float, step: Callable[[], Awaitable[None]]) -> None:
    while True:
        await step()
        await asyncio.sleep(seconds)


def _lasting_of(programs: Sequence[Program]) -> Program | None:
    """The First or Default program among those that wait or run; there is one at most."""
    return next((program for program in programs if program.kind is not ProgramKind.CUSTOM), None)


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
