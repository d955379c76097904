"""Drive v3 and Google's sign-in over real HTTP, with a record of what was asked for and how much was sent."""

from __future__ import annotations

import base64
import contextlib
import email.parser
import email.policy
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.drive.contents import Contents
from tests.drive.faults import UNAUTHORISED, Cut, Drop, Fault, Faults, Misfit, Refuse, RefuseToken, Shifted, Slow, Whole
from tests.drive.grants import Grant, Grants
from tests.drive.service import Json, Refused, Service, bad
from tests.drive.uploads import Uploads

_PIECE = 64 * 1024
_JSON = "application/json; charset=UTF-8"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass
class Request:
    """One that came, and what became of it. `sent`: bytes of the answer's body that went out."""

    method: str
    path: str
    query: dict[str, str]
    range: str | None
    status: int = 0
    sent: int = 0


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    media: tuple[BinaryIO, int] | None = None
    """An open file at the first byte that is sent, and how many are."""


@dataclass
class Google:
    """What the tests hold of it: the Drive's contents, who may use it, its faults, and what was asked for."""

    address: str
    contents: Contents
    grants: Grants
    service: Service
    uploads: Uploads = field(default_factory=Uploads)
    faults: Faults = field(default_factory=Faults)
    requests: list[Request] = field(default_factory=list)

    def served(self, file_id: str) -> int:
        """How many bytes of a file's content were sent so far."""
        return sum(one.sent for one in self.asked("GET", f"/files/{file_id}") if one.query.get("alt") == "media")

    def asked(self, method: str | None = None, path: str = "") -> list[Request]:
        """The requests of a method whose path contains a text."""
        return [one for one in list(self.requests) if method in (None, one.method) and path in one.path]

    def key_file(self, folder: Path) -> Path:
        """The file of a service account's key."""
        return _written(folder / "key.json", self.grants.key_file())

    def client_secrets(self, folder: Path) -> Path:
        """The file of an OAuth client for desktop programs."""
        return _written(folder / "client.json", self.grants.client_secrets())


