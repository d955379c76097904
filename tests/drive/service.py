"""Drive v3's methods, from a request to what is answered: what Google's reference says of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.drive import masks
from tests.drive.contents import FOLDER, ROOT, SHORTCUT, Change, Contents, Item
from tests.drive.faults import EXPIRED_CHANGES, EXPIRED_PAGE, FORBIDDEN, NOT_DOWNLOADABLE, SCOPES, Refuse
from tests.drive.grants import Grant
from tests.drive.query import BadQuery, parse

Json = dict[str, Any]
_FILE = "kind,id,name,mimeType"
_DEFAULT_MASKS = {
    "files": f"kind,incompleteSearch,nextPageToken,files({_FILE})",
    "changes": f"kind,nextPageToken,newStartPageToken,changes(kind,changeType,time,removed,fileId,file({_FILE}))",
    "file": _FILE,
}
_NOT_GRANTED = Refuse(403, "appNotAuthorizedToFile", "The user has not granted the app 1 write access to the file.")
_ID_TAKEN = Refuse(409, "fileIdInUse", "A file already exists with the provided ID.")


class Refused(Exception):
    """What was asked for is answered with an error."""

    def __init__(self, refusal: Refuse) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def bad(message: str, location: str) -> Refused:
    return Refused(Refuse(400, "invalid", f"Invalid Value: {location}: {message}"))


def not_found(file_id: str) -> Refused:
    return Refused(Refuse(404, "notFound", f"File not found: {file_id}."))


@dataclass(frozen=True)
class Page:
    """A listing under way: what it lists, and where it is."""

    items: list[Any]
    query: tuple[tuple[str, str], ...]
    at: int


@dataclass
class Service:
    """The methods. Times are those of this process, and numbers of 64 bits are text, as in Google's JSON."""

    contents: Contents
    pages: dict[str, Page] = field(default_factory=dict)
    generated: set[str] = field(default_factory=set)
    oldest_change: int = 0

    def expire_pages(self) -> None:
        """No page token given out so far is good any more, of listings and of changes."""
        self.pages.clear()
        self.oldest_change = len(self.contents.changes) + 1

    def about(self, grant: Grant, query: Mapping[str, str]) -> Json:
        if "fields" not in query:
            raise Refused(Refuse(400, "required", "The 'fields' parameter is required for this method."))
        user = {"kind": "drive#user", "displayName": grant.email.split("@")[0], "emailAddress": grant.email}
        return self._masked({"kind": "drive#about", "user": user}, query, "about")

    def drives(self, grant: Grant, query: Mapping[str, str]) -> Json:
        _may_read(grant)
        drives = [{"kind": "drive#drive", "id": key, "name": name} for key, name in self.contents.drives.items()]
        return self._masked({"kind": "drive#driveList", "drives": drives}, query, "drives")

    def drive(self, grant: Grant, drive_id: str, query: Mapping[str, str]) -> Json:
        _may_read(grant)
        if drive_id not in self.contents.drives:
            raise Refused(Refuse(404, "notFound", f"Shared drive not found: {drive_id}"))
        found = {"kind": "drive#drive", "id": drive_id, "name": self.contents.drives[drive_id]}
        return self._masked(found, query, "drives")

    def item(self, grant: Grant, file_id: str, query: Mapping[str, str]) -> Item:
        """The item that an id means, if the token and the parameters let it be seen. Raises Refused."""
        item = self.contents.items.get(self.contents.root if file_id == "root" else file_id)
        if item is None or not _sees(grant, item) or (item.drive_id and query.get("supportsAllDrives") != "true"):
            raise not_found(file_id)
        return item

    def content_of(self, grant: Grant, file_id: str, query: Mapping[str, str]) -> Item:
        item = self.item(grant, file_id, query)
        if not item.has_content:
            raise Refused(replace(NOT_DOWNLOADABLE, reason="fileNotDownloadable"))
        return item

    def file(self, grant: Grant, file_id: str, query: Mapping[str, str]) -> Json:
        return self._masked(self.resource(self.item(grant, file_id, query)), query, "file")

    def generate_ids(self, query: Mapping[str, str]) -> Json:
        ids = [self.contents.new_id() for _ in range(int(query.get("count", "10")))]
        self.generated.update(ids)
        return {"kind": "drive#generatedIds", "space": "drive", "ids": ids}

    def files(self, grant: Grant, query: Mapping[str, str]) -> Json:
        if not grant.has("drive.file"):
            _may_read(grant)
        size = _page_size(query, 100, 1000)
        same = tuple(sorted((k, v) for k, v in query.items() if k not in ("pageToken", "pageSize")))
        page = (
            self._page(query["pageToken"], same) if "pageToken" in query else Page(self._found(grant, query), same, 0)
        )
        part = page.items[page.at : page.at + size]
        answer = {"kind": "drive#fileList", "incompleteSearch": False, "files": [self.resource(item) for item in part]}
        if page.at + size < len(page.items):
            token = f"~!!~{self.contents.new_id()}"
            self.pages[token] = replace(page, at=page.at + size)
            answer["nextPageToken"] = token
        return self._masked(answer, query, "files")

    def _page(self, token: str, query: tuple[tuple[str, str], ...]) -> Page:
        if token not in self.pages or self.pages[token].query != query:
            raise Refused(EXPIRED_PAGE)
        return self.pages[token]

    def _found(self, grant: Grant, query: Mapping[str, str]) -> list[Item]:
        try:
            term = parse(query["q"], self.contents) if query.get("q") else None
        except BadQuery as error:
            raise bad(str(error), "q") from error
        candidates: Iterable[Item] = self.contents.items.values()
        if term and term.parents is not None:
            candidates = [item for parent in term.parents for item in self.contents.children[parent].values()]
        in_reach = _corpus(query)
        found = [
            item
            for item in candidates
            if item.id != item.drive_id and item.id != self.contents.root  # roots are in no list
            if in_reach(item) and _sees(grant, item) and (term is None or term.holds(item))
        ]
        return sorted(found, key=_order(query.get("orderBy", "")))

    def start_page_token(self) -> Json:
        return {"kind": "drive#startPageToken", "startPageToken": str(len(self.contents.changes) + 1)}

    def changes(self, grant: Grant, query: Mapping[str, str]) -> Json:
        _may_read(grant)
        token = query.get("pageToken", "")
        if not token.isdigit() or not 1 <= int(token) <= len(self.contents.changes) + 1:
            raise bad(token, "pageToken")
        if int(token) < self.oldest_change:
            raise Refused(EXPIRED_CHANGES)
        in_reach = _corpus({**query, "corpora": "drive" if "driveId" in query else "user"})
        last = {
            change.file_id: change
            for change in self.contents.changes[int(token) - 1 :]
            if in_reach(change) and not (change.is_removed and query.get("includeRemoved") == "false")
        }
        due = sorted(last.values(), key=lambda change: change.number)
        size = _page_size(query, 100, 1000)
        answer: Json = {"kind": "drive#changeList", "changes": [self._change(grant, one) for one in due[:size]]}
        if len(due) > size:
            answer["nextPageToken"] = str(due[size].number)
        else:
            answer["newStartPageToken"] = str(len(self.contents.changes) + 1)
        return self._masked(answer, query, "changes")

    def _change(self, grant: Grant, change: Change) -> Json:
        item = self.contents.items.get(change.file_id)
        gone = change.is_removed or item is None or not _sees(grant, item)
        told = {
            "kind": "drive#change",
            "type": "file",
            "changeType": "file",
            "time": _rfc3339(change.at),
            "removed": gone,
            "fileId": change.file_id,
        }
        return told if gone or item is None else told | {"file": self.resource(item)}

    def created(
        self, grant: Grant, asked: Json, content: bytes | None, content_type: str, query: Mapping[str, str]
    ) -> Json:
        parent = self.may_create(grant, asked, query)
        mime_type = asked.get("mimeType") or content_type
        item = Item(
            asked.get("id") or self.contents.new_id(),
            asked.get("name", "Untitled"),
            mime_type,
            parent.id,
            content=content or b"",
            is_made_by_app=True,
            app_properties=dict(asked.get("appProperties", {})),
        )
        self.generated.discard(item.id)
        self.contents.add(item)
        return self._masked(self.resource(item), query, "file")

    def may_create(self, grant: Grant, asked: Json, query: Mapping[str, str]) -> Item:
        """The folder that a new file goes to. Raises Refused."""
        if (wanted := asked.get("id")) is not None:
            if wanted in self.contents.items:
                raise Refused(_ID_TAKEN)
            if wanted not in self.generated:
                raise Refused(Refuse(400, "invalid", "The provided file ID is not usable."))
        parents = asked.get("parents", ["root"])
        if len(parents) != 1:
            raise Refused(Refuse(400, "multipleParentsNotSupported", "A file can't have several parents."))
        parent = self.item(grant, parents[0], query)
        if parent.mime_type != FOLDER:
            raise Refused(Refuse(403, "parentNotAFolder", "The specified parent is not a folder."))
        if parent.id != self.contents.root:
            _may_write(grant, parent)
        elif not grant.has("drive", "drive.file"):
            raise Refused(SCOPES)
        return parent

    def may_update(self, grant: Grant, file_id: str, query: Mapping[str, str]) -> Item:
        item = self.item(grant, file_id, query)
        _may_write(grant, item)
        return item

    def updated(self, grant: Grant, file_id: str, asked: Json, content: bytes | None, query: Mapping[str, str]) -> Json:
        item = self.may_update(grant, file_id, query)
        if "name" in asked:
            item.name = asked["name"]
        if "trashed" in asked:
            item.is_trashed = asked["trashed"]
        for key, value in asked.get("appProperties", {}).items():
            if value is None:
                item.app_properties.pop(key, None)
            else:
                item.app_properties[key] = value
        if query.get("addParents"):
            self.contents.move(item.id, query["addParents"])
        if content is None:
            self.contents.note(item)
        else:
            self.contents.replace(item.id, content)
        return self._masked(self.resource(item), query, "file")

    def deleted(self, grant: Grant, file_id: str, query: Mapping[str, str]) -> Json:
        item = self.may_update(grant, file_id, query)
        self.contents.delete(item.id)
        return {}

    def resource(self, item: Item) -> Json:
        """A file as Drive tells of it, in full."""
        told: Json = {
            "kind": "drive#file",
            "id": item.id,
            "name": item.name,
            "mimeType": item.mime_type,
            "trashed": self.contents.is_trashed(item),
            "explicitlyTrashed": item.is_trashed,
            "createdTime": _rfc3339(item.created_at),
            "modifiedTime": _rfc3339(item.modified_at),
            "version": str(item.version),
            "ownedByMe": item.drive_id is None and not item.is_shared_with_me,
            "webViewLink": f"https://drive.google.com/file/d/{item.id}/view",
            "spaces": ["drive"],
            "capabilities": {"canAddChildren": item.mime_type == FOLDER and not item.is_read_only},
        }
        if item.parent is not None:
            told["parents"] = [item.parent]
        if item.drive_id:
            told["driveId"] = item.drive_id
        if item.is_made_by_app:
            told |= {"appProperties": item.app_properties, "isAppAuthorized": True}
        if item.has_content:
            told |= {
                "size": str(item.size),
                "md5Checksum": item.md5,
                "headRevisionId": f"rev-{item.md5}",
                "originalFilename": item.name,
            }
        if item.video:
            told["videoMediaMetadata"] = item.video
        if item.mime_type == SHORTCUT:
            target = self.contents.items.get(item.target or "")
            told["shortcutDetails"] = {"targetId": item.target} | (
                {"targetMimeType": target.mime_type} if target else {}
            )
        return told

    def _masked(self, answer: Json, query: Mapping[str, str], kind: str) -> Json:
        text = query.get("fields") or _DEFAULT_MASKS.get(kind, "*")
        try:
            masked: Json = masks.apply(masks.parse(text), answer)
        except (masks.BadMask, IndexError) as error:
            raise Refused(Refuse(400, "invalidParameter", f"Invalid field selection {text}")) from error
        return masked


