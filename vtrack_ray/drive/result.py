"""A result: a file of ours at Google Drive, made once, and written over only while nobody has made it their own."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from hashlib import file_digest, md5
from typing import Any, TypeAlias

from googleapiclient.http import MediaIoBaseUpload

from vtrack_ray.drive.client import Drive
from vtrack_ray.errors import DriveError, DriveGone, DriveTaken
from vtrack_ray.meaning.result import Put, ResultFile

FOLDER = "application/vnd.google-apps.folder"
OWNER, RESULT = "vtrackOwner", "vtrackResult"
_MD5, _SHOWN = "vtrackMd5", "vtrackShown"
"""Properties that this program alone sees: whose database a file comes from, which result it is, its content as it was
sent, and what of an event that shows. Each with its value is shorter than the 124 bytes that Drive allows."""
_PART_BYTES = 8 * 1024 * 1024

Content: TypeAlias = io.BytesIO | io.BufferedReader


class Parts(MediaIoBaseUpload):  # type: ignore[misc]
    """A content that is read before it is sent, part by part.

    httplib2 sends a request again by itself when its connection was cut, and with it what is left of a stream: too few
    bytes, for which Google then waits.
    """

    def has_stream(self) -> bool:
        return False


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a file is to be.

    `content` is opened when it has to be known, and not before; `shown` tells what it shows, where that says as much as
    the content itself. `home` gives the id of the folder that a new file is made in; None: there is none. `named` is
    the name that a former one was given: it has the new one in its place, unless somebody calls it otherwise.
    """

    name: str
    content_type: str
    content: Callable[[], AbstractContextManager[Content]]
    home: Callable[[], str | None]
    shown: str = ""
    named: str | None = None


def put(drive: Drive, owner: str, file: ResultFile, wanted: Wanted) -> Put:
    """Has the file be there as it is wanted, made if it was never there. Raises DriveError, and what `content` raises.

    Done again after it was interrupted anywhere, it sends nothing twice.
    """
    told = told_of(drive, file)
    if told is None and file.sent_at is None:
        with wanted.content() as content:
            home = wanted.home()
            if home is None:
                return Put.HOMELESS
            with suppress(DriveTaken):  # made meanwhile, by another process
                body: dict[str, Any] = {"id": file.file_id, "name": wanted.name, "parents": [home]}
                _send(drive, owner, file, wanted, content, _md5(content), body)
                return Put.SENT
        told = told_of(drive, file)
    if told is None or told["trashed"] or not is_as_sent(told):
        return Put.LOST
    if wanted.shown and told["appProperties"].get(_SHOWN) == wanted.shown:
        return Put.THERE
    with wanted.content() as content:
        checksum = _md5(content)
        if told["md5Checksum"] == checksum and not wanted.shown:
            return Put.THERE
        body = {"name": wanted.name} if told["name"] == wanted.named else {}
        if told["md5Checksum"] == checksum:
            body["appProperties"] = _properties(owner, file, wanted, checksum)
            drive.ask(drive.files.update(fileId=file.file_id, body=body, supportsAllDrives=True), wanted.name)
        else:
            _send(drive, owner, file, wanted, content, checksum, body)
    return Put.SENT


def told_of(drive: Drive, file: ResultFile) -> dict[str, Any] | None:
    """What Google tells of a file of ours; None if there is none of its id. Raises DriveError."""
    fields = "id,name,mimeType,trashed,md5Checksum,appProperties"
    try:
        told: dict[str, Any] = drive.ask(
            drive.files.get(fileId=file.file_id, supportsAllDrives=True, fields=fields), file.result
        )
    except DriveGone:
        return None
    return told


def is_as_sent(told: Mapping[str, Any]) -> bool:
    """Whether a file of ours has the content that it was sent with; a folder has none."""
    if told["mimeType"] == FOLDER:
        return True
    sent = told.get("appProperties", {}).get(_MD5)
    return sent is not None and told.get("md5Checksum") == sent


def _md5(content: Content) -> str:
    content.seek(0)
    return file_digest(content, lambda: md5(usedforsecurity=False)).hexdigest()


def _properties(owner: str, file: ResultFile, wanted: Wanted, checksum: str) -> dict[str, str]:
    return {OWNER: owner, RESULT: file.result, _MD5: checksum} | ({_SHOWN: wanted.shown} if wanted.shown else {})


def _send(
    drive: Drive,
    owner: str,
    file: ResultFile,
    wanted: Wanted,
    content: Content,
    checksum: str,
    body: dict[str, Any],
) -> None:
    """Sends it in parts: as a new file if `body` has its id, else as the next version of the one that is there."""
    body["appProperties"] = _properties(owner, file, wanted, checksum)

    def made() -> Any:
        media = Parts(content, wanted.content_type, chunksize=_PART_BYTES, resumable=True)
        common = {"body": body, "media_body": media, "supportsAllDrives": True, "fields": "id,md5Checksum"}
        if "id" in body:
            return drive.files.create(**common)
        return drive.files.update(fileId=file.file_id, **common)

    told = drive.upload(made, wanted.name)
    if told["md5Checksum"] != checksum:
        raise DriveError(
            f"Google Drive holds something else as {wanted.name} than was sent; a new one is sent next time"
        )
