"""Backfill as config.yaml states it: when the provider's own list of events is read, and with which key."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from gateway.config.secret import Secret
from gateway.config.section import Section, shown_url, web_url
from gateway.config.units import Count, Duration


def _api_base(value: Any) -> str | None:
    if value is None or value == "":
        return None
    url = web_url(value, "https://api.stripe.com")
    if url.query or url.fragment:
        raise ValueError(f"must end with the host or a path, not {shown_url(value)}")
    return str(value).rstrip("/")


class Backfill(Section):
    """When to ask the provider what no webhook brought. Durations in seconds, `rate` in events a second.

    `since` counts where no earlier backfill left a place to go on from; `every` None: at the start only.
    """

    api_key: Secret | None = Field(None, examples=["${STRIPE_API_KEY}"])
    at_start: bool = True
    every: Duration | None = None
    since: Duration = 259_200.0
    accounts: tuple[Annotated[str, Field(min_length=1, max_length=255)], ...] = ()
    rate: Count = Field(50, ge=1, le=10_000)
    api_base: Annotated[str | None, BeforeValidator(_api_base)] = None
