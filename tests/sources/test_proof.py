"""Whether a file that is seen here is the one that the head sees."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from vtrack_ray.meaning.video import FoundFile
from vtrack_ray.sources.proof import Proof, doubt, proof_of

BYTES = bytes(range(256)) * 100


@pytest.fixture
def file(tmp_path: Path) -> FoundFile:
    path = tmp_path / "a.mp4"
    path.write_bytes(BYTES)
    os.utime(path, ns=(0, 10**18 + 123_456_789))
    status = path.stat()
    return FoundFile(
        source=str(tmp_path),
        path=str(path),
        camera_name="cam1",
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
    )


def proven(file: FoundFile) -> Proof:
    proof = proof_of(file)
    assert proof is not None
    return proof


def test_the_same_file_is_in_no_doubt_even_where_its_times_are_rounded(file: FoundFile) -> None:
    proof = proven(file)
    assert doubt(proof) is None
    os.utime(file.path, ns=(0, file.modified_ns // 10**9 * 10**9))
    assert doubt(proof) is None


@pytest.mark.parametrize("at", [0, len(BYTES) // 2, len(BYTES) - 1])
def test_another_one_under_the_same_path_is(file: FoundFile, at: int) -> None:
    proof = proven(file)
    other = bytearray(BYTES)
    other[at] ^= 1
    Path(file.path).write_bytes(other)
    os.utime(file.path, ns=(0, file.modified_ns))
    assert "holds other bytes" in (doubt(proof) or "")


def test_so_is_one_that_is_shorter_older_or_not_there(file: FoundFile) -> None:
    proof = proven(file)
    os.utime(file.path, ns=(0, file.modified_ns - 10**10))
    assert "not modified at the same time" in (doubt(proof) or "")
    Path(file.path).write_bytes(BYTES[:-1])
    assert f"has {len(BYTES) - 1} bytes here" in (doubt(proof) or "")
    Path(file.path).unlink()
    assert "can't be read here: No such file" in (doubt(proof) or "")


def test_what_has_changed_since_it_was_found_proves_nothing(file: FoundFile) -> None:
    assert proof_of(replace(file, size_bytes=1)) is None
    assert proof_of(replace(file, modified_ns=1)) is None
    Path(file.path).unlink()
    assert proof_of(file) is None


def test_an_empty_file_can_be_compared(file: FoundFile) -> None:
    Path(file.path).write_bytes(b"")
    status = Path(file.path).stat()
    assert doubt(proven(replace(file, size_bytes=0, modified_ns=status.st_mtime_ns))) is None
