from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from vtrack_ray.cli.footage import footage
from vtrack_ray.render import read_truth

QUICK = ["--width-px", "320", "--height-px", "240", "--events", "1", "--event-s", "3", "3", "--before-s", "2"]


def test_footage_is_written_and_told(tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = [str(out), *QUICK, "--cameras", "2", "--zone", "UTC", "--started-at", "2026-12-24T10:00:00"]
    result = CliRunner().invoke(footage, arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == f"wrote 2 videos (18 s), 2 events and truth.json to {out}"
    truth = read_truth(out)
    assert [camera.camera_name for camera in truth.cameras] == ["cam1", "cam2"]
    assert truth.cameras[0].videos[0].path == "cam1/cam1_20261224_100000.mp4"
    assert all((out / video.path).is_file() for camera in truth.cameras for video in camera.videos)


def test_an_order_that_cannot_be_made_ends_with_its_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(footage, [str(tmp_path), "--codec", "hevc", "--container", "avi"])
    assert result.exit_code == 1
    assert result.stderr == "Error: avi can't hold hevc\n"


def test_every_option_is_explained() -> None:
    for parameter in footage.params:
        if parameter.param_type_name == "option":
            assert getattr(parameter, "help", None), parameter.name
