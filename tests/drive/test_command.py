"""`vtrack drive`: signing in and out, against Google's sign-in over real HTTP."""

from __future__ import annotations

import json
import re
import stat
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.conftest import Vtrack
from tests.drive import faults
from tests.drive.grants import PERSON, PREFIX, ROBOT
from tests.drive.server import Google
from vtrack_ray.cli.main import main
from vtrack_ray.drive.account import Account, Kind, Purpose, account_path, keep_account, load_account
from vtrack_ray.drive.sign_in import by_consent
from vtrack_ray.errors import DriveError, DriveForbidden

Command = Callable[..., Result]
_BROWSER = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"


@pytest.fixture
def command(new_vtrack: Vtrack, google: Google) -> Command:
    """`vtrack drive` in this process: Google's libraries take a second to import."""

    def run(*arguments: object, status: int = 0) -> Result:
        settings = {"VTRACK_DB": str(new_vtrack.db), "VTRACK_DRIVE_ENDPOINT": google.address}
        result = CliRunner().invoke(main, ["drive", *map(str, arguments)], env=settings)
        assert result.exit_code == status, result.output
        return result

    return run


def test_a_service_account_signs_in_with_its_key(
    command: Command, google: Google, vtrack: Vtrack, tmp_path: Path
) -> None:
    said = command("login", "--key", google.key_file(tmp_path)).output
    assert f"Signed in as {ROBOT}" in said
    path = account_path(vtrack.db)
    assert load_account(path).kind is Kind.SERVICE_ACCOUNT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = json.loads(command("status", "--json").output)
    assert (told["account"], told["kind"], told["refused"]) == (ROBOT, "service account", None)
    assert told["scopes"] == [PREFIX + "drive.readonly", PREFIX + "drive"]
    assert "in force until it is deleted" in command("logout").output
    assert not path.exists()
    assert "Nobody is signed in" in command("status", status=1).stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is not JSON"),
        ("[]", "none of the files"),
        ('{"installed": {}}', "no service account's key"),
        ('{"type": "service_account", "client_email": "r@x"}', "can't be used"),
    ],
)
def test_a_file_that_is_no_key_is_told(
    command: Command, vtrack: Vtrack, tmp_path: Path, content: str, said: str
) -> None:
    (tmp_path / "key.json").write_text(content)
    assert said in command("login", "--key", tmp_path / "key.json", status=1).stderr
    assert "can't be read" in command("login", "--key", tmp_path / "none.json", status=1).stderr
    assert not account_path(vtrack.db).exists()


def test_a_refused_sign_in_keeps_nothing(command: Command, google: Google, vtrack: Vtrack, tmp_path: Path) -> None:
    google.faults.on(faults.CLOCK_SKEW, path="/token")
    assert "clock is wrong" in command("login", "--key", google.key_file(tmp_path), status=1).stderr
    assert not account_path(vtrack.db).exists()
    assert "--key FILE" in command("login", status=2).stderr


def test_a_person_signs_out_at_google_too(command: Command, google: Google, vtrack: Vtrack, person: Account) -> None:
    path = account_path(vtrack.db)
    keep_account(path, person)
    google.faults.on(faults.UNAVAILABLE, path="/revoke")
    assert "--unrevoked" in command("logout", status=1).stderr
    assert path.exists()
    command("logout")
    assert google.grants.revoked == [person.secret["refresh_token"]]
    assert not path.exists()
    keep_account(path, person)
    command("logout")  # Google has forgotten it already
    keep_account(path, person)
    assert "was not told" in command("logout", "--unrevoked").output
    assert len(google.asked("POST", "/revoke")) == 3


def test_status_says_that_access_was_revoked(command: Command, google: Google, vtrack: Vtrack, person: Account) -> None:
    keep_account(account_path(vtrack.db), person)
    assert "access: in force" in command("status").output
    google.grants.revoke_all()
    result = command("status", status=1)
    assert "access: refused" in result.stdout
    assert "`vtrack drive login` signs in again" in result.stderr


@pytest.fixture
def process(vtrack: Vtrack, google: Google, monkeypatch: pytest.MonkeyPatch) -> Vtrack:
    """`vtrack` as a process of its own, which knows this Google; its sign-in comes by plain HTTP here."""
    vtrack.home.joinpath("vtrack.toml").write_text(f'DRIVE_ENDPOINT = "{google.address}"\n')
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("NO_PROXY", "*")
    return vtrack


def test_a_person_signs_in_in_a_browser(
    process: Vtrack, google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "browser.py").write_text(_BROWSER)
    monkeypatch.setenv("BROWSER", f"{sys.executable} {tmp_path / 'browser.py'} %s &")
    config = process.home / "vtrack.toml"
    said = process("drive", "login", "--client-secrets", google.client_secrets(tmp_path), "--config", config)
    assert f"Signed in as {PERSON}" in said
    account = load_account(account_path(process.db))
    assert account.scopes == (PREFIX + "drive.readonly", PREFIX + "drive.file")
    assert account.secret["refresh_token"] in google.grants.refresh


