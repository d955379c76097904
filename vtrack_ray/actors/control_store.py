"""The control store: what Ray knows of a cluster's machines, kept on the disk for when the head was cut off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def kept_control_store(folder: Path) -> Iterator[None]:
    """Has a Ray that is started meanwhile go on with what the last one kept in the folder, if that was killed.

    The machines of its cluster wait for it then, and need not join anew. Nothing else is in the folder that is not in
    the database too: so it is removed where Ray can't be started with it, and when Ray has ended in good order.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = {"RAY_gcs_storage": "rocksdb", "RAY_gcs_storage_path": str(folder)}
    os.environ |= wanted
    try:
        yield
    finally:
        for name in wanted:
            del os.environ[name]
        shutil.rmtree(folder)
