"""Amazon SNS topics."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.destinations.aws import QueueOrTopic
from gateway.config.problems import shown

EXAMPLE = "arn:aws:sns:eu-central-1:123456789012:events"

_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")


def _topic_arn(text: str) -> str:
    if not _ARN.fullmatch(text):
        raise ValueError(f"must be the ARN of a topic, such as {EXAMPLE}, not {shown(text)}")
    return text


class Sns(QueueOrTopic):
    """A topic, by its ARN."""

    type: Literal["sns"] = Field(examples=["sns"])
    topic_arn: Annotated[str, AfterValidator(_topic_arn)] = Field(examples=[EXAMPLE])

    @property
    def place(self) -> str:
        return self.topic_arn
