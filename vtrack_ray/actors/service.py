"""The service: a session after the other, each begun where the last one ended, for as long as it is wanted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from vtrack_ray import errors
from vtrack_ray.actors.address import others_join_at
from vtrack_ray.actors.orders import Orders, Word, end_all_of
from vtrack_ray.actors.pause import Pause
from vtrack_ray.actors.vitals import with_health, with_vitals
from vtrack_ray.errors import ActorLost, ClusterTimedOut, VtrackError
from vtrack_ray.meaning.occurrence import Occurrence, OccurrenceKind
from vtrack_ray.pipeline.presence import served
from vtrack_ray.settings import Settings

_PASSING = (ActorLost, ClusterTimedOut)
"""What the next session may be spared, even if no session has run yet."""
_OWN_RAY = {
    # Ray would have all of its processes at nice 15: whoever answers requests would get no more than whoever samples.
    "RAY_worker_niceness": "0",
    # How often Serve sees to its replicas: by itself 10 times a second, a fifth of all that an idle service takes.
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
}
"""What a Ray that is started here is told by its environment, unless somebody has told it otherwise."""
_ALONE = {
    # Ray's name for whether it is to work with other machines. Alone on this one it listens on loopback; otherwise its
    # ports are open to the network.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}
"""What it is told where no other machine can join it."""


class Service:
    """Works on programs until it is ended; `show` is told what happens.

    It does nothing but start sessions: there is one way back from any crash, and it is the way every start takes.
    """

    def __init__(
        self,
        settings: Settings,
        address: str | None,
        show: Callable[[Occurrence], None],
        *,
        has_dashboard: bool,
        has_metrics: bool,
        has_http: bool,
    ) -> None:
        self._orders = Orders(
            settings=settings,
            address=address,
            has_dashboard=has_dashboard,
            has_metrics=has_metrics,
            has_http=has_http,
        )
        self._show = show
        self._has_run = False
        self._pause = Pause()

    def serve(self) -> None:
        """Runs until KeyboardInterrupt ends it in good order; a second one ends it at once.

        Raises LedgerError if the database can't be used when it starts or is served already, ClusterError if Ray can't
        be used; a Ray that is not ready in time is started again.
        """
        with served(self._orders.settings.DB):
            try:
                self._serve()
            except KeyboardInterrupt:
                # While nothing was under way, or for the second time.
                self._tell(OccurrenceKind.SERVICE, "the service has ended at once")

    def _serve(self) -> None:
        while True:
            try:
                self._serve_once()
            except VtrackError as error:
                if not self._has_run and not isinstance(error, _PASSING):
                    raise
                why = f"{str(error).rstrip('.')}. All of it is started again in {self._pause.seconds:g} s"
                self._tell(OccurrenceKind.RESTART, why)
                self._orders = self._orders.model_copy(update={"restarted": why})
            else:
                return
            self._pause.take()

    def _serve_once(self) -> None:
        """Runs one session to its end. Raises what ended it, and ActorLost if it died without a word."""
        ended_by: VtrackError = ActorLost("The session died.")
        with _session(self._environment()) as session:
            if session.stdin is None or session.stdout is None:
                raise RuntimeError("a process that was started with pipes has none")
            with suppress(BrokenPipeError):  # it has died already, which shows below
                session.stdin.write(self._orders.model_dump_json() + "\n")
                session.stdin.flush()
            is_ending = False
            while True:
                try:
                    line = session.stdout.readline()
                except KeyboardInterrupt:
                    if is_ending:
                        raise
                    is_ending = True
                    self._tell(OccurrenceKind.SERVICE, "ending; what is under way may finish (once more: at once)")
                    session.send_signal(signal.SIGINT)
                    continue
                if not line:
                    break
                word = Word.model_validate_json(line)
                if word.occurrence is not None:
                    self._has_run = True
                    if word.occurrence.kind is OccurrenceKind.DONE:
                        self._pause.shorten()
                    self._show(word.occurrence)
                else:
                    ended_by = getattr(errors, word.error, VtrackError)(word.message)
            if session.wait() != 0 and not is_ending:
                raise ended_by

    def _environment(self) -> Mapping[str, str]:
        """With what Ray reads when it is imported. On one machine that is busy, its own slower notice is the better."""
        is_joining = bool(self._orders.address or os.environ.get("RAY_ADDRESS"))
        environment = {**({} if is_joining else _OWN_RAY), **os.environ}
        if others_join_at(self._orders.settings) is not None:
            return with_vitals(environment)
        return with_health(environment) if is_joining else {**_ALONE, **environment}

    def _tell(self, kind: OccurrenceKind, text: str) -> None:
        self._show(Occurrence(at=datetime.now(UTC), kind=kind, text=text))


@contextmanager
def _session(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A session's process; at the end, nothing of all that it started is left, nor holds the database."""
    command = [sys.executable, "-m", "vtrack_ray.actors.session"]
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # which the session lifts when it is ready for it
    try:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    with process:
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            end_all_of(process.pid)
