"""Following over the API: nothing is left out, nothing comes twice, and who follows harms nobody."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.api.v1 import streams
from gateway.operate import following
from gateway.operate.cursor import MOST_OPEN, Cursor
from tests.api.v1.conftest import ADMIN, OPERATOR, READER, TOKENS, Serve, Served
from tests.cli.conftest import CONFIG, NOW, event, rejection


def begun(served: Served, **query: object) -> str:
    """The cursor of now."""
    answer = served.get("/tail", READER, **query)
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    return str(answer.json()["next"])


def page(served: Served, cursor: str, wait: int = 0, **query: object) -> tuple[list[str], str]:
    """The ids behind a cursor, and the next cursor."""
    answer = served.get("/tail", READER, cursor=cursor, wait=wait, **query).json()
    return [one[one["what"]]["id"] for one in answer["items"]], answer["next"]


def test_following_begins_now(served: Served) -> None:
    served.home.accept(event("evt_1"))
    cursor = begun(served)
    assert page(served, cursor) == ([], cursor)
    served.home.accept(event("evt_2"))
    assert page(served, cursor, wait=5000)[0] == ["evt_2"]


def test_nothing_is_left_out_and_nothing_comes_twice(served: Served) -> None:
    cursor, found = begun(served), []
    served.home.accept(*(event(f"evt_{n}") for n in range(7)))
    for _ in range(4):
        some, cursor = page(served, cursor, wait=2000 if len(found) < 7 else 0, limit=2)
        found += some
    assert found == [f"evt_{n}" for n in range(7)]
    assert page(served, cursor)[0] == []


def test_the_same_cursor_gives_the_same_again(served: Served) -> None:
    cursor = begun(served)
    served.home.accept(event("evt_1"))
    assert page(served, cursor, wait=2000) == page(served, cursor, wait=2000)


def test_it_may_begin_earlier(served: Served) -> None:
    served.home.accept(event("evt_1", at=NOW - 5000), event("evt_2"), event("evt_3", at=NOW + 5))
    assert page(served, begun(served, since=NOW))[0] == ["evt_2", "evt_3"]


def test_only_what_is_wanted_comes(served: Served) -> None:
    cursor = begun(served)
    served.home.accept(event("evt_1"), event("push_1", source="billing", name="github/push"))
    assert page(served, cursor, wait=2000, source="billing")[0] == ["push_1"]
    assert page(served, cursor, wait=2000, name="stripe/**")[0] == ["evt_1"]


def test_few_among_many_are_found(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "WINDOW", 3)
    cursor = begun(served)
    served.home.accept(*(event(f"evt_{n}") for n in range(10)), event("push_1", source="billing"))
    assert page(served, cursor, wait=2000, source="billing")[0] == ["push_1"]


def test_duplicates_and_rejections_are_followed_where_asked_for(served: Served) -> None:
    cursor = begun(served)
    served.home.accept(event("evt_1"), event("evt_1", at=NOW + 9, data="[]"))
    served.home.do(lambda store: store.reject(rejection(NOW + 10)))
    asked = {"cursor": cursor, "wait": 2000, "kinds": "events,duplicates,rejections"}
    items = served.get("/tail", READER, **asked).json()["items"]
    assert [(one["what"], one["at"]) for one in items] == [
        ("event", NOW),
        ("duplicate", NOW + 9),
        ("rejection", NOW + 10),
    ]


def test_a_delivery_is_told_of_once_it_has_ended(served: Served) -> None:
    cursor = begun(served)
    served.home.accept(event("evt_1", to=("app",)))
    ids, cursor = page(served, cursor, kinds="deliveries")
    assert ids == []
    served.home.end("dead", status=500)
    answer = served.get("/tail", READER, cursor=cursor, kinds="deliveries", wait=2000).json()
    assert [one["delivery"]["state"] for one in answer["items"]] == ["dead"]
    assert page(served, answer["next"], kinds="deliveries")[0] == []


def test_bodies_come_where_they_are_asked_for(served: Served) -> None:
    cursor = begun(served)
    served.home.accept(event("evt_1", data='{"a": 1.10}'))
    [plain] = served.get("/tail", READER, cursor=cursor, wait=2000).json()["items"]
    [whole] = served.get("/tail", READER, cursor=cursor, wait=2000, bodies="true").json()["items"]
    assert "text" not in plain and "headers" not in plain
    assert (whole["text"], whole["headers"]) == ('{"a": 1.10}', [["user-agent", "test"]])


def test_who_waits_is_answered_when_something_happens(served: Served) -> None:
    cursor = begun(served)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(page, served, cursor, 20_000)
        time.sleep(0.1)
        served.home.accept(event("evt_1"))
        assert waiting.result(10)[0] == ["evt_1"]


def test_who_waits_is_let_go_when_the_gateway_stops(served: Served) -> None:
    cursor = begun(served)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(page, served, cursor, 20_000)
        time.sleep(0.1)
        served.gateway.let_go()
        assert waiting.result(10) == ([], cursor)


def test_not_more_than_so_many_may_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST", 1)
    cursor, waits = begun(served), threading.Event()

    def insist() -> None:  # until it is let in: the question below may have the one place at that moment
        while served.get("/tail", READER, cursor=cursor, wait=20_000).status_code == 429:
            waits.wait(0.02)

    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(insist)
        while (answer := served.get("/tail", READER, cursor=cursor, wait=0)).status_code == 200:
            waits.wait(0.02)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
        assert answer.headers["retry-after"] == "5"
        served.gateway.let_go()
        waiting.result(10)
    assert served.get("/tail", READER, cursor=cursor, wait=0).status_code == 200


# what is asked -> the field that is wrong
WRONG = [
    ({"cursor": "12"}, "query.cursor"),
    ({"kinds": "event"}, "query.kinds"),
    ({"kinds": ""}, "query.kinds"),
    ({"wait": 25_001}, "query.wait"),
    ({"limit": 501}, "query.limit"),
    ({"bodies": "yes"}, "query.bodies"),
    ({"listener": "a b"}, "query.listener"),
]


@pytest.mark.parametrize(("query", "field"), WRONG, ids=str)
def test_what_can_not_be_is_refused(served: Served, query: dict[str, object], field: str) -> None:
    answer = served.get("/tail", READER, **query)
    assert (answer.status_code, answer.json()["errors"][0]["at"]) == (422, field)


def test_an_event_is_handed_to_a_listener(served: Served) -> None:
    served.home.accept(event("evt_1"))
    asked = {"listener": "ada@laptop", "to": "http://localhost:3000/hook"}
    cursor = begun(served, **asked)
    with served.client(READER) as client:
        [known] = client.listeners()
    assert (known.name, known.who, known.to) == ("ada@laptop", "grafana", "http://localhost:3000/hook")
    with served.client(OPERATOR) as client:
        assert client.hand("ada@laptop", ["evt_1"]).listener == "ada@laptop"
    answer = served.get("/tail", READER, cursor=cursor, wait=2000, **asked).json()
    assert [(one["event"]["id"], one["handed"]) for one in answer["items"]] == [("evt_1", True)]
    assert page(served, answer["next"], **asked)[0] == []
    assert page(served, cursor)[0] == [], "others are not handed it"


# listener, ids -> why nothing was handed
NOT_HANDED = [("nobody", ["evt_1"], "no listener 'nobody'"), ("ada", ["evt_9"], "no event 'evt_9'")]


@pytest.mark.parametrize(("listener", "ids", "words"), NOT_HANDED)
def test_what_is_not_there_is_not_handed(served: Served, listener: str, ids: list[str], words: str) -> None:
    served.home.accept(event("evt_1"))
    begun(served, listener="ada")
    answer = served.post(f"/listeners/{listener}/events", OPERATOR, ids=ids)
    assert answer.status_code == 404 and words in answer.json()["detail"]


def test_who_may_only_look_hands_nothing(served: Served) -> None:
    assert served.post("/listeners/ada/events", READER, ids=["evt_1"]).status_code == 403


def test_a_listener_is_noted_once_while_it_asks_again_and_again(served: Served) -> None:
    def seen_at() -> int:
        return served.home.do(lambda store: store.tail.listeners(0))[0].seen_at

    begun(served, listener="ada")
    first = seen_at()
    time.sleep(0.01)
    begun(served, listener="ada")
    assert seen_at() == first
    begun(served, listener="ada", to="http://localhost:4000")
    assert seen_at() > first


@pytest.mark.parametrize("open", [(), (1,), tuple(range(MOST_OPEN))])
def test_a_cursor_is_read_as_it_was_written(open: tuple[int, ...]) -> None:
    cursor = Cursor({"events": 1, "duplicates": 2, "rejections": 3, "deliveries": 10**17}, 5, open)
    assert Cursor.of(str(cursor)) == cursor


def test_a_cursor_waits_for_so_many_deliveries_only() -> None:
    cursor = Cursor({}).awaiting(tuple(range(MOST_OPEN + 3)))
    assert cursor.open == tuple(range(3, MOST_OPEN + 3))
    Cursor.of(str(cursor))


def test_who_follows_sees_nothing_that_a_source_hides(serve: Serve) -> None:
    hiding = CONFIG.replace("quarantine: true}", 'quarantine: true, redact: ["card.number"]}')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.api.v1.conftest.CONFIG", hiding)
        served = serve(server=f"admin_token: {ADMIN}", more=TOKENS)
    cursor = begun(served, listener="ada")
    [outcome] = served.home.accept(event("evt_1", data='{"card":{"number":"4242"}}'))
    served.home.do(lambda store: store.tail.hand("ada", outcome.event_id))
    seen = 0
    while seen < 2:  # what was handed may be there before the event itself is looked for
        answer = served.get("/tail", READER, cursor=cursor, wait=2000, bodies="true", listener="ada")
        assert answer.json()["items"] and "4242" not in answer.text
        seen, cursor = seen + len(answer.json()["items"]), answer.json()["next"]
