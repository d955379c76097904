"""The short form of the chaos test: each part of the service is killed once, in the midst of its work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import VICTIMS, chaos, undisturbed
from tests.conftest import Footage, Vtrack

SEED = 7


@pytest.mark.timeout(900)
def test_whatever_is_killed_the_tables_are_those_of_an_undisturbed_run(
    vtrack: Vtrack, two_cameras: Footage, tmp_path: Path
) -> None:
    footage = two_cameras.root / "cam1"
    expected = undisturbed(tmp_path / "undisturbed", footage)
    assert expected["events"]
    with chaos(vtrack, footage, SEED) as one:
        for victim in (*VICTIMS, "store in a commit"):
            one.round(victim)
            assert one.tables() == expected, f"after the {victim} was killed"
    assert vtrack.snapshot() == expected
