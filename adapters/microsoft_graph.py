"""Microsoft Graph: change notifications and the lifecycle notifications of their subscriptions.

The secret is the `clientState` that you state when you create the subscription.

Seen 2026-11-24: https://learn.microsoft.com/graph/change-notifications-delivery-webhooks (its source,
microsoftgraph/microsoft-graph-docs-contrib); the ids are from memory
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from adapters.base import (
    MAX_HEADER,
    Adapter,
    ParsedEvent,
    PayloadError,
    Reply,
    Scheme,
    VerificationError,
    WebhookRequest,
    check_text,
    reading_proof,
    short_text,
)
from adapters.batch import MAX_ITEMS, read_items
from adapters.matching import first_match
from adapters.plain import json_request

_SUBSCRIPTION = "7f105c7d-2dc5-4530-97cd-4e7ae6534c07"
MAX_STATE = 128
"""Characters of a clientState, by Graph's reference of the subscription."""


@dataclass(frozen=True)
class ClientState(Scheme):
    """A secret that every notification of a request repeats; one wrong one and none of them is proven."""

    signs_body = False

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        with reading_proof():
            items = list(read_items(request.document, "body.value"))
        if not 0 < len(items) <= MAX_ITEMS:
            raise VerificationError(f"the body holds {len(items)} notifications, which prove nothing")
        # Subscriptions may share an endpoint, each with a secret of its own.
        states = {item.get("clientState") for item in items if isinstance(item.get("clientState"), str)}
        if len(states) > len(secrets) or any(not isinstance(item.get("clientState"), str) for item in items):
            raise VerificationError("a notification is without the clientState of this source")
        return min(first_match(secrets, _equal_to(str(state)), "the clientState") for state in states)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        self.check_secret(secret)
        items = [{**item, "clientState": secret} for item in read_items(request.document, "body.value")]
        return request.with_body(orjson.dumps({"value": items}))

    def check_secret(self, secret: str) -> None:
        check_text(secret)
        if len(secret) > MAX_STATE:
            raise ValueError(f"the secret is longer than the {MAX_STATE} characters of a clientState")

    def generate_secret(self) -> str:
        return token_urlsafe(32)


def _equal_to(state: str) -> Any:
    def proves(secret: str) -> bool:
        check_text(secret)
        return hmac.compare_digest(secret.encode("utf-8", "replace"), state.encode("utf-8", "replace"))

    return proves


class MicrosoftGraph(Adapter):
    """A batch. The encrypted content of rich notifications is left for the subscriber to open."""

    name = "microsoft_graph"
    title = "Microsoft Graph"
    docs = "https://learn.microsoft.com/graph/change-notifications-delivery-webhooks"
    scheme = ClientState()
    proof = "the `clientState` that each notification repeats; the body is not signed"
    retry_horizon = 4 * 3600
    key = "value[].id; else subscription, resource, change and @odata.etag; else none, each one is new"
    first_sample = "message.created"

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        query = urlsplit(request.url).query if request.method == "POST" else ""
        if "validationToken" not in query or len(query) > MAX_HEADER:
            return None
        tokens = parse_qs(query).get("validationToken", [])
        if len(tokens) != 1:
            return None
        headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
        return Reply(200, tokens[0].encode("utf-8", "replace"), headers)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        items = list(read_items(request.document, "body.value"))
        return [_event(item, f"{request.received_at}:{index}") for index, item in enumerate(items)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        noun, _, change = type.rpartition(".")
        item: dict[str, Any] = {"id": id, "subscriptionId": _SUBSCRIPTION, "tenantId": "84bd8158-6d4d-4958"}
        if not noun:
            item |= {"lifecycleEvent": type, "resource": "users/622eaaff/messages"}
        else:
            data = {"@odata.type": f"#microsoft.graph.{noun}", "@odata.id": "users/622eaaff/messages/1",
                    "@odata.etag": 'W/"CQAAABYAAADkrWGo7bouTKlsgTZMr9KwAAAUWRHf"', "id": "1"}  # fmt: skip
            item |= {"changeType": change, "resource": data["@odata.id"], "resourceData": data}
        return json_request(self.name, {"value": [item]}, now)


def _event(item: Mapping[str, Any], moment: str) -> ParsedEvent:
    facts = {"subscription_id": "subscriptionId", "tenant_id": "tenantId", "resource": "resource"}
    return ParsedEvent(
        id=_id(item, moment),
        type=_type(item),
        payload={key: value for key, value in item.items() if key != "clientState"},
        attributes={name: value for name, key in facts.items() if isinstance(value := item.get(key), str)},
    )


def _type(item: Mapping[str, Any]) -> str:
    if item.get("lifecycleEvent"):
        return short_text(item["lifecycleEvent"], "the field 'lifecycleEvent'")
    data = item.get("resourceData")
    kind = data.get("@odata.type") if isinstance(data, dict) else None
    # `#Microsoft.Graph.Message` is a message; `#microsoft.graph.chatMessage` keeps its capital.
    noun = kind.rpartition(".")[2] if isinstance(kind, str) else ""
    noun = noun[:1].lower() + noun[1:] if noun.isalnum() else "resource"
    change = short_text(item.get("changeType"), "the field 'changeType'")
    return short_text(f"{noun}.{change}", "the event type")


def _id(item: Mapping[str, Any], moment: str) -> str:
    if isinstance(item.get("id"), str) and item["id"]:
        return short_text(item["id"], "the field 'id'")
    data = item.get("resourceData")
    etag = data.get("@odata.etag") if isinstance(data, dict) else None
    # Without an etag, two changes of one resource look the same; to lose one would be worse than a duplicate.
    parts = [item.get(key) for key in ("subscriptionId", "resource", "changeType", "lifecycleEvent")]
    try:
        return sha256(orjson.dumps([*parts, etag or moment])).hexdigest()
    except TypeError as error:  # nested deeper than can be written
        raise PayloadError(f"the event id cannot be made: {error}") from error


adapter = MicrosoftGraph
