"""Sources added and removed over HTTP, where the settings allow it: below the folders of `SOURCE_ROOTS`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from vtrack_ray.api.access import OPERATORS
from vtrack_ray.api.asking import Asked, InForce, Zone
from vtrack_ray.api.paths import inside
from vtrack_ray.api.refusals import Refusal, refusals
from vtrack_ray.meaning.source import Source, SourceKind
from vtrack_ray.records import SourceRecord
from vtrack_ray.settings import Settings
from vtrack_ray.sources.walk import is_below

_WRONG = refusals(HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)
_NONE = _WRONG | refusals(HTTPStatus.NOT_FOUND)
_LONGEST = 4096

routes = APIRouter(prefix="/api/v1/sources", tags=["Service"])


class NewSource(BaseModel):
    """A folder to look for videos in."""

    source: str = Field(
        description="the folder's whole path on the service's machine; its first folders are the cameras",
        max_length=_LONGEST,
    )


@routes.post("", dependencies=[OPERATORS], status_code=HTTPStatus.CREATED, responses=_WRONG)
def add_source(new: NewSource, answers: Asked, settings: InForce, zone: Zone) -> SourceRecord:
    """Have the service look for videos in a folder below one of `SOURCE_ROOTS`; a source already, it stays one."""
    root = inside(new.source, _allowed(settings), "folder below one that the setting SOURCE_ROOTS names")
    if not Path(root).is_dir():
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{new.source!r} is a file; name the folder with the cameras'.")
    answers.add_root(root, datetime.now(UTC))
    return SourceRecord.of(Source(source=root, kind=SourceKind.FOLDER), zone)


@routes.delete("", dependencies=[OPERATORS], status_code=HTTPStatus.NO_CONTENT, responses=_NONE)
def remove_source(
    source: Annotated[str, Query(max_length=_LONGEST, description="as `GET /api/v1/sources` names it")],
    answers: Asked,
    settings: InForce,
) -> None:
    """Have the service look there no more, if it is below one of `SOURCE_ROOTS`; what is known of its videos stays."""
    # It may be gone with its disk; its name alone decides, and no source has links or dots in it.
    if not any(is_below(source, root) for root in _allowed(settings)) or not answers.remove_root(source):
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            f"{source!r} is no source that may be removed here; `GET /api/v1/sources` shows the sources, the setting "
            "SOURCE_ROOTS below which.",
        )


def _allowed(settings: Settings) -> list[str]:
    """The folders below which sources are added and removed. Raises Refusal if there are none."""
    if not settings.SOURCE_ROOTS:
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "Sources are added and removed on the service's machine, with `vtrack source`, or here below the folders "
            "that the setting SOURCE_ROOTS names; it names none.",
        )
    return [os.path.realpath(root) for root in settings.SOURCE_ROOTS]
