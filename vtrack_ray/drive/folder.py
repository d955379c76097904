"""A folder for results: chosen or made, and what this program has put there before."""

from __future__ import annotations

import re
from contextlib import suppress

from vtrack_ray.drive.client import Drive
from vtrack_ray.drive.result import FOLDER, OWNER, RESULT, is_as_sent, told_of
from vtrack_ray.errors import DriveError, DriveForbidden, DriveGone, DriveTaken
from vtrack_ray.meaning.result import ResultFile, ResultsFolder

_ADDRESS = re.compile(r"/folders/([\w-]+)|[?&]id=([\w-]+)")
_ID = re.compile(r"[\w-]{10,}")


def folder_id_of(text: str) -> str:
    """The id in a folder's address at Google Drive, or the id itself. Raises DriveError."""
    if found := _ADDRESS.search(text):
        return found[1] or found[2]
    if _ID.fullmatch(text):
        return text
    raise DriveError(f"{text!r} is neither a folder's address at Google Drive nor its id; --new NAME makes a folder")


def open_folder(drive: Drive, folder_id: str, owner: str) -> ResultsFolder:
    """A folder that is there. Raises DriveGone, DriveForbidden if nothing may be put into it, DriveError."""
    fields = "id,name,mimeType,trashed,capabilities(canAddChildren)"
    about = f"the folder {folder_id}"
    told = drive.ask(drive.files.get(fileId=folder_id, supportsAllDrives=True, fields=fields), about)
    if told["mimeType"] != FOLDER:
        raise DriveError(f"{told['name']} is no folder at Google Drive")
    if told["trashed"]:
        raise DriveGone(f"The folder {told['name']} lies in Google Drive's trash; take it out, or choose another")
    if not told.get("capabilities", {}).get("canAddChildren", False):
        raise DriveForbidden(f"The folder {told['name']} is shared for reading alone: share it with the role `Editor`")
    return ResultsFolder(folder_id=told["id"], name=told["name"], owner=owner)


def make_folder(drive: Drive, name: str, owner: str) -> ResultsFolder:
    """A new folder in the account's My Drive; it may be moved and shared there. Raises DriveError."""
    [folder_id] = new_ids(drive, 1)
    body = {"id": folder_id, "name": name, "mimeType": FOLDER}
    with suppress(DriveTaken):  # it was made, and the answer lost on its way
        drive.ask(drive.files.create(body=body, fields="id"), f"the folder {name}")
    return ResultsFolder(folder_id=folder_id, name=name, owner=owner)


def have_folder(drive: Drive, folder: ResultsFolder, within: ResultFile) -> str | None:
    """The id of a folder of ours in the folder, made if it was never there; None if somebody has thrown it away.

    Raises DriveError.
    """
    told = told_of(drive, within)
    if told is None and within.sent_at is None:
        body = {
            "id": within.file_id,
            "name": within.result,
            "mimeType": FOLDER,
            "parents": [folder.folder_id],
            "appProperties": {OWNER: folder.owner, RESULT: within.result},
        }
        with suppress(DriveTaken):  # made meanwhile, by another process, or before an answer was lost
            drive.ask(drive.files.create(body=body, supportsAllDrives=True, fields="id"), within.result)
        told = told_of(drive, within)
    if told is None or told["trashed"]:
        return None
    return within.file_id


def new_ids(drive: Drive, count: int) -> list[str]:
    """Ids for files to be: a file of an id can be made once, however often it is tried
    (https://developers.google.com/workspace/drive/api/guides/create-file, on pre-generated ids). Raises DriveError."""
    ids: list[str] = []
    while len(ids) < count:
        ids += drive.ask(drive.files.generateIds(count=min(1000, count - len(ids))), "new files")["ids"]
    return ids


def known_ids(drive: Drive, folder: ResultsFolder, within: ResultFile | None = None) -> dict[str, str]:
    """What this database has put into the folder, or into one within it, and nobody has changed: ids by result.

    Raises DriveError.
    """
    found: dict[str, str] = {}
    query = f"'{within.file_id if within else folder.folder_id}' in parents and trashed = false"
    query += f" and appProperties has {{ key='{OWNER}' and value='{folder.owner}' }}"
    token = None
    while True:
        request = drive.files.list(
            q=query,
            pageToken=token,
            pageSize=1000,
            supportsAllDrives=True,
            includeItemsFromAllDrives=True,
            fields="nextPageToken,files(id,mimeType,md5Checksum,appProperties)",
        )
        page = drive.ask(request, f"the folder {within.result if within else folder.name}")
        found |= {file["appProperties"][RESULT]: file["id"] for file in page["files"] if is_as_sent(file)}
        token = page.get("nextPageToken")
        if token is None:
            return found
