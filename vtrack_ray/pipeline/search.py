"""The search: finds the files that programs are about, of Custom once, of First and Default again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramState
from vtrack_ray.meaning.video import VideoStatus
from vtrack_ray.pipeline.admission import Admission
from vtrack_ray.pipeline.agenda import Agenda
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.launcher import Store
from vtrack_ray.pipeline.reasons import END_THE_RUN
from vtrack_ray.pipeline.scanner import Scanner
from vtrack_ray.settings import Settings

_TRIED_AGAIN = (VideoStatus.FAILED, VideoStatus.TIMEOUT, VideoStatus.SKIPPED)
"""What a person who names a file wants to be tried once more."""


class Search:
    """Scans for the programs on the agenda, and starts those whose files it has found."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        scanner: Scanner,
        agenda: Agenda,
        admission: Admission,
        chronicle: Chronicle,
        now: Callable[[], datetime],
    ) -> None:
        self._interval = timedelta(seconds=settings.SCAN_INTERVAL_SECONDS)
        self._settling = timedelta(seconds=max(1.0, settings.SETTLE_SECONDS))
        self._store = store
        self._scanner = scanner
        self._agenda = agenda
        self._admission = admission
        self._chronicle = chronicle
        self._now = now
        self._due: datetime | None = None
        self._scanned_for: int | None = None
        self._is_all_scanned = False

    @property
    def covered(self) -> int | None:
        """The First or Default program, by id, for which all sources could be looked into; None if there is none."""
        return self._scanned_for if self._is_all_scanned else None

    def hasten(self) -> None:
        """Has the sources scanned the next time that is asked for."""
        self._due = self._now()

    async def take_up_customs(self) -> None:
        """Finds the files of the Custom programs that wait."""
        for program in self._agenda.programs if self._agenda.is_at_work else ():
            if program.kind is ProgramKind.CUSTOM and program.state is ProgramState.WAITING:
                try:
                    await self._take_up(program)
                except END_THE_RUN:
                    raise
                except Exception as error:  # noqa: BLE001  whatever it is, other programs go on
                    await self._agenda.end(program, ProgramState.FAILED, str(error))

    async def _take_up(self, program: Program) -> None:
        """Only then does a Custom program count as running: until then, all of it is done again."""
        request = program.request
        ids = await self._scanner.scan_path(request.custom_path or "", self._agenda.roots, request.camera_name)
        await self._agenda.read_programs()
        if program not in self._agenda.programs:
            return  # it was stopped meanwhile
        # First of all its own: what is a program's is not skipped.
        await self._store(Ledger.assign_to_program, program.program_id, ids)
        if request.is_forced:
            await self._store(Ledger.reopen, ids)
        else:
            await self._store(Ledger.reopen, ids, "it is tried again", statuses=_TRIED_AGAIN, keep_logs=True)
        await self._agenda.start(program)

    async def scan_if_due(self) -> None:
        """Scans the sources for First and Default, whenever that is due."""
        lasting = self._agenda.lasting
        if lasting is None or not self._agenda.is_at_work:
            return
        # A clock that was put back must not put it off for as long.
        is_due = self._due is None or not timedelta(0) < self._due - self._now() <= self._interval
        if not is_due and self._scanned_for == lasting.program_id:
            return
        self._due = self._now() + self._interval
        self._scanned_for, self._is_all_scanned = lasting.program_id, False
        try:
            found = await self._scanner.scan_sources(self._agenda.roots)
        except END_THE_RUN:
            raise
        except Exception as error:  # noqa: BLE001  the next scan may go well
            await self._chronicle.tell(OccurrenceKind.TROUBLE, f"the sources could not be scanned: {error}")
            return
        await self._admission.take_back(found.video_ids)
        self._is_all_scanned = found.is_all
        if self._scanner.has_growing:
            self._due = min(self._due, self._now() + self._settling)
        if lasting.state is ProgramState.WAITING:
            await self._agenda.start(lasting)
