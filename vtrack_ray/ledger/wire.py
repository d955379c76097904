"""What readers in other processes may ask the owner of a database, and how it is written: JSON, never pickle."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol, get_type_hints

from pydantic import TypeAdapter

from vtrack_ray import errors
from vtrack_ray.errors import LedgerError, VtrackError
from vtrack_ray.ledger.values import (
    Backlog,
    DueClip,
    EventFilter,
    EventRow,
    HistoryFilter,
    LocatedEvents,
    Progress,
    VideoFilter,
    VideoRow,
)
from vtrack_ray.meaning.event import Event
from vtrack_ray.meaning.filters import Filters
from vtrack_ray.meaning.node import Node
from vtrack_ray.meaning.occurrence import Occurrence
from vtrack_ray.meaning.profile import Profile
from vtrack_ray.meaning.program import Program, ProgramRequest
from vtrack_ray.meaning.result import ClipCounts, ClipFile, EventDay, ResultFile, ResultsFolder
from vtrack_ray.meaning.sampling_log import SamplingLog
from vtrack_ray.meaning.sign_in import SignIn
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.meaning.token import Token
from vtrack_ray.meaning.video import VideoStatus

log = logging.getLogger(__name__)


class Answers(Protocol):
    """What can be asked of a ledger, in this process or another; the methods are those of `Ledger`."""

    def events(self, event_filter: EventFilter | None = None) -> list[Event]: ...

    def event_rows(self, event_filter: EventFilter | None = None) -> list[EventRow]: ...

    def located_events(self, event_filter: EventFilter | None = None) -> LocatedEvents: ...

    def event(self, event_id: str) -> Event | None: ...

    def codes_like(self, text: str, most: int) -> list[str]: ...

    def videos(self, video_filter: VideoFilter | None = None) -> list[VideoRow]: ...

    def paths(self, video_ids: Sequence[str]) -> dict[str, str]: ...

    def picture_size(self, camera_name: str) -> tuple[int, int] | None: ...

    def unfinished(self, limit: int) -> dict[VideoStatus, list[str]]: ...

    def logs(self, video_ids: Sequence[str]) -> dict[str, list[SamplingLog]]: ...

    def profiles(self) -> list[Profile]: ...

    def profile(self, camera_name: str) -> Profile | None: ...

    def save_profile(self, profile: Profile, *, if_not_person: bool = False) -> bool: ...

    def forget_survey(self, camera_name: str) -> None: ...

    def progress(self, video_ids: Sequence[str] | None = None) -> Progress: ...

    def counts(self) -> dict[VideoStatus, int]: ...

    def request_program(self, request: ProgramRequest, at: datetime) -> Program: ...

    def stop_programs(self, at: datetime) -> list[Program]: ...

    def programs(self, *, unended: bool = False) -> list[Program]: ...

    def is_first_run_done(self) -> bool: ...

    def is_paused(self) -> bool: ...

    def order_pause(self, at: datetime, *, is_paused: bool) -> None: ...

    def roots(self) -> list[str]: ...

    def added_sources(self) -> list[Source]: ...

    def add_root(
        self, source: str, at: datetime, kind: SourceKind = SourceKind.FOLDER, title: str | None = None
    ) -> bool: ...

    def remove_root(self, source: str) -> bool: ...

    def drive_camera_folders(self) -> list[tuple[str, str]]: ...

    def filters(self) -> Filters: ...

    def save_filters(self, filters: Filters, at: datetime) -> None: ...

    def backlog(self) -> list[Backlog]: ...

    def record(self, occurrences: Sequence[Occurrence]) -> None: ...

    def history(self, history_filter: HistoryFilter | None = None) -> list[Occurrence]: ...

    def tokens(self) -> list[Token]: ...

    def token_of(self, digest: str) -> Token | None: ...

    def add_token(self, token: Token) -> bool: ...

    def revoke_token(self, name: str) -> bool: ...

    def results_folder(self) -> ResultsFolder | None: ...

    def results_owner(self) -> str | None: ...

    def choose_results_folder(self, folder: ResultsFolder | None, at: datetime) -> None: ...

    def event_days(self, time_zone: str, also: Sequence[date] = ()) -> list[EventDay]: ...

    def results(self) -> list[ResultFile]: ...

    def reserve_results(self, file_ids: Mapping[str, str]) -> list[ResultFile]: ...

    def record_result(self, result: str, file_id: str, digest: str, at: datetime) -> None: ...

    def forget_result(self, result: str, file_id: str) -> None: ...

    def clips_due(self, days: Sequence[EventDay], tried_before: datetime, limit: int) -> list[DueClip]: ...

    def inherit_clips(self, days: Sequence[EventDay]) -> int: ...

    def reserve_clips(self, file_ids: Mapping[str, str]) -> list[ClipFile]: ...

    def record_clip(self, event: EventRow, file_id: str, digest: str, name: str, at: datetime) -> None: ...

    def record_clip_failures(self, reasons: Mapping[str, str], at: datetime) -> None: ...

    def forget_clip(self, event_id: str, file_id: str) -> None: ...

    def clip_counts(self) -> ClipCounts: ...

    def nodes(self) -> list[Node]: ...

    def order_drain(self, name: str, at: datetime, *, is_drained: bool) -> None: ...

    def add_sign_in(self, sign_in: SignIn) -> bool: ...

    def sign_in_of(self, digest: str, at: datetime) -> SignIn | None: ...

    def end_sign_in(self, digest: str) -> bool: ...

    def backup(self, path: Path) -> None: ...


class Call(NamedTuple):
    """How a method is called: its signature, the types of its arguments by name, and that of its answer."""

    signature: inspect.Signature
    arguments: Mapping[str, TypeAdapter[Any]]
    answer: TypeAdapter[Any]


CALLS = frozenset(name for name, method in vars(Answers).items() if inspect.isfunction(method) and name[0] != "_")
"""The methods of `Answers`, and nothing else, may be called from other processes."""


@cache
def _call(name: str) -> Call:
    """How that method is called; made when it first is: a command calls few. Raises KeyError if there is none."""
    if name not in CALLS:
        raise KeyError(name)
    method = getattr(Answers, name)
    types = get_type_hints(method)
    answer = TypeAdapter(types.pop("return"))
    signature = inspect.signature(method)
    called = signature.replace(parameters=list(signature.parameters.values())[1:])
    return Call(called, {name: TypeAdapter(of) for name, of in types.items()}, answer)


def write_call(name: str, *args: object, **kwargs: object) -> bytes:
    """The message that asks for that call of a method. Raises TypeError if it can't be called like that."""
    call = _call(name)
    arguments = call.signature.bind(*args, **kwargs).arguments
    types = call.arguments
    written = {key: types[key].dump_python(value, mode="json") for key, value in arguments.items()}
    return _json({"call": name, "arguments": written})


