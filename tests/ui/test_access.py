"""Who gets in, and what another site can't do."""

from __future__ import annotations

import re

import httpx
import pytest

from gateway.config.api_token import ApiToken
from gateway.config.settings import Server
from gateway.operate.access import Principal, is_here
from gateway.operate.guesses import MOST
from gateway.ui.access import LASTS, Door, is_same_site
from tests.ui.conftest import TOKEN, Dashboard, Open

NOW = 1_800_000_000.0
ADMIN = Principal("admin", "admin")
FORBIDDEN = r"<style|\sstyle=|\son\w+=|javascript:|<script(?! src=\"/ui/static/)"
CHANGES = ["/events/x/replay", "/deliveries/confirm", "/deliveries/do", "/subscriptions/mail/pause",
           "/subscriptions/mail/resume", "/sources/stripe/sample", "/sign-out"]  # fmt: skip


def door(token: str | None = TOKEN, host: str = "127.0.0.1") -> Door:
    return Door.of(Server.model_validate({"host": host, "admin_token": token}))


@pytest.fixture
def shut(dashboard_of: Open) -> Dashboard:
    """A dashboard that asks for the admin token."""
    return dashboard_of(f', admin_token: "{TOKEN}"')


def test_with_a_token_nothing_is_shown_before_signing_in(shut: Dashboard) -> None:
    for path in ["", "/events?name=a", "/nope", "/events/x/body"]:
        answer = shut.get(path)
        assert answer.status_code == 303 and answer.headers["location"].startswith("/ui/sign-in?next=")
    assert shut.get("/sign-in").status_code == 200


def test_what_htmx_asks_for_goes_to_the_sign_in_as_a_whole(shut: Dashboard) -> None:
    answer = shut.get("/events", headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/ui/sign-in")


def test_the_token_lets_in_and_the_cookie_is_for_this_site_alone(shut: Dashboard) -> None:
    answer = shut.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/ui/events")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/ui" in cookie
    assert TOKEN not in cookie
    assert "No sign-in" not in shut.text("/events")


def test_the_cookie_is_secure_where_the_browser_speaks_https(dashboard_of: Open) -> None:
    site = dashboard_of(f', admin_token: "{TOKEN}", public_url: "https://hooks.example.com"')
    plain = site.sign_in().headers["set-cookie"]
    public = site.client.post(
        "/ui/sign-in", data={"admin_token": TOKEN}, headers={"host": "hooks.example.com"}
    ).headers["set-cookie"]
    assert "secure" not in plain.lower() and "secure" in public.lower()


def test_a_wrong_token_is_refused_and_guessing_has_an_end(shut: Dashboard) -> None:
    answers = [shut.sign_in(f"wrong-{number}").status_code for number in range(MOST + 1)]
    assert answers == [403] * MOST + [429]
    assert shut.sign_in().status_code == 429


def test_signing_out_ends_it(shut: Dashboard) -> None:
    shut.sign_in()
    shut.post("/sign-out")
    assert shut.get("").status_code == 303


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/ui/../x\\", "javascript:alert(1)", "/u"]
)
def test_signing_in_leads_to_our_own_pages_only(shut: Dashboard, to: str) -> None:
    answer = shut.client.post("/ui/sign-in", data={"admin_token": TOKEN, "next": to})
    assert answer.headers["location"] == "/ui"


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_without_the_session_or_its_token_is_refused(shut: Dashboard, path: str) -> None:
    assert shut.client.post(f"/ui{path}").status_code == 403
    shut.sign_in()
    for form in [{}, {"token": "0" * 64}, {"token": "é"}]:
        assert shut.client.post(f"/ui{path}", data=form).status_code == 403


@pytest.mark.parametrize("path", CHANGES)
def test_nothing_changes_by_a_link(dashboard: Dashboard, path: str) -> None:
    assert dashboard.get(path).status_code in (404, 405)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_site_is_refused_though_it_had_the_token(
    dashboard: Dashboard, headers: dict[str, str]
) -> None:
    form = {"token": dashboard.token()}
    answer = dashboard.client.post("/ui/subscriptions/mail/pause", data=form, headers=headers)
    assert answer.status_code == 403
    own = {"origin": dashboard.url, "sec-fetch-site": "same-origin"}
    assert dashboard.client.post("/ui/subscriptions/mail/pause", data=form, headers=own).status_code == 303


