"""Amazon EventBridge: events that a rule sends to an API destination, with the API key of its connection.

    sources:
      aws-events:
        adapter: aws_eventbridge
        secrets: ["${EVENTBRIDGE_API_KEY}"]
        header: X-Api-Key            # the "API key name" of the connection

Seen 2026-11-24: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import field_validator

from adapters.base import Options, header_name
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import SharedToken
from adapters.times import DAY


class EventBridgeOptions(Options):
    """`header`: the API key name of the connection; `prefix`: what stands before the key."""

    header: str = "X-Api-Key"
    prefix: str = ""

    @field_validator("header")
    @classmethod
    def _check_header(cls, text: str) -> str:
        return header_name(text)


class EventBridge(PlainAdapter):
    """An event keeps its id over all retries. The rule must send the matched event, not a part of it."""

    name = "aws_eventbridge"
    title = "Amazon EventBridge"
    docs = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html"
    scheme = SharedToken(header="X-Api-Key")
    # Up to 24 hours and 185 times by default (docs: eb-rule-retry-policy).
    retry_horizon = DAY
    first_sample = "object_created"
    fields = Fields(
        id="body.id", type="body.detail-type", time="body.time", version="body.version", words="snake",
        attributes={"source": "body.source", "account": "body.account", "region": "body.region"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "version": "0",
        "source": "aws.s3",
        "account": "123456789012",
        "region": "eu-west-1",
        "resources": ["arn:aws:s3:::orders"],
        "detail": {"bucket": {"name": "orders"}, "object": {"key": "4711.json", "size": 5}},
    }
    Options = EventBridgeOptions
    options: EventBridgeOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self.scheme = replace(self.scheme, header=self.options.header, prefix=self.options.prefix)


adapter = EventBridge
