"""A session: Ray and the service's actors, in a process that ends when one of them dies.

`python -m vtrack_ray.actors.session` is told what to do by its standard input, a line of JSON, and tells what happens
on its standard output, a line of JSON each. It ends at once, with all that it started, when its input is closed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Lock, Thread
from typing import IO, Any, NoReturn

import psutil
import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError

from vtrack_ray.actors.address import others_join_at
from vtrack_ray.actors.cluster import joined_ray
from vtrack_ray.actors.control_store import kept_control_store
from vtrack_ray.actors.leftovers import mark, remove_leftovers
from vtrack_ray.actors.orders import Orders, Word, end_all_of
from vtrack_ray.actors.pause import Pause
from vtrack_ray.actors.remote import lost
from vtrack_ray.actors.scheduler import SchedulerActor
from vtrack_ray.actors.team import Team, answered, team
from vtrack_ray.errors import ActorLost, VtrackError
from vtrack_ray.ledger.database import READER_S
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.pipeline.meanwhile import meanwhile

_POLL_S = 0.5
_ANSWER_S = 5.0
_MOST_SILENT = 12
_MOST_TEAMS = 5
"""Whatever kills more of them may be Ray's fault: then that is started again too."""
_WHAT_RAY_IS = ("gcs_server", "raylet")
"""Ray's own processes. Without them its calls wait for up to a minute, with a core's use, and then end this process."""


class Session:
    """Serves until it is ended; `say` is told what happens."""

    def __init__(self, orders: Orders, words: IO[str], pause: Pause) -> None:
        self._orders = orders
        self._words = words
        self._saying = Lock()
        self._unrecorded: list[Occurrence] = []
        """What has died, to be in the history once there is a store again."""
        self._pause = pause

    def serve(self) -> None:
        """Runs until KeyboardInterrupt ends it in good order.

        When an actor dies, the actors are made anew, and the HTTP service answers meanwhile; when Ray itself dies, the
        session ends at once, with a word. Raises LedgerError if the database can't be used, ClusterError if Ray can't
        be, or if nothing can listen for HTTP, ClusterTimedOut if Ray is not ready in time.
        """
        settings, restarted = self._orders.settings, self._orders.restarted
        # Opened here first: an error in an actor's start says little, and the schema is migrated before anyone waits.
        with Ledger.open(settings.DB, wait_s=READER_S) as ledger:
            if restarted:
                ledger.record([Occurrence(at=datetime.now(UTC), kind=OccurrenceKind.RESTART, text=restarted)])
        with ExitStack() as begun:
            reached_at = others_join_at(settings)
            if settings.KEEP_CLUSTER and reached_at is not None:
                begun.enter_context(kept_control_store(settings.DB.with_name(f"{settings.DB.name}.cluster")))
            joined = joined_ray(
                self._orders.address,
                has_dashboard=self._orders.has_dashboard,
                has_metrics=self._orders.has_metrics,
                reached_at=reached_at,
            )
            if (folder := begun.enter_context(joined)) is not None:
                remove_leftovers(folder, settings.DB)
                mark(folder, settings.DB)
            if self._orders.has_http:
                # Whoever only starts a session need not wait for Serve to be imported.
                from vtrack_ray.actors.http import http_service

                begun.enter_context(http_service(settings))
            ray_itself = _ray_itself()
            # Beside all that is waited for: without Ray, it would be in vain.
            with meanwhile(lambda: self._end_with_any(ray_itself), _POLL_S, "Ray itself"):
                try:
                    self._serve_on()
                except ActorLost as error:
                    self._end_at_once(error)

    def _end_with_any(self, processes: Sequence[psutil.Process]) -> None:
        """Ends this process at once if one of those has ended."""
        if dead := next((one for one in processes if _has_ended(one)), None):
            self._end_at_once(ActorLost(f"Ray's own process {dead.pid} died."))

    def _end_at_once(self, error: VtrackError) -> NoReturn:
        """What is left of a broken Ray takes its time to end in good order, and need not."""
        self.say(Word(kind="error", error=type(error).__name__, message=str(error)))
        os._exit(1)

    def _serve_on(self) -> None:
        """Serves with one team after the other. Raises ActorLost when too many have died."""
        for _ in range(_MOST_TEAMS):
            with team(self._orders.settings.DB) as staff:
                if self._is_served_by(staff):
                    return
        raise ActorLost("The service's processes die again and again.")

    def _is_served_by(self, staff: Team) -> bool:
        """Serves until it is ended, which gives True, or the team is no longer whole; a scheduler that dies is
        replaced, after a pause."""
        while True:
            try:
                if self._unrecorded:
                    staff.record(self._unrecorded)
                    self._unrecorded.clear()
                    self._pause.take()
                with staff.led_by(SchedulerActor, "scheduler", self._orders.settings) as scheduler:
                    self._follow(scheduler)
                    return True
            except ActorLost as error:
                is_whole = staff.is_whole()
                what = "The scheduler is" if is_whole else "The scheduler, the store and the event detector are"
                text = f"{error} {what} started again in {self._pause.seconds:g} s"
                why = Occurrence(at=datetime.now(UTC), kind=OccurrenceKind.RESTART, text=text)
                self.say(Word(kind="occurrence", occurrence=why))
                self._unrecorded.append(why)
                if not is_whole:
                    return False

    def _follow(self, scheduler: Any) -> None:
        serving, silent = scheduler.serve.remote(), 0
        while True:
            try:
                is_over = bool(ray.wait([serving], timeout=_POLL_S)[0])
                for one in _answer(scheduler.news.remote()):
                    self.say(Word(kind="occurrence", occurrence=one))
                    if one.kind is OccurrenceKind.DONE:
                        self._pause.shorten()
                if is_over:
                    _answer(serving)
                    return
                silent = 0
            except GetTimeoutError as error:
                silent += 1  # it is busy, or Ray is broken
                if silent >= _MOST_SILENT:
                    raise ActorLost("The scheduler does not answer.") from error
            except KeyboardInterrupt:
                answered(scheduler.end.remote())

    def say(self, word: Word) -> None:
        """Tells whoever started this session."""
        with self._saying:
            self._words.write(word.model_dump_json() + "\n")
            self._words.flush()


