"""A command that stands in a sentence names a verb that there is, with options that it has."""

from __future__ import annotations

import re
from functools import cache

import pytest
from typer.testing import CliRunner

from gateway.cli import VERBS, app
from tests.docs.blocks import PAGES, text

FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)


def inline(page: str, begins: str) -> list[str]:
    """What stands in backquotes outside of the blocks, and begins so."""
    return re.findall(rf"`({begins}[^`]*)`", FENCE.sub("", text(page)))


@cache
def options(words: tuple[str, ...]) -> set[str]:
    """The options of the command that these words name; of the whole program where there are none."""
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert shown.exit_code == 0, shown.output
    return set(re.findall(r"--[a-z-]+", shown.stdout))


COMMANDS = sorted({(page, one) for page in PAGES for one in inline(page, "gateway ")})


@pytest.mark.parametrize(("page", "said"), COMMANDS)
def test_a_command_in_a_sentence_has_its_verb_and_options(page: str, said: str) -> None:
    before = said.removeprefix("gateway").split(" --")[0]
    words = tuple(re.findall(r"(?<!\S)[a-z][\w-]*", before))
    asked = set(re.findall(r"(?<![\w-])--[a-z-]+", said))
    assert words[:1] == () or words[0] in VERBS, page
    assert asked <= options(words) | {"--config"}, page


@pytest.mark.parametrize("page", PAGES)
def test_no_sentence_has_a_prompt(page: str) -> None:
    """A command to type stands in a block, where it is played."""
    assert inline(page, r"\$ ") == []
