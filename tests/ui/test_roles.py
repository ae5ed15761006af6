"""Who may look and who may change: a token that may only look sees everything and changes nothing."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route

from gateway.store.audit import Entry, Which
from gateway.ui import routes
from gateway.ui.visit import Site
from tests.ui.conftest import TOKEN, Dashboard, Open, filled

VIEWER, OPERATOR = "a-token-that-may-only-look", "a-token-that-may-operate"
TOKENS = f"""api_tokens:
  - {{name: vi.ewer, token: {VIEWER}}}
  - {{name: op, token: {OPERATOR}, scopes: [operate]}}
"""
PAGES = ["", "/events", "/events/{id}", "/duplicates", "/rejections", "/deliveries", "/deliveries?state=dead",
         "/subscriptions", "/sources", "/sources/stripe", "/adapters", "/audit"]  # fmt: skip
POSTS = [
    route.path
    for route in routes(Site(None, None, None, None, None))  # type: ignore[arg-type]
    if isinstance(route, Route) and "POST" in (route.methods or ())
]
OPEN = {"/ui/sign-in", "/ui/sign-out"}
"""What whoever may only look may send: it changes nothing but who he is."""


@pytest.fixture
def shut(dashboard_of: Open) -> Dashboard:
    """A dashboard with an admin token, a token that may operate and one that may only look."""
    return dashboard_of(f', admin_token: "{TOKEN}"', tokens=TOKENS)


def form_token(dashboard: Dashboard) -> str:
    """The token of the form that every page has: that to sign out."""
    found = re.search(r'name="token" value="(\w+)"', dashboard.text(""))
    assert found
    return found[1]


def entries(dashboard: Dashboard, **which: str) -> list[Entry]:
    return list(dashboard.do(lambda store: store.audit.entries(Which(**which))))


def test_there_are_changes_to_refuse() -> None:
    assert len(set(POSTS) - OPEN) >= 6


@pytest.mark.parametrize("path", sorted(set(POSTS) - OPEN))
def test_who_may_only_look_changes_nothing(shut: Dashboard, path: str) -> None:
    id = filled(shut)
    shut.sign_in(VIEWER)
    before = (shut.states(), shut.do(lambda store: store.paused()))
    there = path.format(id=id, name="stripe" if "sources" in path else "mail")
    form = {"token": form_token(shut), "action": "replay", "scope": "all", "state": "dead"}
    answer = shut.client.post(there, data=form)
    assert answer.status_code == 403 and "may only look" in answer.text
    assert (shut.states(), shut.do(lambda store: store.paused())) == before
    assert entries(shut)[0].outcome == "refused" and entries(shut)[0].who == "vi.ewer"


@pytest.mark.parametrize("path", PAGES)
def test_who_may_only_look_sees_every_page_without_a_button(shut: Dashboard, path: str) -> None:
    id = filled(shut)
    shut.sign_in(VIEWER)
    page = shut.text(path.format(id=id))
    assert re.findall(r'<form[^>]*method="post" action="([^"]+)"', page) == ["/ui/sign-out"]
    assert "vi.ewer, may look only" in page


@pytest.mark.parametrize(("token", "who"), [(OPERATOR, "op"), (TOKEN, "admin")])
def test_who_may_operate_changes_things_under_his_own_name(shut: Dashboard, token: str, who: str) -> None:
    shut.sign_in(token)
    assert "Paused mail" in shut.post("/subscriptions/mail/pause").text
    [pause] = shut.do(lambda store: store.paused())
    assert pause.reason == f"paused in the dashboard by {who}"
    [paused, signed_in] = entries(shut)
    assert (paused.who, paused.action, paused.target, paused.outcome) == (who, "pause", "mail", "done")
    assert (signed_in.who, signed_in.action, signed_in.via) == (who, "sign_in", "ui")


def test_who_may_only_look_can_sign_out(shut: Dashboard) -> None:
    shut.sign_in(VIEWER)
    shut.client.post("/ui/sign-out", data={"token": form_token(shut)})
    assert shut.get("").status_code == 303


def test_tokens_of_the_api_shut_the_door_too(dashboard_of: Open) -> None:
    dashboard = dashboard_of(tokens=TOKENS)
    assert dashboard.get("").status_code == 303
    dashboard.sign_in(OPERATOR)
    assert dashboard.get("").status_code == 200
    assert dashboard.client.post("/ui/sign-in", data={"admin_token": ""}).status_code == 403


def test_what_was_refused_is_in_the_audit_log_with_the_reason(dashboard: Dashboard) -> None:
    dashboard.post("/subscriptions/mail/resume")
    [entry] = entries(dashboard)
    assert (entry.who, entry.outcome, entry.detail) == ("local", "refused", "mail is not paused")


def test_the_audit_page_shows_who_did_what(dashboard: Dashboard) -> None:
    assert "Nobody did anything yet" in dashboard.text("/audit")
    dashboard.post("/subscriptions/mail/pause")
    page = dashboard.text("/audit")
    assert "paused mail" in page and "dashboard, 127.0.0.1" in page
    assert "paused mail" not in dashboard.text("/audit?who=nobody")
    assert "paused mail" in dashboard.text("/audit?action=pause&since=1h")


def test_the_audit_page_goes_on(dashboard: Dashboard) -> None:
    for _ in range(26):
        dashboard.post("/subscriptions/mail/pause")
        dashboard.post("/subscriptions/mail/resume")
    found = re.search(r'href="(/ui/audit\?before=\d+)"', dashboard.text("/audit"))
    assert found
    assert dashboard.text(found[1].removeprefix("/ui")).count("<tr><td>") == 2


def test_an_event_is_sent_to_who_listens(dashboard: Dashboard) -> None:
    id = filled(dashboard)
    asked = {"listener": "ada@laptop", "to": "http://localhost:3000/hook"}
    cursor = dashboard.client.get("/api/v1/tail", params=asked).json()["next"]
    page = dashboard.text(f"/events/{id}")
    assert 'value="listener:ada@laptop"' in page and "localhost:3000/hook" in page
    assert (
        f"Sent {id} to ada@laptop"
        in dashboard.post(f"/events/{id}/replay", subscription="listener:ada@laptop").text
    )
    answer = dashboard.client.get("/api/v1/tail", params=asked | {"cursor": cursor}).json()
    assert [(one["event"]["event_id"], one["handed"]) for one in answer["items"]] == [(id, True)]


def test_an_event_is_not_sent_to_who_listens_no_more(dashboard: Dashboard) -> None:
    answer = dashboard.post(f"/events/{filled(dashboard)}/replay", subscription="listener:ada")
    assert answer.status_code == 400 and "Ada listens no more" in answer.text
