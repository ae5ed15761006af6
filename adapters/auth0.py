"""Auth0: event streams and log streams to a webhook.

An event stream sends its token as `Authorization: Bearer <token>`, a log stream sends whatever stands in its
"Authorization Token" field. Seen 2026-11-24: https://auth0.com/docs/customize/events (its source,
auth0/docs-v2); the ids of log streams are from memory.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from adapters.base import ParsedEvent, PayloadError, WebhookRequest, check_text, json_document
from adapters.batch import MAX_ITEMS
from adapters.fields import Fields
from adapters.matching import first_match
from adapters.plain import PlainAdapter
from adapters.schemes import SharedToken

_BEARER = "Bearer "


@dataclass(frozen=True)
class Authorization(SharedToken):
    """The token with or without `Bearer `, on either side."""

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        given = request.headers.proof(self.header).removeprefix(_BEARER).encode()

        def proves(secret: str) -> bool:
            self.check_secret(secret)
            return hmac.compare_digest(secret.removeprefix(_BEARER).encode(), given)

        return first_match(secrets, proves, f"the token in the header {self.header}")

    def check_secret(self, secret: str) -> None:
        super().check_secret(secret)
        check_text(secret.removeprefix(_BEARER))


class Auth0(PlainAdapter):
    """An event stream sends one event, a log stream any number: an array, an object, or lines."""

    name = "auth0"
    title = "Auth0"
    docs = "https://auth0.com/docs/customize/events"
    scheme = Authorization(header="Authorization", prefix=_BEARER)
    proof = "token in the header `Authorization`, with or without `Bearer`; the body is not signed"
    # Event streams: four tries within seconds; an operator can redeliver later. Log streams: for hours.
    retry_horizon = 3600
    key = "id (event streams), log_id (log streams)"
    first_sample = "user.created"
    fields = Fields(
        id="body.id", type="body.type", time="body.time", version="body.specversion",
        attributes={"purpose": "body.a0purpose", "tenant": "body.a0tenant", "stream": "body.a0stream"},
    )  # fmt: skip
    logs = Fields(
        id="item.log_id|item._id", type="item.data.type|item.type", time="item.data.date|item.date",
        attributes={"client_id": "item.data.client_id", "user_id": "item.data.user_id"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "specversion": "1.0",
        "source": "urn:auth0:example.eu.auth0.com",
        "a0tenant": "example",
        "a0stream": "est_7Yb1hUZ2SrKdTjBQ4x8m3e",
        "data": {"object": {"user_id": "auth0|507f1f77bcf86cd799439020", "email": "john@example.com"}},
    }

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        items = _items(request)
        if len(items) > MAX_ITEMS:
            raise PayloadError(f"the body holds {len(items)} logs, {MAX_ITEMS} at most are taken")
        return [self._event(request, item) for item in items]

    def _event(self, request: WebhookRequest, item: Any) -> ParsedEvent:
        if not isinstance(item, dict):
            raise PayloadError("the body holds something that is no object")
        if "log_id" in item or "_id" in item:
            return self.logs.event(request, item, item)
        return self.fields.event(request, item)


def _items(request: WebhookRequest) -> list[Any]:
    """The objects of the body: one JSON document, or one to a line."""
    lines = request.body.strip().splitlines()
    if len(lines) > 1 and all(line.startswith(b"{") and line.rstrip().endswith(b"}") for line in lines):
        return [json_document(line, f"line {number} of the body") for number, line in enumerate(lines, 1)]
    document = request.document
    return document if isinstance(document, list) else [request.json]


adapter = Auth0
