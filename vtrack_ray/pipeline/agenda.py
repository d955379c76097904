"""The agenda: what the service was asked for, as far as it was read, and which of it is under way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.filters import Filters
from vtrack_ray.meaning.occurrence import OccurrenceKind
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramState
from vtrack_ray.pipeline.chronicle import Chronicle
from vtrack_ray.pipeline.launcher import Store


class Changes(NamedTuple):
    """What an operator changed since the agenda was last read."""

    are_any: bool
    is_stopped: bool
    """All programs were ended."""
    has_other_roots: bool
    has_other_choice: bool
    """Other filters are in force, or another First or Default program."""


class Agenda:
    """Programs that wait or run, whether work is paused, the filters and the sources; it starts and ends programs.

    `on_change` is called when it has done so.
    """

    def __init__(
        self, store: Store, chronicle: Chronicle, now: Callable[[], datetime], on_change: Callable[[], None]
    ) -> None:
        self._store = store
        self._chronicle = chronicle
        self._now = now
        self._on_change = on_change
        self._is_paused = False
        self._ended_here = set[int]()
        self.programs: Sequence[Program] = ()
        self.filters = Filters()
        self.roots: Sequence[str] = ()

    @property
    def running(self) -> Sequence[Program]:
        return [program for program in self.programs if program.state is ProgramState.RUNNING]

    @property
    def customs(self) -> Sequence[int]:
        """The Custom programs that run, by id."""
        return [program.program_id for program in self.running if program.kind is ProgramKind.CUSTOM]

    @property
    def lasting(self) -> Program | None:
        """The First or Default program that goes on, if one does."""
        return _lasting_of(self.programs)

    @property
    def is_at_work(self) -> bool:
        return bool(self.programs) and not self._is_paused

    @property
    def is_choosy(self) -> bool:
        """Whether there may be videos that First or Default are not to work on."""
        return self.filters != Filters() or (self.lasting is not None and self.lasting.kind is ProgramKind.FIRST)

    async def read(self) -> Changes:
        """Takes in what was asked for."""
        is_paused = await self._store(Ledger.is_paused)
        filters = await self._store(Ledger.filters)
        roots = await self._store(Ledger.roots)
        # Last, and taken in at once: the service itself changes them meanwhile.
        programs = await self._store(Ledger.programs, unended=True)
        gone = {one.program_id for one in self.programs} - {one.program_id for one in programs} - self._ended_here
        before = self._is_paused, self.programs, self.filters, self.roots
        changes = Changes(
            are_any=(is_paused, programs, filters, roots) != before,
            is_stopped=bool(gone) and not programs,
            has_other_roots=roots != self.roots,
            has_other_choice=filters != self.filters or _lasting_of(programs) != self.lasting,
        )
        was_paused = self._is_paused
        self._is_paused, self.programs, self.filters, self.roots = is_paused, programs, filters, roots
        if is_paused != was_paused:
            await self._chronicle.tell(OccurrenceKind.PROGRAM, "work is paused" if is_paused else "work goes on")
        return changes

    async def start(self, program: Program) -> None:
        """Records that the program was taken up."""
        await self._store(Ledger.start_program, program.program_id, self._now())
        await self._chronicle.tell(OccurrenceKind.PROGRAM, f"{program} has begun")
        await self.read_programs()

    async def end(self, program: Program, state: ProgramState, reason: str | None = None) -> None:
        """Ends the program, as done or as failed."""
        self._ended_here.add(program.program_id)
        await self._store(Ledger.end_program, program, state, reason, self._now())
        await self._chronicle.tell(OccurrenceKind.PROGRAM, f"{program} is {state}" + (f": {reason}" if reason else ""))
        await self.read_programs()

    async def end_done(self, scanned: int | None) -> None:
        """Ends the programs that have nothing left to do; `scanned` is the one that all sources were scanned for."""
        unfinished = await self._store(Ledger.unfinished_of_programs)
        for program in self.running:
            if program.kind is ProgramKind.CUSTOM:
                is_done = program.program_id not in unfinished
            else:
                # Default goes on for whatever comes.
                is_first = program.kind is ProgramKind.FIRST and program.program_id == scanned
                is_done = is_first and not await self._store(Ledger.has_unfinished)
            if is_done:
                await self.end(program, ProgramState.DONE)

    async def read_programs(self) -> None:
        """Takes in what was just changed by the service itself."""
        self.programs = await self._store(Ledger.programs, unended=True)
        self._on_change()


def _lasting_of(programs: Sequence[Program]) -> Program | None:
    """The First or Default program among those that wait or run; there is one at most."""
    return next((program for program in programs if program.kind is not ProgramKind.CUSTOM), None)
