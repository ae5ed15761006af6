"""The pictures of the docs: taken by a browser, of a gateway with a day behind it.

`make screenshots` writes them. A run of the tests takes the same ones elsewhere, so that each is of a page
that is there, and holds those of the docs to their size, their weight and a description.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.config import load
from tests.ui import demo
from tests.ui.browsing import check_fit, opened
from tests.ui.conftest import TOKEN, Dashboard, now, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = Path(__file__).parents[2] / "docs"
IMAGES = DOCS / "images"
LARGEST = 100_000
"""Bytes of a picture."""


@dataclass(frozen=True)
class Picture:
    """A page, and what must be seen of it; {id} is an event that came again with another body."""

    path: str
    seen: str
    width: int = 1280
    height: int = 800
    scheme: str = "light"


PICTURES = {
    "overview": Picture("", "tickets is silent"),
    "event": Picture("/events/{id}", "What the signature covers", height=1500),
    "copies": Picture("/duplicates/{id}", "changed body", height=1000),
    "deliveries": Picture("/deliveries?state=dead", "503", height=640),
    "subscriptions": Picture("/subscriptions", "p95", height=870),
    "phone": Picture("", "Needs attention first", 375, 812, "dark"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dashboard, str]]:
    """The gateway of the pictures, and the id of an event that came again with another body."""
    folder = tmp_path_factory.mktemp("demo")
    with running(folder, config=demo.CONFIG) as dashboard:
        yield dashboard, demo.live_through(dashboard, load(folder / "config.yaml", {}), now())


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_of_a_page_that_is_there(
    browser: Browser, site: tuple[Dashboard, str], problems: list[str], tmp_path: Path, name: str
) -> None:
    dashboard, event_id = site
    one, folder = PICTURES[name], IMAGES if "GATEWAY_WRITE_SCREENSHOTS" in os.environ else tmp_path
    page = opened(browser, dashboard, problems, one.width, one.height, color_scheme=one.scheme)
    page.goto("/ui")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ui")
    page.goto("/ui" + one.path.format(id=event_id))
    check_fit(page, name)
    assert page.get_by_text(one.seen).first.is_visible()
    protocol = page.context.new_cdp_session(page)  # Playwright itself makes no WebP
    shot = protocol.send("Page.captureScreenshot", {"format": "webp", "quality": 85})
    (folder / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))
    for file in (folder / f"{name}.webp", IMAGES / f"{name}.webp"):
        assert size(file) == (one.width, one.height)
    page.context.close()


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_light_and_told_in_words(name: str) -> None:
    assert (IMAGES / f"{name}.webp").stat().st_size < LARGEST
    text = (DOCS / "dashboard.md").read_text(encoding="utf-8")
    [told] = re.findall(rf"!\[([^\]]+)\]\(images/{name}\.webp\)", text)
    assert len(told) > 40


def test_every_picture_of_the_docs_is_made_here() -> None:
    assert {file.name for file in IMAGES.iterdir()} == {f"{name}.webp" for name in PICTURES}


def size(file: Path) -> tuple[int, int]:
    """The width and height that the header of an extended WebP states."""
    data = file.read_bytes()
    assert data[8:16] == b"WEBPVP8X"
    return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
