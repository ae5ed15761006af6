"""Google Cloud Pub/Sub: a push subscription with authentication.

    sources:
      orders-topic:
        adapter: google_pubsub
        service_account: push@my-project.iam.gserviceaccount.com
        audience: https://gateway.example/webhooks/orders-topic       # or nothing: the source's own URL

Google signs a token that says who pushes, not what. Every customer of Google can have one made for any
audience, so the account is mandatory.

Seen 2026-11-24: google-auth 2.63.0 (PyPI), oauth2/id_token.py and jwt.py;
https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions from memory
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import field_validator

from adapters.base import Adapter, Options, ParsedEvent, StaleTimestamp, WebhookRequest, json_object
from adapters.fields import Fields
from adapters.jwt import JwtSignature
from adapters.plain import json_request
from adapters.times import DAY, event_time, write_time

ANY = "any"
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")
_OLD_KEYS = "https://www.googleapis.com/oauth2/v1/certs"  # the same keys, as certificates
_MAX_AHEAD = 300  # seconds that Google's clock may be ahead of ours, as google-auth-library (npm) allows
_PREFIX = "x-goog-pubsub-"
_SUBSCRIPTION = "projects/my-project/subscriptions/sample"


class PubSubOptions(Options):
    """`service_account`: the account that the subscription pushes as; `any` trusts all Google's customers.

    `audience`: as the subscription states it; without it, the source's URL, as Google does by default.
    """

    service_account: str
    audience: str = ""

    @field_validator("service_account")
    @classmethod
    def _check_account(cls, text: str) -> str:
        if text != ANY and "@" not in text:
            raise ValueError("write the account's e-mail address, push@my-project.iam.gserviceaccount.com")
        return text


class PubSub(Adapter):
    """One message each. Its data is base64, as it came; Google's key set is kept for an hour."""

    name = "google_pubsub"
    title = "Google Cloud Pub/Sub"
    docs = "https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions"
    scheme: JwtSignature = JwtSignature(
        algorithms=("RS256",),
        jwks="https://www.googleapis.com/oauth2/v3/certs",
        issuers=("https://accounts.google.com", "accounts.google.com"),
        required=("exp", "iat", "aud", "iss"),
    )
    retry_horizon = 7 * DAY  # as long as the subscription keeps messages; 7 days by default
    key = "the subscription and message.messageId"
    first_sample = "message"
    Options = PubSubOptions
    options: PubSubOptions
    unstated: ClassVar[Mapping[str, Any]] = {"service_account": ANY}
    fields = Fields(
        id="body.message.messageId|body.message.message_id",
        type="=message",
        time="body.message.publishTime|body.message.publish_time",
        key=("body.subscription", "body.message.messageId|body.message.message_id"),
        attributes={"subscription": "body.subscription", "ordering_key": "body.message.orderingKey"},
    )

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        account = self.options.service_account
        if account != ANY:
            self.scheme = replace(self.scheme, claims={"email": account, "email_verified": True})

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        scheme = self._scheme(request)
        index = scheme.verify(request, secrets, now, None)
        issued = scheme.read_claims(request)["iat"]
        if not isinstance(issued, (int, float)) or issued > now + _MAX_AHEAD:
            raise StaleTimestamp("the token is issued in the future")
        return index

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        return self._scheme(request).sign(request, secret, now)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        if request.headers.all(_PREFIX + "message-id"):
            return [_unwrapped(request)]
        message = request.json.get("message")
        attributes = message.get("attributes") if isinstance(message, dict) else None
        event = self.fields.event(request)
        return [replace(event, type=_type(attributes if isinstance(attributes, dict) else {}))]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        message = {
            "data": base64.b64encode(b'{"order": 4711}').decode(),
            "attributes": {} if type == "message" else {"eventType": type},
            "messageId": id,
            "message_id": id,
            "publishTime": write_time(now, "iso"),
            "publish_time": write_time(now, "iso"),
        }
        return json_request(self.name, {"message": message, "subscription": _SUBSCRIPTION}, now)

    def _scheme(self, request: WebhookRequest) -> JwtSignature:
        scheme = replace(self.scheme, audience=self.options.audience or request.url)
        if _OLD_KEYS in request.keys and self.scheme.jwks not in request.keys:
            return replace(scheme, jwks=_OLD_KEYS)
        return scheme


def _type(attributes: Mapping[str, Any]) -> str:
    """What Google's own products put in an attribute; anyone else's word only where it can be a name."""
    for name in ("eventType", "ce-type"):
        if isinstance(text := attributes.get(name), str) and _TYPE.fullmatch(text):
            return text
    return "message"


def _unwrapped(request: WebhookRequest) -> ParsedEvent:
    """The event of a subscription with payload unwrapping: the body is the data, the rest is in headers."""
    found = Fields(
        id=f"header.{_PREFIX}message-id",
        type="=message",
        time=f"header.{_PREFIX}publish-time",
        key=(f"header.{_PREFIX}subscription-name", f"header.{_PREFIX}message-id"),
    ).event(request, _payload(request.body))
    headers = {name: request.headers.get(name) for name in ("eventType", "ce-type")}
    subscription = request.headers.get(_PREFIX + "subscription-name")
    return replace(
        found,
        type=_type(headers),
        ts=event_time(request.headers.get(_PREFIX + "publish-time")),
        attributes={"subscription": subscription} if subscription else {},
    )


def _payload(body: bytes) -> Mapping[str, Any]:
    """The body where it is a JSON object, else the body in base64, as it would have come wrapped."""
    if body.lstrip()[:1] == b"{":
        return json_object(body, "the body")
    return {"data": base64.b64encode(body).decode()}


adapter = PubSub
