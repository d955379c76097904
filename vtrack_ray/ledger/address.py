"""The address of a database's door: a socket in a folder that belongs to this user alone."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from vtrack_ray.errors import LedgerError

_RUNTIME_FOLDERS = Path("/run/user")
"""Where each user who is logged in has a runtime folder (man 5 user-runtime-dir@.service)."""
_MAX_BYTES = 107
"""Linux keeps 108 bytes for a socket's path, one of which ends it (man 7 unix)."""


def own_address(database: Path) -> Path:
    """Where the door of that database is to be; makes its folder.

    Raises LedgerError if the folder is not private to this user, or its path too long for a socket.
    """
    folder = _own_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"The folder {folder} can't be made: {error.strerror}. {_HINT}") from error
    _require_private(folder)
    address = folder / _name(database)
    if len(os.fsencode(address)) > _MAX_BYTES:
        raise LedgerError(f"The path {address} is too long for a socket. {_HINT}")
    return address


def possible_addresses(database: Path, suffix: str = ".sock") -> list[Path]:
    """Where that database has its door (or what lies beside it), whichever environment its owner was started with.

    A folder that only the owner's own XDG_RUNTIME_DIR or TMPDIR names is not known here.

    Raises LedgerError if one of them lies in a folder that others may write to.
    """
    addresses = []
    for folder in _folders():
        address = (folder / _name(database)).with_suffix(suffix)
        if len(os.fsencode(address)) <= _MAX_BYTES and address.exists():
            _require_private(folder)
            addresses.append(address)
    return addresses


_HINT = "Name another folder in the environment variable XDG_RUNTIME_DIR."


def _own_folder() -> Path:
    own = os.environ.get("XDG_RUNTIME_DIR")
    return Path(own) / "vtrack" if own else _temporary()


def _folders() -> Iterable[Path]:
    """Where an owner's own folder may be, this process's own one first; each once."""
    usual = _RUNTIME_FOLDERS / str(os.getuid()) / "vtrack"
    return dict.fromkeys([_own_folder(), usual, _temporary()])


def _temporary() -> Path:
    return Path(tempfile.gettempdir()) / f"vtrack-{os.getuid()}"


def _name(database: Path) -> str:
    return blake2b(os.fsencode(os.path.realpath(database)), digest_size=8).hexdigest() + ".sock"


def _require_private(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise LedgerError(f"The folder {folder} must belong to this user alone (mode 0700). {_HINT}")
