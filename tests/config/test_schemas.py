"""What may stand under `schemas`, and what is said of what may not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cli.check import lines
from gateway.config import Settings, describe

BASE = "sources: {s: {adapter: stripe, secrets: [whsec_1]}}\nsubscriptions: {}\nschemas:\n"


def test_a_schema_in_the_file_and_one_beside_it(settings: Callable[..., Settings], tmp_path: Path) -> None:
    (tmp_path / "invoice.json").write_text(json.dumps({"required": ["id"]}))
    text = f'{BASE}  "a/*": {{schema: {{required: [b]}}}}\n  a/c: {{file: invoice.json, mode: refuse}}\n'
    loaded = settings(text)
    assert loaded.contract is not None
    first, second = loaded.contract.breach("a/b", {}), loaded.contract.breach("a/c", {"b": 1})
    assert first is not None and (str(first), first.refused) == (
        'data breaks its schema: "b" is a required property',
        False,
    )
    assert second is not None and second.refused
    assert lines(tmp_path, describe(loaded))[-2:] == [
        "  a/*  what breaks it is delivered, with a warning",
        "  a/c  what breaks it is refused",
    ]


def test_without_any_there_is_no_contract(settings: Callable[..., Settings]) -> None:
    assert settings(BASE).contract is None


def test_what_comes_from_the_environment_is_plain_text(settings: Callable[..., Settings]) -> None:
    loaded = settings(f'{BASE}  a/b: {{schema: {{properties: {{a: {{const: "${{X}}"}}}}}}}}', {"X": "y"})
    assert loaded.contract is not None and loaded.contract.breach("a/b", {"a": "y"}) is None


# what stands under `schemas` -> what is said
WRONG = [
    ("  [a]", "schemas: must be a mapping of names or patterns"),
    ("  a b: {schema: {}}", "schemas.a b: must be a pattern such as"),
    ("  gateway/*: {schema: {}}", "schemas.gateway/*: the gateway's own events have the shape"),
    ("  a/b: 7", "schemas.a/b: must be a mapping"),
    ("  a/b: {}", "schemas.a/b: must have either schema: with the JSON Schema itself, or file:"),
    ("  a/b: {schema: {}, file: x}", "schemas.a/b: must have either"),
    ("  a/b: {schema: {}, mode: drop}", "schemas.a/b.mode: must be 'warn' or 'refuse', not 'drop'"),
    ("  a/b: {scheme: {}}", "schemas.a/b.scheme: unknown key; did you mean 'schema'?"),
    ("  a/b: {schema: {type: text}}", "schemas.a/b.schema: is no JSON Schema: at type: "),
    ("  a/b: {file: none.json}", "schemas.a/b.file: none.json can't be read: No such file"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_refused(problems: Callable[..., list[str]], text: str, said: str) -> None:
    [problem] = problems(BASE + text)
    assert said in problem
    assert problem.startswith(f"config.yaml:{3 if 'mapping of names' in said else 4}: ")
