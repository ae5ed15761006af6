"""How a provider's type becomes the name of an event, in the provider's own words.

customer.created                stripe/customer.created           as it is
orders/create  repo:push        shopify/orders.create             `/` and `:` become `.`
PAYMENT.SALE.COMPLETED          paypal/payment.sale.completed     a SHOUTED type is lower-cased
jira:issue_updated              jira/issue_updated                a stated prefix is removed
SpamComplaint                   postmark/spam_complaint           where the adapter says "snake"
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from adapters.base import PayloadError

Words = Literal["kept", "lower", "snake"]
"""What becomes of a type's letters: kept (but for SHOUTING), lower-cased, or written in snake_case."""

MAX_NAME = 256
"""Characters of an event's name at most."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PRINTABLE = re.compile(r"[!-~]+")


def event_type(text: str, prefixes: Sequence[str] = (), words: Words = "kept") -> str:
    """`text`, the provider's type, as the part of an event's name that follows the `/`."""
    for prefix in prefixes:
        if text.startswith(prefix):
            text = text[len(prefix) :]
            break
    text = text.replace("/", ".").replace(":", ".")
    if words == "snake":
        text = _HUMP.sub("_", text).replace(" ", "_")
    return text.lower() if words != "kept" or text.isupper() else text


@lru_cache(maxsize=4096)
def event_name(adapter: str, type: str) -> str:
    """The name of an event. Raises PayloadError where `type` cannot be part of one."""
    name = f"{adapter}/{event_type(type)}"
    if not type or len(name) > MAX_NAME or not _PRINTABLE.fullmatch(name):
        raise PayloadError(
            f"the event type {type[:80]!r} cannot be part of a name: 1 to {MAX_NAME} printable characters"
        )
    return name
