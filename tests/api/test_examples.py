"""The examples of the documentation, run as they stand there, against the service as its user starts it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.api.conftest import Client
from tests.conftest import Footage

PAGE = Path(__file__).parent.parent.parent / "docs" / "http.md"
CODE, TOKEN, ADDRESS = "SPXVN0123456789", "vtrack_Qm0n6L2...", "http://127.0.0.1:8800"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_a_parcel_is_found_as_the_documentation_shows(client: Client, two_cameras: Footage) -> None:
    [code, *_] = (code for event in two_cameras.truth.events for code in event.tracking_codes)

    def here(text: str) -> str:
        for shown, real in (
            (CODE, code),
            (TOKEN, client.headers["Authorization"].split()[1]),
            (ADDRESS, client.address),
        ):
            assert shown in text
            text = text.replace(shown, real)
        return text

    def said(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    [curl] = re.findall(r"^\$ (curl (?:.*\\\n)*.*)$", "".join(blocks("console")), re.MULTILINE)
    [event] = json.loads(said("bash", "-c", here(curl)))["events"]
    assert event["tracking_codes_parsed"] == [code]
    [script] = blocks("python")
    assert said(sys.executable, "-c", here(script)).split()[1:] == [str(event["ts"]), str(event["te"]), f"['{code}']"]
