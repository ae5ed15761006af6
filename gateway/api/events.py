"""A request's body -> the events that it sends, or everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.answer import Refused
from gateway.api.slices import Members, objects
from gateway.event import SENT_BESIDE
from gateway.event_rules import Problem, problems

MAX_EVENTS = 5000
"""Events of one request at most."""

TOLD = 3
"""Problems that the sentence of an answer names; the list beside it has all."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An event whose rules hold. `data` and what is in `beside` are JSON text, as they were sent."""

    name: str
    id: str | None
    data: str
    ts: int | None
    v: str | None
    beside: Mapping[str, str]


class BadEvents(Refused):
    """A request of which nothing is stored, since some of its events can't be. `problems` names each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        told = "; ".join(map(str, problems[:TOLD]))
        more = f"; and {len(problems) - TOLD} more" if len(problems) > TOLD else ""
        super().__init__(400, "malformed_event", f"{told}{more}; nothing was stored")
        self.problems = problems


def read_events(body: bytes) -> list[Sent]:
    """The events of a request, whatever its content type. Raises BadEvents, or Refused."""
    values = _values(body)
    if len(values) > MAX_EVENTS:
        raise _malformed(f"a request has at most {MAX_EVENTS} events, not {len(values)}; send several")
    found = [problem for index, value in enumerate(values) for problem in problems(index, value)]
    if found:
        raise BadEvents(found)
    try:
        return [_sent(*both) for both in zip(values, objects(body.decode()), strict=True)]
    except RecursionError:
        raise _malformed("the events are nested too deeply") from None


def _values(body: bytes) -> list[Any]:
    """The words of the first refusal are Inngest's own."""
    if body.lstrip(b" \t\r\n")[:1] not in (b"{", b"["):
        raise _malformed("Request body must contain an event object or an array of event objects")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _malformed(f"the body is not valid JSON: {error}") from None
    return value if isinstance(value, list) else [value]


def _sent(event: Mapping[str, Any], text: Members) -> Sent:
    return Sent(
        name=event["name"],
        id=event.get("id") or None,
        data="{}" if event.get("data") is None else text["data"],
        ts=event.get("ts") or None,
        v=event.get("v") or None,
        beside={field: text[field] for field in SENT_BESIDE if event.get(field)},
    )


def _malformed(message: str) -> Refused:
    return Refused(400, "malformed_event", f"{message}; nothing was stored")