def _ray_itself() -> list[psutil.Process]:
    """Ray's own processes that this one started, or, in a cluster that was joined, the one by which it is in it."""
    if own := [one for one in psutil.Process().children() if one.name() in _WHAT_RAY_IS]:
        return own
    itself = f"--node_id={ray.get_runtime_context().get_node_id()}"
    return [one for one in psutil.process_iter(["cmdline"]) if itself in (one.info["cmdline"] or ())]


def _has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _answer(call: Any) -> Any:
    """What the scheduler answers. Raises what it raised, ActorLost if it died, and GetTimeoutError."""
    try:
        return ray.get(call, timeout=_ANSWER_S)
    except RayTaskError as error:
        raise error.cause from error
    except RayActorError as error:
        raise lost(error) from error


def _end_with(parent: IO[str]) -> None:
    """Waits until whoever started this session is gone, and ends all of it: the next one goes on from the database."""
    parent.read()
    end_all_of(os.getpid())
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Runs a session; exits with 0 if it ended in good order or was told nothing, 1 otherwise."""
    words = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no word of ours
    orders = sys.stdin.readline()
    if not orders.endswith("\n"):
        return  # whoever started this process was ended before it had said what to do
    session = Session(Orders.model_validate_json(orders), words, Pause())
    Thread(target=_end_with, args=(sys.stdin,), name="parent", daemon=True).start()
    try:
        # Blocked until here by whoever started this process: in the midst of an import it would be lost, or break it.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        session.serve()
    except KeyboardInterrupt:
        return  # before there was anything to end
    except VtrackError as error:
        session.say(Word(kind="error", error=type(error).__name__, message=str(error)))
        sys.exit(1)


if __name__ == "__main__":
    main()
