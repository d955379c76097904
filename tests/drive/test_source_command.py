"""`vtrack source` with folders at Google Drive, and the service as its user starts it on one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.api.conftest import Client, answering
from tests.conftest import Footage, Vtrack
from tests.drive import faults
from tests.drive.server import Google
from vtrack_ray.cli.main import main
from vtrack_ray.drive.account import Account, account_path, keep_account

Command = Callable[..., Result]


@pytest.fixture
def command(vtrack: Vtrack, google: Google, robot: Account) -> Command:
    """`vtrack source` in this process: Google's libraries take a second to import."""
    keep_account(account_path(vtrack.db), robot)

    def run(*arguments: object, status: int = 0) -> Result:
        settings = {
            "VTRACK_DB": str(vtrack.db),
            "VTRACK_DRIVE_ENDPOINT": google.address,
            "VTRACK_DRIVE_RETRY_SECONDS": "0.001",
        }
        result = CliRunner().invoke(main, ["source", *map(str, arguments)], env=settings)
        assert result.exit_code == status, result.output
        return result

    return run


def test_a_folder_at_drive_is_added_listed_tested_and_removed(command: Command, google: Google, tmp_path: Path) -> None:
    shop = google.contents.folder("Cửa hàng")
    (tmp_path / "drive").mkdir()
    assert f"'Cửa hàng' at Google Drive (drive://{shop}) is a source now." in command("add", "drive", "Cửa hàng").output
    assert "already" in command("add", "drive", f"https://drive.google.com/drive/folders/{shop}").output
    assert f"{tmp_path / 'drive'} is a source now." in command("add", tmp_path / "drive").output
    listed = {one["source"]: one for one in json.loads(command("list", "--json").output)}
    assert listed[f"drive://{shop}"] == {
        "kind": "drive",
        "source": f"drive://{shop}",
        "title": "Cửa hàng",
        "is_there": True,
        "looked_at": None,
        "trouble": None,
    }
    empty = listed[str(tmp_path / "drive")]
    assert (empty["kind"], empty["is_there"]) == ("folder", False)
    tested = command("test", status=1).output
    assert f"(drive://{shop}): well" in tested
    assert f"! {tmp_path / 'drive'}" in tested
    google.contents.trash(shop)
    assert "trash" in command("test", "drive", "Cửa hàng", status=1).output
    assert "is no source any more" in command("remove", "drive", shop).output
    assert "is no source; " in command("remove", "drive", shop, status=1).output
    assert len(json.loads(command("list", "--json").output)) == 1


def test_what_can_not_be_added_is_told(command: Command, google: Google, vtrack: Vtrack) -> None:
    assert "There is no folder named 'Nothing'" in command("add", "drive", "Nothing", status=1).output
    assert "give one folder" in command("add", "one", "two", status=2).output
    assert "is no folder" in command("add", "drive", status=1).output  # a folder on the disk that is named so
    assert "is no source" in command("remove", "nothing", status=1).output
    google.grants.revoke_all()
    account_path(vtrack.db).unlink()
    assert "vtrack drive login" in command("add", "drive", "Shop", status=1).output


def test_one_source_is_removed_and_no_other(
    command: Command, google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (google.contents.folder("Shop", google.contents.folder(street)) for street in ("Hàng Bông", "Hàng Gà"))
    here = tmp_path / "Shop"
    here.mkdir()
    monkeypatch.chdir(tmp_path)
    for added in (("drive", one), ("drive", other), ("Shop",)):
        command("add", *added)

    def left() -> set[str]:
        return {one["source"] for one in json.loads(command("list", "--json").output)}

    refused = command("remove", "drive", "Shop", status=1).output
    assert "drive Shop names 2 sources" in refused
    assert all(f"(drive://{folder})" in refused for folder in (one, other))
    assert f"{here} is no source any more" in command("remove", "Shop").output
    assert left() == {f"drive://{one}", f"drive://{other}"}
    assert "Shop names 2 sources" in command("remove", "Shop", status=1).output
    command("remove", "drive", one)
    assert f"(drive://{other}) is no source any more" in command("remove", "Shop").output
    assert left() == set()


def test_the_service_finds_at_drive_what_a_run_finds_on_the_disk(
    google: Google, robot: Account, vtrack: Vtrack, finished: Vtrack, two_cameras: Footage
) -> None:
    shop = google.contents.folder("Shop")
    folders = {name: google.contents.folder(name, shop) for name in ("cam1", "cam2")}
    for path in sorted(two_cameras.root.glob("*/*.mp4")):
        google.contents.file(path.name, folders[path.parent.name], path)
    keep_account(account_path(vtrack.db), robot)
    there = ("--set", f"DRIVE_ENDPOINT={google.address}")
    vtrack("source", "add", "drive", shop, *there)
    with answering(vtrack, *there, "--set", "DRIVE_RETRY_SECONDS=0.001") as client:
        client.post("/program", {"card": "Custom", "action": "run", "custom_path": f"drive://{shop}"})
        client.until_done()
        assert_shown(client, google)
        client.up.terminate()
        client.up.wait(timeout=60)
    for shown in ("events", "videos"):
        found, known = vtrack.json(shown), finished.json(shown)
        assert [_named(one) for one in found] == [_named(one) for one in known]
    [source] = vtrack.json("source", "list")
    assert (source["is_there"], source["trouble"]) == (True, None)


def assert_shown(client: Client, google: Google) -> None:
    """Asserts that a picture and a clip are made of what lies at Drive, and what is told while they can't be."""
    [event, *_] = client.get("/api/v1/events")["events"]
    [video] = [one for one in client.get("/api/v1/videos")["videos"] if one["path"] == event["videos"][0]]
    picture = f"/api/v1/videos/{video['video_id']}/picture?time_s=2"
    for path, kind in ((picture, "image/jpeg"), (f"/api/v1/events/{event['event_id']}/clip", "video/mp4")):
        answer = client.ask("GET", path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind), answer.text[:500]
    google.faults.on(faults.UNAVAILABLE, times=10_000)
    shutil.rmtree(client.vtrack.home / ".cache" / "vtrack")
    assert "Google Drive goes on refusing" in client.refused("GET", picture, 503)
    google.faults.off()
    assert client.ask("GET", picture).status_code == 200


def _named(record: dict[str, object]) -> str:
    """A record of the command line without what tells where files are, and what it cost."""
    left_out = ("video_id", "path", "event_id", "seconds", "attempts")
    text = json.dumps({key: value for key, value in record.items() if key not in left_out}, sort_keys=True)
    for path in _paths(record):
        text = text.replace(json.dumps(path), json.dumps(Path(path).name))
    return text


def _paths(record: object) -> list[str]:
    match record:
        case str() if record.endswith(".mp4"):
            return [record]
        case list():
            return [path for one in record for path in _paths(one)]
        case dict():
            return [path for one in record.values() for path in _paths(one)]
    return []
