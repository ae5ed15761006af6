"""`${NAME}`: what it becomes, and that no value of the environment can do more than be a value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import Settings
from gateway.config.filling import Filling
from gateway.config.problems import Problems
from gateway.config.yaml_file import read

PLACES = """\
plain: ${V}
quoted: "a ${V} b"
single: '${V}'
inside: x${V}y${V}
flow: {one: ${V}, list: [${V}, ${V:-default}]}
block: |-
  ${V}
folded: >-
  ${V}
# ${V} in a comment
"""
LEAST = "sources: {s: {adapter: github, secrets: [a-secret]}}\n"


def tree(text: str, env: dict[str, str], folder: Path) -> dict[str, Any]:
    """The plain values of `text`."""
    file = folder / "config.yaml"
    file.write_text(text, encoding="utf-8")
    problems = Problems(file)
    values = Filling(read(file, problems), env, folder, "required", {}, problems).tree()
    problems.stop_if_any()
    return values


@given(
    value=st.text(min_size=1) | st.sampled_from(["}", "]: [", "\n- a: b", '"', "${V}", "$${V}", "*a", "!t"])
)
def test_no_value_changes_the_structure(value: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert tree(PLACES, {"V": value}, tmp_path_factory.getbasetemp()) == {
        "plain": value,
        "quoted": f"a {value} b",
        "single": value,
        "inside": f"x{value}y{value}",
        "flow": {"one": value, "list": [value, value]},
        "block": value,
        "folded": value,
    }


ROWS = [
    # set
    ("${V}", {"V": "a"}, "a"),
    # set wins over the default
    ("${V:-b}", {"V": "a"}, "a"),
    # not set
    ("${V:-b}", {}, "b"),
    # set to nothing counts as not set where there is a default
    ("${V:-b}", {"V": ""}, "b"),
    # set to nothing, no default
    ("${V}", {"V": ""}, ""),
    # an empty default
    ("${V:-}", {}, ""),
    # a default with punctuation that YAML would take for its own
    ("${V:-a: [b], 'c' # d}", {}, "a: [b], 'c' # d"),
    # a number stays text
    ("${V}", {"V": "1"}, "1"),
    # the escaped form
    ("$${V}", {"V": "a"}, "${V}"),
    # a dollar alone, and two
    ("$V $$V", {"V": "a"}, "$V $$V"),
    # what is filled in is not filled again
    ("${V}", {"V": "${W}", "W": "a"}, "${W}"),
]


@pytest.mark.parametrize(("written", "env", "value"), ROWS)
def test_a_placeholder_becomes(written: str, env: dict[str, str], value: str, tmp_path: Path) -> None:
    assert tree(f"flow: {{a: {written}}}", env, tmp_path)["flow"]["a"] == value


def test_a_number_from_the_environment_is_a_number_where_one_is_wanted(
    settings: Callable[..., Settings],
) -> None:
    text = LEAST + "server: {port: ${PORT:-1}, max_body: ${MAX}, body_timeout: ${WAIT}}"
    server = settings(text, {"PORT": "9000", "MAX": "1KiB", "WAIT": "2s"}).server
    assert (server.port, server.max_body, server.body_timeout) == (9000, 1024, 2)


def test_a_comment_may_hold_anything(settings: Callable[..., Settings]) -> None:
    assert settings("# ${NOT SET} ${ $\n" + LEAST)


TYPES = [
    # YAML 1.1 would make a truth value, a date and seconds of these
    ("yes", "yes"), ("2024-01-01", "2024-01-01"), ("1:30", "1:30"),
    # quoted: text
    ('"1"', "1"), ("'true'", "true"), ('""', ""),
    # plain: what they look like
    ("1", 1), ("-1", -1), ("0.5", 0.5), ("true", True), ("False", False), ("~", None), ("", None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "value"), TYPES)
def test_a_plain_value_is_what_it_looks_like(written: str, value: object, tmp_path: Path) -> None:
    found = tree(f"a: {written}\n", {}, tmp_path)["a"]
    assert (type(found), found) == (type(value), value)
