"""Amazon SQS queues."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.destinations.aws import QueueOrTopic
from gateway.config.problems import shown
from gateway.config.section import web_url

EXAMPLE = "https://sqs.eu-central-1.amazonaws.com/123456789012/events"

_PATH = re.compile(r"(/[A-Za-z0-9_-]+)+(\.fifo)?")


def _queue_url(text: str) -> str:
    url = web_url(text, EXAMPLE)
    if not _PATH.fullmatch(url.path) or url.query or url.fragment:
        raise ValueError(f"must be the URL of a queue, such as {EXAMPLE}, not {shown(text)}")
    return text


class Sqs(QueueOrTopic):
    """A queue, by the URL that AWS shows for it."""

    type: Literal["sqs"] = Field(examples=["sqs"])
    queue_url: Annotated[str, AfterValidator(_queue_url)] = Field(examples=[EXAMPLE])

    @property
    def place(self) -> str:
        return self.queue_url
