"""Event keys by name, or as a list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.config import EventKey, Secret, Settings

OK = "sources: {s: {adapter: github, secrets: [abc]}}\n"
ENV = {"A": "key-a", "B": "key-b", "NONE": ""}

# written -> the keys by name
SOUND = [
    ("event_keys: {shop: ${A}, crm: ${B}}", {"shop": "key-a", "crm": "key-b"}),
    ("event_keys:\n  shop: plain-key\n", {"shop": "plain-key"}),
    ("event_keys: {shop: ${A}, crm: '${NONE:-}'}", {"shop": "key-a"}),  # one that may be missing
    ("event_keys: [${A}, ${B}]", {"key-1": "key-a", "key-2": "key-b"}),
    ("event_keys: ['${NONE:-}', ${B}]", {"key-1": "key-b"}),  # by the place among those that are set
    ("event_keys: {}", {}),
    ("event_keys:", {}),
]


@pytest.mark.parametrize(("text", "keys"), SOUND)
def test_keys_have_names(settings: Callable[..., Settings], text: str, keys: dict[str, str]) -> None:
    assert settings(OK + text, ENV).event_keys == tuple(EventKey(n, Secret(k)) for n, k in keys.items())


def test_a_key_is_never_shown(settings: Callable[..., Settings]) -> None:
    assert "key-a" not in repr(settings(OK + "event_keys: {shop: ${A}}", ENV))


# written -> the one problem
RULE = "a name is 1 to 64 characters, each a-z, 0-9, - or _, the first a letter or digit"
SAME = "is the same key as another one; give each sender a key of its own"
LETTERS = "an event key is part of a URL; use letters, digits and . _ ~ - only"
UNSET = "the environment variable UNSET is not set; set it, or give it a default as in ${UNSET:-}"
BAD = [
    ("event_keys: {Shop: ${A}}", f"event_keys.Shop: {RULE}"),
    ("event_keys: {shop: a/b}", f"event_keys.shop: {LETTERS}"),
    ("event_keys: {shop: ${A}, crm: key-a}", f"event_keys.crm: {SAME}"),
    ("event_keys: [key-a, '${NONE:-}', ${A}]", f"event_keys[2]: {SAME}"),
    ("event_keys: {shop: [a]}", "event_keys.shop: must be one text"),
    ("event_keys: {shop: ${UNSET}}", f"event_keys.shop: {UNSET}"),
]


@pytest.mark.parametrize(("text", "problem"), BAD)
def test_a_bad_key_is_told_where_it_stands(
    problems: Callable[..., list[str]], text: str, problem: str
) -> None:
    assert problems(OK + text, ENV) == [f"config.yaml:2: {problem}"]


def test_no_source_takes_the_name_of_what_is_sent(problems: Callable[..., list[str]]) -> None:
    [problem] = problems("sources: {api: {adapter: github, secrets: [abc]}}")
    assert "sources.api: the name is that of events sent with an event key; choose another" in problem
