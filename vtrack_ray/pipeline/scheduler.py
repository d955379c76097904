"""The scheduler: works on the programs that were asked for, for as long as the service runs.

It holds nothing that the ledger can't give back: wherever it is ended, the next one goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from vtrack_ray.errors import ActorLost, LedgerError
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.pipeline.admission import Admission
from vtrack_ray.pipeline.agenda import Agenda
from vtrack_ray.pipeline.cameras import Cameras
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.clips import Clips
from vtrack_ray.pipeline.copies import Copies
from vtrack_ray.pipeline.crew import Crew
from vtrack_ray.pipeline.detector import Detector
from vtrack_ray.pipeline.intake import Intake
from vtrack_ray.pipeline.launcher import Launcher, Store
from vtrack_ray.pipeline.observer import Nobody, Observer
from vtrack_ray.pipeline.recurring import Recurring
from vtrack_ray.pipeline.results import Results
from vtrack_ray.pipeline.scanner import Scanner
from vtrack_ray.pipeline.search import Search
from vtrack_ray.pipeline.sending import Sending
from vtrack_ray.pipeline.setbacks import Setbacks
from vtrack_ray.pipeline.shortlist import Shortlist
from vtrack_ray.settings import Settings

_POLL_S = 0.5
"""How soon an order is followed that came by the database, and anything else is seen that is new there."""
_LOOK_S = 2.0
"""How often is looked for what has become due, though nothing is new: that takes some ten questions."""
_PACE_S = 5.0
"""How often batches are adjusted: a node's use has to show what the last change brought."""
_HOUSEKEEPING_S = 60.0
_AHEAD = 2
"""So many videos are under way for each slot: while some are being claimed or concluded, which is done one after the
other, and while the store puts its log in the tables, no slot is idle."""


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
        self._store = store
        self._launcher = launcher
        self._now = now
        self._observer = observer or Nobody()
        self._chronicle = chronicle = Chronicle(store, self._observer, now)
        self._copies = Copies(settings, store, chronicle, now)
        clips = Clips(settings, store, launcher, chronicle, now)
        self._sending = Sending(settings, Results(settings, store, launcher, now), clips, chronicle, now)
        self._agenda = agenda = Agenda(store, chronicle, now, on_change=self.look)
        intake = Intake(settings, store, launcher, detector)
        self._setbacks = setbacks = Setbacks(settings, store, launcher, chronicle, now)
        self._cameras = Cameras(settings, store, launcher, setbacks.pauses_for, now)
        self._admission = Admission(settings, store, intake, self._cameras, setbacks, agenda, now, on_change=self.look)
        scanner = Scanner(settings, store, launcher, intake, chronicle, now)
        self._search = Search(settings, store, scanner, agenda, self._admission, chronicle, now)
        self._urgent, self._patient = Shortlist(store, now), Shortlist(store, now)
        self._dispatching = dispatching = Recurring(self._dispatch, _LOOK_S)
        self._crew = Crew(
            settings,
            store,
            launcher,
            detector,
            self._cameras,
            setbacks,
            chronicle,
            reopen_stale=self._admission.reopen_stale,
            on_ended=dispatching.ask,
        )
        self._steps = [
            Recurring(self._follow, _LOOK_S),
            Recurring(self._search.take_up_customs, _LOOK_S),
            Recurring(self._search.scan_if_due, _POLL_S),
            Recurring(partial(self._admission.read_headers, is_urgent=True), _LOOK_S),
            Recurring(partial(self._admission.read_headers, is_urgent=False), _LOOK_S),
            dispatching,
        ]
        self._commits = 0
        self._end = asyncio.Event()

    async def serve(self) -> None:
        """Works until `end` is called; then what is under way may finish for `STOP_SECONDS`, and is given back.

        Raises ActorLost, LedgerError or ToolMissing if it can't go on; what was finished is kept.
        """
        released = await self._setbacks.take_over()
        await self._store(Ledger.save_configs, {name: str(value) for name, value in self._settings})
        await self._chronicle.tell(OccurrenceKind.SERVICE, "the service has started", given_back=released)
        regular = [
            Recurring(self._notice, _POLL_S),
            Recurring(self._keep_pace, _PACE_S),
            Recurring(self._keep_house, _HOUSEKEEPING_S),
            Recurring(self._sending.keep, _HOUSEKEEPING_S),  # by itself: what waits for Google holds nothing else up
        ]
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                loops = [group.create_task(step.go_on()) for step in (*self._steps, *regular)]
                await self._end.wait()
                for loop in loops:
                    loop.cancel()
                await self._crew.finish(self._settings.STOP_SECONDS)
                await self._crew.give_back()
        except ExceptionGroup as errors:
            # One is enough: what failed beside it, or after it, failed for the same reason.
            first = _first(errors)
            if not isinstance(first, ActorLost):  # it was no video, and so none is to be suspected by the next one
                with suppress(LedgerError, ActorLost):
                    await self._store(Ledger.release_claims)
            raise first from errors
        await self._chronicle.tell(OccurrenceKind.SERVICE, "the service has ended")

    def end(self) -> None:
        """Has `serve` end in good order."""
        self._end.set()

    def look(self) -> None:
        """Has it see at once what was asked for."""
        for step in self._steps:
            step.ask()

    async def _notice(self) -> None:
        """Has all be looked at where something has changed, whoever changed it."""
        commits = await self._store(Ledger.commits)
        if commits != self._commits:
            self._commits = commits
            for step in self._steps:
                step.tell_news()

    async def _follow(self) -> None:
        """Reads what was asked for, and does what changes with it."""
        changes = await self._agenda.read()
        if changes.are_any:
            self.look()
        if changes.has_other_roots:
            self._search.hasten()
        if changes.is_stopped:
            given_back = await self._crew.give_back()
            await self._chronicle.tell(
                OccurrenceKind.PROGRAM, "everything was stopped by request", given_back=given_back
            )
        await self._admission.heed_profiles()
        if changes.has_other_choice:
            await self._admission.sort()
        await self._agenda.end_done(self._search.covered)

    async def _dispatch(self) -> float:
        """Gives videos to workers while there is room, and tells how long there is none worth looking for."""
        rest_s = 0.0
        while self._agenda.is_at_work and (room := _most_under_way(self._launcher.slots) - len(self._crew)) > 0:
            cameras, customs = self._cameras.profiles, self._agenda.customs
            claims = await self._urgent.claim(room, cameras, customs) if customs else []
            is_urgent = bool(claims)
            if not claims and self._may_begin_any:
                claims = await self._patient.claim(room, cameras)
                rest_s = self._patient.rest_s
            if not claims:
                return rest_s
            for claim in claims:
                if self._agenda.is_at_work:
                    self._crew.begin(claim, self._group, is_urgent=is_urgent)
                else:
                    await self._crew.release(claim, "all was stopped or paused when it was about to begin")
        return 0.0

    @property
    def _may_begin_any(self) -> bool:
        """Whether videos that no Custom program asks for may begin."""
        is_wanted = self._agenda.lasting in self._agenda.running
        return is_wanted and not self._crew.is_at_urgent_work and not self._admission.may_refuse

    async def _keep_pace(self) -> None:
        """Adjusts how much runs at once."""
        await self._chronicle.keep(await self._launcher.adjust())
        self._dispatching.ask()
        backlog = await self._store(Ledger.backlog)
        self._observer.stands(backlog, len(self._crew))

    async def _keep_house(self) -> None:
        """Gives stale claims back, and forgets old history."""
        await self._crew.give_back_stale(self._now() - timedelta(minutes=self._settings.STALE_CLAIM_MINUTES))
        await self._copies.keep()
        await self._store(Ledger.forget_history, self._now() - timedelta(days=self._settings.HISTORY_DAYS))


def _most_under_way(slots: int) -> int:
    return max(1, _AHEAD * slots)


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, ExceptionGroup) else first
