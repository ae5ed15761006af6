"""What the API does: replay, cancel, pause, resume, release."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.v1.conftest import Served
from tests.cli.conftest import NOW, SECOND, event
from tests.cli.test_quarantine import _refuse, _webhook

HOUR_LATER = NOW + 3_600_000


def _replays(served: Served) -> list[tuple[str, str, str | None]]:
    return [(d.id, d.subscription, d.replay_of) for d in served.home.deliveries(state="pending")[::-1]]


def test_an_event_is_replayed_to_who_wants_it_now(served: Served) -> None:
    served.home.accept(event("evt_1"))
    told = served.post("/replays", ids=["evt_1"]).json()
    assert (told["made"], told["dry_run"], told["more"]) == (2, False, False)
    assert _replays(served) == [("evt_1", "app", None), ("evt_1", "mail", None)]
    made = {each.delivery_id for each in served.home.deliveries()}
    assert {row["delivery_id"] for row in told["items"]} == made


def test_a_delivery_is_replayed_to_its_own_subscription(served: Served) -> None:
    served.home.accept(event("evt_1", to=("mail",)))
    served.home.end("dead")
    [dead] = served.home.deliveries()
    served.post("/replays", ids=[dead.delivery_id])
    assert _replays(served) == [("evt_1", "mail", dead.delivery_id)]


def test_a_dry_run_makes_nothing(served: Served) -> None:
    served.home.accept(event("evt_1"))
    told = served.post("/replays", ids=["evt_1"], dry_run=True).json()
    assert [(row["delivery_id"], row["subscription"]) for row in told["items"]] == [
        (None, "app"),
        (None, "mail"),
    ]
    assert _replays(served) == []


def test_the_events_of_a_time_are_replayed_oldest_first_at_a_rate(served: Served) -> None:
    served.home.accept(*(event(id, at=NOW + n) for n, id in enumerate("abcd")))
    asked = {"since": NOW + 1, "until": NOW + 3, "subscription": "app", "rate": 2}
    assert served.post("/replays/events", **asked, dry_run=True).json()["made"] == 2
    assert served.post("/replays/events", **asked).json()["made"] == 2
    made = served.home.deliveries(state="pending")[::-1]
    assert [one.id for one in made] == ["b", "c"]
    assert made[1].due_at - made[0].due_at == 500


def test_more_events_than_asked_for_are_not_replayed_in_part(served: Served) -> None:
    served.home.accept(*(event(id, at=NOW + n) for n, id in enumerate("abc")))
    answer = served.post("/replays/events", since=NOW, limit=5)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many")
    assert served.home.deliveries(state="pending") == []
    assert served.post("/replays/events", since=NOW, limit=6).json()["made"] == 6


def test_dead_letters_are_replayed_until_a_time_and_at_a_rate(served: Served) -> None:
    served.home.accept(event("a", to=("app",)), event("b", to=("app",)))
    served.home.end("dead", at=NOW + SECOND)
    assert served.post("/replays/dead", until=NOW).json()["made"] == 0
    assert served.post("/replays/dead", until=NOW + 2 * SECOND, rate=10).json()["made"] == 2
    first, second = served.home.deliveries(state="pending")[::-1]
    assert second.due_at - first.due_at == 100


def test_dead_letters_are_replayed_once(served: Served) -> None:
    served.home.accept(event("a", to=("app",)), event("b", to=("app", "mail")))
    served.home.end("dead", at=HOUR_LATER)
    assert served.post("/replays/dead", since=HOUR_LATER, subscription="app").json()["made"] == 2
    assert served.post("/replays/dead", subscription="app").json()["made"] == 0
    assert served.post("/replays/dead", since=HOUR_LATER + 1).json()["made"] == 0


def test_more_than_was_asked_for_is_told(served: Served) -> None:
    served.home.accept(*(event(id, to=("app",)) for id in "abc"))
    served.home.end("dead")
    told = [served.post("/replays/dead", limit=2).json() for _ in range(2)]
    assert [(one["made"], one["more"]) for one in told] == [(2, True), (1, False)]


# body -> status, code
REPLAYS: list[tuple[dict[str, Any], int, str]] = [
    ({"ids": ["evt_1", "evt_9"]}, 404, "not_found"),
    ({"ids": ["evt_2"]}, 409, "not_replayable"),
    ({"ids": ["evt_1"], "subscription": "x"}, 404, "not_found"),
    ({"ids": []}, 422, "invalid_request"),
    ({"ids": ["a"] * 1001}, 422, "invalid_request"),
    ({"ids": "evt_1"}, 422, "invalid_request"),
    ({"ids": [1]}, 422, "invalid_request"),
    ({"ids": ["evt_1"], "dry_run": "yes"}, 422, "invalid_request"),
    ({"ids": ["evt_1"], "dryrun": True}, 422, "invalid_request"),
    ({}, 422, "invalid_request"),
]


@pytest.mark.parametrize(("body", "status", "code"), REPLAYS, ids=lambda value: str(value)[:40])
def test_a_wrong_replay_makes_nothing(served: Served, body: dict[str, Any], status: int, code: str) -> None:
    served.home.accept(event("evt_1"), event("evt_2", name="github/push", source="billing"))
    answer = served.ask("POST", "/replays", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert _replays(served) == []


# content type, body -> status
BODIES = [
    ("application/json", b"{", 400),
    ("application/json", b"\xff", 400),
    ("application/json", b"[]", 422),
    ("application/x-www-form-urlencoded", b"ids=evt_1", 415),
    ("text/plain", b'{"ids": ["evt_1"]}', 415),
    ("application/json; charset=utf-8", b'{"ids": ["evt_1"]}', 200),
    ("application/json", b'{"ids": ["evt_1"]}' + b" " * 1_048_576, 413),
]


@pytest.mark.parametrize(("kind", "body", "status"), BODIES)
def test_a_body_is_json(served: Served, kind: str, body: bytes, status: int) -> None:
    served.home.accept(event("evt_1"))
    answer = served.ask("POST", "/replays", content=body, headers={"content-type": kind})
    assert answer.status_code == status


def test_deliveries_are_cancelled(served: Served) -> None:
    served.home.accept(event("evt_1", to=("app", "mail")))
    told = served.post("/cancellations", ids=["evt_1"]).json()
    assert (told["cancelled"], told["in_flight"]) == (2, [])
    assert [d.state for d in served.home.deliveries(event_id=None, source="stripe")] == ["cancelled"] * 2
    assert len(served.home.events("gateway/delivery.cancelled")) == 2
    assert served.post("/cancellations", ids=["evt_1"]).json()["cancelled"] == 0


def test_one_id_that_names_nothing_cancels_nothing(served: Served) -> None:
    served.home.accept(event("evt_1", to=("app",)))
    assert served.post("/cancellations", ids=["evt_1", "evt_9"]).status_code == 404
    assert [d.state for d in served.home.deliveries()] == ["pending"]


def test_what_waits_is_cancelled_by_a_filter(served: Served) -> None:
    served.home.accept(event("a", to=("app", "mail")), event("b", to=("app",)))
    assert served.post("/cancellations/pending", subscription="app", dry_run=True).json()["cancelled"] == 2
    told = served.post("/cancellations/pending", subscription="app", limit=1).json()
    assert (told["cancelled"], told["more"]) == (1, True)
    assert [d.subscription for d in served.home.deliveries(state="pending", source="stripe")] == [
        "mail",
        "app",
    ]


def test_an_attempt_under_way_is_told(served: Served) -> None:
    served.home.accept(event("evt_1", to=("app",)))
    soon = 10**14
    claimed = served.home.do(lambda store: store.claim({"app": 1}, {"app": soon}, NOW, "test")).claimed
    told = served.post("/cancellations", ids=["evt_1"]).json()
    assert told["in_flight"] == [claimed[0].delivery.delivery_id]


def test_a_subscription_is_paused_and_resumed(served: Served) -> None:
    served.home.accept(event(to=("app",)))
    paused = served.post("/subscriptions/app/pause", reason="deploying").json()
    assert (paused["reason"], paused["waiting"]) == ("deploying", 1)
    assert served.post("/subscriptions/app/pause").json()["code"] == "already_paused"
    assert served.ask("POST", "/subscriptions/app/resume").json() == {"subscription": "app", "waiting": 1}
    assert served.ask("POST", "/subscriptions/app/resume").json()["code"] == "not_paused"
    assert len(served.home.events("gateway/subscription.*")) == 2


def test_a_pause_needs_no_body(served: Served) -> None:
    assert served.ask("POST", "/subscriptions/app/pause").json()["reason"] == "paused over the API by admin"


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_subscription_that_is_not_there(served: Served, verb: str) -> None:
    assert served.ask("POST", f"/subscriptions/x/{verb}").status_code == 404


def test_quarantine_is_released(served: Served) -> None:
    _refuse(served.home, _webhook("evt_1"), _webhook("evt_2"), _webhook("evt_3", secret="whsec_" + "33" * 32))
    dry = served.post("/quarantine/release", source="stripe", dry_run=True).json()
    assert (dry["let_in"], served.get("/events").json()["items"]) == (2, [])
    told = served.post("/quarantine/release", source="stripe").json()
    assert told == {
        "dry_run": False,
        "let_in": 2,
        "duplicates": 0,
        "refused": {"bad_signature": 1},
        "more": False,
        "next": None,
    }
    assert [row["id"] for row in served.get("/events").json()["items"]] == ["evt_2", "evt_1"]


def test_a_source_that_is_not_there(served: Served) -> None:
    assert served.post("/quarantine/release", source="x").status_code == 404
