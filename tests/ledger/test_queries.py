from __future__ import annotations

from pathlib import Path

import pytest

from vtrack_ray import ledger
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.ledger.queries import QUERIES, for_parameters, named_queries
from vtrack_ray.ledger.transaction import _PARSED


def test_every_query_is_described() -> None:
    assert [name for name, query in QUERIES.items() if not query.startswith("-- ")] == []


def test_every_query_is_used() -> None:
    code = "".join(file.read_text() for file in Path(ledger.__file__).parent.glob("*.py"))
    unused = [name for name in QUERIES if f'"{name}"' not in code and not name.startswith("snapshot_")]
    assert unused == []


def test_no_query_compares_each_row_with_all_of_a_list() -> None:
    """Which takes rows times items: a join takes their sum."""
    assert [name for name, query in QUERIES.items() if "list_has_any(" in query] == []


def test_a_statement_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="without a name"):
        list(named_queries("SELECT 1;\n-- name: two\nSELECT 2;"))


def test_a_line_belongs_to_a_statement_as_its_parameters_say() -> None:
    query = (
        "SELECT a\nFROM t\nWHERE a < $most -- if most\nORDER BY a -- unless backwards\nORDER BY a DESC -- if backwards"
    )
    assert for_parameters(query, {"most": None, "backwards": None}) == (
        "SELECT a\nFROM t\nORDER BY a -- unless backwards",
        {},
    )
    statement, parameters = for_parameters(query, {"most": 0, "backwards": True})
    assert statement.splitlines()[2:] == ["WHERE a < $most -- if most", "ORDER BY a DESC -- if backwards"]
    assert parameters == {"most": 0}


def test_a_condition_on_a_parameter_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError, match="mots"):
        for_parameters("SELECT 1 -- if mots", {"most": 1})


def test_statements_are_parsed_once_and_those_with_a_value_in_them_are_not_kept(ledger: Ledger) -> None:
    def ask(video_id: str) -> None:
        ledger.programs()
        assert ledger.logs([video_id]) == {video_id: []}

    ask("first")
    kept = dict(_PARSED)
    ask("second")
    assert kept
    assert kept == _PARSED
