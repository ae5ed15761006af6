"""Looking at the dashboard in a real browser: its pages, and what must hold of every one of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.ui.conftest import Dashboard

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGES = {
    "overview": "", "events": "/events", "live": "/events?live=1", "event": "/events/{id}",
    "duplicates": "/duplicates", "copies": "/duplicates/{id}", "rejections": "/rejections",
    "deliveries": "/deliveries", "subscriptions": "/subscriptions", "sources": "/sources",
    "source": "/sources/stripe", "adapters": "/adapters", "audit": "/audit",
    "search": "/events?payload=a%3D1",
}  # fmt: skip
"""Every page that can be asked for by its address, but for the sign-in; {id} is an event that came again."""

_AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
_FAULTS = """async () => (await axe.run({resultTypes: ['violations']})).violations.map(
    fault => `${fault.id}: ${fault.nodes.map(node => node.target.join(' ')).join(', ')}`)"""
"""What axe-core finds wrong with a page, by its rules for WCAG 2 A and AA and its best practices."""

_FOCUSED = """() => {
    const here = document.activeElement, drawn = getComputedStyle(here), at = here.getBoundingClientRect();
    return {
        what: `${here.tagName.toLowerCase()} ${here.name || here.textContent.trim().slice(0, 40)}`,
        text: (here.getAttribute('aria-label') || here.textContent).trim(),
        name: here.name || '',
        ring: drawn.outlineStyle === 'none' ? 0 : parseFloat(drawn.outlineWidth),
        seen: at.bottom > 0 && at.top < innerHeight && at.right > 0 && at.left < innerWidth,
    };
}"""
_PAINT = """() => new Promise(told => new PerformanceObserver((list, watching) => {
    const [first] = list.getEntriesByName('first-contentful-paint');
    if (first) { watching.disconnect(); told(first.startTime); }
}).observe({type: 'paint', buffered: true}))"""


def opened(
    browser: Browser, dashboard: Dashboard, problems: list[str], width: int, height: int = 900, **more: Any
) -> Page:
    """A page of a new visitor."""
    viewport = {"width": width, "height": height}
    context = browser.new_context(base_url=dashboard.url, viewport=viewport, **more)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda said: problems.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page


def check_fit(page: Page, name: str) -> None:
    """Nothing stands out to the right, and the page has one title."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"
    assert page.locator("h1").count() == 1, name


def check_access(page: Page, name: str) -> None:
    """axe-core finds nothing wrong."""
    page.evaluate(_AXE)
    assert page.evaluate(_FAULTS) == [], name


def tabbed(page: Page, most: int = 200) -> Iterator[dict[str, Any]]:
    """Press Tab again and again: what is focused each time, until the page is through."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            return
        yield page.evaluate(_FOCUSED)


def tab_to(page: Page, **wanted: str) -> None:
    """Press Tab until what is focused has these values, such as its text or its name."""
    passed = []
    for focused in tabbed(page):
        if all(focused[key] == value for key, value in wanted.items()):
            return
        passed.append(focused["what"])
    raise AssertionError(f"no Tab leads to {wanted}, but to {passed}")


def first_paint(page: Page, path: str) -> float:
    """Load a page of the dashboard: ms from asking for it to its first contentful paint."""
    page.goto(f"/ui{path}")
    painted: float = page.evaluate(_PAINT)
    return painted
