"""What the gateway itself has to tell."""

from __future__ import annotations

import json

import pytest

from gateway.pipeline import system
from gateway.pipeline.route import Router
from gateway.store.records import Attempt, Delivery
from tests.contract.conftest import NOW, candidate

DELIVERY = Delivery("d1", "e1", "app", "pending", NOW, 3, 2, NOW)
ANSWERED = Attempt("d1", 3, NOW, 5, 500, "the subscriber answered 500")

# patterns subscribed to, how it ended -> what is emitted
EMITTED = [
    (["stripe/*"], "succeeded", []),  # nobody asked
    (["**"], "succeeded", []),  # a catch-all does not ask for one event a delivery
    (["gateway/*"], "succeeded", [system.FINISHED]),  # asked for by name
    ([], "dead", [system.FAILED]),  # a dead letter is always told
    (["gateway/**"], "dead", [system.FAILED, system.FINISHED]),  # both
    ([], "cancelled", [system.CANCELLED]),  # so is a cancellation
]


@pytest.mark.parametrize(("patterns", "state", "names"), EMITTED)
def test_what_a_delivery_emits_when_it_ends(patterns: list[str], state: str, names: list[str]) -> None:
    event = candidate().event
    emitted = system.ended(DELIVERY, event, state, ANSWERED, Router({"s": patterns}), NOW)
    assert [one.event.name for one in emitted] == names


def test_a_success_has_no_error() -> None:
    answered = Attempt("d1", 1, NOW, 5, 200)
    router = Router({"s": ["gateway/*"]})
    [finished] = system.ended(DELIVERY, candidate().event, "succeeded", answered, router, NOW)
    assert "error" not in json.loads(finished.event.data)


def test_a_system_event_emits_no_other() -> None:
    event = candidate(source="gateway", name=system.FAILED).event
    assert system.ended(DELIVERY, event, "dead", ANSWERED, Router({"s": ["gateway/**"]}), NOW) == ()


def test_the_data_of_a_failure_has_the_shape_of_inngests() -> None:
    event = candidate("evt_1").event
    [failed] = system.ended(DELIVERY, event, "dead", ANSWERED, Router({}), NOW)
    data = json.loads(failed.event.data)
    assert {"function_id": "app", "run_id": "d1", "attempts": 3}.items() <= data.items()
    assert data["error"] == {"name": "HTTPStatusError", "message": "the subscriber answered 500", "code": 500}
    assert data["event"] == {
        "id": "evt_1",
        "name": "stripe/customer.created",
        "data": {"a": 1},
        "ts": NOW,
        "v": "v1",
    }
