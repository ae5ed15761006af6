"""`transform: "python:myapp.shapes:for_crm"`: a function that makes another payload of an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.event import Event as Happened
from gateway.functions.event import Event
from gateway.functions.reference import Reference, Unloadable, is_async, takes

PREFIX = "python:"


@dataclass(frozen=True, slots=True)
class Shape:
    """A plain function of one argument, the event; what it returns is the payload."""

    reference: Reference

    @property
    def text(self) -> str:
        """As config.yaml has it."""
        return f"{PREFIX}{self.reference}"

    def check(self) -> None:
        """Raises Unloadable where it can't be imported, or can't be called like that."""
        code = self.reference.load()
        if is_async(code):
            raise Unloadable(f"{self.reference}: a transform must be a plain def, not an async def")
        try:
            takes(code, 1)
        except Unloadable as error:
            raise Unloadable(f"{self.reference}: {error}") from None

    def value(self, happened: Happened) -> Any:
        """The payload. Raises what the function raises, and ValueError where it returns nothing."""
        value = self.reference.load()(Event.of(happened))
        if value is None:
            raise ValueError(f"{self.reference} returned nothing; return the payload")
        return value