def test_the_token_of_one_session_is_no_good_in_another(dashboard: Dashboard) -> None:
    stolen = dashboard.token()
    with httpx.Client(base_url=dashboard.url, trust_env=False) as other:
        other.get("/ui")
        assert other.post("/ui/subscriptions/mail/pause", data={"token": stolen}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},  # a name that was made to point at 127.0.0.1
        {"host": "abc.tunnel.example"},
        {"x-forwarded-for": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
        {"cf-connecting-ip": "203.0.113.9"},
    ],
)
def test_without_a_token_only_a_person_at_this_machine_gets_in(
    dashboard: Dashboard, headers: dict[str, str]
) -> None:
    answer = dashboard.get("/events", headers=headers)
    assert answer.status_code == 403 and "server.admin_token" in answer.text
    assert "asks for no sign-in" in answer.text


def test_without_a_token_the_page_says_that_nobody_signs_in(dashboard: Dashboard) -> None:
    assert "No sign-in" in dashboard.text("")
    assert dashboard.get("/sign-in").status_code == 303


def test_where_others_can_reach_it_and_there_is_no_token_nobody_gets_in() -> None:
    reachable = door(token=None, host="0.0.0.0")
    assert reachable.is_shut and not reachable.open and reachable.principal("") is None


def test_behind_a_public_url_nobody_gets_in_without_a_token() -> None:
    """A proxy that leaves no mark would make a visitor of everybody."""
    proxied = Door.of(Server.model_validate({"public_url": "https://hooks.example.com"}))
    assert proxied.is_shut and not proxied.open


def test_a_session_ends_by_itself_and_with_the_token() -> None:
    cookie = door().begin(ADMIN, NOW)
    assert door().holder(cookie, NOW) == door().holder(cookie, NOW + LASTS - 1) == ADMIN
    assert door().holder(cookie, NOW + LASTS + 1) is None
    assert door("another-token").holder(cookie, NOW) is None


@pytest.mark.parametrize("cookie", ["", "x", "..", "9999999999.a.b", "é.é.é", f"{2**70}.x.{'0' * 64}"])
def test_a_made_up_cookie_is_no_session(cookie: str) -> None:
    assert door().holder(cookie, NOW) is None


def test_a_later_end_can_not_be_written_into_a_cookie() -> None:
    ends, rest = door().begin(ADMIN, NOW).split(".", 1)
    assert door().holder(f"{int(ends) + 5}.{rest}", NOW + 10) is None


def test_nobody_writes_another_name_into_a_cookie() -> None:
    viewer = ApiToken(name="viewer", token="a-token-of-the-viewer")  # type: ignore[arg-type]
    made = Door.of(Server.model_validate({"admin_token": TOKEN}), [viewer])
    cookie = made.begin(Principal("viewer", "read"), NOW)
    assert made.holder(cookie, NOW) == Principal("viewer", "read")
    assert made.holder(cookie.replace(".viewer.", ".admin."), NOW) is None


def test_a_session_ends_with_its_own_token() -> None:
    server = Server.model_validate({"admin_token": TOKEN})
    viewer = ApiToken(name="viewer", token="a-token-of-the-viewer")  # type: ignore[arg-type]
    cookie = Door.of(server, [viewer]).begin(Principal("viewer", "read"), NOW)
    assert Door.of(server).holder(cookie, NOW) is None


@pytest.mark.parametrize(
    ("peer", "host", "here"),
    [
        ("127.0.0.1", "localhost:8080", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "[::1]:8080", True),
        ("192.0.2.1", "localhost", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "[", False),
    ],
)
def test_this_machine_is_told_by_the_peer_and_the_name(peer: str, host: str, here: bool) -> None:
    assert is_here(peer, {"host": host}) is here


def test_a_browser_without_fetch_metadata_is_told_by_its_token_alone() -> None:
    assert is_same_site({"host": "a"})
    assert not is_same_site({"host": "a", "origin": "http://b"})


@pytest.mark.parametrize("path", ["/ui", "/ui/nope", "/ui/sign-in", "/ui/events/x/body"])
def test_every_answer_has_a_strict_policy(shut: Dashboard, path: str) -> None:
    shut.sign_in()
    headers = shut.client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["cache-control"] == "no-store"


def test_no_page_needs_what_the_policy_forbids(dashboard: Dashboard) -> None:
    for path in ["", "/events", "/sources/stripe", "/adapters", "/deliveries"]:
        page = dashboard.text(path)
        assert not re.search(FORBIDDEN, page), path


def test_the_static_files_are_there_with_the_licence_of_what_is_not_ours(dashboard: Dashboard) -> None:
    for name, kind in [("style.css", "text/css"), ("htmx.min.js", "javascript"), ("icon.svg", "svg")]:
        answer = dashboard.get(f"/static/{name}")
        assert answer.status_code == 200 and kind in answer.headers["content-type"]
    assert "Zero-Clause BSD" in dashboard.text("/static/htmx.LICENSE.txt")
    assert dashboard.get("/static/../access.py").status_code in (303, 404)
