"""The client: Google's library against a Drive over real HTTP, with and without faults."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import pytest

from tests.drive import faults
from tests.drive.conftest import Client
from tests.drive.contents import FOLDER
from tests.drive.server import Google
from vtrack_ray.drive.account import Account, Purpose
from vtrack_ray.drive.result import Parts
from vtrack_ray.errors import (
    DriveChanged,
    DriveError,
    DriveExpired,
    DriveForbidden,
    DriveGone,
    DriveSignedOut,
    DriveTaken,
    DriveUnreachable,
)

ALL = {"supportsAllDrives": True, "includeItemsFromAllDrives": True}
CONTENT = bytes(range(256)) * 4000


def test_lists_a_folder_page_by_page(google: Google, client: Client) -> None:
    table = google.contents.folder("bàn 1")
    names = {f"{number}.mp4" for number in range(5)}
    for name in names:
        google.contents.file(name, table, name.encode())
    google.contents.trash(google.contents.file("old.mp4", table))
    drive, found, token = client(), [], None
    while True:
        page = drive.ask(
            drive.files.list(
                q=f"'{table}' in parents and trashed = false and mimeType != '{FOLDER}'",
                pageSize=2,
                pageToken=token,
                fields="nextPageToken,files(id,name,md5Checksum,size)",
            ),
            "the folder",
        )
        found += page["files"]
        if (token := page.get("nextPageToken")) is None:
            break
    assert {file["name"] for file in found} == names
    assert found[0]["md5Checksum"] == hashlib.md5(found[0]["name"].encode(), usedforsecurity=False).hexdigest()
    assert {"id", "name", "md5Checksum", "size"} == set(found[0])
    assert len(google.asked("GET", "/files")) == 3


def test_tells_only_what_is_asked_for_and_finds_by_name(google: Google, client: Client) -> None:
    google.contents.file("it's 1.mp4", content=b"1")
    google.contents.file("it's 1.mp4", content=b"2")
    drive = client()
    page = drive.ask(drive.files.list(q=r"name = 'it\'s 1.mp4'"), "a name")
    assert [set(file) for file in page["files"]] == [{"kind", "id", "name", "mimeType"}] * 2


def test_shared_drives_are_listed_when_they_are_asked_for(google: Google, client: Client) -> None:
    shared = google.contents.shared_drive("Kho")
    file = google.contents.file("a.mp4", google.contents.folder("cam", shared), b"a")
    google.contents.file("mine.mp4", content=b"b")
    drive = client()
    names = {"corpora": "drive", "driveId": shared, **ALL, "fields": "files(name)"}
    assert drive.ask(drive.files.list(**names), "it")["files"] == [{"name": "cam"}, {"name": "a.mp4"}]
    assert [one["name"] for one in drive.ask(drive.files.list(), "all")["files"]] == ["mine.mp4"]
    assert drive.ask(drive.drives.list(), "drives")["drives"][0]["name"] == "Kho"
    with pytest.raises(DriveGone):
        drive.ask(drive.files.get(fileId=file), "the file")
    assert drive.ask(drive.files.get(fileId=file, supportsAllDrives=True), "the file")["name"] == "a.mp4"


def test_changes_are_told_once_with_what_became_of_the_file(google: Google, client: Client) -> None:
    drive = client()
    kept, moved, gone = (google.contents.file(name, content=b"x") for name in ("kept", "moved", "gone"))
    token = drive.ask(drive.changes.getStartPageToken(supportsAllDrives=True), "changes")["startPageToken"]
    google.contents.replace(kept, b"y")
    google.contents.rename(kept, "kept 2")
    google.contents.move(moved, google.contents.folder("to"))
    google.contents.trash(moved)
    google.contents.delete(gone)
    fields = "newStartPageToken,nextPageToken,changes(fileId,removed,file(name,trashed,md5Checksum))"
    answers = []
    while token:
        answers.append(drive.ask(drive.changes.list(pageToken=token, pageSize=3, fields=fields, **ALL), "changes"))
        token = answers[-1].get("nextPageToken")
    told = {change["fileId"]: change for answer in answers for change in answer["changes"]}
    assert told[kept]["file"] == {"name": "kept 2", "trashed": False, "md5Checksum": hashlib.md5(b"y").hexdigest()}  # noqa: S324
    assert told[moved]["file"]["trashed"]
    assert told[gone] == {"fileId": gone, "removed": True}
    assert len(answers) == 2
    last = drive.changes.list(pageToken=answers[-1]["newStartPageToken"], fields=fields)
    assert drive.ask(last, "changes")["changes"] == []


def test_reads_the_bytes_asked_for_and_no_others(google: Google, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(CONTENT)
    file = google.contents.file("a.mp4", content=path)
    drive = client()
    assert drive.read(file, 1000, 5000, "a.mp4") == CONTENT[1000:6000]
    assert drive.read(file, 0, len(CONTENT), "a.mp4") == CONTENT
    assert google.served(file) == 5000 + len(CONTENT)
    with pytest.raises(DriveChanged, match=r"a\.mp4 ends sooner"):
        drive.read(file, len(CONTENT), 1, "a.mp4")


@pytest.mark.parametrize(
    "fault",
    [
        faults.RATE_LIMIT,
        faults.USER_RATE_LIMIT,
        faults.TIMEOUT,
        faults.BACKEND,
        faults.BAD_GATEWAY,
        faults.UNAVAILABLE,
        faults.GATEWAY_TIMEOUT,
        faults.UNAUTHORISED,
        faults.Cut(),
        faults.Cut(0),
        faults.Cut(1000),
        faults.Misfit(-10),
        faults.Misfit(10),
        faults.Shifted(1),
        faults.Whole(),
        faults.Slow(0.4),
    ],
    ids=str,
)
def test_passing_faults_are_waited_out(google: Google, client: Client, fault: faults.Fault) -> None:
    file = google.contents.file("a.mp4", content=CONTENT)
    drive = client(timeout_s=0.2)
    google.faults.on(fault, times=2, path="alt=media")
    assert drive.read(file, 1000, 5000, "a.mp4") == CONTENT[1000:6000]
    assert len(google.asked("GET", "/files/")) == 3


def test_waits_as_long_as_it_is_told_to_and_no_longer_than_it_may(google: Google, client: Client) -> None:
    waited: list[float] = []
    drive = client(sleep=waited.append)
    google.faults.on(faults.TOO_MANY, path="/files")
    drive.ask(drive.files.list(), "all")
    assert waited == [1.0]
    google.faults.on(faults.Refuse(429, "rateLimitExceeded", "no", headers=(("Retry-After", "3000"),)), path="/files")
    with pytest.raises(DriveUnreachable):
        drive.ask(drive.files.list(), "all")
    assert waited == [1.0]


@pytest.mark.parametrize("fault", [faults.UNAVAILABLE, faults.Cut(), faults.Misfit(1)], ids=str)
def test_gives_up_in_the_end_with_a_sentence(google: Google, client: Client, fault: faults.Fault) -> None:
    file = google.contents.file("a.mp4", content=CONTENT)
    google.faults.on(fault, times=9, path="alt=media")
    drive = client()
    with pytest.raises(DriveUnreachable, match=r"Google Drive .*a\.mp4"):
        drive.read(file, 0, 10, "a.mp4")


@pytest.mark.parametrize(
    ("fault", "raised", "said"),
    [
        (faults.FORBIDDEN, DriveForbidden, "sufficient permissions"),
        (faults.SCOPES, DriveForbidden, "tick every box"),
        (faults.API_OFF, DriveForbidden, "not switched on"),
        (faults.STORAGE_QUOTA, DriveForbidden, "no storage left"),
        (faults.DAILY_LIMIT, DriveUnreachable, "used up"),
        (faults.DOWNLOAD_QUOTA, DriveUnreachable, "used up"),
        (faults.NOT_FOUND, DriveGone, "nothing of the folder"),
        (faults.Refuse(400, "badRequest", "Bad Request"), DriveError, "Bad Request"),
        (faults.EXPIRED_CHANGES, DriveExpired, "no longer knows"),
    ],
    ids=lambda value: getattr(value, "reason", ""),
)
def test_refusals_end_at_once_with_the_next_step(
    google: Google, client: Client, fault: faults.Refuse, raised: type[DriveError], said: str
) -> None:
    drive = client()
    google.faults.on(fault, path="/files")
    with pytest.raises(raised, match=re.escape(said)) as caught:
        drive.ask(drive.files.list(), "the folder")
    assert type(caught.value) is raised
    assert len(google.asked("GET", "/files")) == 1


def test_a_page_that_has_expired_is_told_from_other_mistakes(google: Google, client: Client) -> None:
    google.contents.file("a")
    google.contents.file("b")
    drive = client()
    token = drive.ask(drive.files.list(pageSize=1), "all")["nextPageToken"]
    google.service.expire_pages()
    for request in (drive.files.list(pageSize=1, pageToken=token), drive.changes.list(pageToken="1")):
        with pytest.raises(DriveExpired):
            drive.ask(request, "all")


def test_access_is_renewed_and_revoked_access_is_told(google: Google, client: Client, person: Account) -> None:
    drive = client()
    google.contents.file("a")
    assert drive.ask(drive.files.list(), "all")["files"]
    google.grants.expire_access()
    assert drive.ask(drive.files.list(), "all")["files"]
    assert len(google.asked("POST", "/token")) == 2
    google.grants.revoke_all()
    with pytest.raises(DriveSignedOut, match=r"revoked.*vtrack drive login"):
        drive.ask(drive.files.list(), "all")


@pytest.mark.parametrize("who", ["person", "robot"])
def test_clients_of_one_account_share_what_gives_them_access(
    google: Google, client: Client, who: str, request: pytest.FixtureRequest
) -> None:
    account = request.getfixturevalue(who)
    for _ in range(2):
        drive = client(account)
        drive.ask(drive.about.get(fields="user"), "the account")
    assert len(google.asked("POST", "/token")) == 1


def test_a_wrong_clock_is_told_as_such(google: Google, client: Client) -> None:
    google.faults.on(faults.CLOCK_SKEW, path="/token")
    drive = client()
    with pytest.raises(DriveForbidden, match="clock is wrong"):
        drive.ask(drive.files.list(), "all")


def test_each_purpose_has_the_least_scope(google: Google, client: Client, person: Account, robot: Account) -> None:
    google.contents.file("of others")
    for account, purpose in ((person, Purpose.SOURCE), (person, Purpose.RESULTS), (robot, Purpose.SOURCE)):
        drive = client(account, purpose)
        drive.ask(drive.files.list(), "all")
    scopes = [sorted(scope.rsplit("/", 1)[1] for scope in grant.scopes) for grant in google.grants.access.values()]
    assert scopes == [["drive.readonly"], ["drive.file"], ["drive.readonly"]]
    source, results = client(), client(purpose=Purpose.RESULTS)
    with pytest.raises(DriveForbidden):
        source.ask(source.files.create(body={"name": "x"}), "x")
    made = results.ask(results.files.create(body={"name": "x", "mimeType": FOLDER}), "x")
    with pytest.raises(DriveGone):
        results.ask(results.files.create(body={"parents": [google.contents.folder("theirs")]}), "x")
    results.ask(results.files.create(body={"parents": [made["id"]]}), "x")


@pytest.mark.parametrize(
    "fault",
    [
        None,
        faults.Drop(100_000),
        faults.UNAVAILABLE,
        faults.Cut(),
        faults.Cut(0),
        faults.UNAUTHORISED,
        faults.NOT_FOUND,  # the parts that came are forgotten
        faults.EXPIRED_CHANGES,
    ],
    ids=str,
)
def test_uploads_in_parts_go_on_where_they_were_cut(
    google: Google, client: Client, person: Account, fault: faults.Fault | None
) -> None:
    drive = client(purpose=Purpose.RESULTS)
    folder = drive.ask(drive.files.create(body={"name": "results", "mimeType": FOLDER}), "it")["id"]
    file_id = drive.ask(drive.files.generateIds(count=1), "ids")["ids"][0]
    body = {"id": file_id, "name": "a.csv", "parents": [folder], "appProperties": {"vtrack": "1"}}

    def upload() -> dict[str, str]:
        media = Parts(io.BytesIO(CONTENT), "text/csv", chunksize=512 * 1024, resumable=True)
        answer: dict[str, str] = drive.upload(
            lambda: drive.files.create(body=body, media_body=media, fields="id,md5Checksum"), "a.csv"
        )
        return answer

    if fault:
        google.faults.on(fault, times=2, method="PUT")
    told = upload()
    assert told == {"id": file_id, "md5Checksum": hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}
    assert google.contents.items[file_id].app_properties == {"vtrack": "1"}
    with pytest.raises(DriveTaken):
        upload()
    assert len(google.contents.named("a.csv")) == 1
