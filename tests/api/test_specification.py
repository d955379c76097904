"""The specification against the app: whatever is asked, right or wrong, the answer is one that it tells of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.api.serving import app
from vtrack_ray.api.app import build_app
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.settings import Settings

SPECIFICATION = build_app(Settings()).openapi()
schema = schemathesis.openapi.from_dict(SPECIFICATION).exclude(path="/api/v1/progress/live")
"""All but what has no end."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("specification") / "vtrack.duckdb"
    with (
        Ledger.open(path) as ledger,
        Door(ledger),
        app(Settings(DB=path, TRUST_LOOPBACK=True, HTTP_RATE=100_000)) as address,
    ):
        yield address


@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_specification_tells_of(case: schemathesis.Case[Any], address: str) -> None:
    case.call_and_validate(
        base_url=address, checks=[not_a_server_error, content_type_conformance, response_schema_conformance]
    )


def bodies_shown() -> Iterator[tuple[str, str, Any]]:
    for path, calls in SPECIFICATION["paths"].items():
        for method, call in calls.items():
            if reference := call.get("requestBody", {}).get("content", {}).get("application/json"):
                name = reference["schema"]["$ref"].rsplit("/", 1)[-1]
                for body in SPECIFICATION["components"]["schemas"][name].get("examples", ()):
                    yield method, path, body


def values_shown() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, calls in SPECIFICATION["paths"].items():
        for method, call in calls.items():
            for parameter in call.get("parameters", ()):
                for value in parameter["schema"].get("examples", ()):
                    yield method, path, {parameter["name"]: value}


def test_every_example_is_true(address: str) -> None:
    sent = 0
    for method, path, body in bodies_shown():
        answer = requests.request(method, address + path.format(camera_name="cam1"), json=body, timeout=30)
        assert answer.status_code in (200, 202), (method, path, body, answer.text)
        sent += 1
    for method, path, parameters in values_shown():
        answer = requests.request(method, address + path, params=parameters, timeout=30)
        assert answer.status_code == 200, (method, path, parameters, answer.text)
        sent += 1
    assert sent > 20
    requests.delete(f"{address}/api/v1/programs", timeout=30)