def _written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@contextlib.contextmanager
def serve() -> Iterator[Google]:
    """A Drive on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    contents = Contents()
    server.google = Google(address, contents, Grants(address), Service(contents))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.google
    finally:
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for each that has a connection
    google: Google

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault of the server's; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = _PIECE
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """What came is in `requests`."""

    def _serve(self) -> None:
        google = self.server.google
        fault = google.faults.next(self.command, self.path)
        length = int(self.headers.get("Content-Length", "0"))
        if isinstance(fault, Drop):
            query = dict(parse_qsl(urlsplit(self.path).query))
            part = self.rfile.read(min(length, fault.received))
            google.uploads.keep(query["upload_id"], part, self.headers.get("Content-Range", ""))
            return self._hang_up()
        body = self.rfile.read(length)
        method, target = self.command, self.path
        if override := self.headers.get("X-HTTP-Method-Override"):
            method, target = override, f"{target}?{body.decode()}"
        split = urlsplit(target)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        request = Request(method, split.path, query, self.headers.get("Range"))
        google.requests.append(request)
        if isinstance(fault, Cut) and fault.after is None:
            return self._hang_up()
        if isinstance(fault, Slow) and fault.each_bytes is None:
            time.sleep(fault.seconds)
        if isinstance(fault, Refuse | RefuseToken):
            answer = Answer(fault.status, fault.body(), {"Content-Type": _JSON, **dict(fault.headers)})
        else:
            answer = self._answer(request, body, fault)
        return self._send(request, answer, fault)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, request: Request, answer: Answer, fault: Fault | None) -> None:
        request.status = answer.status
        if isinstance(fault, Cut) and fault.after == 0:
            if answer.media:
                answer.media[0].close()
            return self._hang_up()
        length = answer.media[1] if answer.media else len(answer.body)
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in _pieces(answer, fault):
            request.sent += len(piece)
            self.wfile.write(piece)
            if isinstance(fault, Slow) and fault.each_bytes:
                self.wfile.flush()
                time.sleep(fault.seconds)
        self.wfile.flush()
        if isinstance(fault, Cut):
            self._hang_up()
        return None

    def _answer(self, request: Request, body: bytes, fault: Fault | None) -> Answer:
        google = self.server.google
        sign_in = _SIGN_IN.get((request.method, request.path))
        with google.contents.lock:
            try:
                if sign_in:
                    return sign_in(google.grants, request.query, self._client() | dict(parse_qsl(body.decode())))
                return self._of_drive(request, self._grant(), body, fault)
            except Refused as refused:
                refusal = refused.refusal
                return Answer(refusal.status, refusal.body(), {"Content-Type": _JSON, **dict(refusal.headers)})

    def _client(self) -> dict[str, str]:
        """The OAuth client, where it is named in the head."""
        kind, _, text = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return {}
        client_id, _, secret = base64.b64decode(text).decode().partition(":")
        return {"client_id": client_id, "client_secret": secret}

    def _grant(self) -> Grant:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        grant = self.server.google.grants.access.get(token)
        if grant is None:
            raise Refused(UNAUTHORISED)
        return grant

    def _of_drive(self, request: Request, grant: Grant, body: bytes, fault: Fault | None) -> Answer:
        if request.path.startswith("/upload/drive/v3/files"):
            return self._upload(request, grant, body)
        for method, pattern, call in _METHODS:
            if method == request.method and (found := re.fullmatch(f"/drive/v3/{pattern}", request.path)):
                if request.query.get("alt") == "media" and pattern.startswith("files/("):
                    return self._media(grant, found[1], request, fault)
                asked = json.loads(body) if body else {}
                return _json(call(_Call(self.server.google.service, grant, found.groups(), asked, request.query)))
        raise Refused(Refuse(404, "notFound", "Not Found"))

    def _media(self, grant: Grant, file_id: str, request: Request, fault: Fault | None) -> Answer:
        item = self.server.google.service.content_of(grant, file_id, request.query)
        first, last, status = 0, item.size - 1, 200
        headers = {"Content-Type": item.mime_type}
        if request.range and not isinstance(fault, Whole):
            bounds = _bounds(request.range, item.size)
            if bounds is None:
                refusal = Refuse(416, "requestedRangeNotSatisfiable", "Request range not satisfiable")
                return Answer(416, refusal.body(), {"Content-Type": _JSON, "Content-Range": f"bytes */{item.size}"})
            shift = fault.by if isinstance(fault, Shifted) else 0
            (first, last), status = (bounds[0] + shift, bounds[1] + shift), 206
            headers["Content-Range"] = f"bytes {first}-{last}/{item.size}"
        length = last - first + 1
        if isinstance(fault, Misfit):
            length = max(0, length + fault.by)
        source = item.opened()
        source.seek(first)
        return Answer(status, headers=headers, media=(source, length))

    def _upload(self, request: Request, grant: Grant, body: bytes) -> Answer:
        google, query = self.server.google, request.query
        if upload_id := query.get("upload_id"):
            return _progress(google.uploads.go_on(upload_id, body, self.headers.get("Content-Range", "")))
        content: bytes | None
        content_type = self.headers.get("Content-Type", "")
        match query.get("uploadType"):
            case "multipart":
                asked, content, content_type = _two_parts(content_type, body)
            case "media":
                asked, content = {}, body
            case "resumable":
                asked, content = json.loads(body or b"{}"), None
                content_type = self.headers.get("X-Upload-Content-Type", "application/octet-stream")
            case other:
                raise bad(str(other), "uploadType")
        finish = self._finish(request, grant, asked, content_type)
        if content is not None:
            return _json(finish(content))
        address = f"{google.address}{request.path}?uploadType=resumable&upload_id={google.uploads.begin(finish)}"
        return Answer(200, headers={"Location": address})

    def _finish(self, request: Request, grant: Grant, asked: Json, content_type: str) -> Callable[[bytes], Json]:
        service, query = self.server.google.service, request.query
        if request.method == "POST":
            service.may_create(grant, asked, query)
            return lambda content: service.created(grant, asked, content, content_type, query)
        file_id = request.path.rsplit("/", 1)[1]
        service.may_update(grant, file_id, query)
        return lambda content: service.updated(grant, file_id, asked, content, query)


def _pieces(answer: Answer, fault: Fault | None) -> Iterator[bytes]:
    """The answer's body, cut and chopped as the fault has it."""
    size = fault.each_bytes if isinstance(fault, Slow) and fault.each_bytes else _PIECE
    left = answer.media[1] if answer.media else len(answer.body)
    if isinstance(fault, Cut):
        left = min(left, fault.after or 0)
    if answer.media is None:
        yield from (answer.body[at : min(at + size, left)] for at in range(0, left, size))
        return
    with answer.media[0] as source:
        while left > 0:
            # A file that ends before what Misfit adds is gone on with zeros.
            piece = source.read(min(size, left)) or bytes(min(size, left))
            left -= len(piece)
            yield piece


