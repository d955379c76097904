"""Refusals: every error is answered as JSON with a sentence in `error`, and a status that fits."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from vtrack_ray.errors import (
    LedgerError,
    ProfileError,
    ProgramError,
    SourceError,
    ToolMissing,
    VideoError,
    VideoUnreachable,
    VideoVanished,
    VtrackError,
)

log = logging.getLogger(__name__)

_STATUSES: Mapping[type[VtrackError], HTTPStatus] = MappingProxyType(
    {
        ProgramError: HTTPStatus.CONFLICT,
        ProfileError: HTTPStatus.UNPROCESSABLE_ENTITY,
        SourceError: HTTPStatus.UNPROCESSABLE_ENTITY,
        VideoVanished: HTTPStatus.GONE,
        VideoUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
        VideoError: HTTPStatus.CONFLICT,
        ToolMissing: HTTPStatus.SERVICE_UNAVAILABLE,
        LedgerError: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_NOTHING: Mapping[str, str] = MappingProxyType({})
_MEANT = {
    HTTPStatus.UNAUTHORIZED: "there is no token in the request, or none in force",
    HTTPStatus.FORBIDDEN: "the token does not allow this",
    HTTPStatus.NOT_FOUND: "there is none",
    HTTPStatus.GONE: "the file is no longer there, or has changed",
    HTTPStatus.CONFLICT: "this can't be done as things stand",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "the file has no bytes in that `Range`; `Content-Range` has its size",
    HTTPStatus.UNPROCESSABLE_ENTITY: "something in the request is wrong",
    HTTPStatus.SERVICE_UNAVAILABLE: "the service is being started; ask again after `Retry-After` seconds",
}
_ASK_AGAIN_S = 2
_MOST_SAID = 3


class Refused(BaseModel):
    """Why a request was not done."""

    error: str = Field(description="what is wrong and what to do, in a sentence")


class Refusal(Exception):
    """A request that can't be done, with the status and the headers that say so."""

    def __init__(self, status: HTTPStatus, sentence: str, headers: Mapping[str, str] = _NOTHING) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers


class Answer(JSONResponse):
    """JSON in ASCII: names that are no UTF-8 are escapes in it, where bytes of them would be an error."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def refusals(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """What a route's documentation says of these statuses."""
    return {int(status): {"model": Refused, "description": _MEANT[status]} for status in statuses}


def answer_refusals(app: FastAPI) -> None:
    """Has the app answer every error that its routes raise."""
    for kind, handler in (
        (Refusal, _refused),
        (HTTPException, _not_routed),
        (RequestValidationError, _not_valid),
        (VtrackError, _failed),
        (Exception, _broken),
    ):
        app.add_exception_handler(kind, handler)


def said(status: HTTPStatus | int, sentence: str, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer that says so."""
    return Answer({"error": sentence}, status_code=int(status), headers=dict(headers or {}))


def _refused(_request: Request, error: Exception) -> Answer:
    assert isinstance(error, Refusal)  # noqa: S101 - what it was registered for
    return said(error.status, error.sentence, error.headers)


def _not_routed(request: Request, error: Exception) -> Answer:
    assert isinstance(error, HTTPException)  # noqa: S101
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            sentence = f"There is nothing at {request.url.path}; /openapi.json tells what there is."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            sentence = f"{request.url.path} does not take {request.method}; /openapi.json tells what it takes."
        case HTTPStatus.BAD_REQUEST:
            sentence = "The request can't be read: its body is no JSON."
        case _:
            sentence = f"{error.detail}."
    return said(error.status_code, sentence, error.headers)


def _not_valid(_request: Request, error: Exception) -> Answer:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return said(HTTPStatus.UNPROCESSABLE_ENTITY, _sentence(error.errors()))


def _sentence(faults: Sequence[Any]) -> str:
    """The first few faults, each with the field that it is in."""
    found = []
    for fault in faults[:_MOST_SAID]:
        where = ".".join(str(part) for part in fault["loc"] if part not in ("body", "query", "path"))
        found.append(f"{where}: {fault['msg']}" if where else str(fault["msg"]))
    more = f"; and {len(faults) - _MOST_SAID} more" if len(faults) > _MOST_SAID else ""
    return f"The request can't be read: {'; '.join(found)}{more}."


def _failed(_request: Request, error: Exception) -> Answer:
    status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    headers = {"Retry-After": str(_ASK_AGAIN_S)} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return said(status, str(error), headers)


def _broken(_request: Request, error: Exception) -> Answer:
    log.error("A request could not be answered", exc_info=error)
    sentence = "The service could not answer this, which is its fault; its log says where it failed."
    return said(HTTPStatus.INTERNAL_SERVER_ERROR, sentence)
