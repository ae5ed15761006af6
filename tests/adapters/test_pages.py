"""docs/providers: a page for every adapter, with what the adapter declares."""

import re
from pathlib import Path

import pytest

import adapters
from adapters.page import Facts, filled, index
from adapters.vectors import read_vectors

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "providers"


def facts(name: str) -> Facts:
    return Facts.of(adapters.load(name), read_vectors(ROOT / "tests" / "vectors" / f"{name}.json"))


@pytest.mark.parametrize("name", adapters.names())
def test_a_page_says_what_the_adapter_declares(name):
    page = (PAGES / f"{name}.md").read_text()
    assert page == filled(page, facts(name)), "run: make docs"


@pytest.mark.parametrize("name", adapters.names())
def test_a_page_tells_how_to_set_it_up_and_what_comes(name):
    page = (PAGES / f"{name}.md").read_text()
    for heading in ("## Set-up", "## Events", "## What makes a duplicate"):
        assert f"\n{heading}\n" in page
    assert f"adapter: {name}" in page or f"adapter: {name}," in page


def test_the_index_lists_them_all():
    assert (PAGES / "index.md").read_text() == index(facts(name) for name in adapters.names()), (
        "run: make docs"
    )


def test_no_page_is_of_an_adapter_that_is_gone():
    assert {page.stem for page in PAGES.glob("*.md")} == {*adapters.names(), "index"}


def test_the_quick_start_names_each_once():
    text = (ROOT / "docs" / "quickstart.md").read_text()
    named = re.findall(r"\[([^\]]+)\]\(providers/(\w+)\.md\)", text)
    assert sorted(name for _, name in named) == sorted([*adapters.names(), "index"])
    general = ("standard_webhooks", "hmac", "token", "basic", "index")
    wrong = [
        (title, name) for title, name in named if name not in general and title != adapters.load(name).title
    ]
    assert wrong == []


def test_the_readme_and_the_comparison_count_them():
    for page in ("README.md", "docs/comparison.md"):
        counted = re.findall(r"(\d+) adapters", (ROOT / page).read_text())
        assert counted and set(counted) == {str(len(adapters.names()))}
