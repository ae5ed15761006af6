"""`gateway deliveries`."""

from __future__ import annotations

import time

import pytest

from tests.cli.conftest import HOUR, NOW, SECOND, Home, event


def test_a_delivery_as_json(home: Home) -> None:
    [outcome] = home.accept(event(to=("app",)))
    home.end("dead", at=NOW + SECOND, status=500)
    [line] = home.lines("deliveries")
    assert line.pop("delivery_id")
    assert line == {
        "event_id": outcome.event_id,
        "id": "evt_1",
        "name": "stripe/customer.created",
        "source": "stripe",
        "subscription": "app",
        "state": "dead",
        "due_at": NOW + SECOND,
        "attempts": 1,
        "created_at": NOW,
        "finished_at": NOW + SECOND,
        "replayed_from": None,
        "last_status": 500,
        "last_error": None,
        "order_key": None,
        "held": False,
        "parked": False,
        "waits": [],
        "batch_id": None,
        "in_flight": False,
    }


# options -> (event, subscription) of the deliveries that are listed
FILTERS = [
    ((), [("c", "app"), ("b", "app"), ("a", "mail"), ("a", "app")]),
    (("--state", "pending"), [("c", "app"), ("b", "app")]),
    (("--state", "dead"), [("a", "mail"), ("a", "app")]),
    (("--state", "failed"), [("a", "mail"), ("a", "app")]),
    (("--subscription", "mail"), [("a", "mail")]),
    (("--source", "billing"), [("c", "app")]),
    (("--name", "github/*"), [("c", "app")]),
    (("--since", "2025-06-01T08:00:05Z"), [("c", "app"), ("a", "mail"), ("a", "app")]),  # ended later
    (("--event", "a"), [("a", "mail"), ("a", "app")]),
    (("--event", "a", "--subscription", "app"), [("a", "app")]),
    (("--limit", "1"), [("c", "app")]),
]


@pytest.mark.parametrize(("options", "found"), FILTERS, ids=[" ".join(options) for options, _ in FILTERS])
def test_deliveries_are_chosen(home: Home, options: tuple[str, ...], found: list[tuple[str, str]]) -> None:
    home.accept(event("a", to=("app", "mail")))
    home.end("dead", at=NOW + 6 * SECOND)
    home.accept(
        event("b", to=("app",)),
        event("c", at=NOW + 5 * SECOND, to=("app",), source="billing", name="github/push"),
    )
    lines = home.lines("deliveries", *options)
    assert [(line["id"], line["subscription"]) for line in lines] == found


def test_a_delivery_under_a_lease_is_in_flight(home: Home) -> None:
    home.accept(event(to=("app",)))
    now = round(time.time() * 1000)
    home.do(lambda store: store.claim({"app": 1}, {"app": HOUR}, max(now, NOW), "worker"))
    assert [line["in_flight"] for line in home.lines("deliveries")] == [True]


def test_deliveries_for_people(home: Home) -> None:
    [outcome] = home.accept(event(to=("app",)))
    home.end("dead", error="ConnectError: refused")
    header, row = home.gateway("deliveries").stdout.splitlines()
    assert header.startswith("DELIVERY ID")
    assert row.split()[1:6] == [outcome.event_id, "stripe/customer.created", "app", "dead", "1"]
    assert row.endswith("ConnectError: refused")


def test_the_event_must_be_there(home: Home) -> None:
    result = home.gateway("deliveries", "--event", "evt_9")
    assert result.exit_code == 1
    assert result.stderr == "there is no event 'evt_9'; list them with: gateway events\n"


def test_a_subscription_that_is_not_there_is_named(home: Home) -> None:
    result = home.gateway("deliveries", "--subscription", "apps")
    assert result.exit_code == 1
    assert "there is no subscription 'apps'; did you mean 'app'? there are: app, mail" in result.stderr
