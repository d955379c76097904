"""The app: all routes, how errors are answered, and who may ask from where."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel, Field

from vtrack_ray import __version__
from vtrack_ray.api import media, metrics, progress, session, sources, v1, v_track
from vtrack_ray.api.access import COUNTERSIGN, NO_ACCESS, READERS
from vtrack_ray.api.asking import Asked, Asking, InForce
from vtrack_ray.api.clips import Clips
from vtrack_ray.api.far import at_once
from vtrack_ray.api.limits import Known, Limits
from vtrack_ray.api.refusals import Answer, answer_refusals, refusals
from vtrack_ray.pipeline.presence import server_of
from vtrack_ray.settings import Settings


class Health(BaseModel):
    """Whether the HTTP service answers."""

    status: str = Field(description="ok", examples=["ok"])


class Readiness(BaseModel):
    """Whether all of the service is there."""

    is_at_work: bool = Field(description="whether programs are worked on; while it starts again, the API answers alone")


health = APIRouter(prefix="/api/v1", tags=["Service"])


@health.get("/health")
def alive() -> Health:
    """That the HTTP service answers."""
    return Health(status="ok")


@health.get("/ready", responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE))
def ready(answers: Asked, settings: InForce) -> Readiness:
    """That the database answers, and whether programs are worked on."""
    answers.is_paused()
    return Readiness(is_at_work=server_of(settings.DB) is not None)


def build_app(settings: Settings) -> FastAPI:
    """The whole API over the ledger at `settings.DB`."""
    app = FastAPI(
        title="vtrack-ray",
        version=__version__,
        description="Finds the moment a parcel was packed, by its tracking code, in recorded packing-table videos.",
        default_response_class=Answer,
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.asking = Asking(settings)
    app.state.known = Known()
    app.state.clips = Clips(settings.DB.with_suffix(".clips"), settings.CLIPS_MB * 2**20)
    app.state.far = at_once()
    answer_refusals(app)
    guarded: dict[str, Any] = {"dependencies": [READERS], "responses": NO_ACCESS}
    for prefix in ("", "/api"):
        app.include_router(v_track.routes, prefix=prefix, **guarded)
    app.include_router(v1.routes, **guarded)
    app.include_router(sources.routes, **guarded)
    app.include_router(media.routes, **guarded)
    app.include_router(progress.routes, **guarded)
    app.include_router(metrics.routes, **guarded)
    app.include_router(session.routes)
    app.include_router(health)
    app.add_middleware(Limits, rate=settings.HTTP_RATE, known=app.state.known)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.CORS_ORIGINS,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", COUNTERSIGN],
    )
    return app
