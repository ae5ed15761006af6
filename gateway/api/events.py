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
from gateway.schema import Breach, Contract

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
    breach: Breach | None = None


class BadEvents(Refused):
    """A request of which nothing is stored, since some of its events can't be. `problems` names each."""

    def __init__(self, problems: Sequence[Problem], code: str = "malformed_event") -> None:
        told = "; ".join(map(str, problems[:TOLD]))
        more = f"; and {len(problems) - TOLD} more" if len(problems) > TOLD else ""
        super().__init__(400, code, f"{told}{more}; nothing was stored")
        self.problems = problems


def read_events(body: bytes, contract: Contract | None = None) -> list[Sent]:
    """The events of a request, whatever its content type. Raises BadEvents, or Refused.

    Also where the data of one breaks a schema of the `contract` that refuses.
    """
    values = _values(body)
    if len(values) > MAX_EVENTS:
        raise _malformed(f"a request has at most {MAX_EVENTS} events, not {len(values)}; send several")
    found = [problem for index, value in enumerate(values) for problem in problems(index, value)]
    if found:
        raise BadEvents(found)
    breaches = [_breach(value, contract) for value in values] if contract else [None] * len(values)
    broken = [each for index, breach in enumerate(breaches) for each in _refusing(index, breach)]
    if broken:
        raise BadEvents(broken, "schema_broken")
    try:
        return [_sent(*each) for each in zip(values, objects(body.decode()), breaches, strict=True)]
    except RecursionError:
        raise _malformed("the events are nested too deeply") from None


def _breach(event: Mapping[str, Any], contract: Contract) -> Breach | None:
    return contract.breach(event["name"], event.get("data") or {})


def _refusing(index: int, breach: Breach | None) -> list[Problem]:
    if breach is None or not breach.refused:
        return []
    return [
        Problem(index, fault.field, f"{fault.reason} (schema {breach.pattern})") for fault in breach.faults
    ]


def _values(body: bytes) -> list[Any]:
    """The words of the first refusal are Inngest's own."""
    if body.lstrip(b" \t\r\n")[:1] not in (b"{", b"["):
        raise _malformed("Request body must contain an event object or an array of event objects")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _malformed(f"the body is not valid JSON: {error}") from None
    return value if isinstance(value, list) else [value]


def _sent(event: Mapping[str, Any], text: Members, breach: Breach | None) -> Sent:
    return Sent(
        name=event["name"],
        id=event.get("id") or None,
        data="{}" if event.get("data") is None else text["data"],
        ts=event.get("ts") or None,
        v=event.get("v") or None,
        beside={field: text[field] for field in SENT_BESIDE if event.get(field)},
        breach=breach,
    )


def _malformed(message: str) -> Refused:
    return Refused(400, "malformed_event", f"{message}; nothing was stored")
