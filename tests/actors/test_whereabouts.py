"""How machines get at sources while a drive hangs: a pipe that nobody writes to is one."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vtrack_ray.actors import machine, monitor
from vtrack_ray.actors.machine import Machine
from vtrack_ray.actors.monitor import MonitorActor
from vtrack_ray.actors.whereabouts import Whereabouts
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.node import Reach, SourceReach
from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.pipeline.launcher import LocalStore
from vtrack_ray.settings import Settings


class Neighbour(Machine):
    """Another machine, which sees what this one does; its monitor is in the very process."""

    def rest(self, *, is_resting: bool) -> None:
        assert not is_resting
        self._monitor = MonitorActor()


def machine_of(kind: type[Machine], name: str) -> Machine:
    node = {"NodeID": name, "NodeManagerAddress": "127.0.0.1", "Resources": {"CPU": 1}}
    return kind(node, name, Settings(), is_head=kind is Machine, is_dedicated=False)


def found(path: Path) -> FoundFile:
    status = path.stat()
    return FoundFile(
        source=str(path.parent),
        path=str(path),
        camera_name="cam1",
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
    )


def recorded(path: Path) -> FoundFile:
    path.parent.mkdir()
    path.write_bytes(b"")
    return found(path)


@contextmanager
def hanging(file: FoundFile) -> Iterator[FoundFile]:
    """The file as it is found on a drive that hangs until the end of the block."""
    path = Path(file.path)
    path.unlink()
    os.mkfifo(path)
    try:
        yield found(path)
    finally:
        os.close(os.open(path, os.O_RDWR))


def test_a_drive_that_hangs_holds_up_no_look_at_another_one(tmp_path: Path) -> None:
    monitor = MonitorActor()
    fine = recorded(tmp_path / "fine" / "a.mp4")

    async def look(hung: FoundFile) -> None:
        in_vain = asyncio.create_task(monitor.proofs([hung]))
        [proof] = await monitor.proofs([fine])
        assert await monitor.doubts([proof], None) == [None]
        assert not in_vain.done()
        in_vain.cancel()

    with hanging(recorded(tmp_path / "hung" / "b.mp4")) as hung:
        asyncio.run(look(hung))


def test_what_is_known_of_a_source_stays_while_the_heads_drive_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (machine, monitor):
        monkeypatch.setattr(module, "FILES_S", 0.3)
    monkeypatch.setattr("vtrack_ray.actors.whereabouts._AGAIN_S", 0.0)
    head, early, late = machine_of(Machine, "head"), machine_of(Neighbour, "early"), machine_of(Neighbour, "late")
    fine, file = recorded(tmp_path / "fine" / "a.mp4"), recorded(tmp_path / "hung" / "b.mp4")

    async def look(ledger: Ledger) -> None:
        whereabouts = Whereabouts(LocalStore(ledger))
        for one in (fine, file):
            whereabouts.note(one.source)
        ledger.register([fine, file], datetime.now(UTC))
        await whereabouts.look([head, early])
        seen = [SourceReach(source=one.source, reach=Reach.OWN) for one in (fine, file)]
        assert whereabouts.of(early) == seen
        with hanging(file) as hung:
            ledger.register([hung], datetime.now(UTC))
            await whereabouts.look([head, early, late])
            assert whereabouts.of(early) == seen
            unknown = SourceReach(source=file.source, reach=Reach.NONE, reason="the head's drive does not answer")
            assert whereabouts.of(late) == [seen[0], unknown]

    with Ledger.open(tmp_path / "vtrack.duckdb") as ledger:
        asyncio.run(look(ledger))
