"""Braintree: webhooks of a merchant.

Seen 2026-11-24: braintree 4.48.0 (PyPI), webhook_notification_gateway.py and util/crypto.py.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha1, sha256
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from adapters.base import (
    Adapter,
    Options,
    ParsedEvent,
    PayloadError,
    Reply,
    VerificationError,
    WebhookRequest,
    check_text,
    reading_proof,
    short_text,
)
from adapters.plain import form_request
from adapters.schemes import first_match
from adapters.times import DAY, event_time

_CHALLENGE = re.compile(r"[a-f0-9]{20,32}")
_PAYLOAD = re.compile(r"[A-Za-z0-9+=/\n]+")
_MAX_DEPTH = 40


class BraintreeOptions(Options):
    """`public_key`: the public half of the API key, where the secret is the private half alone."""

    public_key: str = ""


class Braintree(Adapter):
    """The secret is `public_key|private_key`, as Braintree writes a signature, or the private key alone."""

    name = "braintree"
    title = "Braintree"
    docs = "https://developer.paypal.com/braintree/docs/guides/webhooks/parse/python"
    # Every hour, for a day in production and for three hours in the sandbox.
    retry_horizon = DAY
    key = "the digest of bt_payload: the provider sends no id"
    first_sample = "subscription_went_past_due"
    Options = BraintreeOptions
    options: BraintreeOptions

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """`GET ?bt_challenge=…` hears `public_key|signature`.

        It signs nothing but 20 to 32 hex digits, which `verify` takes for no payload.
        """
        if request.method != "GET" or not (challenge := _challenge(request.url)):
            return None
        for secret in secrets:
            public, private = self._keys(secret)
            if public and private.strip():
                body = f"{public}|{_digest(private, challenge)}".encode()
                return Reply(200, body, {"Content-Type": "text/plain"})
        return None

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        signature, payload = _signed(request)
        pairs = [pair.split("|") for pair in signature.split("&")]

        def proves(secret: str) -> bool:
            self.check_secret(secret)
            public, private = self._keys(secret)
            ours = [pair[1] for pair in pairs if len(pair) == 2 and pair[0] == (public or pair[0])]
            wanted = [_digest(private, payload), _digest(private, payload + "\n")]
            return sum([_same(given, good) for given in ours for good in wanted]) > 0

        return first_match(secrets, proves, "the signature in bt_signature")

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        [payload] = request.form.get("bt_payload", [""])[:1]
        notification = _notification(payload)
        return [
            ParsedEvent(
                id=sha256(payload.encode()).hexdigest(),
                type=short_text(notification.get("kind"), "the field 'kind'"),
                payload=notification,
                ts=event_time(notification.get("timestamp")),
            )
        ]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        subject = f"<subscription><id>{id}</id><status>Past Due</status></subscription>"
        text = (
            f'<notification><timestamp type="datetime">{at}</timestamp><kind>{type}</kind>'
            f"<subject>{subject}</subject></notification>"
        )
        return form_request(self.name, {"bt_payload": base64.encodebytes(text.encode()).decode()}, now)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        self.check_secret(secret)
        public, private = self._keys(secret)
        payload = request.form["bt_payload"][0]
        fields = {"bt_signature": f"{public or 'public'}|{_digest(private, payload)}", "bt_payload": payload}
        return request.with_body(form_request(self.name, fields, now).body)

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        return _signed(request)[1].encode()

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        public, private = self._keys(secret)
        return f"{public}|{_digest(private, _signed(request)[1])}"

    def check_secret(self, secret: str) -> None:
        check_text(secret)
        check_text(self._keys(secret)[1])

    def generate_secret(self) -> str:
        return f"{self.options.public_key or token_hex(8)}|{token_hex(16)}"

    def _keys(self, secret: str) -> tuple[str, str]:
        public, mark, private = secret.partition("|")
        return (public, private) if mark else (self.options.public_key, secret)


def _challenge(url: str) -> str | None:
    try:
        values = parse_qs(urlsplit(url).query, max_num_fields=10).get("bt_challenge", [])
    except ValueError:
        return None
    return values[0] if len(values) == 1 and _CHALLENGE.fullmatch(values[0]) else None


def _signed(request: WebhookRequest) -> tuple[str, str]:
    """bt_signature and bt_payload. Raises VerificationError."""
    with reading_proof():
        fields = [request.form.get(name, []) for name in ("bt_signature", "bt_payload")]
    if [len(values) for values in fields] != [1, 1]:
        raise VerificationError("the form does not hold one bt_signature and one bt_payload")
    signature, payload = fields[0][0], fields[1][0]
    if not _PAYLOAD.fullmatch(payload) or _CHALLENGE.fullmatch(payload.strip()):
        raise VerificationError("bt_payload holds what no payload holds")
    return signature, payload


def _digest(private: str, text: str) -> str:
    return hmac.digest(sha1(private.encode()).digest(), text.encode(), "sha1").hex()


def _same(given: str, good: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), good.encode())


def _notification(payload: str) -> dict[str, Any]:
    """The notification in `payload`, base64 of XML, as an object. Raises PayloadError."""
    try:
        text = base64.b64decode(payload.replace("\n", ""), validate=True)
        if b"<!" in text:  # no entities, no document type
            raise PayloadError("bt_payload is XML with a declaration, which Braintree never sends")
        root = ElementTree.fromstring(text.strip())
    except (ValueError, ElementTree.ParseError) as error:
        raise PayloadError(f"bt_payload is not base64 of XML: {error}") from error
    found = _value(root) if root.tag == "notification" else None
    if not isinstance(found, dict):
        raise PayloadError("bt_payload is XML, but no notification")
    return found


def _value(element: ElementTree.Element, depth: int = 0) -> Any:
    """`element` as JSON, as Braintree's own libraries read it."""
    if depth > _MAX_DEPTH:
        raise PayloadError(f"bt_payload is nested deeper than {_MAX_DEPTH}")
    if element.get("nil") == "true":
        return None
    if element.get("type") == "array":
        return [_value(child, depth + 1) for child in element]
    if len(element):
        return {child.tag.replace("-", "_"): _value(child, depth + 1) for child in element}
    text = (element.text or "").strip()
    if element.get("type") == "boolean":
        return text == "true"
    if element.get("type") == "integer" and re.fullmatch(r"-?\d{1,18}", text):
        return int(text)
    return text


adapter = Braintree
