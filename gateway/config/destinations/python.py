"""A function of one's own, in the process that delivers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.destinations.base import DestinationSection
from gateway.config.problems import shown
from gateway.functions.reference import EXAMPLE, Reference


def _handler(text: str) -> str:
    try:
        return str(Reference.parse(text))
    except ValueError as error:
        raise ValueError(f"{error}, not {shown(text)}") from None


class Python(DestinationSection):
    """A function, called with the event, and with a context where it takes one."""

    formats = ("event",)

    type: Literal["python"] = Field(examples=["python"])
    handler: Annotated[str, AfterValidator(_handler)] = Field(examples=[f'"{EXAMPLE}"'])

    @property
    def reference(self) -> Reference:
        """The function by its name."""
        return Reference.parse(self.handler)

    @property
    def summary(self) -> str:
        return f"python {self.handler}"
