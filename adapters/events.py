"""What an adapter makes of a request: events, answers, actions; import them from `adapters.base`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.errors import PayloadError
from adapters.record import record

MAX_TEXT = 255
"""Characters. An event's id or type longer than this is refused."""


def short_text(value: object, what: str) -> str:
    """`value` as an event's id or type; a whole number counts as text. Raises PayloadError naming `what`."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise PayloadError(f"{what} is not a text of 1 to {MAX_TEXT} printable characters")
    return value


def text_field(document: Mapping[str, Any], name: str) -> str:
    """The id or type at `document[name]`, a short text. Raises PayloadError naming the field otherwise."""
    value = document.get(name)
    if isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable():
        return value  # nearly always; the sentence for the error is not made in vain
    return short_text(value, f"the field {name!r}")


@record
class ParsedEvent:
    """One event as the provider tells it.

    `id` is the provider's event id, the same on every retry. `type` is the provider's own type
    (`customer.created`); the gateway names the event `{adapter}/{type}`. `payload` is the provider's
    object, unchanged; where it is `request.json` itself, its bytes are kept exactly as they came.
    `ts` is the provider's event time in Unix ms, None where it tells none. `version` is the provider's
    API version. `key` is the dedupe key where that is not the id itself. `attributes` are facts that
    people filter by (Stripe: account, livemode), plain scalars only.
    """

    id: str
    type: str
    payload: Mapping[str, Any]
    ts: int | None = None
    version: str | None = None
    key: str | None = None
    attributes: Mapping[str, str | int | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that a provider wants to hear instead of the gateway's own."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Confirm:
    """An action that a provider's set-up asks for: GET `url`, where the adapter's `may_fetch` allows it.

    The gateway then answers 200; where the GET failed, 503, so that the provider tries again.
    """

    url: str
