"""Drive's search terms: `'ID' in parents and mimeType contains 'video/' and trashed = false`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.drive.contents import Contents, Item

_TOKEN = re.compile(r"\s*(?:('(?:\\.|[^'\\])*')|(<=|>=|!=|=|<|>|[(){}])|([A-Za-z]+))")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class BadQuery(Exception):
    """The search terms are none that Drive knows."""


@dataclass(frozen=True)
class Term:
    """What an item must be; `parents`: those that it must lie in one of, where it must."""

    holds: Callable[[Item], bool]
    parents: frozenset[str] | None = None


def parse(text: str, contents: Contents) -> Term:
    """Raises BadQuery."""
    return _Parser(text, contents).whole()


class _Parser:
    def __init__(self, text: str, contents: Contents) -> None:
        self._contents = contents
        self._tokens: list[str] = []
        text, at = text.strip(), 0
        while at < len(text):
            if not (found := _TOKEN.match(text, at)):
                raise BadQuery(text[at:])
            self._tokens.append(found[0].strip())
            at = found.end()

    def whole(self) -> Term:
        term = self._either()
        if self._tokens:
            raise BadQuery(" ".join(self._tokens))
        return term

    def _next(self) -> str:
        if not self._tokens:
            raise BadQuery("it ends too soon")
        return self._tokens.pop(0)

    def _expect(self, token: str) -> None:
        if (found := self._next()) != token:
            raise BadQuery(f"{found} instead of {token}")

    def _text(self) -> str:
        token = self._next()
        if not token.startswith("'"):
            raise BadQuery(token)
        return re.sub(r"\\(.)", r"\1", token[1:-1])

    def _is_next(self, token: str) -> bool:
        if self._tokens[:1] == [token]:
            self._tokens.pop(0)
            return True
        return False

    def _either(self) -> Term:
        terms = [self._both()]
        while self._is_next("or"):
            terms.append(self._both())
        if len(terms) == 1:
            return terms[0]
        sets = [term.parents for term in terms]
        parents = None if None in sets else frozenset().union(*(s for s in sets if s is not None))
        return Term(lambda item: any(term.holds(item) for term in terms), parents)

    def _both(self) -> Term:
        terms = [self._one()]
        while self._is_next("and"):
            terms.append(self._one())
        parents = next((term.parents for term in terms if term.parents is not None), None)
        return Term(lambda item: all(term.holds(item) for term in terms), parents)

    def _one(self) -> Term:
        if self._is_next("not"):
            term = self._one()
            return Term(lambda item: not term.holds(item))
        if self._is_next("("):
            term = self._either()
            self._expect(")")
            return term
        if self._tokens and self._tokens[0].startswith("'"):
            return self._membership()
        return Term(self._comparison(self._next()))

    def _membership(self) -> Term:
        value = self._text()
        self._expect("in")
        match self._next():
            case "parents":
                parent = self._contents.root if value == "root" else value
                return Term(lambda item: item.parent == parent, frozenset((parent,)))
            case "owners" | "writers" | "readers":
                return Term(lambda _item: value == "me")
            case other:
                raise BadQuery(other)

    def _comparison(self, name: str) -> Callable[[Item], bool]:
        match name:
            case "name" | "mimeType":
                return self._of_text(operator.attrgetter("name" if name == "name" else "mime_type"), name == "name")
            case "trashed":
                self._expect("=")
                wanted = self._next() == "true"
                return lambda item: self._contents.is_trashed(item) is wanted
            case "sharedWithMe":
                return lambda item: item.is_shared_with_me
            case "modifiedTime" | "createdTime":
                return self._of_time(operator.attrgetter("modified_at" if name == "modifiedTime" else "created_at"))
            case "appProperties":
                return self._of_properties()
            case _:
                raise BadQuery(name)

    def _of_text(self, part: Callable[[Item], str], is_name: bool) -> Callable[[Item], bool]:
        match self._next(), self._text():
            case "=", value:
                return lambda item: part(item) == value
            case "!=", value:
                return lambda item: part(item) != value
            case "contains", value if is_name:
                # As Drive's help has it: `contains` finds the beginnings of a name's words alone.
                return lambda item: any(w.startswith(value.lower()) for w in re.split(r"\W+", part(item).lower()))
            case "contains", value:
                return lambda item: value in part(item)
            case relation, _:
                raise BadQuery(relation)

    def _of_time(self, part: Callable[[Item], datetime]) -> Callable[[Item], bool]:
        relation, text = self._next(), self._text()
        if relation not in _COMPARISONS:
            raise BadQuery(relation)
        instant = datetime.fromisoformat(text)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return lambda item: _COMPARISONS[relation](part(item), instant)

    def _of_properties(self) -> Callable[[Item], bool]:
        for token in ("has", "{", "key", "="):
            self._expect(token)
        key = self._text()
        for token in ("and", "value", "="):
            self._expect(token)
        value = self._text()
        self._expect("}")
        return lambda item: item.is_made_by_app and item.app_properties.get(key) == value
