"""Chatter: log lines that C++ libraries write to standard error past every Python setting."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_CHATTER = re.compile(rb"(INFO|WARNING): |[IW]\d{4} ")
"""Information and warnings of TensorFlow Lite and of Abseil, whose level MediaPipe 0.10.21 gives no way to set
(GLOG_minloglevel and TF_CPP_MIN_LOG_LEVEL do nothing to these)."""


@contextmanager
def chatter_dropped() -> Iterator[None]:
    """Holds back what this process writes to file descriptor 2, then passes on all of it but chatter.

    Process-wide while it lasts, other threads' lines come out late; so it is for the few calls that chatter.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            os.writev(2, [line for line in held if not _CHATTER.match(line)] or [b""])
