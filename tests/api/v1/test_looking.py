"""What the API shows: the same as the command line, a page at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.api.v1 import looking
from gateway.cli import app
from gateway.store.records import Reception
from tests.api.v1.conftest import ADMIN, Served
from tests.cli.conftest import HOUR, NOW, SECOND, event, rejection

A_PAYLOAD = '{"amount":1.10,"id":12345678901234567890123}'


def _every(served: Served, path: str, limit: int, **query: Any) -> list[list[Any]]:
    """The items of each page."""
    pages = []
    cursor: dict[str, str] = {}
    while True:
        answer = served.get(path, limit=limit, **query, **cursor).json()
        pages.append(answer["items"])
        if answer["next"] is None:
            return pages
        cursor = {"cursor": answer["next"]}


def test_events_are_the_rows_of_the_command_line(served: Served) -> None:
    served.home.accept(event("evt_1"), event("evt_2", at=NOW + 1))
    assert served.get("/events").json() == {"items": served.home.lines("events"), "next": None}


def test_numbers_stay_as_the_provider_wrote_them(served: Served) -> None:
    served.home.accept(event(data=A_PAYLOAD))
    assert f'"data":{A_PAYLOAD}' in served.get("/events").text
    assert f'"data":{A_PAYLOAD}' in served.get("/events/evt_1").text


# rows a page -> the ids of each page; a page that is full by accident has no empty one after it
PAGES = [(1, ["c", "b", "a"]), (2, ["cb", "a"]), (3, ["cba"]), (500, ["cba"])]


@pytest.mark.parametrize(("limit", "pages"), PAGES)
def test_a_list_comes_in_pages(served: Served, limit: int, pages: list[str]) -> None:
    served.home.accept(*(event(id, at=NOW + n) for n, id in enumerate("abc")))
    assert ["".join(row["id"] for row in page) for page in _every(served, "/events", limit)] == pages


def test_every_list_comes_in_pages(served: Served) -> None:
    served.home.accept(event("a", to=("app", "mail")), event("a", at=NOW + 1), event("a", at=NOW + 2))
    for n in range(2):
        served.home.do(lambda store, n=n: store.reject(rejection(NOW + n, body=b"{}")))  # type: ignore[misc]
    for path in ("/duplicates", "/deliveries", "/rejections", "/quarantine"):
        newest, oldest = served.get(path).json()["items"]
        assert _every(served, path, 1) == [[newest], [oldest]]


def test_a_new_row_does_not_disturb_the_pages(served: Served) -> None:
    served.home.accept(event("a"), event("b", at=NOW + 1))
    first = served.get("/events", limit=1).json()
    served.home.accept(event("c", at=NOW + 2))
    second = served.get("/events", limit=1, cursor=first["next"]).json()
    assert [row["id"] for row in second["items"]] == ["a"]


def test_a_page_of_large_events_ends_early(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "ENOUGH", 1000)
    monkeypatch.setattr(looking, "CHUNK", 2)
    large = f'{{"text":"{"x" * 600}"}}'
    served.home.accept(*(event(id, at=NOW + n, data=large) for n, id in enumerate("abcde")))
    assert ["".join(row["id"] for row in page) for page in _every(served, "/events", 5)] == ["ed", "cb", "a"]


# path, query -> how many rows match
FILTERS: list[tuple[str, dict[str, Any], int]] = [
    ("/events", {}, 3),
    ("/events", {"source": "billing"}, 1),
    ("/events", {"name": "stripe/*"}, 2),
    ("/events", {"since": NOW + 2 * SECOND}, 1),
    ("/duplicates", {}, 1),
    ("/duplicates", {"source": "billing"}, 0),
    ("/deliveries", {}, 2),
    ("/deliveries", {"state": "dead"}, 2),
    ("/deliveries", {"state": "pending"}, 0),
    ("/deliveries", {"subscription": "mail"}, 1),
    ("/deliveries", {"name": "*/push"}, 0),
    ("/deliveries", {"event_id": "no-such-event"}, 0),
    ("/rejections", {}, 2),
    ("/rejections", {"source": "billing"}, 0),
    ("/rejections", {"since": NOW + 1}, 1),
    ("/quarantine", {}, 1),
]


@pytest.mark.parametrize(("path", "query", "count"), FILTERS, ids=str)
def test_lists_are_filtered(served: Served, path: str, query: dict[str, Any], count: int) -> None:
    home = served.home
    home.accept(event("a", to=("app", "mail")), event("a", at=NOW + 5))
    home.accept(
        event("b", at=NOW + SECOND), event("c", at=NOW + 2 * SECOND, name="github/push", source="billing")
    )
    home.end("dead", status=500)
    home.do(lambda store: store.reject(rejection()))
    home.do(lambda store: store.reject(rejection(NOW + 1, body=b"{}")))
    assert len(served.get(path, **query).json()["items"]) == count


# path, query -> what is wrong
WRONG = [
    ("/events", {"limit": "0"}, "query.limit"),
    ("/events", {"limit": "501"}, "query.limit"),
    ("/events", {"limit": "1_0"}, "query.limit"),
    ("/events", {"cursor": "x"}, "query.cursor"),
    ("/events", {"since": "2h"}, "query.since"),
    ("/events", {"source": "a\0b"}, "query.source"),
    ("/events", {"sorce": "stripe"}, "query.sorce"),
    ("/events", {"limit": ["1", "2"]}, "query.limit"),
    ("/deliveries", {"state": "failed"}, "query.state"),
    ("/sources", {"x": "y"}, "query.x"),
]


@pytest.mark.parametrize(("path", "query", "at"), WRONG)
def test_a_wrong_query_is_told_by_its_parameter(served: Served, path: str, query: Any, at: str) -> None:
    answer = served.get(path, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert [error["at"] for error in answer.json()["errors"]] == [at]


def test_one_event_is_the_page_of_the_command_line(served: Served) -> None:
    served.home.accept(event(to=("app",)), event(at=NOW + 9, data='{"a":2}'))
    served.home.end("dead", status=500, response="no")
    [page] = served.home.lines("event", "evt_1")
    assert served.get("/events/evt_1").json() == page
    assert served.get(f"/events/{page['event_id']}").json() == page


def test_an_id_may_hold_a_slash(served: Served) -> None:
    served.home.accept(event("a/b?c"))
    assert served.get("/events/a%2Fb%3Fc").json()["id"] == "a/b?c"


@pytest.mark.parametrize("path", ["/events/x", "/duplicates/x", "/deliveries/x", "/events/", "/events/%00"])
def test_what_is_not_there(served: Served, path: str) -> None:
    assert (served.get(path).status_code, served.get(path).json()["code"]) == (404, "not_found")


def test_one_delivery_has_its_attempts(served: Served) -> None:
    served.home.accept(event(to=("app",)))
    served.home.end("dead", error="ConnectError: refused")
    [one] = served.home.deliveries()
    told = served.get(f"/deliveries/{one.delivery_id}").json()
    assert (told["state"], told["attempts"][0]["error"]) == ("dead", "ConnectError: refused")


def test_copies_have_the_fields_that_differ(served: Served) -> None:
    home = served.home
    home.accept(event(data='{"a":{"b":1}}'), event(at=NOW + 7, data='{"a":{"b":1}}'))
    home.accept(event(at=NOW + HOUR, data='{"a":{"b":2},"c":3}'))
    told = served.get("/duplicates/evt_1").json()
    assert told["first"]["data"] == {"a": {"b": 1}}
    assert [copy["differences"] for copy in told["copies"]] == [
        [],
        [{"path": "a.b", "first": 1, "brought": 2}, {"path": "c", "brought": 3}],
    ]
    assert [copy.get("data") for copy in told["copies"]] == [None, {"a": {"b": 2}, "c": 3}]


def test_duplicates_are_grouped_by_first_event(served: Served) -> None:
    home = served.home
    home.accept(event("a"), event("b"), event("a", at=NOW + 1), event("b", at=NOW + 2, data="{}"))
    home.accept(event("a", at=NOW + 3))
    [[a], [b]] = _every(served, "/duplicate-groups", 1)
    assert (a["id"], a["copies"], a["differing"], a["first_gap"], a["last_gap"]) == ("a", 2, 0, 1, 3)
    assert (b["id"], b["copies"], b["differing"], b["reasons"]) == ("b", 1, 1, ["event id"])


def test_groups_count_only_the_copies_that_match(served: Served) -> None:
    served.home.accept(event("a"), *(event("a", at=NOW + n * SECOND) for n in (1, 2, 3)))
    told = served.get("/duplicate-groups", since=NOW + 2 * SECOND).json()
    assert [group["copies"] for group in told["items"]] == [2]
    assert served.get("/duplicate-groups", name="github/*").json()["items"] == []


def test_rejections_are_counted(served: Served) -> None:
    for n in range(3):
        served.home.do(lambda store, n=n: store.reject(rejection(NOW + n)))  # type: ignore[misc]
    counts = served.get("/rejection-counts").json()["items"]
    assert counts == served.home.lines("rejections", "--counts")


def test_no_secret_is_shown(served: Served) -> None:
    told = served.get("/sources")
    assert [(row["name"], row["secrets"]) for row in told.json()["items"]] == [("stripe", 1), ("billing", 1)]
    assert "1111" not in told.text and "bbbb" not in told.text


def test_subscriptions_tell_what_waits_and_what_is_paused(served: Served) -> None:
    served.home.accept(event(to=("app", "gone")))
    served.home.do(lambda store: store.pause("app", "410", NOW))
    told = served.get("/subscriptions").json()
    app, mail = told["items"]
    assert (app["waiting"], app["paused"]["reason"]) == (1, "410")
    assert (mail["waiting"], mail["paused"], mail["events"][0]) == (0, None, "stripe/customer.*")
    assert told["left"] == [{"name": "gone", "waiting": 1, "paused": None}]


def test_subscriptions_tell_how_they_fare(served: Served) -> None:
    served.home.do(lambda store: store.health.tell_failing("app", "5 of 5 failed", NOW, []))
    served.home.do(lambda store: store.health.open("app", "breaker", NOW, NOW + 30_000, []))
    app, mail = served.get("/subscriptions").json()["items"]
    assert app["health"] == {
        "failing_since": NOW,
        "failing": "5 of 5 failed",
        "breaker": "open",
        "opened_at": NOW,
        "probe_at": NOW + 30_000,
    }
    assert (mail["health"], mail["breaker"]) == (None, None)


def test_adapters_are_those_of_the_command_line(served: Served) -> None:
    told = {row["name"]: row for row in served.get("/adapters").json()["items"]}
    assert told.keys() == {line["name"] for line in served.home.lines("adapters")}
    assert told["stripe"]["title"] == "Stripe"


def test_a_body_that_is_no_text_is_base64(served: Served) -> None:
    served.home.accept(
        replace(event(), reception=Reception("192.0.2.1", "http://x", "[]", 0, "r", b"\xff\x00"))
    )
    assert served.get("/events/evt_1").json()["body_base64"] == "/wA="


def test_events_are_searched_by_their_payload(served: Served) -> None:
    served.home.accept(event("a", data='{"x":{"y":"z"}}'), event("b", at=NOW + 1))
    (found,) = served.get("/events", payload="x.y=z").json()["items"]
    assert found["id"] == "a"
    with served.client() as client:
        assert [one.id for one in client.events(payload="x.y=z")] == ["a"]
    env = {"GATEWAY_TOKEN": ADMIN}
    listed = CliRunner(env=env).invoke(app, ["events", "--url", served.url, "--payload", "x.y=z"])
    assert listed.stdout.count("stripe/customer.created") == 1


def test_a_search_must_have_a_path_and_a_value(served: Served) -> None:
    refused = served.get("/events", payload="x y")
    assert refused.status_code == 422 and "query.payload" in refused.text
