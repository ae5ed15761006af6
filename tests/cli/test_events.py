"""`gateway events` and `gateway event`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.store.records import Reception
from tests.cli.conftest import NOW, SECOND, Home, event


def test_an_event_as_json(home: Home) -> None:
    [outcome] = home.accept(event(data='{"object":"event","n":1.10}'))
    assert home.lines("events") == [
        {
            "event_id": outcome.event_id,
            "id": "evt_1",
            "name": "stripe/customer.created",
            "source": "stripe",
            "ts": NOW - SECOND,
            "received_at": NOW,
            "v": "v1",
            "attributes": {"livemode": False},
            "data": {"object": "event", "n": 1.1},
        }
    ]


# options -> the ids of the events that are listed
FILTERS = [
    ((), ["d", "c", "b", "a"]),
    (("--source", "billing"), ["c"]),
    (("--name", "stripe/customer.created"), ["d", "a"]),
    (("--name", "stripe/*"), ["d", "b", "a"]),
    (("--name", "**"), ["d", "c", "b", "a"]),
    (("--name", "*/push"), ["c"]),
    (("--since", "2025-06-01T08:00:02Z"), ["d", "c"]),
    (("--source", "stripe", "--name", "*/invoice.*"), ["b"]),
]


@pytest.mark.parametrize(("options", "ids"), FILTERS, ids=[" ".join(options) for options, _ in FILTERS])
def test_events_are_chosen(home: Home, options: tuple[str, ...], ids: list[str]) -> None:
    home.accept(
        event("a", at=NOW),
        event("b", at=NOW + SECOND, name="stripe/invoice.paid"),
        event("c", at=NOW + 2 * SECOND, name="github/push", source="billing"),
        event("d", at=NOW + 3 * SECOND),
    )
    assert [line["id"] for line in home.lines("events", *options)] == ids


def test_one_event_has_all_that_belongs_to_it(home: Home) -> None:
    [first, _] = home.accept(event(to=("app",), data='{"a":1}'), event(at=NOW + 9, data='{"a":2}'))
    home.end("dead", status=500, response="no")
    [page] = home.lines("event", "evt_1")
    assert page["event_id"] == first.event_id
    assert (page["data"], page["body"], page["remote_addr"]) == ({"a": 1}, '{"a":1}', "192.0.2.1")
    assert page["headers"] == [["user-agent", "test"]]
    assert [(copy["gap"], copy["fields"]) for copy in page["duplicates"]] == [(9, ["a"])]
    [delivery] = page["deliveries"]
    assert (delivery["subscription"], delivery["state"], delivery["last_status"]) == ("app", "dead", 500)
    assert delivery["attempts"] == [
        {"number": 1, "started_at": NOW, "latency": 12, "status": 500, "error": None, "response": "no"}
    ]


def test_deliveries_and_duplicates_are_told_oldest_first(home: Home) -> None:
    home.accept(event(to=("app",)), event(at=NOW + 1), event(at=NOW + 2))
    home.gateway("replay", "evt_1", "--subscription", "mail")
    [page] = home.lines("event", "evt_1")
    assert [delivery["subscription"] for delivery in page["deliveries"]] == ["app", "mail"]
    assert [copy["gap"] for copy in page["duplicates"]] == [1, 2]


def test_an_event_is_found_by_its_event_id(home: Home) -> None:
    [first, _] = home.accept(event("evt_1"), event("evt_2"))
    assert [page["id"] for page in home.lines("event", first.event_id)] == ["evt_1"]


def test_a_body_that_is_no_text_is_base64(home: Home) -> None:
    reception = Reception("192.0.2.1", "http://x", "[]", 0, "request", b"\xff\x00")
    home.accept(replace(event(), reception=reception))
    [page] = home.lines("event", "evt_1")
    assert page["body_base64"] == "/wA="
    assert "body" not in page


def test_a_system_event_came_from_nobody(home: Home) -> None:
    home.accept(replace(event(name="gateway/x", source="gateway"), reception=None, key=None))
    [page] = home.lines("event", "evt_1")
    assert (page["remote_addr"], page["headers"], page["secret"]) == (None, [], None)


def test_one_event_for_people(home: Home) -> None:
    [outcome] = home.accept(event(to=("app",), data='{"email":"a@example.com"}'))
    home.end("dead", error="ConnectError: refused")
    home.accept(event(at=NOW + 9))
    shown = home.gateway("event", "evt_1").stdout
    assert f"event_id    {outcome.event_id}\n" in shown
    assert '\n  "email": "a@example.com"\n' in shown
    assert "\ndeliveries: 1\n" in shown
    assert "ConnectError: refused\n" in shown
    assert "\nduplicates: 1\n" in shown


def test_data_cannot_command_the_terminal(home: Home) -> None:
    home.accept(event(data='{"a":"\x7f\x9b31m"}'))
    assert not set(home.gateway("event", "evt_1").stdout) & {"\x7f", "\x9b"}


def test_an_event_that_is_not_there(home: Home) -> None:
    result = home.gateway("event", "evt_9")
    assert result.exit_code == 1
    assert result.stderr == "there is no event 'evt_9'; list them with: gateway events\n"


def test_events_are_found_by_their_payload(home: Home) -> None:
    home.accept(event("a", data='{"x":{"y":"z"}}'), event("b", data='{"x":{"y":"zz"}}'))
    assert [one["id"] for one in home.lines("events", "--payload", "x.y=z")] == ["a"]
    refused = home.gateway("events", "--payload", "x")
    assert refused.exit_code == 2 and "--payload must be a path and a value such as" in refused.stderr
