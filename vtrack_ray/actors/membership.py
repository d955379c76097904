"""Membership: this machine's part in another one's cluster, for as long as it is wanted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vtrack_ray.actors.address import HostAndPort, knock, own_address_towards
from vtrack_ray.actors.card import Card
from vtrack_ray.actors.cluster import OBJECT_STORE_BYTES
from vtrack_ray.actors.orders import end_all_of
from vtrack_ray.actors.vitals import with_vitals
from vtrack_ray.errors import ClusterError

_LOOK_AGAIN_S = 0.25
_STARTED = "Ray runtime started."
_STARTING_S = 90.0
"""Ray's own patience with a head that does not answer is a little less."""
_AGAIN_S = 2.0
_ENDING_S = 15.0
_MOST_LINES = 3


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How this machine is to join: what is None is found out."""

    head: HostAndPort
    name: str | None
    cores: int | None
    token_file: Path | None

    @property
    def token(self) -> Path:
        """Where the secret is that all machines of the cluster share."""
        return self.token_file or Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")


class Membership:
    """Runs Ray's processes on this machine; `tell` is told what happens.

    Where the head is lost, or has taken this machine for lost, it joins again as soon as the head answers.
    """

    def __init__(self, wanted: Wanted, tell: Callable[[str], None]) -> None:
        self._wanted = wanted
        self._tell = tell

    def keep(self) -> None:
        """Is a member until KeyboardInterrupt, or an order of the head's, has it leave in good order: what it works on
        is finished, or taken back by the head. A second KeyboardInterrupt ends it at once.

        Raises ClusterError if it can't join in the first place.
        """
        head = self._wanted.head
        if not self._wanted.token.is_file() and "RAY_AUTH_TOKEN" not in os.environ:
            raise ClusterError(
                f"There is no token at {self._wanted.token}: copy the file ~/.ray/auth_token of the head there, "
                "readable by you alone"
            )
        if reason := knock(head):
            raise ClusterError(
                f"Nobody answers at {head}: {reason}. Does `vtrack up` run there, with NODE_ADDRESS set to it?"
            )
        try:
            is_over = self._was_member()
            while not is_over:
                self._tell(f"the head {head} is lost, or has lost this machine; joining again as soon as it answers")
                is_over = self._was_member_again()
        except KeyboardInterrupt:
            self._tell("left")  # while there was nothing to leave

    def _was_member_again(self) -> bool:
        """Likewise, after it was one: whatever keeps it from joining may pass."""
        while True:
            time.sleep(_AGAIN_S)
            if knock(self._wanted.head):
                continue
            try:
                return self._was_member()
            except ClusterError as error:
                self._tell(str(error))

    def _was_member(self) -> bool:
        """Is a member once; False if that ended by itself. Raises ClusterError if it can't begin."""
        with tempfile.TemporaryDirectory(prefix="vtrack-node-") as folder:
            card, said = Card(Path(folder)), Path(folder) / "ray.log"
            try:
                with self._ray(card, said) as ray:
                    if not _has_started(ray, said):
                        raise ClusterError(f"This machine can't join {self._wanted.head}: {_last_lines(said)}")
                    self._tell(f"joined {self._wanted.head}")
                    return self._stay(ray, card)
            except KeyboardInterrupt:
                self._tell("left at once")
                return True

    def _stay(self, ray: subprocess.Popen[bytes], card: Card) -> bool:
        """Until it leaves, True, or Ray ends by itself."""
        is_leaving = False
        while ray.poll() is None and not card.may_leave:
            try:
                time.sleep(_LOOK_AGAIN_S)
            except KeyboardInterrupt:
                if is_leaving:
                    raise
                is_leaving = True
                card.want_to_leave()
                self._tell("leaving; what is under way may finish (once more: at once)")
            if is_leaving and knock(self._wanted.head):
                break
        if card.may_leave:
            self._tell("left: nothing is done here any more")
        return card.may_leave or is_leaving

    @contextmanager
    def _ray(self, card: Card, said: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Ray's processes here; at the end, none of them is left."""
        head = self._wanted.head
        command = [
            # They do not outlive this process, whatever ends it.
            *("setpriv", "--pdeathsig", "TERM", sys.executable, "-m", "ray.scripts.scripts", "start", "--block"),
            *(f"--address={head}", f"--node-ip-address={own_address_towards(head)}", "--disable-usage-stats"),
            f"--node-name={self._wanted.name or socket.gethostname()}",
            f"--object-store-memory={OBJECT_STORE_BYTES}",
            "--include-log-monitor=false",  # no driver shows the logs: that is 1.2 s of CPU time, and 60 MB
        ]
        if self._wanted.cores is not None:
            command.append(f"--num-cpus={self._wanted.cores}")
        environment = {**with_vitals(os.environ), **card.environment, "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
        if self._wanted.token_file is not None:
            environment["RAY_AUTH_TOKEN_PATH"] = str(self._wanted.token_file.absolute())
        with (
            said.open("wb") as log,
            subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            ) as process,
        ):
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(_ENDING_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                end_all_of(process.pid)


def _has_started(ray: subprocess.Popen[bytes], said: Path) -> bool:
    deadline = time.monotonic() + _STARTING_S
    while _STARTED not in said.read_text("utf-8", "replace"):
        if ray.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_AGAIN_S)
    return True


def _last_lines(said: Path) -> str:
    lines = [line.strip() for line in said.read_text("utf-8", "replace").splitlines() if line.strip()]
    return " ".join(lines[-_MOST_LINES:]) or "Ray said nothing"