def _bounds(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a range; None: there is none such in the file."""
    found = _RANGE.fullmatch(text)
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        return (max(0, size - int(found[2])), size - 1) if size and int(found[2]) else None
    first, last = int(found[1]), min(int(found[2] or size), size - 1)
    return (first, last) if first <= last else None


def _json(content: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content, ensure_ascii=False).encode(), {"Content-Type": _JSON})


def _progress(state: Json | int | Refuse) -> Answer:
    if isinstance(state, Refuse):
        raise Refused(state)
    if isinstance(state, int):
        return Answer(308, headers={"Range": f"bytes=0-{state - 1}"} if state else {})
    return _json(state)


def _two_parts(content_type: str, body: bytes) -> tuple[Json, bytes, str]:
    """Metadata, content and its type out of a multipart body."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    first, second = message.iter_parts()
    metadata, content = first.get_payload(decode=True), second.get_payload(decode=True)
    assert isinstance(metadata, bytes)
    assert isinstance(content, bytes)
    return json.loads(metadata), content, second.get_content_type()


def _of_form(answer: dict[str, Any] | RefuseToken) -> Answer:
    if isinstance(answer, RefuseToken):
        return Answer(answer.status, answer.body(), {"Content-Type": _JSON})
    return _json(answer)


_SIGN_IN: dict[tuple[str, str], Callable[[Grants, dict[str, str], dict[str, str]], Answer]] = {
    ("GET", "/o/oauth2/auth"): lambda grants, query, _form: Answer(302, headers={"Location": grants.consent(query)}),
    ("POST", "/token"): lambda grants, _query, form: _of_form(grants.exchange(form)),
    ("POST", "/revoke"): lambda grants, query, form: _of_form(grants.revoke({**query, **form})),
}


class _Call(NamedTuple):
    """One of the methods called: `ids` are those in the path."""

    service: Service
    grant: Grant
    ids: tuple[str, ...]
    asked: Json
    query: dict[str, str]


_BARE = "application/octet-stream"
_METHODS: tuple[tuple[str, str, Callable[[_Call], Json]], ...] = (
    ("GET", "about", lambda c: c.service.about(c.grant, c.query)),
    ("GET", "drives", lambda c: c.service.drives(c.grant, c.query)),
    ("GET", "drives/([^/]+)", lambda c: c.service.drive(c.grant, c.ids[0], c.query)),
    ("GET", "files", lambda c: c.service.files(c.grant, c.query)),
    ("GET", "files/generateIds", lambda c: c.service.generate_ids(c.query)),
    ("GET", "files/([^/]+)", lambda c: c.service.file(c.grant, c.ids[0], c.query)),
    ("POST", "files", lambda c: c.service.created(c.grant, c.asked, None, _BARE, c.query)),
    ("PATCH", "files/([^/]+)", lambda c: c.service.updated(c.grant, c.ids[0], c.asked, None, c.query)),
    ("DELETE", "files/([^/]+)", lambda c: c.service.deleted(c.grant, c.ids[0], c.query)),
    ("GET", "changes", lambda c: c.service.changes(c.grant, c.query)),
    ("GET", "changes/startPageToken", lambda c: c.service.start_page_token()),
)
