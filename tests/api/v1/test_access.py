"""Who is let in, and what the log says of it."""

from __future__ import annotations

import logging

import pytest

from gateway.operate.access import is_local
from gateway.operate.guesses import MOST, PER
from tests.api.v1.conftest import ADMIN, OPERATOR, READER, TOKENS, Serve, Served, serving
from tests.cli.conftest import Home, event

# token, a request that reads, one that acts
SCOPES = [
    (ADMIN, 200, 200),
    (OPERATOR, 200, 200),
    (READER, 200, 403),
    ("nobody-has-this-token", 401, 401),
    (f"{ADMIN}x", 401, 401),
    ("", 401, 401),
    (None, 401, 401),
]


@pytest.mark.parametrize(("token", "reads", "acts"), SCOPES)
def test_a_token_may_what_its_scopes_say(served: Served, token: str | None, reads: int, acts: int) -> None:
    assert served.get("/events", token).status_code == reads
    assert served.post("/replays/dead", token).status_code == acts


# a header that is no bearer token of ours
HEADERS = ["Basic YWRtaW46YWRtaW4=", ADMIN, "Bearer", f"Token {ADMIN}", f"Bearer {ADMIN} {ADMIN}"]


@pytest.mark.parametrize("header", HEADERS)
def test_another_authorization_is_refused(served: Served, header: str) -> None:
    answer = served.ask("GET", "/events", token=None, headers={"authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_of_other_letters_is_refused(served: Served) -> None:
    answer = served.ask("GET", "/events", None, headers={"authorization": b"Bearer t\xf6ken"})
    assert answer.status_code == 401


def test_a_refusal_is_problem_details(served: Served) -> None:
    answer = served.get("/events", token=None)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["title"], problem["status"]) == ("about:blank", "Unauthorized", 401)
    assert problem["code"] == "unauthorized"


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/events/%0A", 404), ("/replays", 405)])
def test_what_the_router_refuses_is_problem_details(served: Served, path: str, status: int) -> None:
    answer = served.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


# Without any token


def test_without_a_token_this_machine_is_let_in(serve: Serve) -> None:
    open = serve()
    assert open.get("/events", token=None).status_code == 200
    assert open.post("/replays/dead", token=None).status_code == 200


def test_a_token_that_nobody_has_is_refused_there_too(serve: Serve) -> None:
    assert serve().get("/events", token="some-old-token").status_code == 401


# what says that a request is not of a program of this machine
STRANGERS = [
    {"host": "hooks.example.com"},
    {"host": "127.0.0.1.example.com"},
    {"x-forwarded-for": "127.0.0.1"},
    {"forwarded": "for=127.0.0.1"},
    {"via": "1.1 proxy"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]


@pytest.mark.parametrize("headers", STRANGERS, ids=str)
def test_without_a_token_a_stranger_is_refused(serve: Serve, headers: dict[str, str]) -> None:
    answer = serve().ask("POST", "/replays/dead", token=None, headers=headers, json={})
    assert answer.status_code == 401
    assert "server.admin_token" in answer.json()["detail"]


# config -> the API is closed without a token
CLOSED = [
    {"server": f"admin_token: {ADMIN}"},
    {"more": TOKENS},
    {"server": 'public_url: "https://hooks.example.com"'},
]


@pytest.mark.parametrize("parts", CLOSED, ids=str)
def test_with_a_token_or_behind_a_proxy_nobody_is_let_in_without_one(
    serve: Serve, parts: dict[str, str]
) -> None:
    assert serve(**parts).get("/events", token=None).status_code == 401


# address, Host -> of this machine
PLACES = [
    ("127.0.0.1", "localhost:8080", True),
    ("127.0.0.9", "127.0.0.1", True),
    ("::1", "[::1]:8080", True),
    ("192.0.2.1", "localhost", False),
    ("", "localhost", False),  # a socket file, or an unknown sender
    ("127.0.0.1", "", False),
    ("127.0.0.1", "[::1", False),
    ("127.0.0.1", "localhost.example.com", False),
]


@pytest.mark.parametrize(("client", "host", "local"), PLACES)
def test_this_machine_is_told_by_both_addresses(client: str, host: str, local: bool) -> None:
    assert is_local(client, {"host": host}) is local


# Guessing


def test_who_guesses_is_not_listened_to_for_a_while(home: Home) -> None:
    now = [1000.0]
    with serving(home, lambda: now[0], f"admin_token: {ADMIN}") as served:
        for _ in range(MOST):
            assert served.get("/events", "a-wrong-guess").status_code == 401
        refused = served.get("/events", ADMIN)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, str(int(PER)))
        now[0] += PER
        assert served.get("/events", ADMIN).status_code == 200


def test_no_token_at_all_is_no_guess(served: Served) -> None:
    for _ in range(MOST + 1):
        assert served.get("/events", None).status_code == 401
    assert served.get("/events").status_code == 200


# The audit log


def _audit(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "gateway.audit"]


def test_every_action_is_in_the_audit_log(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    served.home.accept(event("evt_1"))
    with caplog.at_level(logging.INFO, "gateway.audit"):
        served.get("/events")
        served.post("/replays", OPERATOR, ids=["evt_1"])
        served.post("/replays", OPERATOR, ids=["evt_9"])
    assert _audit(caplog) == [
        'op from 127.0.0.1: replay "/api/v1/replays" {"ids":["evt_1"]}: 200',
        'op from 127.0.0.1: replay "/api/v1/replays" {"ids":["evt_9"]}: 404',
    ]


def _kept(served: Served) -> list[tuple[str, str, str, str]]:
    """Who did what on what, and the outcome, of the audit log in the store, oldest first."""
    with served.client(READER) as client:
        return [(one.who, one.action, one.target, one.outcome) for one in client.audit()][::-1]


def test_every_action_is_kept_with_its_outcome(served: Served) -> None:
    served.home.accept(event("evt_1"))
    served.get("/events")
    served.post("/replays", OPERATOR, ids=["evt_1", "evt_1"], subscription="app")
    served.post("/replays", OPERATOR, ids=["evt_9"])
    served.post("/subscriptions/app/pause", ADMIN, reason="deploying")
    served.post("/replays", READER, ids=["evt_1"])
    assert _kept(served) == [
        ("op", "replay", "evt_1 evt_1 app", "done"),
        ("op", "replay", "evt_9", "refused"),
        ("admin", "pause", "app", "done"),
        ("grafana", "replay", "", "refused"),
    ]


def test_the_audit_log_is_listed_a_page_at_a_time(served: Served) -> None:
    for reason in ("a", "b", "c"):
        served.post("/subscriptions/app/pause", reason=reason)
        served.ask("POST", "/subscriptions/app/resume")
    first = served.get("/audit", READER, action="pause", limit=2).json()
    second = served.get("/audit", READER, action="pause", limit=2, cursor=first["next"]).json()
    details = [one["detail"] for one in first["items"] + second["items"]]
    assert details == ['{"reason":"c"}', '{"reason":"b"}', '{"reason":"a"}'] and second["next"] is None
    assert {one["address"] for one in first["items"]} == {"127.0.0.1"}


def test_what_was_not_allowed_is_in_the_audit_log(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gateway.audit"):
        served.post("/replays", READER, ids=["evt_1"])
        served.get("/events", "a-wrong-guess")
    assert _audit(caplog) == [
        'grafana from 127.0.0.1: replay "/api/v1/replays": 403',
        "somebody from 127.0.0.1: a wrong token: 401",
    ]


def test_a_body_cannot_forge_a_line_of_the_audit_log(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "gateway.audit"):
        for body in (b'{"ids":\n["a\\nadmin from 127.0.0.1: x"]}', b"\nadmin from 127.0.0.1"):
            served.ask("POST", "/replays", content=body, headers={"content-type": "application/json"})
    assert not any("\n" in line for line in _audit(caplog))
    assert len(_audit(caplog)) == 2
