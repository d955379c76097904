"""A group whose commands are imported when they are asked for: none waits for what only another one needs."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Knows its commands by name; each is imported, from the module of its name, when it is used or described."""

    def __init__(self, *args: Any, package: str = "", modules: Iterable[str] = (), **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._package = package
        self._modules = frozenset(modules)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._modules})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self._modules:
            command: click.Command = getattr(import_module(f"{self._package}.{cmd_name}"), cmd_name)
            return command
        return super().get_command(ctx, cmd_name)
