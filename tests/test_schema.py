"""JSON Schemas for the data of events: what they say of what breaks them, and what is no schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.event import compile_patterns
from gateway.schema import MOST, Clause, Contract, Fault, InvalidSchema, Schema

INVOICE = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "minLength": 3},
        "mail": {"format": "email"},
        "lines": {"items": {"properties": {"amount": {"type": "integer"}}}},
        "currency": {"enum": ["eur", "usd"]},
    },
}

# data -> where it breaks INVOICE, and part of why
FAULTS: list[tuple[Any, list[tuple[str, str]]]] = [
    ({"id": "in_1", "mail": "a@b.example", "lines": [{"amount": 7.0}], "currency": "eur"}, []),  # keeps it
    ({}, [("data", '"id" is a required property')]),
    ([], [("data", 'is not of type "object"')]),
    ({"id": "x"}, [("data.id", "is shorter than 3 characters")]),
    ({"id": "in_1", "mail": "no"}, [("data.mail", 'is not a "email"')]),  # formats are checked
    ({"id": "in_1", "lines": [{}, {"amount": "7"}]}, [("data.lines[1].amount", 'is not of type "integer"')]),
    ({"id": "in_1", "currency": "gbp"}, [("data.currency", 'is not one of "eur" or "usd"')]),
    ({"id": 7, "more": 1}, [("data.id", "is not of type"), ("data", "'more' was unexpected")]),  # all of it
]


@pytest.mark.parametrize(("data", "faults"), FAULTS)
def test_where_data_breaks_a_schema(data: Any, faults: list[tuple[str, str]]) -> None:
    found = sorted(Schema(INVOICE).faults(data), key=lambda fault: fault.field)
    assert [fault.field for fault in found] == sorted(field for field, _ in faults)
    for fault, (_, reason) in zip(found, sorted(faults), strict=True):
        assert reason in fault.reason


def test_a_value_is_never_told() -> None:
    schema = Schema({"properties": {"a": {"type": "integer"}, "b": {"pattern": "^x"}, "c": {"const": 1}}})
    told = " ".join(map(str, schema.faults({"a": "hunter2", "b": "hunter2", "c": {"hunter2": 1}})))
    assert "data.a" in told and "hunter2" not in told


def test_no_more_faults_are_told_than_one_reads() -> None:
    assert len(Schema({"items": {"type": "integer"}}).faults(["x"] * 100)) == MOST


# a document -> what is said of it
NONE_AT_ALL: list[tuple[Any, str]] = [
    ([], "must be an object"),
    ({"type": "text"}, "at type: "),
    ({"properties": {"a": {"pattern": "("}}}, "at properties.a.pattern: "),
    ({"$ref": "#/$defs/none"}, "'/$defs/none' does not exist"),
    ({"$ref": "https://example.com/a.json"}, "nothing is fetched"),
    ({"$ref": "file:///etc/passwd"}, "nothing is fetched"),
    ({"$schema": "https://example.com/of-mine"}, "Unknown meta-schema"),
]


@pytest.mark.parametrize(("document", "said"), NONE_AT_ALL)
def test_what_is_no_schema(document: Any, said: str) -> None:
    with pytest.raises(InvalidSchema) as error:
        Schema(document)
    assert said in str(error.value)


def test_a_reference_may_name_a_file_beside_it_and_none_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text("{}")
    here = tmp_path / "schemas"
    here.mkdir()
    (here / "money.json").write_text(json.dumps({"type": "integer"}))
    schema = Schema({"properties": {"amount": {"$ref": "money.json"}}}, here / "invoice.json")
    assert schema.faults({"amount": 7}) == ()
    assert schema.faults({"amount": "7"}) == (Fault("data.amount", 'is not of type "integer"'),)
    with pytest.raises(InvalidSchema, match="only files below"):
        Schema({"$ref": "../outside.json"}, here / "invoice.json")


def clause(pattern: str, schema: dict[str, Any], refuses: bool) -> Clause:
    return Clause(pattern, compile_patterns([pattern]), Schema(schema), refuses)


def test_every_schema_that_matches_holds_and_one_that_refuses_counts_first() -> None:
    warns, refuses = (
        clause("order/*", {"required": ["a"]}, False),
        clause("order/paid", {"required": ["b"]}, True),
    )
    held = Contract([warns, refuses])
    assert held.breach("order/paid", {"a": 1, "b": 1}) is None
    assert held.breach("other/paid", {}) is None
    warned, refused = held.breach("order/paid", {"b": 1}), held.breach("order/paid", {})
    assert warned is not None and (warned.pattern, warned.refused) == ("order/*", False)
    assert refused is not None and (refused.pattern, refused.refused) == ("order/paid", True)
