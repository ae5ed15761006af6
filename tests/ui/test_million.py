"""A million events in the store: every page of the dashboard is painted within half a second."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from bench.many_events import RARE, fill
from gateway.store.records import Query
from tests.ui.browsing import PAGES, first_paint, opened
from tests.ui.conftest import Dashboard, now, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EVENTS = 1_000_000
WITHIN = 500.0
"""ms from asking for a page to its first contentful paint, the best of TRIES: others use the machine."""

TRIES = 8
SEARCHES = {
    "a month": "?range=30d",
    "a source with 20 events": "/events?source=rare",
    "a name that 20 events have": "/events?name=github/push",
    "a name that none has": "/events?name=stripe/nothing",
    "an hour": "/events?since=1h",
    "a day of last month": "/events?since=20d&until=19d",
    "a payload that none has": "/events?payload=id%3Devt_none",
    "older events": "/events?before=500000",
    "duplicates of a source without any": "/duplicates?source=rare",
    "deliveries of a name that none has": "/deliveries?name=github/*",
    "dead deliveries": "/deliveries?state=dead",
    "pending deliveries": "/deliveries?state=pending",
    "cancelled deliveries": "/deliveries?state=cancelled&subscription=app",
}


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, str]]:
    """A gateway with a million events, and the id of one that came again."""
    folder = tmp_path_factory.mktemp("many")
    fill(folder / "data" / "gateway.db", EVENTS, now())
    with running(folder) as dashboard:
        [copy] = dashboard.do(lambda store: store.duplicates(Query(limit=1)))
        yield dashboard, copy.event_id
    shutil.rmtree(folder)  # pytest would keep three of them


@pytest.fixture(scope="module")
def page(browser: Browser, many: tuple[Dashboard, str]) -> Iterator[Page]:
    """One visitor, who looks at page after page."""
    page = opened(browser, many[0], [], 1280)
    yield page
    page.context.close()


@pytest.mark.parametrize("path", [*PAGES.values(), *SEARCHES.values()])
def test_every_page_is_painted_within_half_a_second(
    page: Page, many: tuple[Dashboard, str], path: str
) -> None:
    paints: list[float] = []
    while len(paints) < TRIES and min(paints, default=WITHIN) >= WITHIN:
        paints.append(first_paint(page, path.format(id=many[1])))
    assert min(paints) < WITHIN, paints


def test_the_store_that_was_filled_is_one_like_any_other(many: tuple[Dashboard, str]) -> None:
    dashboard, event_id = many
    counted = re.search(r'aria-label="Events: (\d+) in all', dashboard.text("?range=30d"))
    assert counted and int(counted[1]) > 0.97 * EVENTS  # the first bar begins within the first day
    assert dashboard.text("/events?source=rare").count("</a></td>") == EVENTS // RARE
    dashboard.post(f"/events/{event_id}/replay", subscription="app")
    assert dashboard.states()[0] == "pending"
    assert "came again 1 time" in dashboard.text(f"/events/{event_id}")