def _may_read(grant: Grant) -> None:
    if not grant.has("drive", "drive.readonly", "drive.metadata.readonly"):
        raise Refused(SCOPES)


def _sees(grant: Grant, item: Item) -> bool:
    """With `drive.file` alone an app sees its own files, and as if there were none of the others."""
    return grant.has("drive", "drive.readonly") or (
        grant.has("drive.file") and (item.is_made_by_app or item.id == ROOT)
    )


def _may_write(grant: Grant, item: Item) -> None:
    if item.is_read_only:
        raise Refused(FORBIDDEN)
    if grant.has("drive") or (grant.has("drive.file") and item.is_made_by_app):
        return
    raise Refused(_NOT_GRANTED if grant.has("drive.file") else SCOPES if grant.has("drive.readonly") else FORBIDDEN)


def _corpus(query: Mapping[str, str]) -> Callable[[Any], bool]:
    """Whether something of a `drive_id` is among what the parameters ask for. Raises Refused."""
    with_drives = query.get("includeItemsFromAllDrives") == "true"
    if with_drives and query.get("supportsAllDrives") != "true":
        raise Refused(Refuse(403, "teamDrivesNotSupported", "includeItemsFromAllDrives needs supportsAllDrives."))
    match query.get("corpora", "user"):
        case "drive":
            if not with_drives or not query.get("driveId"):
                raise bad("driveId and includeItemsFromAllDrives must be given with corpora=drive", "corpora")
            return lambda one: one.drive_id == query["driveId"]
        case "user" | "allDrives" if "driveId" not in query:
            return lambda one: with_drives or one.drive_id is None
        case other:
            raise bad(other, "corpora")


def _order(text: str) -> Callable[[Item], Any]:
    match re.sub(r"\s", "", text):
        case "":
            return lambda _item: ()
        case "name" | "folder,name":
            return lambda item: (item.mime_type != FOLDER and "folder" in text, item.name)
        case "createdTime":
            return lambda item: item.created_at
        case "modifiedTime":
            return lambda item: item.modified_at
        case other:
            raise bad(other, "orderBy")


def _page_size(query: Mapping[str, str], default: int, most: int) -> int:
    text = query.get("pageSize", str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise bad(f"{text} is not within [1, {most}]", "pageSize")
    return int(text)


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
