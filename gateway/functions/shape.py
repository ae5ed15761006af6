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
    """A plain function of the event; what it returns is the payload.

    Where the subscription waits for a second event it can take that too, None where none came in time.
    """

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
            takes(code, 2, "second")
        except Unloadable as error:
            raise Unloadable(f"{self.reference}: {error}") from None

    def value(self, happened: Happened, second: Happened | None = None) -> Any:
        """The payload. Raises what the function raises, and ValueError where it returns nothing."""
        code = self.reference.load()
        both = (Event.of(happened), None if second is None else Event.of(second))
        value = code(*both[: takes(code, 2)])
        if value is None:
            raise ValueError(f"{self.reference} returned nothing; return the payload")
        return value
