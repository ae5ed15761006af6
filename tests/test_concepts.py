"""docs/concepts.md: the states are those of the code, and every promise names a test that is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from gateway.store.records import State

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "concepts.md").read_text(encoding="utf-8")


def test_the_states_are_those_of_the_code() -> None:
    states = PAGE.partition("| `state` |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", states, re.MULTILINE) == list(get_args(State))


def test_every_promise_names_a_test_that_is_there() -> None:
    promises = PAGE.partition("## What is promised")[2].partition("\n\nBoth")[0]
    rows = promises.count("\n| ") - 1
    named = re.findall(r"\| `(tests/[\w/]+\.py)::(test_\w+)` \|$", promises, re.MULTILINE)
    assert len(named) == rows > 0
    assert [test for file, test in named if f"def {test}(" not in (ROOT / file).read_text()] == []
