"""A finding: what one check came to, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    """It works, but something is unwise or may get scarce."""
    FAULT = "fault"
    """Something that is needed does not work."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One check's outcome: `found` says what is there, `advice` what to do unless all is well."""

    name: str
    verdict: Verdict
    found: str
    advice: str | None = None
