"""Leftovers: the folders of logs and sockets that Ray makes for each session, and never removes."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

_MARK = "vtrack-database"
"""The file in a session's folder that tells whose session it was."""
_KEPT = 3
"""So many of the latest are left, for who wants to know what ended them."""


def mark(folder: Path, database: Path) -> None:
    """Has a session's folder tell that it is one of the service of that database."""
    (folder / _MARK).write_bytes(_name(database))


def remove_leftovers(beside: Path, database: Path) -> None:
    """Removes what ended sessions of that database left beside a session's folder, but for the latest ones.

    Nothing that somebody else made is touched, nor what belongs to a process that lives.
    """
    ended = [folder for folder in beside.parent.glob("session_*_*") if _is_left_behind(folder, database)]
    for folder in sorted(ended)[:-_KEPT]:  # their names begin with the time
        try:
            shutil.rmtree(folder)
        except OSError as error:
            log.warning("%s, which an earlier session left, can't be removed: %s", folder, error)


def _is_left_behind(folder: Path, database: Path) -> bool:
    try:
        is_own = folder.lstat().st_uid == os.getuid() and (folder / _MARK).read_bytes() == _name(database)
    except OSError:
        return False  # it has no mark, or is not for us to read
    *_, pid = folder.name.split("_")
    return is_own and pid.isdigit() and not psutil.pid_exists(int(pid))


def _name(database: Path) -> bytes:
    return os.fsencode(os.path.realpath(database))