def test_a_person_signs_in_with_a_browser_elsewhere(process: Vtrack, google: Google, tmp_path: Path) -> None:
    config, client = process.home / "vtrack.toml", google.client_secrets(tmp_path)
    arguments = ("--client-secrets", client, "--no-browser", "--only", "source", "--config", config)
    with process.start("drive", "login", *arguments, stdin=True) as running:
        assert running.stdout
        address = next(line.strip() for line in running.stdout if line.startswith(google.address))
        out, err = running.communicate(consented(google, address) + "\n", timeout=60)
    assert (running.returncode, f"Signed in as {PERSON}" in out) == (0, True), out + err
    assert load_account(account_path(process.db)).scopes == (PREFIX + "drive.readonly",)


def consented(google: Google, address: str) -> str:
    """Where a browser ends that opens the address: nobody listens there."""
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address)  # noqa: S310
    return google.grants.last_consent


@pytest.mark.parametrize(
    ("denies", "allows", "said"),
    [(True, None, "not signed anybody in"), (False, frozenset({PREFIX + "drive.file"}), "tick every box")],
    ids=["nothing", "not all"],
)
def test_who_does_not_allow_it_is_not_signed_in(
    google: Google,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    denies: bool,
    allows: frozenset[str] | None,
    said: str,
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    google.grants.denies, google.grants.allows = denies, allows
    with pytest.raises(DriveForbidden, match=said):
        by_consent(google.client_secrets(tmp_path), Purpose, lambda address: consented(google, address))


@pytest.mark.parametrize("answer", ["", "4/a-code", "http://localhost:53999/?code=4%2F0&state=of-another-sign-in"])
def test_an_address_that_is_none_of_this_sign_in_is_told(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with pytest.raises(DriveForbidden, match="not signed anybody in"):
        by_consent(google.client_secrets(tmp_path), Purpose, lambda _address: answer)


@pytest.mark.parametrize("content", ["{}", '{"web": {}}', '{"installed": {}}'])
def test_a_file_that_is_no_client_for_desktop_programs_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "client.json"
    path.write_text(content)
    with pytest.raises(DriveError, match=re.escape(str(path))):
        by_consent(path, Purpose)


def test_a_person_has_results_go_to_a_folder_that_is_made(
    command: Command, google: Google, vtrack: Vtrack, person: Account
) -> None:
    keep_account(account_path(vtrack.db), person)
    google.faults.on(faults.Cut(0), method="POST", path="/drive/v3/files")
    said = command("results", "--new", "Đóng hàng").output
    [folder] = google.contents.named("Đóng hàng")
    assert f"https://drive.google.com/drive/folders/{folder.id}" in said
    google.contents.move(folder.id, google.contents.folder("somewhere else"))
    command("results", f"https://drive.google.com/drive/u/0/folders/{folder.id}?usp=sharing")
    assert json.loads(command("status", "--json").output)["results_folder"] == {"id": folder.id, "name": "Đóng hàng"}
    assert "Nothing is due" in command("send").output
    command("results", "--off")
    assert json.loads(command("status", "--json").output)["results_folder"] is None
    assert "No folder is chosen" in command("send", status=1).stderr


def test_clips_are_sent_where_that_was_asked_for(
    command: Command, google: Google, vtrack: Vtrack, person: Account
) -> None:
    keep_account(account_path(vtrack.db), person)

    def wanted() -> bool | None:
        clips = json.loads(command("status", "--json").output)["clips"]
        is_wanted: bool | None = clips and clips["wanted"]
        return is_wanted

    assert wanted() is None
    assert "No folder is chosen" in command("results", "--clips", status=1).stderr
    assert "Events are sent to the folder A" in command("results", "--new", "A").output
    assert wanted() is False
    assert "clips:" not in command("status").output
    assert "Events, and a clip of each, are sent to the folder A" in command("results", "--clips").output
    assert "clips: none sent yet" in command("status").output
    command("results", "--new", "B")
    assert wanted() is True, "as it was set"
    command("results", "--no-clips")
    assert wanted() is False
    [folder] = google.contents.named("A")
    command("results", folder.id, "--clips")
    assert wanted() is True
    with vtrack.answers() as answers:
        owner = answers.results_owner()
    command("results", "--off")
    command("results", folder.id)
    assert wanted() is False
    with vtrack.answers() as answers:
        chosen = answers.results_folder()
    assert chosen
    assert chosen.owner == owner, "what was sent there before is known again"
    assert "--off" in command("results", folder.id, "--off", status=2).stderr


def test_folders_that_can_t_be_written_in_are_refused_with_the_way_out(
    command: Command, google: Google, new_vtrack: Vtrack, person: Account, robot: Account
) -> None:
    path = account_path(new_vtrack.db)
    contents = google.contents
    mine = contents.folder("made by hand")
    keep_account(path, person)
    assert "--new NAME makes one" in command("results", mine, status=1).stderr
    assert "neither a folder's address" in command("results", "Results", status=1).stderr
    assert "--off" in command("results", status=2).stderr
    keep_account(path, robot)
    assert "make a folder in a shared drive" in command("results", "--new", "x", status=1).stderr
    read_only = contents.shared_folder("Shared", is_read_only=True)
    assert "with the role `Editor`" in command("results", read_only, status=1).stderr
    file = contents.file("a.mp4", contents.shared_drive("Kho"), b"a")
    assert "a.mp4 is no folder" in command("results", file, status=1).stderr
    contents.trash(mine)
    assert "take it out" in command("results", mine, status=1).stderr
    assert not new_vtrack.db.exists(), "nothing was chosen"
    inside = contents.folder("Results", next(iter(contents.drives)))
    assert "Events are sent to the folder Results" in command("results", inside).output
