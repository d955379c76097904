"""How long to wait before what has died is started again."""

from __future__ import annotations

from vtrack_ray.actors.pause import Pause


def test_it_doubles_up_to_a_minute_until_something_was_done() -> None:
    taken: list[float] = []
    pause = Pause(taken.append)
    for _ in range(8):
        pause.take()
    assert taken == [1, 2, 4, 8, 16, 32, 60, 60]
    pause.shorten()
    assert pause.seconds == 1
    pause.take()
    assert (taken[-1], pause.seconds) == (1, 2)
