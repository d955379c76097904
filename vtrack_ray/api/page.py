"""The API's page in the documentation, from its specification: `python -m vtrack_ray.api.page > docs/api.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from vtrack_ray.api.app import build_app
from vtrack_ray.settings import Settings

_TWICE = "/api/"
"""V_Track's calls are at the root as well, and told there."""
_HEAD = """# The HTTP service's calls

Written by `make api-page` from the specification that the service itself gives at `/openapi.json`. How it is started,
who may use it and how it is tried is in [http.md](http.md).

"""


def page() -> str:
    """The page's text, in Markdown."""
    return _HEAD + "\n".join(_lines(build_app(Settings()).openapi())) + "\n"


def _lines(specification: dict[str, Any]) -> Iterator[str]:
    for path, calls in specification["paths"].items():
        if path.startswith(_TWICE) and path.removeprefix("/api") in specification["paths"]:
            continue
        for method, call in calls.items():
            yield from _call(f"{method.upper()} {path}", call)
    yield from ("## Objects", "")
    for name, schema in sorted(specification["components"]["schemas"].items()):
        yield from _object(name, schema)


def _call(title: str, call: dict[str, Any]) -> Iterator[str]:
    yield from (f"## {title}", "", call["description"], "")
    if parameters := call.get("parameters"):
        yield from ("| parameter | type | meaning |", "| --- | --- | --- |")
        for one in parameters:
            yield f"| `{one['name']}` | {_type(one['schema'])} | {_cell(one.get('description', ''))} |"
        yield ""
    if body := call.get("requestBody"):
        yield from (f"Takes {_type(body['content']['application/json']['schema'])}.", "")
    for status, answer in call["responses"].items():
        content = answer.get("content", {}).get("application/json")
        yield f"- `{status}` {answer['description']}: {_type(content['schema']) if content else 'nothing'}"
    yield ""


def _object(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield from (f"### {name}", "", schema.get("description", "").split("\n\n")[0], "")
    if "properties" in schema:
        yield from ("| field | type | meaning |", "| --- | --- | --- |")
        for field, told in schema["properties"].items():
            yield f"| `{field}` | {_type(told)} | {_cell(told.get('description', ''))} |"
        yield ""


def _type(schema: dict[str, Any]) -> str:
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rsplit("/", 1)[-1]
            return f"[{name}](#{name.lower()})"
        case {"anyOf": list(several)}:
            return " or ".join(_type(one) for one in several)
        case {"type": "array", "items": dict(item)}:
            return f"list of {_type(item)}"
        case {"enum": list(values)}:
            return " or ".join(f"`{value}`" for value in values)
        case {"const": value}:
            return f"`{value}`"
        case {"format": str(form)}:
            return form
        case _:
            return str(schema.get("type", "anything"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(page())
