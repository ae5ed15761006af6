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

from tests.ui.conftest import TOKEN, Dashboard, Open, filled, recent

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGES = {
    "overview": "", "events": "/events", "live": "/events?live=1", "event": "/events/{id}",
    "duplicates": "/duplicates", "copies": "/duplicates/{id}", "rejections": "/rejections",
    "deliveries": "/deliveries", "subscriptions": "/subscriptions", "sources": "/sources",
    "source": "/sources/stripe", "adapters": "/adapters", "audit": "/audit",
}  # fmt: skip
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = c => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
                     return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const linear = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.map(linear);
                       return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
                        if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    const words = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!words || !e.checkVisibility() || e.closest('.unseen, svg')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) poor.push(e.className + ' ' + e.textContent.trim().slice(0, 40));
  }
  return poor; }"""
"""The texts of a page whose contrast is below the 4.5 to 1 of WCAG AA."""


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


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_can_be_read(
    browser: Browser, dashboard: Dashboard, problems: list[str], width: int, scheme: str
) -> None:
    event_id = filled(dashboard)
    page = opened(browser, dashboard, problems, width, color_scheme=scheme)
    for name, path in PAGES.items():
        page.goto("/ui" + path.format(id=event_id))
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
        assert page.evaluate(CONTRAST) == [], name
        if folder := os.environ.get("GATEWAY_TEST_SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    assert problems == []
    page.context.close()


def test_every_control_has_a_name(browser: Browser, dashboard: Dashboard, problems: list[str]) -> None:
    event_id = filled(dashboard)
    page = opened(browser, dashboard, problems, 1280)
    for name, path in PAGES.items():
        page.goto("/ui" + path.format(id=event_id))
        for role in ("textbox", "combobox", "checkbox", "radio", "button", "link"):
            named = page.get_by_role(role, name="", exact=True)  # type: ignore[arg-type]
            assert page.get_by_role(role).count() == 0 or named.count() == 0, f"{name}: a {role}"  # type: ignore[arg-type]
        assert page.locator("h1").count() == 1, name
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
