"""Amazon EventBridge buses."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.destinations.aws import AwsSection
from gateway.config.problems import shown

_BUS = re.compile(r"(arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/)?[A-Za-z0-9._-]{1,256}")


def _bus(text: str) -> str:
    if not _BUS.fullmatch(text):
        raise ValueError(
            f"must be the name or the ARN of a bus, such as default or orders, not {shown(text)}"
        )
    return text


class EventBridge(AwsSection):
    """A bus, by name or ARN. It takes JSON objects, so no raw bodies."""

    formats = ("event", "cloudevents")

    type: Literal["eventbridge"] = Field(examples=["eventbridge"])
    bus: Annotated[str, AfterValidator(_bus)] = Field(examples=["orders"])
    assume_bus: bool = False

    @property
    def place(self) -> str:
        return self.bus
