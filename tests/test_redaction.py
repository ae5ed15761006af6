"""What is hidden: at which paths, and where else the same values would show."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.event import SYSTEM
from gateway.redaction import MARK, Redaction, Redactions, scrub
from gateway.verdict import Verdict
from tests.cli.conftest import event

# the path, the document, what is shown of it
DOCUMENTS: list[tuple[str, Any, Any]] = [
    ("a", {"a": 1, "b": 2}, {"a": MARK, "b": 2}),
    ("a.b", {"a": {"b": "x", "c": 1}}, {"a": {"b": MARK, "c": 1}}),
    ("a", {"a": {"b": "x"}}, {"a": MARK}),  # a subtree goes whole, its keys too
    ("a.*", {"a": {"b": "x", "c": {"d": 1}}, "e": 1}, {"a": {"b": MARK, "c": MARK}, "e": 1}),
    ("*.b", {"a": {"b": 1}, "c": {"b": 2, "d": 3}}, {"a": {"b": MARK}, "c": {"b": MARK, "d": 3}}),
    ("a.b", {"a": [{"b": 1}, {"b": 2, "c": 3}]}, {"a": [{"b": MARK}, {"b": MARK, "c": 3}]}),  # each item
    ("a.b", [{"a": {"b": 1}}], [{"a": {"b": MARK}}]),  # a batch
    ("**.email", {"email": 1, "a": [{"b": {"email": 2}}]}, {"email": MARK, "a": [{"b": {"email": MARK}}]}),
    ("a.**.z", {"a": {"z": 1, "b": {"z": 2}}, "z": 3}, {"a": {"z": MARK, "b": {"z": MARK}}, "z": 3}),
    ("a.b.c", {"a.b": {"c": 1}, "a": {"b.c": 2}}, {"a.b": {"c": MARK}, "a": {"b.c": MARK}}),  # dots in keys
    ("a.b", {"a": "text"}, {"a": "text"}),  # nothing there
    ("a", {"a": None}, {"a": MARK}),  # also that there is nothing
    ("A", {"a": 1}, {"a": 1}),
]


@pytest.mark.parametrize(("path", "document", "shown"), DOCUMENTS)
def test_a_path_hides_what_stands_there(path: str, document: Any, shown: Any) -> None:
    assert Redaction.of([path]).document(document) == shown


def test_what_cannot_be_read_is_hidden_whole() -> None:
    assert Redaction.of(["a"]).text('{"a": "secret"') == f'"{MARK}"'
    assert Redaction.of(["a"]).values('{"a": "secret"') == ('{"a": "secret"',)


def test_of_a_key_that_stands_twice_nothing_is_left() -> None:
    assert "secret" not in Redaction.of(["a"]).text('{"a":"secret","a":1}')


@pytest.mark.parametrize("name", ["X-Secret", "x-secret"])
def test_a_header_is_hidden_by_its_name(name: str) -> None:
    pairs = json.dumps([[name, "s3cret"], ["accept", "*/*"]])
    assert json.loads(Redaction.of(["headers.x-Secret"]).pairs(pairs)) == [[name, MARK], ["accept", "*/*"]]


def test_headers_may_be_hidden_by_a_pattern() -> None:
    shown = Redaction.of(["headers.x-*"]).pairs('[["x-a","1"],["y","2"]]')
    assert json.loads(shown) == [["x-a", MARK], ["y", "2"]]


def test_a_body_that_is_the_payload_is_shown_with_marks() -> None:
    hides = Redaction.of(["a"])
    assert hides.body('{"a":"s","b":1}', b'{ "a": "s", "b": 1 }') == b'{"a":"[redacted]","b":1}'
    assert hides.body('{"a":"s"}', b'[{"a":"s"},{"a":"t"}]') == b'[{"a":"[redacted]"},{"a":"[redacted]"}]'


@pytest.mark.parametrize("body", [b"a=s", b"\xff", b'{"envelope":"{\\"a\\":\\"s\\"}"}'])
def test_any_other_body_is_hidden_whole(body: bytes) -> None:
    assert Redaction.of(["a"]).body('{"a":"s"}', body) == MARK.encode()


FORMS = ["jane@x.com said", "jane%40x.com", 'a "jane@x.com"']


@pytest.mark.parametrize("text", FORMS)
def test_hidden_values_are_hidden_elsewhere(text: str) -> None:
    hidden = Redaction.of(["email"]).values('{"email":"jane@x.com"}')
    assert "jane" not in scrub(text, hidden)


def test_everything_in_a_hidden_subtree_counts_as_a_value() -> None:
    values = Redaction.of(["card"]).values('{"card":{"number":[4242],"name":"Jane","ok":true,"cvc":"12"}}')
    assert set(values) == {"4242", "Jane", "number", "name", "cvc"}


# the hidden path, the path that differs, what is told
FIELDS = [
    ("a.b", "a.b", "a.b"),
    ("a.b", "a.b.jane@x.com", "a.b"),  # keys in what is hidden are hidden
    ("a.*", "a.b.c", "a.b"),
    ("**.card", "x.y.card.number", "x.y.card"),
    ("a.b", "a.c", "a.c"),
    ("a", "$", "$"),
]


@pytest.mark.parametrize(("path", "field", "told"), FIELDS)
def test_a_field_that_differs_is_told_no_further_than_to_what_is_hidden(
    path: str, field: str, told: str
) -> None:
    assert Redaction.of([path]).fields([field]) == (told,)


# what an expression saw, at which path
SAW = [
    '{"event.data.email":"jane@x.com"}',
    '{"event.data":{"email":"jane@x.com"}}',
    '{"event.data.email.name":"jane"}',
    '{"event.data.list[0].email":"jane@x.com"}',
    '{"event.name":"of jane@x.com"}',
]


@pytest.mark.parametrize("saw", SAW)
def test_a_verdict_hides_what_its_expression_saw(saw: str) -> None:
    hides = Redaction.of(["email", "list.email"])
    shown = hides.verdict(Verdict("app", "error", "x", saw, "no jane@x.com"), ("jane@x.com",))
    assert "jane" not in shown.saw + str(shown.error)


def test_a_system_event_hides_what_it_quotes() -> None:
    quoted = {"event": {"data": {"email": "jane@x.com", "n": 7}}, "error": {"message": "no jane@x.com"}}
    made = event(data=json.dumps(quoted | {"fields": ["email.jane"]}), source=SYSTEM).event
    shown = json.loads(Redactions.of({"stripe": ["email", "n"]}).event(made).data)
    assert shown["event"]["data"] == {"email": MARK, "n": MARK}
    assert shown["error"]["message"] == f"no {MARK}"
    assert shown["fields"] == ["email"]


def test_another_source_hides_nothing() -> None:
    made = event(data='{"email":"jane@x.com"}').event
    redactions = Redactions.of({"stripe": ["email"], "github": []})
    assert redactions.event(replace(made, source="github")).data == made.data
    assert not Redactions.of({"github": []})
