"""Chatter is dropped from standard error; everything else gets through."""

from __future__ import annotations

import os

import pytest

from vtrack_ray.vision.chatter import chatter_dropped


def test_only_chatter_is_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    with chatter_dropped():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
        os.write(2, b"W0000 00:00:1795467406.489600   30295 inference_feedback_manager.cc:114] Feedback\n")
        os.write(2, b"E0000 00:00:1795467406.489600   30295 tensor.cc:1] out of memory\n")
        os.write(2, b"Warnings of the house\n")
    assert capfd.readouterr().err == (
        "E0000 00:00:1795467406.489600   30295 tensor.cc:1] out of memory\nWarnings of the house\n"
    )


def test_an_error_restores_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="no model"), chatter_dropped():
        raise RuntimeError("no model")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"
