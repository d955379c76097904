"""Custom programs of folders at Google Drive: what may be asked for, and what is worked on."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from tests.api.serving import app
from tests.drive.server import Google
from tests.drive.sources import a_source, signed_in
from tests.pipeline.services import NOW
from vtrack_ray.cli.main import main
from vtrack_ray.drive.account import Account
from vtrack_ray.ledger.answers import open_answers
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.meaning.drive_item import DriveTree
from vtrack_ray.settings import Settings
from vtrack_ray.sources.drive import look


@pytest.fixture
def settings(tmp_path: Path, google: Google, robot: Account) -> Settings:
    return signed_in(tmp_path / "vtrack.duckdb", google, robot, TRUST_LOOPBACK=True)


def custom(settings: Settings, *arguments: str, status: int = 0) -> Result:
    env = {"VTRACK_DB": str(settings.DB), "VTRACK_DRIVE_ENDPOINT": settings.DRIVE_ENDPOINT}
    result = CliRunner().invoke(main, ["program", "custom", *arguments], env=env)
    assert result.exit_code == status, result.output
    return result


def asked_for(settings: Settings) -> list[str | None]:
    with open_answers(settings.DB) as answers:
        return [one.request.custom_path for one in answers.programs()]


def test_the_command_takes_a_folder_at_drive_however_it_is_named(google: Google, settings: Settings) -> None:
    shop = google.contents.folder("Cửa hàng")
    for named in (
        "drive:Cửa hàng",
        f"drive:{shop}",
        f"drive://{shop}",
        f"drive:https://drive.google.com/folders/{shop}",
    ):
        custom(settings, named)
    assert asked_for(settings) == [f"drive://{shop}"]  # what is waiting already, waits once
    assert "There is no folder" in custom(settings, "drive:nothing", status=1).output
    assert "leave the camera out" in custom(settings, f"drive:{shop}", "--camera", "cam1", status=1).output
    assert len(asked_for(settings)) == 1


def test_the_api_takes_sources_and_their_cameras_folders_and_no_other(google: Google, settings: Settings) -> None:
    shop = google.contents.folder("Shop")
    cam1, other = f"drive://{google.contents.folder('cam1', shop)}", f"drive://{google.contents.folder('Other')}"
    source = a_source(google, shop)
    with Ledger.open(settings.DB) as ledger:
        ledger.add_root(source.source, NOW, source.kind, source.title)
        ledger.keep_drive_look(source.source, look(source.source, DriveTree(), settings))
    with app(settings) as address:
        for path in (source.source, cam1):
            order = {"card": "Custom", "action": "run", "custom_path": path}
            assert requests.post(f"{address}/program", json=order, timeout=30).ok
            order = {"kind": "custom", "custom_path": path}
            assert requests.post(f"{address}/api/v1/programs", json=order, timeout=30).status_code == 202
        refused = requests.post(f"{address}/api/v1/programs", json={**order, "custom_path": other}, timeout=30)
        assert (refused.status_code, "get-camera-folders" in refused.json()["error"]) == (422, True)
        refused = requests.post(f"{address}/api/v1/programs", json={**order, "camera_name": "x"}, timeout=30)
        assert (refused.status_code, "leave the camera out" in refused.json()["error"]) == (422, True)
    assert asked_for(settings) == [source.source, cam1]  # what is waiting already, waits once
