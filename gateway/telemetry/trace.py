"""W3C trace context: the provider's traceparent, carried through every attempt to the subscriber.

Every id follows from what is stored, so that any process of any node comes to the same, and nothing needs a
column of its own. Without a traceparent of the provider's, the event's id, a ULID, is the trace-id: it has
128 bits, and most of them are random.

Source: https://www.w3.org/TR/trace-context/ (Recommendation of 2021-11-23), seen 2026-11-24.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

import orjson
from ulid_transform import ulid_to_bytes

SAMPLED = 1
"""The flag by which a caller says that it may have recorded its part. Without it, a subscriber whose sampler
follows its caller would record nothing of a trace that begins here."""

NAMES = ("traceparent", "tracestate")
"""The headers that carry a context; each hop puts its own in their place."""

LONGEST_STATE = 512
"""Characters of a tracestate that are passed on, as the standard asks for; a longer one is dropped."""

_PARENT = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """One step of a trace: its ids in hex, and the span that led to it where there is one."""

    trace_id: str
    span_id: str
    flags: int = SAMPLED
    state: str = ""
    parent_id: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What the next hop is told."""
        told = {"traceparent": f"00-{self.trace_id}-{self.span_id}-{self.flags:02x}"}
        return told | ({"tracestate": self.state} if self.state else {})


CURRENT: ContextVar[Span | None] = ContextVar("CURRENT", default=None)
"""The attempt that this task makes, for its request and for its lines in the log."""


class Tracer(Protocol):
    """Where spans go."""

    def flags(self, trace_id: str) -> int:
        """Whether a trace that begins here is to be recorded: SAMPLED or 0, and the same every time."""
        ...

    def record(
        self,
        span: Span,
        name: str,
        incoming: bool,
        began: float,
        ended: float,
        attributes: Mapping[str, str | int],
        error: str | None = None,
    ) -> None:
        """Hand over a span that is over; `began` and `ended` are Unix seconds. Never blocks."""
        ...

    def close(self) -> None:
        """Send what is left."""
        ...


def parsed(traceparent: str, tracestate: str = "") -> Span | None:
    """The caller's span; None where the header is not one that the standard lets us follow."""
    found = _PARENT.fullmatch(traceparent.strip())
    if found is None or (found[1] == "00" and found[5]):
        return None
    state = tracestate.strip() if len(tracestate) <= LONGEST_STATE and _is_plain(tracestate) else ""
    return Span(found[2], found[3], int(found[4], 16) & SAMPLED, state)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def of_caller(headers: str) -> Span | None:
    """The span that the kept headers of a request name: JSON text, [name, value] pairs."""
    if '"traceparent"' not in headers:
        return None
    pairs = [(name, value) for name, value in orjson.loads(headers) if name in NAMES]
    parents = [value for name, value in pairs if name == "traceparent"]
    state = ",".join(value for name, value in pairs if name == "tracestate")
    return parsed(parents[0], state) if len(parents) == 1 else None


def of_event(event_id: str, headers: str, tracer: Tracer | None = None) -> Span:
    """The span in which an event was received, with the kept `headers` of its request."""
    caller = of_caller(headers)
    span_id = _span_id(event_id)
    if caller is not None:
        return Span(caller.trace_id, span_id, caller.flags, caller.state, caller.span_id)
    trace_id = _trace_id(event_id)
    return Span(trace_id, span_id, SAMPLED if tracer is None else tracer.flags(trace_id))


def of_attempt(event: Span, delivery_id: str, number: int) -> Span:
    """The span of one attempt, a child of the one in which its event was received."""
    return Span(event.trace_id, _span_id(f"{delivery_id}#{number}"), event.flags, event.state, event.span_id)


def _trace_id(event_id: str) -> str:
    try:
        return ulid_to_bytes(event_id).hex()
    except ValueError:
        return hashlib.sha256(event_id.encode()).hexdigest()[:32]


def _span_id(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()[:16]
