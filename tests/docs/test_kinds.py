"""No block and no command of any page is of a kind that is not tried, and every link leads somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

import adapters
from tests.docs.blocks import EVERY, LANGUAGES, PAGES, PROVIDERS, ROOT, blocks, text
from tests.docs.setups import BEFORE, NOT_HERE, reason_not_here

LINKED = [page for page in PAGES if "/providers/" not in page] + ["CHANGELOG.md"]


def test_every_page_of_the_repository_is_tried() -> None:
    known = {*PAGES, "CHANGELOG.md"}
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True)
    assert [
        page for page in listed.stdout.split() if page not in known and "```" in (ROOT / page).read_text()
    ] == []


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    fences = [line for page in PAGES for line in text(page).splitlines() if line.lstrip().startswith("```")]
    assert {block.language for block in EVERY} <= LANGUAGES
    assert len(fences) == 2 * len(EVERY)


def test_the_commands_of_other_programs_are_well_formed() -> None:
    every = [command for block in EVERY for command, _ in block.commands]
    theirs = [command for command in every if reason_not_here(command)]
    url = "http://127.0.0.1:8080/webhooks/stripe"
    assert str(adapters.load("stripe").forwarder).format(url=url) in theirs
    assert all(len(shlex.split(command)) > 1 for command in theirs)


@pytest.mark.parametrize("page", PROVIDERS)
def test_a_providers_page_has_no_command_but_its_sample_and_the_providers_own(page: str) -> None:
    """tests/service/test_samples.py sends the samples."""
    commands = [command for block in blocks(page) for command, _ in block.commands]
    known = ("gateway trigger ", "python3 -c ")
    assert [one for one in commands if not reason_not_here(one) and not one.startswith(known)] == []


def test_no_reason_and_no_setup_is_left_over() -> None:
    commands = [command for block in EVERY for command, _ in block.commands]
    assert [one for one in NOT_HERE if not any(re.match(one, command) for command in commands)] == []
    assert BEFORE.keys() <= set(PAGES)
    named = {command for setup in BEFORE.values() for command in (*setup.ahead, *setup.meanwhile)}
    assert named <= set(commands)


@pytest.mark.parametrize("page", LINKED)
def test_each_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", text(page))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_index_names_every_page() -> None:
    named = re.findall(r"\((\w+\.md)\)", text("docs/index.md"))
    assert set(named) == {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_no_page_names_a_machine(page: str) -> None:
    assert not re.search(r"/(root|home|tmp|work)/", text(page))
