"""Probes: each uses one library for real and says what it found. `python -m vtrack_ray.checks.probes NAME` runs one.

A probe has a process to itself, so that a library that crashes or prints takes down and dirties nothing else.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import distributions, version
from pathlib import Path

_TEXT = "TimeGo"
_CODECS = ("h264", "hevc", "mjpeg")


def zxing() -> str:
    """Draws a QR code and reads it."""
    import numpy
    import zxingcpp

    barcode = zxingcpp.create_barcode(_TEXT, zxingcpp.BarcodeFormat.QRCode)
    texts = [found.text for found in zxingcpp.read_barcodes(numpy.array(barcode.to_image(scale=4)))]
    if texts != [_TEXT]:
        raise RuntimeError(f"it read {texts} from a QR code that says {_TEXT!r}")
    return f"zxing-cpp {version('zxing-cpp')} reads a QR code"


def zbar() -> str:
    """Loads the shared library and looks at a blank picture."""
    import numpy
    from pyzbar import pyzbar

    pyzbar.decode(numpy.full((64, 64), 255, numpy.uint8))
    return f"pyzbar {version('pyzbar')} with its shared library"


def opencv() -> str:
    """Scales a picture, and holds that the headless build was not overwritten by one of its siblings."""
    import cv2
    import numpy

    builds = {d.name: d.version for d in distributions() if d.name.startswith("opencv-")}
    if set(builds) != {"opencv-python-headless"}:
        raise RuntimeError(f"these share one folder and overwrite each other: {', '.join(sorted(builds))}")
    if not builds["opencv-python-headless"].startswith(cv2.__version__):
        raise RuntimeError(f"{cv2.__version__} is loaded, but {builds['opencv-python-headless']} was installed")
    cv2.resize(numpy.zeros((8, 8), numpy.uint8), (16, 16), interpolation=cv2.INTER_CUBIC)
    return f"OpenCV {cv2.__version__}, headless"


def pyav() -> str:
    """Looks for the decoders that recordings need."""
    import av

    missing = [name for name in _CODECS if name not in av.codecs_available]
    if missing:
        raise RuntimeError(f"no decoder for {', '.join(missing)}")
    return f"PyAV {av.__version__} with {', '.join(_CODECS)}"


def hands() -> str:
    """Runs MediaPipe's hand models on a blank picture."""
    import mediapipe
    import numpy

    with mediapipe.solutions.hands.Hands(static_image_mode=True, model_complexity=0) as detector:
        if detector.process(numpy.zeros((192, 192, 3), numpy.uint8)).multi_hand_landmarks:
            raise RuntimeError("it found a hand in a blank picture")
    return f"MediaPipe {mediapipe.__version__} with its hand models"


def duckdb() -> str:
    """Writes a database in a temporary folder and reads it back."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.duckdb"
        with duckdb.connect(path) as connection:
            connection.execute("CREATE TABLE probe AS SELECT 42 AS answer")
        with duckdb.connect(path) as connection:
            row = connection.execute("SELECT answer FROM probe").fetchone()
    if row != (42,):
        raise RuntimeError(f"it gave {row} for what was written as 42")
    return f"DuckDB {duckdb.__version__} keeps what is written"


PROBES: dict[str, Callable[[], str]] = {p.__name__: p for p in (zxing, zbar, opencv, pyav, hands, duckdb)}


if __name__ == "__main__":
    sys.stdout.write(PROBES[sys.argv[1]]() + "\n")