def answer_call(answers: Answers, message: bytes) -> bytes:
    """The message that answers a call; one that can't be answered is answered with the reason."""
    try:
        name, arguments = _read_call(message)
        answer = getattr(answers, name)(**arguments)
        return _json({"answer": _call(name).answer.dump_python(answer, mode="json")})
    except VtrackError as error:
        return _json({"error": type(error).__name__, "message": str(error)})
    except Exception as error:
        # Unanswered, the reader would take the owner for dead.
        log.exception("A call from another process could not be answered")
        said = (
            f"The database's owner could not answer this call ({type(error).__name__}: {error}); "
            "what that process has logged says where."
        )
        return _json({"error": LedgerError.__name__, "message": said})


def read_answer(name: str, message: bytes) -> Any:
    """The answer to that call. Raises the error that answered it."""
    reply = json.loads(message)
    if "error" not in reply:
        return _call(name).answer.validate_python(reply["answer"])
    kind = getattr(errors, reply["error"], LedgerError)
    raise kind(reply["message"])


def _read_call(message: bytes) -> tuple[str, dict[str, Any]]:
    try:
        request = json.loads(message)
        name = request["call"]
        types = _call(name).arguments
        return name, {key: types[key].validate_python(value) for key, value in request["arguments"].items()}
    except (ValueError, LookupError, TypeError, AttributeError) as error:  # pydantic's errors are ValueErrors
        raise LedgerError(
            f"The database's owner does not understand this call ({error}); use the same version of vtrack for both."
        ) from error


def _json(value: object) -> bytes:
    # Escaped to ASCII: a file name may hold bytes that are no UTF-8, which JSON in UTF-8 can't.
    return json.dumps(value).encode("ascii")
