"""The dashboard in a real browser: every page on a desk and on a phone, live, with and without scripts.

Where GATEWAY_TEST_SCREENSHOTS names a folder, every page is saved there to be looked at.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Match, Route

from gateway.store.audit import Which
from gateway.ui import Site, routes
from tests.ui.browsing import PAGES, check_access, check_fit, opened
from tests.ui.conftest import TOKEN, Dashboard, Open, filled, recent, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Route as Asked

NOTHING = """\
server: {{host: 127.0.0.1, port: 8080}}
store: {{url: "{store}"}}
sources: {{stripe: {{adapter: stripe, secrets: ["whsec_test_secret"]}}}}
subscriptions: {{}}
"""
ELSEWHERE = {
    "/ui/sign-in": "test_the_sign_in_is_for_everybody",
    "/ui/{rest:path}": "test_a_page_that_is_not_there_leads_back",
    "/ui/events/{id}/body": "a file, no page",
}
"""What is not among PAGES, and where it is looked at."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, str]]:
    """A gateway with some of everything, and the id of an event that came again; all tests look at it."""
    with running(tmp_path_factory.mktemp("site")) as dashboard:
        yield dashboard, filled(dashboard)


def test_every_address_of_the_dashboard_is_looked_at() -> None:
    def unasked(*_: object) -> None:
        raise AssertionError

    site = Site(unasked, unasked, unasked, None, unasked)  # type: ignore[arg-type]
    known = [one for one in routes(site) if isinstance(one, Route) and "GET" in (one.methods or ())]
    looked_at = set()
    for path in PAGES.values():
        scope = {"type": "http", "method": "GET", "path": "/ui" + path.format(id="x").partition("?")[0]}
        looked_at.add(next(one.path for one in known if one.matches(scope)[0] == Match.FULL))
    assert looked_at | ELSEWHERE.keys() == {one.path for one in known}


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_is_for_everybody(
    browser: Browser, site: tuple[Dashboard, str], problems: list[str], width: int, scheme: str
) -> None:
    dashboard, event_id = site
    page = opened(browser, dashboard, problems, width, color_scheme=scheme)
    for name, path in PAGES.items():
        page.goto("/ui" + path.format(id=event_id))
        check_fit(page, name)
        if folder := os.environ.get("GATEWAY_TEST_SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
        if width == 1280:  # it is the same page at any width
            check_access(page, f"{name}, {scheme}")
    page.context.close()


@pytest.mark.parametrize("width", [1280, 375])
def test_every_page_of_an_empty_gateway_fits_and_is_for_everybody(
    browser: Browser, dashboard_of: Open, problems: list[str], width: int
) -> None:
    empty = dashboard_of(config=NOTHING)
    page = opened(browser, empty, problems, width)
    for name in [one for one in PAGES if one not in ("event", "copies")]:
        page.goto("/ui" + PAGES[name])
        check_fit(page, name)
        check_access(page, name)
        is_full = name in ("adapters", "sources", "source")  # without a source no gateway starts
        assert is_full or page.locator(".empty").count(), f"{name} teaches nothing"
    page.context.close()


def test_the_sign_in_is_for_everybody(browser: Browser, dashboard_of: Open, problems: list[str]) -> None:
    page = opened(browser, dashboard_of(f', admin_token: "{TOKEN}"'), problems, 375)
    page.goto("/ui/events")
    page.wait_for_url("**/ui/sign-in?next=*")
    check_fit(page, "sign-in")
    check_access(page, "sign-in")
    page.context.close()


def test_a_page_that_is_not_there_leads_back(browser: Browser, site: tuple[Dashboard, str]) -> None:
    page = opened(browser, site[0], [], 375)  # the console tells of each 404
    page.goto("/ui/nowhere")
    check_fit(page, "not there")
    check_access(page, "not there")
    page.get_by_role("link", name="Overview").last.click()
    page.wait_for_url("**/ui")
    page.context.close()


def test_an_event_is_replayed(browser: Browser, site: tuple[Dashboard, str], problems: list[str]) -> None:
    dashboard, event_id = site
    page = opened(browser, dashboard, problems, 1280)
    page.goto(f"/ui/events/{event_id}")
    page.get_by_label("Replay to").select_option("mail")
    page.get_by_role("button", name="Replay", exact=True).click()
    page.get_by_text(f"Replayed {event_id} to mail").wait_for()
    assert dashboard.states()[0] == "pending"
    page.context.close()


def test_what_an_event_is_made_of_is_copied(
    browser: Browser, site: tuple[Dashboard, str], problems: list[str]
) -> None:
    dashboard, event_id = site
    page = opened(browser, dashboard, problems, 1280, permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/ui/events/{event_id}")
    for button, text in [("Copy the payload", '{"a":1}'), ("Copy the event id", event_id)]:
        page.get_by_role("button", name=button).click()
        page.get_by_role("status").get_by_text("Copied").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == text
    page.goto("/ui/sources/stripe")
    page.get_by_role("button", name="Copy the URL").click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").endswith("/webhooks/stripe")
    page.context.close()


def test_what_came_over_plain_http_is_copied_too(browser: Browser, site: tuple[Dashboard, str]) -> None:
    page = opened(browser, site[0], [], 1280)
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"/ui/events/{site[1]}")
    page.get_by_role("button", name="Copy the event id").click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    page.goto("/ui/events")
    page.get_by_label("Id", exact=True).focus()
    page.keyboard.press("Control+V")
    assert page.get_by_label("Id", exact=True).input_value() == site[1]
    page.context.close()


def test_the_copies_of_an_event_show_what_differs(
    browser: Browser, site: tuple[Dashboard, str], problems: list[str]
) -> None:
    dashboard, event_id = site
    page = opened(browser, dashboard, problems, 375)
    page.goto("/ui/duplicates")
    page.get_by_role("link", name="stripe/customer.created").first.click()
    page.wait_for_url(f"**/ui/duplicates/{event_id}")
    assert page.locator("main").get_by_text("changed").count() and page.get_by_text("a", exact=True).count()
    page.context.close()


def test_a_bulk_replay_goes_on_by_itself_and_tells_how_far_it_came(
    browser: Browser, dashboard: Dashboard, problems: list[str]
) -> None:
    dashboard.accept(*(recent(f"evt_{number}", to=("app",)) for number in range(250)))
    for _ in range(3):  # a hundred at a time
        dashboard.end("dead", status=500)
    page, held = opened(browser, dashboard, problems, 1280), []
    page.goto("/ui/deliveries?state=dead")
    page.get_by_label("of this filter").check()
    page.get_by_role("button", name="Replay…").click()
    check_access(page, "confirm")
    page.route("**/deliveries/do", lambda one: held.append(one) if _is_scripted(one) else one.fallback())
    page.get_by_role("button", name="Replay 250 deliveries").click()
    for told in ["100 replayed, 150 deliveries left.", "200 replayed, 50 deliveries left."]:
        page.get_by_text(told).wait_for()
        check_fit(page, "progress")
        check_access(page, "progress")
        while not held:
            page.wait_for_timeout(10)
        held.pop().continue_()
    page.get_by_text("Replayed 250 deliveries.").wait_for()
    assert page.url.endswith("/ui/deliveries?state=dead") and dashboard.count("pending") == 250
    assert len(dashboard.do(lambda store: store.audit.entries(Which(action="replay")))) == 3
    page.context.close()


def _is_scripted(asked: Asked) -> bool:
    return asked.request.header_value("hx-request") == "true"


def test_a_search_is_in_the_address(
    browser: Browser, site: tuple[Dashboard, str], problems: list[str]
) -> None:
    page = opened(browser, site[0], problems, 1280)
    page.goto("/ui/events")
    page.get_by_label("Name").fill("stripe/*")
    page.get_by_label("Payload field").fill("a=1")
    page.get_by_label("Source").select_option("stripe")
    page.get_by_label("Since").fill("1h")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/events?*name=*")
    other = opened(browser, site[0], problems, 1280)
    other.goto(page.url)
    for one in (page, other):
        assert one.get_by_label("Payload field").input_value() == "a=1"
        assert one.locator("#rows tbody tr").count() == 2
    page.context.close()
    other.context.close()


def test_new_events_appear_by_themselves(browser: Browser, dashboard: Dashboard, problems: list[str]) -> None:
    page = opened(browser, dashboard, problems, 1280)
    page.goto("/ui/events?live=1")
    dashboard.accept(recent("evt_first"))
    page.get_by_text("evt_first").wait_for(timeout=10_000)
    dashboard.accept(recent("evt_second"))
    page.get_by_text("evt_second").wait_for(timeout=10_000)
    page.context.close()


def test_everything_can_be_read_and_done_without_javascript(
    browser: Browser, dashboard: Dashboard, problems: list[str]
) -> None:
    filled(dashboard)
    page = opened(browser, dashboard, problems, 1280, java_script_enabled=False)
    page.goto("/ui/deliveries?state=dead")
    page.get_by_role("radio").last.check()
    page.get_by_role("button", name="Replay…").click()
    page.get_by_role("button", name="Replay 3 deliveries").click()
    page.get_by_text("Replayed 3 deliveries.").wait_for()
    assert dashboard.states()[:3] == ["pending"] * 3
    assert page.get_by_role("button", name="Copy").count() == 0
    page.context.close()
