"""The dashboard by keyboard alone: what is focused can be seen, and all that is done can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.ui.browsing import PAGES, opened, tab_to, tabbed
from tests.ui.conftest import TOKEN, Dashboard, Open, filled

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_what_is_focused_can_be_seen_on_every_page(
    browser: Browser, dashboard: Dashboard, problems: list[str]
) -> None:
    event_id = filled(dashboard)
    page = opened(browser, dashboard, problems, 1280)
    for name, path in PAGES.items():
        page.goto("/ui" + path.format(id=event_id))
        for focused in tabbed(page, 60):
            assert focused["ring"] >= 2 and focused["seen"], f"{name}: {focused['what']}"
    page.context.close()


def test_signing_in_and_pausing(browser: Browser, dashboard_of: Open, problems: list[str]) -> None:
    dashboard = dashboard_of(f', admin_token: "{TOKEN}"')
    page = opened(browser, dashboard, problems, 1280)
    page.goto("/ui/subscriptions")
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/subscriptions")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Paused app.").wait_for()
    assert [pause.subscription for pause in dashboard.do(lambda store: store.paused())] == ["app"]
    page.context.close()


def test_replaying_an_event(browser: Browser, dashboard: Dashboard, problems: list[str]) -> None:
    event_id = filled(dashboard)
    page = opened(browser, dashboard, problems, 1280)
    page.goto("/ui/events")
    tab_to(page, name="name")
    page.keyboard.type("stripe/customer.*")
    page.keyboard.press("Enter")
    page.wait_for_url("**name=stripe*")
    page.goto(f"/ui/events/{event_id}")
    tab_to(page, name="subscription")
    page.keyboard.type("mail")
    tab_to(page, text="Replay")
    page.keyboard.press("Enter")
    page.get_by_text(f"Replayed {event_id} to mail").wait_for()
    assert dashboard.states()[0] == "pending"
    page.context.close()


def test_replaying_many(browser: Browser, dashboard: Dashboard, problems: list[str]) -> None:
    filled(dashboard)
    page = opened(browser, dashboard, problems, 1280)
    page.goto("/ui/deliveries?state=dead")
    for chosen in ("Choose the delivery of evt_2 to app", "Choose the delivery of evt_1 to mail"):
        tab_to(page, text=chosen)
        page.keyboard.press("Space")
    tab_to(page, text="Replay…")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Replay 2 deliveries?").wait_for()
    tab_to(page, text="Replay 2 deliveries")
    page.keyboard.press("Enter")
    page.get_by_text("Replayed 2 deliveries.").wait_for()
    assert dashboard.count("pending") == 2
    page.context.close()


def test_comparing_the_copies_of_an_event(
    browser: Browser, dashboard: Dashboard, problems: list[str]
) -> None:
    event_id = filled(dashboard)
    page = opened(browser, dashboard, problems, 375)
    page.goto("/ui")
    tab_to(page, text="Compare")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui/duplicates")
    tab_to(page, text="stripe/customer.created")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/ui/duplicates/{event_id}")
    tab_to(page, text="Headers of this copy")
    page.keyboard.press("Enter")
    page.get_by_text("user-agent").wait_for()
    assert "Field that differs" in page.locator("main").inner_text()
    page.context.close()
