"""Okta: event hooks.

Okta signs nothing: it sends a header of your choice with a secret of your making. Seen 2026-11-24:
https://developer.okta.com/docs/concepts/event-hooks/ (its source, okta/okta-developer-docs)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import orjson
from pydantic import field_validator

from adapters.base import MAX_HEADER, Options, Reply, WebhookRequest, header_name
from adapters.batch import BatchAdapter
from adapters.fields import Fields
from adapters.schemes import SharedToken


class OktaOptions(Options):
    """`header`: the authentication field of the event hook. `prefix`: what stands before the secret in it."""

    header: str = "Authorization"
    prefix: str = ""

    @field_validator("header")
    @classmethod
    def _check_header(cls, text: str) -> str:
        return header_name(text)


class Okta(BatchAdapter):
    """The events of a request have ids of their own; the request's `eventId` is kept next to them."""

    name = "okta"
    title = "Okta"
    docs = "https://developer.okta.com/docs/concepts/event-hooks/"
    scheme = SharedToken(header="Authorization")
    retry_horizon = 60  # one further try, soon after a timeout or a 5xx
    key = "data.events[].uuid"
    first_sample = "user.session.start"
    items = "body.data.events"
    fields = Fields(
        id="item.uuid", type="item.eventType", time="item.published", version="item.version",
        attributes={"request_id": "body.eventId", "severity": "item.severity"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "eventType": "com.okta.event_hook",
        "eventTypeVersion": "1.0",
        "cloudEventsVersion": "0.1",
        "eventId": "b5a188b9-5ece-4636-b041-482ffda96311",
        "contentType": "application/json",
    }
    example_item: ClassVar[Mapping[str, Any]] = {
        "version": "0",
        "severity": "INFO",
        "displayMessage": "User login to Okta",
        "actor": {"id": "00uttidj01jqL21aM1d6", "type": "User", "alternateId": "john.doe@example.com"},
        "outcome": {"result": "SUCCESS"},
    }
    Options = OktaOptions
    options: OktaOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self.scheme = replace(self.scheme, header=self.options.header, prefix=self.options.prefix)

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        values = request.headers.all("x-okta-verification-challenge") if request.method == "GET" else []
        if len(values) != 1 or not 0 < len(values[0]) <= MAX_HEADER:
            return None
        body = orjson.dumps({"verification": values[0].decode("latin-1")})
        return Reply(200, body, {"Content-Type": "application/json"})


adapter = Okta
