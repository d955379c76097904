"""A call in a process of Ray's."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from vtrack_ray.actors.work import Worked, _work
from vtrack_ray.settings import Settings


def work_as(name: bytes) -> Worked:
    Path("/proc/self/comm").write_bytes(name)
    return _work(int, ("7",), {}, Settings(), None, None)


@pytest.mark.parametrize("name", ["ray::probe:bàn 1", "ray::sample:Đóng", "ray::scan:a\nb"])
def test_what_a_call_uses_is_told_whatever_its_process_is_called(name: str) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as process:
        worked = process.submit(work_as, name.encode()[:15]).result()
    assert worked.result == 7
    assert worked.usage.memory_bytes > 2**20
