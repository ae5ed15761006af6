"""Inngest, or whoever takes events as its event API does."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.destinations.base import DestinationSection
from gateway.config.secret import Secret
from gateway.config.section import web_url

_KEY = re.compile(r"[A-Za-z0-9._~-]{1,256}")


def _base_url(text: str) -> str:
    url = web_url(text, "https://inn.gs")
    if url.query or url.fragment:
        raise ValueError("must have no ? and no #")
    if url.path.rstrip("/").endswith("/e"):
        raise ValueError("must end before the /e; the gateway appends /e/ and the event key itself")
    return text.rstrip("/")


def _event_key(key: Secret | None) -> Secret | None:
    if key is not None and not _KEY.fullmatch(key.get_secret_value()):
        raise ValueError("must be an event key: letters, digits and . _ ~ -, at most 256 of them")
    return key


class Inngest(DestinationSection):
    """An event API at `base_url`. It takes objects of its own form, so nothing but events."""

    formats = ("event",)
    takes_two = False

    type: Literal["inngest"] = Field(examples=["inngest"])
    event_key: Annotated[Secret | None, AfterValidator(_event_key)] = Field(
        None, validate_default=True, examples=['"${INNGEST_EVENT_KEY}"']
    )
    base_url: Annotated[str, AfterValidator(_base_url)] = "https://inn.gs"

    @property
    def summary(self) -> str:
        return f"inngest {self.base_url}"

    @property
    def needed_secrets(self) -> tuple[str, ...]:
        return ("event_key",)

    @property
    def shown_secrets(self) -> tuple[str, ...]:
        return (self.event_key.masked,) if self.event_key else ()
