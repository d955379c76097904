"""Remote calls: a store behind a Ray actor, and errors as they were raised."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from ray.exceptions import RayActorError, RayTaskError

from vtrack_ray.errors import ActorLost
from vtrack_ray.ledger.ledger import Ledger

P = ParamSpec("P")
T = TypeVar("T")

_handovers = logging.getLogger("vtrack_ray.handovers")


async def unwrapped(answer: Awaitable[T]) -> T:
    """The answer of a remote call; an error it raised comes back as itself, not as Ray's wrapper of it.

    Raises ActorLost if the actor that was called has died.
    """
    try:
        return await answer
    except RayTaskError as error:
        raise error.cause from error
    except RayActorError as error:
        raise lost(error) from error


def lost(error: RayActorError) -> ActorLost:
    """The death of an actor, in a sentence."""
    named = re.search(r"class_name: (\w+)", str(error))
    return ActorLost(f"A process of vtrack died{f': its {named[1]}' if named else ''}.")


def log_handovers() -> None:
    """Has every hand-over between actors told in this process's log, which Ray keeps and its dashboard shows."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    _handovers.setLevel(logging.DEBUG)


def told(to: str, what: str) -> None:
    """Tells of a hand-over, if that was asked for."""
    _handovers.debug("-> %s: %s", to, what)


class RayStore:
    """The ledger behind the store actor."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def __call__(self, method: Callable[Concatenate[Ledger, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        told("store", method.__name__)
        result: T = await unwrapped(self._actor.call.remote(method.__name__, args, kwargs))
        return result
