"""The table of programs, and the orders an operator gives to the service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vtrack_ray.errors import ProgramError
from vtrack_ray.ledger.database import Database
from vtrack_ray.ledger.profiles import save_configs, stored_config
from vtrack_ray.ledger.transaction import Row, Transaction
from vtrack_ray.meaning.filters import Filters
from vtrack_ray.meaning.program import Program, ProgramKind, ProgramRequest, ProgramState

_PAUSED = "service_paused"
_FILTERS = "filters"


class Programs(Database):
    """Queries about what the service is to do."""

    def request_program(self, request: ProgramRequest, at: datetime) -> Program:
        """Keeps a request for the service, now or when it is next started.

        First and Default take each other's place; a Custom that is asked for again while it waits is the same one.
        Raises ProgramError for a First that was done already.
        """
        with self._changing() as transaction:
            unended = [_program_of(row) for row in transaction.run("programs", unended=True)]
            if request.kind is ProgramKind.CUSTOM:
                waiting = [program for program in unended if program.state is ProgramState.WAITING]
                if same := next((program for program in waiting if program.request == request), None):
                    return same
            else:
                lasting = [program for program in unended if program.kind is not ProgramKind.CUSTOM]
                if same := next((program for program in lasting if program.request == request), None):
                    return same
                if request.kind is ProgramKind.FIRST and transaction.run("is_first_run_done"):
                    raise ProgramError(
                        "First Run was done already, and is done once; Default takes up whatever is new, and Custom "
                        "works on the file or folder that you name."
                    )
                _end(transaction, lasting, ProgramState.STOPPED, f"{request.kind} was asked for", at)
            return _inserted(transaction, request, at)

    def stop_programs(self, at: datetime) -> list[Program]:
        """Ends all programs that wait or run, and gives them as they were."""
        with self._changing() as transaction:
            unended = [_program_of(row) for row in transaction.run("programs", unended=True)]
            _end(transaction, unended, ProgramState.STOPPED, "it was stopped by request", at)
            return unended

    def programs(self, *, unended: bool = False) -> list[Program]:
        """Programs in the order they were asked for; those that wait or run alone, if `unended`."""
        with self._reading() as transaction:
            return [_program_of(row) for row in transaction.run("programs", unended=unended)]

    def is_first_run_done(self) -> bool:
        """Whether First Run was done to its end."""
        with self._reading() as transaction:
            return bool(transaction.run("is_first_run_done"))

    def start_program(self, program_id: int, at: datetime) -> None:
        """Records that the service took a waiting program up."""
        with self._changing() as transaction:
            transaction.run("start_program", program_id=program_id, at=at)

    def end_program(self, program: Program, state: ProgramState, reason: str | None, at: datetime) -> None:
        """Ends a program that has not ended; after First comes Default."""
        with self._changing() as transaction:
            is_ended_now = _end(transaction, [program], state, reason, at)
            if is_ended_now and program.kind is ProgramKind.FIRST and state is ProgramState.DONE:
                _inserted(transaction, ProgramRequest(kind=ProgramKind.DEFAULT), at)

    def assign_to_program(self, program_id: int, video_ids: Sequence[str]) -> None:
        """Has the program's videos go first, until it ends."""
        with self._changing() as transaction:
            transaction.run("assign_to_program", program_id=program_id, video_ids=video_ids)

    def unfinished_of_programs(self) -> dict[int, int]:
        """How many videos are still to be worked on for each Custom program that has some."""
        with self._reading() as transaction:
            return {row["program_id"]: row["videos"] for row in transaction.run("unfinished_of_programs")}

    def filters(self) -> Filters:
        """The filters in force."""
        with self._reading() as transaction:
            stored = stored_config(transaction).get(_FILTERS)
        return Filters.model_validate_json(stored) if stored else Filters()

    def save_filters(self, filters: Filters, at: datetime) -> None:
        """Puts filters in force."""
        with self._changing() as transaction:
            save_configs(transaction, {_FILTERS: filters.model_dump_json()}, at)

    def is_paused(self) -> bool:
        """Whether the service is to begin nothing new."""
        with self._reading() as transaction:
            return _PAUSED in stored_config(transaction)

    def order_pause(self, at: datetime, *, is_paused: bool) -> None:
        """Has the service begin nothing new, or go on."""
        with self._changing() as transaction:
            if is_paused:
                save_configs(transaction, {_PAUSED: "true"}, at)
            else:
                transaction.run("delete_config", key=_PAUSED)


def _inserted(transaction: Transaction, request: ProgramRequest, at: datetime) -> Program:
    [row] = transaction.run(
        "insert_program",
        kind=str(request.kind),
        days=request.days,
        custom_path=request.custom_path,
        camera_name=request.camera_name,
        forced=request.is_forced,
        at=at,
    )
    return _program_of(row)


def _end(
    transaction: Transaction, programs: Sequence[Program], state: ProgramState, reason: str | None, at: datetime
) -> bool:
    ids = [program.program_id for program in programs]
    ended = transaction.run("end_programs", program_ids=ids, state=str(state), reason=reason, at=at)
    transaction.run("release_from_programs", program_ids=ids)
    return bool(ended)


def _program_of(row: Row) -> Program:
    return Program(
        program_id=row["program_id"],
        request=ProgramRequest(
            kind=ProgramKind(row["kind"]),
            days=row["days"],
            custom_path=row["custom_path"],
            camera_name=row["camera_name"],
            is_forced=row["forced"],
        ),
        state=ProgramState(row["state"]),
        reason=row["reason"],
        requested_at=row["requested_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )
