"""A value that a source hides is found in no view: every page, every operation that looks, every command."""

from __future__ import annotations

import logging
from dataclasses import replace

import httpx
import pytest
from starlette.routing import Route

from gateway.api.v1.application import OPERATIONS
from gateway.cli import VERBS
from gateway.event import SYSTEM
from gateway.pipeline import system
from gateway.pipeline.telling import tell
from gateway.redaction import MARK
from gateway.running import router
from gateway.store.records import Attempt, Candidate, Claimed, Query, Settlement
from gateway.telemetry.process import Telemetry
from gateway.ui import routes
from gateway.verdict import Verdict
from tests.api.v1.conftest import Serve, Served
from tests.cli.conftest import HOUR, NOW, SECOND, event, rejection

PLANTED, HEADER = "jane.doe+planted@example.com", "planted-header-0815"
SIGNS = ("planted", "0815")
DATA = '{"id":"evt_1","data":{"object":{"email":"%s","lines":[{"card":{"%s":"%s"}}],"amount":7}}}'
REDACT = 'redact: ["data.object.email", "data.object.lines.card", "headers.x-customer"]'
ID = "evt_1"


def planted(data: str = DATA % ((PLANTED,) * 3), at: int = NOW) -> Candidate:
    """An event that holds the planted values everywhere that an event can."""
    made = event(ID, data=data, at=at, to=("app",))
    assert made.reception is not None
    url = f"{made.reception.url}?for={PLANTED}"
    headers = f'[["X-Customer","{HEADER}"],["x-other","of {PLANTED}"],["user-agent","test"]]'
    said = (
        Verdict("mail", "filter", "event.data.data.object.email == ''",
                f'{{"event.data.data.object.email":"{PLANTED}"}}'),
        Verdict("app", "error", "event.data.data.object.lines[0].card", "{}", f"no such key: {PLANTED}"),
    )  # fmt: skip
    return replace(
        made,
        event=replace(made.event, attributes={"account": f"acct {PLANTED}"}),
        reception=replace(made.reception, url=url, headers=headers),
        orders={"app": PLANTED},
        verdicts=said,
    )


@pytest.fixture
def served(serve: Serve) -> Served:
    """A gateway whose source hides the planted values, with a row of every kind that quotes them."""
    served = serve(source=REDACT)
    home = served.home
    home.accept(planted(), planted(DATA % ("other-planted@example.com", "k-planted", "v"), NOW + SECOND))
    home.end("dead", status=500, response=f'{{"for":"{PLANTED}"}}', error=f"it said {PLANTED}")
    home.end("dead", at=NOW + HOUR)
    settings = served.gateway.running.settings
    (dead,) = home.deliveries(state="dead")
    (stored,) = home.do(lambda store: store.events(Query(name="stripe/*")))
    error = Attempt(dead.delivery_id, 1, NOW, 1, error=f"it said {PLANTED}")
    home.accept(*system.ended(dead, stored.event, "dead", error, router(settings), NOW))
    (copy,) = home.do(lambda store: store.duplicates(Query()))
    home.accept(system.duplicate_differs(copy, router(settings), NOW))
    body = (DATA % ((PLANTED,) * 3)).encode()
    headers = f'[["x-customer","{HEADER}"]]'
    refused = rejection(body=body, headers=headers, url=f"http://x/?e={PLANTED}", detail=f"not {PLANTED}")
    home.do(lambda store: store.reject(refused))
    return served


def ids(served: Served) -> list[str]:
    """Every id that a view can be asked for by."""
    events = served.home.do(lambda store: store.events(Query()))
    deliveries = served.home.deliveries()
    return [ID, *(one.event.event_id for one in events), *(one.delivery_id for one in deliveries)]


def paths(template: str, parameter: str, served: Served) -> list[str]:
    """The paths of one view: itself, or one for each thing that it can show."""
    if "{" not in template:
        return [template]
    names = ["stripe", "app", "stripe/customer.created", "gateway/delivery.failed"]
    things = names if parameter == "name" else ids(served)
    return [template.replace(f"{{{parameter}}}", thing) for thing in things]


def test_no_operation_of_the_api_shows_it(served: Served) -> None:
    shown = ""
    for operation in OPERATIONS:
        if operation.method == "GET":
            for path in paths(operation.path, operation.parameter or "", served):
                shown += served.get(path, token=None).text
    assert MARK in shown and "amount" in shown
    assert [shown[max(0, at - 80) : at + 20] for sign in SIGNS if (at := shown.find(sign)) >= 0] == []


@pytest.mark.parametrize("bodies", ["true", "false"])
def test_nobody_who_follows_gets_it(served: Served, bodies: str) -> None:
    cursor = served.get("/tail", token=None, since=1).json()["next"]
    asked = {"kinds": "events,duplicates,rejections,deliveries", "bodies": bodies, "wait": 0}
    page = served.get("/tail", token=None, cursor=cursor, **asked)
    assert {one["what"] for one in page.json()["items"]} == {"event", "duplicate", "rejection", "delivery"}
    assert MARK in page.text and [sign for sign in SIGNS if sign in page.text] == []


SEARCHES = [
    (f"data.object.email={PLANTED}", []),
    (f"**={PLANTED}", []),
    (f"data.object.lines.card.{PLANTED}={PLANTED}", []),
    ("data.object.amount=7", [ID]),
]


@pytest.mark.parametrize(("payload", "ids"), SEARCHES)
def test_a_search_finds_nothing_by_it(served: Served, payload: str, ids: list[str]) -> None:
    found = served.get("/events", token=None, source="stripe", payload=payload).json()["items"]
    assert [one["id"] for one in found] == ids


def test_no_page_of_the_dashboard_shows_it(served: Served) -> None:
    shown = ""
    for route in routes(served.gateway._site()):
        if isinstance(route, Route) and "GET" in (route.methods or ()) and "{rest" not in route.path:
            for path in paths(route.path, "name" if "{name}" in route.path else "id", served):
                shown += httpx.get(served.url + path, follow_redirects=True).text
    assert MARK in shown and "amount" in shown
    assert [shown[max(0, at - 80) : at + 20] for sign in SIGNS if (at := shown.find(sign)) >= 0] == []


LISTS = {
    "events": [[], ["lint"]],
    "event": [["ID"]],
    "why": [["ID"]],
    "subscriptions": [[]],
    "duplicates": [[], ["ID"]],
    "rejections": [[], ["--counts"]],
    "quarantine": [["list"]],
    "deliveries": [[], ["--event", "ID"]],
    "replay": [["ID", "--dry-run"]],
    "purge": [["--event", "ID", "--dry-run"]],
    "check": [[]],
    "audit": [[]],
    "tail": [["--since", "2020-01-01", "--limit", "2"]],
}
SHOWS_NO_EVENTS = {
    *("serve", "ingest", "worker", "reload", "backfill", "cancel", "pause", "resume", "migrate", "store"),
    *("trigger", "verify", "connect", "doctor", "adapters", "top", "listen"),
}
"""Verbs that act, or that work on what they are given."""


def test_every_verb_is_looked_at() -> None:
    assert LISTS.keys() | SHOWS_NO_EVENTS == VERBS.keys()


def test_no_command_shows_it(served: Served) -> None:
    shown = ""
    for verb, variants in LISTS.items():
        for variant in variants:
            args = [ID if word == "ID" else word for word in variant]
            for result in (served.home.gateway(verb, *args), served.home.gateway(verb, *args, "--json")):
                shown += result.output
    assert MARK in shown and "amount" in shown
    assert [shown[max(0, at - 80) : at + 20] for sign in SIGNS if (at := shown.find(sign)) >= 0] == []


def test_no_line_of_the_log_shows_it(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    (delivery,) = served.home.deliveries(state="dead")
    claimed = Claimed(delivery, planted().event, "[]", b"")
    attempt = Attempt(delivery.delivery_id, 1, NOW, 5, error=f"refused: {PLANTED}")
    settled = Settlement(attempt, "dead", NOW, 0, NOW)
    with caplog.at_level(logging.DEBUG):
        tell(Telemetry(), claimed, settled, True, served.gateway.running.settings.redactions)
    (line,) = caplog.records
    assert MARK in line.getMessage() and "planted" not in str(line.__dict__)


def test_the_body_is_saved_without_it(served: Served) -> None:
    (stored,) = served.home.do(lambda store: store.events(Query(name="stripe/*")))
    saved = httpx.get(f"{served.url}/ui/events/{stored.event.event_id}/body")
    assert MARK in saved.text and "planted" not in saved.text


def test_what_is_stored_is_whole(served: Served) -> None:
    stored = served.home.do(lambda store: store.event(ID))
    assert stored is not None and PLANTED in stored.event.data and HEADER in str(stored.reception)
    failed = served.home.events("gateway/delivery.failed")
    assert PLANTED in failed[0].data and failed[0].source == SYSTEM


def test_a_replay_asks_the_filters_of_the_whole_event(serve: Serve) -> None:
    more = '  mine:\n    events: ["stripe/*"]\n    if: event.data.data.object.email.contains("planted")\n'
    more += '    destination: {type: http, url: "http://127.0.0.1:9/x"}\n'
    served = serve(source=REDACT, more=more)
    served.home.accept(replace(planted(), subscriptions=()))
    made = served.post("/replays", token=None, ids=[ID]).json()["items"]
    assert "mine" in [one["subscription"] for one in made]
