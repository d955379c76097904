"""A folder for results: chosen or made, and what this program has put there before."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from hashlib import md5
from typing import Any

from googleapiclient.http import MediaIoBaseUpload

from vtrack_ray.drive.client import Drive
from vtrack_ray.errors import DriveError, DriveForbidden, DriveGone, DriveTaken
from vtrack_ray.meaning.result import ResultFile, ResultsFolder

_FOLDER = "application/vnd.google-apps.folder"
_ADDRESS = re.compile(r"/folders/([\w-]+)|[?&]id=([\w-]+)")
_ID = re.compile(r"[\w-]{10,}")
_PART_BYTES = 8 * 1024 * 1024
_OWNER, _RESULT, _MD5 = "vtrackOwner", "vtrackResult", "vtrackMd5"
"""Properties that this program alone sees: whose database a file comes from, which result it is, and its content as it
was sent. Each with its value is shorter than the 124 bytes that Drive allows."""


class Parts(MediaIoBaseUpload):  # type: ignore[misc]
    """A content that is read before it is sent, part by part.

    httplib2 sends a request again by itself when its connection was cut, and with it what is left of a stream: too few
    bytes, for which Google then waits.
    """

    def has_stream(self) -> bool:
        return False


class Put(StrEnum):
    """What became of a file that was to be there."""

    SENT = "sent"
    THERE = "there"
    """It was there already: what is known of it had not been recorded."""
    LOST = "lost"
    """The one that was sent before was thrown away or changed by somebody: it is left alone, and a new one is due."""


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
    if told["mimeType"] != _FOLDER:
        raise DriveError(f"{told['name']} is no folder at Google Drive")
    if told["trashed"]:
        raise DriveGone(f"The folder {told['name']} lies in Google Drive's trash; take it out, or choose another")
    if not told.get("capabilities", {}).get("canAddChildren", False):
        raise DriveForbidden(f"The folder {told['name']} is shared for reading alone: share it with the role `Editor`")
    return ResultsFolder(folder_id=told["id"], name=told["name"], owner=owner)


def make_folder(drive: Drive, name: str, owner: str) -> ResultsFolder:
    """A new folder in the account's My Drive; it may be moved and shared there. Raises DriveError."""
    [folder_id] = new_ids(drive, 1)
    body = {"id": folder_id, "name": name, "mimeType": _FOLDER}
    with suppress(DriveTaken):  # it was made, and the answer lost on its way
        drive.ask(drive.files.create(body=body, fields="id"), f"the folder {name}")
    return ResultsFolder(folder_id=folder_id, name=name, owner=owner)


def new_ids(drive: Drive, count: int) -> list[str]:
    """Ids for files to be: a file of an id can be made once, however often it is tried
    (https://developers.google.com/workspace/drive/api/guides/create-file, on pre-generated ids). Raises DriveError."""
    ids: list[str] = []
    while len(ids) < count:
        ids += drive.ask(drive.files.generateIds(count=min(1000, count - len(ids))), "new files")["ids"]
    return ids


def known_ids(drive: Drive, folder: ResultsFolder) -> dict[str, str]:
    """What this database has put into the folder and nobody has changed: ids by result. Raises DriveError."""
    found: dict[str, str] = {}
    query = f"'{folder.folder_id}' in parents and trashed = false"
    query += f" and appProperties has {{ key='{_OWNER}' and value='{folder.owner}' }}"
    token = None
    while True:
        request = drive.files.list(
            q=query,
            pageToken=token,
            pageSize=1000,
            supportsAllDrives=True,
            includeItemsFromAllDrives=True,
            fields="nextPageToken,files(id,md5Checksum,appProperties)",
        )
        page = drive.ask(request, f"the folder {folder.name}")
        found |= {file["appProperties"][_RESULT]: file["id"] for file in page["files"] if _is_as_sent(file)}
        token = page.get("nextPageToken")
        if token is None:
            return found


def put(drive: Drive, folder: ResultsFolder, file: ResultFile, content: bytes, content_type: str) -> Put:
    """Has the file be there with that content, made if it was never there. Raises DriveError.

    Done again after it was interrupted anywhere, it sends nothing twice.
    """
    checksum = md5(content, usedforsecurity=False).hexdigest()
    told = _told(drive, file)
    if told is None and file.sent_at is None:
        with suppress(DriveTaken):  # made meanwhile, by another process
            _send(drive, folder, file, content, content_type, checksum, is_new=True)
            return Put.SENT
        told = _told(drive, file)
    if told is None or told["trashed"] or not _is_as_sent(told):
        return Put.LOST
    if told["md5Checksum"] == checksum:
        return Put.THERE
    _send(drive, folder, file, content, content_type, checksum, is_new=False)
    return Put.SENT


def _told(drive: Drive, file: ResultFile) -> dict[str, Any] | None:
    fields = "id,trashed,md5Checksum,appProperties"
    try:
        told: dict[str, Any] = drive.ask(
            drive.files.get(fileId=file.file_id, supportsAllDrives=True, fields=fields), file.result
        )
    except DriveGone:
        return None
    return told


def _is_as_sent(told: Mapping[str, Any]) -> bool:
    """Whether a file of ours has the content that it was sent with."""
    sent = told.get("appProperties", {}).get(_MD5)
    return sent is not None and told.get("md5Checksum") == sent


def _send(
    drive: Drive,
    folder: ResultsFolder,
    file: ResultFile,
    content: bytes,
    content_type: str,
    checksum: str,
    *,
    is_new: bool,
) -> None:
    properties = {_OWNER: folder.owner, _RESULT: file.result, _MD5: checksum}

    def made() -> Any:
        media = Parts(io.BytesIO(content), content_type, chunksize=_PART_BYTES, resumable=True)
        common = {"media_body": media, "supportsAllDrives": True, "fields": "id,md5Checksum"}
        if not is_new:
            return drive.files.update(fileId=file.file_id, body={"appProperties": properties}, **common)
        body = {"id": file.file_id, "name": file.result, "parents": [folder.folder_id], "appProperties": properties}
        return drive.files.create(body=body, **common)

    told = drive.upload(made, file.result)
    if told["md5Checksum"] != checksum:
        raise DriveError(
            f"Google Drive holds something else as {file.result} than was sent; a new one is sent next time"
        )
