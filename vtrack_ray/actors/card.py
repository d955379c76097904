"""A card: by which whoever joined a machine to a cluster, and whoever gives it work, tell each other that it leaves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

_VARIABLE = "_VTRACK_CARD"
"""Ray's processes, and so the monitor, inherit it from whoever started Ray on the machine."""


class Card:
    """A folder on the machine; what is told is a file in it."""

    def __init__(self, folder: Path) -> None:
        self._wish = folder / "leave"
        self._leave = folder / "may-leave"
        self._folder = folder

    @property
    def environment(self) -> Mapping[str, str]:
        return MappingProxyType({_VARIABLE: str(self._folder)})

    def want_to_leave(self) -> None:
        """The machine is to be given no more work."""
        self._wish.touch()

    @property
    def wants_to_leave(self) -> bool:
        return self._wish.exists()

    def let_go(self) -> None:
        """Nothing is done there any more."""
        if self._folder.is_dir():
            self._leave.touch()

    @property
    def may_leave(self) -> bool:
        return self._leave.exists()


def own_card() -> Card | None:
    """The card of this machine, if it was joined by `vtrack node join`."""
    folder = os.environ.get(_VARIABLE)
    return Card(Path(folder)) if folder else None
