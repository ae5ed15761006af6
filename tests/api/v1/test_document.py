"""The OpenAPI document, and whether the API does what it says: schemathesis asks whatever it allows."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from gateway.api.v1.application import OPERATIONS
from gateway.api.v1.openapi import SAID, document
from gateway.api.v1.operation import Nothing, Operation
from tests.api.v1.conftest import ADMIN, TOKENS, Served, serving
from tests.cli.conftest import CONFIG, NOW, Home, event, rejection


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A gateway with something of everything in it."""
    home = Home(tmp_path_factory.mktemp("home"))
    home.config.write_text(CONFIG)
    home.accept(
        event("evt_1", to=("app", "mail")), event("evt_1", at=NOW + 9, data='{"a":2}'), event("evt_2")
    )
    home.end("dead", status=500, response="no")
    home.do(lambda store: store.reject(rejection(body=b"{}")))
    # Schemathesis tries wrong tokens: so much time passes that it may always try again.
    times = itertools.count(NOW // 1000, 100)
    with serving(home, lambda: next(times), server=f"admin_token: {ADMIN}", more=TOKENS) as made:
        yield made


DOCUMENT = schemathesis.openapi.from_dict(document(OPERATIONS))


@DOCUMENT.auth()
class Token:
    """What schemathesis sends, and leaves out or spoils to see what happens."""

    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        return ADMIN

    def set(self, case: schemathesis.Case, data: str, context: schemathesis.AuthContext) -> None:
        case.headers["authorization"] = f"Bearer {data}"


MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_api_does_what_its_document_says(
    full: Served, operation: Operation, mode: GenerationMode
) -> None:
    """Every check of schemathesis: statuses, schemas, headers, refused nonsense, refused strangers."""
    cases = DOCUMENT[operation.path][operation.method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=10,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(base_url=f"{full.url}/api/v1", timeout=30)
        assert answer.status_code != 429

    if mode is GenerationMode.POSITIVE or operation.query is not Nothing or operation.body:
        ask()


def test_every_operation_is_in_the_document() -> None:
    told = document(OPERATIONS)
    assert told["openapi"].startswith("3.1.")
    ids = [one["operationId"] for path in told["paths"].values() for one in path.values()]
    assert ids == [each.name for each in OPERATIONS]
    assert len(set(ids)) == len(ids)


def test_the_document_needs_no_token(full: Served) -> None:
    answer = full.get("/openapi.json", token=None)
    assert answer.json() == document(OPERATIONS)


PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_is_in_the_docs_with_what_it_takes(operation: Operation) -> None:
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{operation.path}` |")]
    taken = [*operation.query.model_fields, *(operation.body.model_fields if operation.body else ())]
    assert [name for name in taken if f"`{name}`" not in row and name not in ("cursor", "limit")] == []


@pytest.mark.parametrize("status", SAID)
def test_every_status_is_in_the_docs(status: int) -> None:
    assert any(str(status) in line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| "))
