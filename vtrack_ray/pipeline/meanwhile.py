"""Meanwhile: what is done now and then, beside whatever else a process does or waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def meanwhile(act: Callable[[], object], every_s: float, name: str) -> Iterator[None]:
    """Calls `act` in a thread of that name, every so many seconds, until the block ends."""
    is_over = Event()

    def go_on() -> None:
        while not is_over.wait(every_s):
            act()

    thread = Thread(target=go_on, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
