"""Text on its way into the database and back: file names need not be UTF-8, the database's strings must be."""

from __future__ import annotations

import re

_ESCAPE = "\x1a"  # the control character SUBSTITUTE: one that no file name or barcode needs in practice
_SHOWN = (repr(_ESCAPE)[1:-1], r"\u001a", r"\u001A")
_UNSTORABLE = re.compile("[\0\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


def storable(text: str) -> str:
    """`text` without lone surrogates (Python's bytes that are no UTF-8) and NUL, reversible by `restored`."""
    if text.isprintable():
        return text
    return _UNSTORABLE.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", text)


def restored(text: str) -> str:
    """The text that `storable` was given."""
    if _ESCAPE not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def has_escapes(shown: str) -> bool:
    """Whether text that `restored` changes may be among values, shown as `repr` shows them, or JSON."""
    return any(escape in shown for escape in _SHOWN)
