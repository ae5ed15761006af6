"""Trace context: whose header is followed, and which ids an attempt gets."""

from __future__ import annotations

import orjson
import pytest

from gateway.event import new_id
from gateway.telemetry.trace import of_attempt, of_caller, of_event, parsed

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{PARENT}-01"
EVENT = new_id(1_800_000_000_000)

# a traceparent that may be followed -> its flags
FOLLOWED = [
    (GOOD, 1),
    (f"00-{TRACE}-{PARENT}-00", 0),  # not sampled
    (f"00-{TRACE}-{PARENT}-03", 1),  # a flag of level 2, which we do not pass on
    (f"cc-{TRACE}-{PARENT}-01-what-comes", 1),  # a later version may say more
    (f"  {GOOD} ", 1),
]

# one that may not
IGNORED = [
    "",
    "00",
    GOOD.upper(),  # hex is lower case
    f"ff-{TRACE}-{PARENT}-01",  # no version
    f"00-{'0' * 32}-{PARENT}-01",  # all zeros
    f"00-{TRACE}-{'0' * 16}-01",
    f"{GOOD}-more",  # version 00 ends here
    f"00-{TRACE}-{PARENT}-1",
    f"{GOOD}\r\nx: y",
]


@pytest.mark.parametrize(("header", "flags"), FOLLOWED)
def test_a_callers_span_is_followed(header: str, flags: int) -> None:
    span = parsed(header)
    assert span is not None and (span.trace_id, span.span_id, span.flags) == (TRACE, PARENT, flags)


@pytest.mark.parametrize("header", IGNORED)
def test_what_the_standard_forbids_is_not(header: str) -> None:
    assert parsed(header) is None


def headers(*pairs: tuple[str, str]) -> str:
    return orjson.dumps([["user-agent", "x"], *pairs]).decode()


def test_two_traceparents_are_none() -> None:
    assert of_caller(headers(("traceparent", GOOD), ("traceparent", GOOD))) is None


# tracestate -> what is passed on
STATES = [("vendor=1", "vendor=1"), ("x" * 513, ""), ("a=\u00fc", ""), ("a=\n", "")]


@pytest.mark.parametrize(("sent", "passed"), STATES)
def test_a_tracestate_is_passed_on_where_it_is_sound(sent: str, passed: str) -> None:
    span = of_caller(headers(("traceparent", GOOD), ("tracestate", sent)))
    assert span is not None and span.state == passed


def test_an_event_is_a_child_of_its_provider_and_an_attempt_of_the_event() -> None:
    event = of_event(EVENT, headers(("traceparent", GOOD), ("tracestate", "v=1")))
    attempt = of_attempt(event, "d1", 1)
    assert (event.trace_id, event.parent_id) == (TRACE, PARENT)
    assert (attempt.trace_id, attempt.parent_id) == (TRACE, event.span_id)
    assert attempt.headers == {"traceparent": f"00-{TRACE}-{attempt.span_id}-01", "tracestate": "v=1"}


def test_every_attempt_has_a_span_of_its_own_and_any_process_the_same() -> None:
    event = of_event(EVENT, "[]")
    spans = {of_attempt(event, delivery, n).span_id for delivery in ("d1", "d2") for n in (1, 2)}
    assert len(spans | {event.span_id}) == 5
    assert of_attempt(of_event(EVENT, "[]"), "d1", 1) == of_attempt(event, "d1", 1)


def test_without_a_provider_the_trace_begins_with_the_event() -> None:
    event = of_event(EVENT, "[]")
    assert event.parent_id is None
    assert parsed(event.headers["traceparent"]) is not None
    assert event.trace_id != of_event(new_id(1_800_000_000_000), "[]").trace_id


def test_an_event_id_that_is_no_ulid_has_a_trace_too() -> None:
    assert parsed(of_event("legacy", "[]").headers["traceparent"]) is not None
