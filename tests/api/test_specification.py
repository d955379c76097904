"""The specification against the app: whatever is asked, right or wrong, the answer is one that it tells of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.api.serving import app
from vtrack_ray.api.app import build_app
from vtrack_ray.ledger.door import Door
from vtrack_ray.ledger.ledger import Ledger
from vtrack_ray.settings import Settings

schema = schemathesis.openapi.from_dict(build_app(Settings()).openapi()).exclude(path="/api/v1/progress/live")
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
def test_every_answer_is_one_that_the_specification_tells_of(case: schemathesis.Case, address: str) -> None:
    case.call_and_validate(
        base_url=address, checks=[not_a_server_error, content_type_conformance, response_schema_conformance]
    )
