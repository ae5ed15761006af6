"""The dashboard in a real browser: every page on a desk and on a phone, by keyboard alone, live.

Where GATEWAY_TEST_SCREENSHOTS names a folder, every page is saved there to be looked at.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import TOKEN, Dashboard, Open, filled, recent, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGES = {
    "overview": "", "events": "/events", "live": "/events?live=1", "event": "/events/{id}",
    "duplicates": "/duplicates", "copies": "/duplicates/{id}", "rejections": "/rejections",
    "deliveries": "/deliveries", "subscriptions": "/subscriptions", "sources": "/sources",
    "source": "/sources/stripe", "adapters": "/adapters", "audit": "/audit",
    "search": "/events?payload=a%3D1",
}  # fmt: skip
AXE = Path(__file__).parent / "axe" / "axe.min.js"
FAULTS = """async () => (await axe.run({resultTypes: ['violations']})).violations.map(
    fault => `${fault.id}: ${fault.nodes.map(node => node.target.join(' ')).join(', ')}`)"""
"""What axe-core finds wrong with a page, by its rules for WCAG 2 A and AA and its best practices."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    api = pytest.importorskip("playwright.sync_api", reason="needs: pip install playwright")
    if BROWSER is None:
        pytest.skip("needs a Chromium on the PATH: apt-get install chromium")
    with api.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def problems() -> list[str]:
    """What the console said, which nobody wants."""
    return []


def opened(browser: Browser, dashboard: Dashboard, problems: list[str], width: int, **more: str) -> Page:
    """A page of a new visitor."""
    context = browser.new_context(
        base_url=dashboard.url, viewport={"width": width, "height": 900}, **more  # type: ignore[arg-type]
    )  # fmt: skip
    page = context.new_page()
    page.on("console", lambda said: problems.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, str]]:
    """A gateway with some of everything, and the id of an event that came again; all tests look at it."""
    with running(tmp_path_factory.mktemp("site")) as dashboard:
        yield dashboard, filled(dashboard)


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_is_for_everybody(
    browser: Browser, site: tuple[Dashboard, str], problems: list[str], width: int, scheme: str
) -> None:
    dashboard, event_id = site
    page = opened(browser, dashboard, problems, width, color_scheme=scheme)
    for name, path in PAGES.items():
        page.goto("/ui" + path.format(id=event_id))
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
        assert page.locator("h1").count() == 1, name
        if folder := os.environ.get("GATEWAY_TEST_SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
        if width == 1280:  # it is the same page at any width
            page.evaluate(AXE.read_text(encoding="utf-8"))
            assert page.evaluate(FAULTS) == [], f"{name}, {scheme}"
    assert problems == []
    page.context.close()


def test_an_event_is_replayed(browser: Browser, site: tuple[Dashboard, str], problems: list[str]) -> None:
    dashboard, event_id = site
    page = opened(browser, dashboard, problems, 1280)
    page.goto(f"/ui/events/{event_id}")
    page.get_by_label("Replay to").select_option("mail")
    page.get_by_role("button", name="Replay", exact=True).click()
    page.get_by_text(f"Replayed {event_id} to mail").wait_for()
    assert dashboard.states()[0] == "pending" and problems == []
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
    assert problems == []
    page.context.close()


def test_signing_in_and_pausing_by_keyboard_alone(
    browser: Browser, dashboard_of: Open, problems: list[str]
) -> None:
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
    assert problems == []
    page.context.close()


def test_new_events_appear_by_themselves(browser: Browser, dashboard: Dashboard, problems: list[str]) -> None:
    page = opened(browser, dashboard, problems, 1280)
    page.goto("/ui/events?live=1")
    dashboard.accept(recent("evt_first"))
    page.get_by_text("evt_first").wait_for(timeout=10_000)
    dashboard.accept(recent("evt_second"))
    page.get_by_text("evt_second").wait_for(timeout=10_000)
    assert problems == []
    page.context.close()


def test_everything_can_be_read_and_done_without_javascript(
    browser: Browser, dashboard: Dashboard, problems: list[str]
) -> None:
    filled(dashboard)
    page = opened(browser, dashboard, problems, 1280, java_script_enabled=False)  # type: ignore[arg-type]
    page.goto("/ui/deliveries?state=dead")
    page.get_by_role("radio").last.check()
    page.get_by_role("button", name="Replay…").click()
    page.get_by_role("button", name="Replay 3 deliveries").click()
    page.get_by_text("Replayed 3 deliveries.").wait_for()
    assert dashboard.states()[:3] == ["pending"] * 3
    page.context.close()
