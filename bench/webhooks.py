"""Signed Stripe webhooks, whole HTTP requests of them, prepared before any clock starts."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time

SECRET = "whsec_bench"
BODY_BYTES = 1800


def event_id(number: int) -> str:
    """The provider's event id of the `number`th distinct webhook of a run."""
    return f"evt_{number:08d}"


def body(number: int, created: int) -> bytes:
    """A `customer.created` snapshot of exactly BODY_BYTES bytes."""
    customer = {
        "id": f"cus_{number:08d}",
        "object": "customer",
        "created": created,
        "currency": "eur",
        "email": f"customer-{number}@example.com",
        "livemode": False,
        "metadata": {"order": str(number)},
        "preferred_locales": ["en", "de"],
        "description": "",
    }
    event = {
        "id": event_id(number),
        "object": "event",
        "api_version": "2026-03-25",
        "created": created,
        "data": {"object": customer},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": f"req_{number:08d}", "idempotency_key": None},
        "type": "customer.created",
    }
    customer["description"] = "x" * (BODY_BYTES - len(json.dumps(event)))
    return json.dumps(event).encode()


def request(path: str, payload: bytes, timestamp: int) -> bytes:
    """One HTTP/1.1 request as Stripe sends it, signed with SECRET."""
    signed = b"%d." % timestamp + payload
    signature = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    head = (
        f"POST {path} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)\r\n"
        "Accept: */*; q=0.5, application/json\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        f"Stripe-Signature: t={timestamp},v1={signature}\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


def requests(path: str, count: int, duplicates: float = 0.0) -> list[bytes]:
    """`count` requests, of which the share `duplicates` (0 to 1) repeats one from earlier in the list."""
    now = int(time.time())
    chance = random.Random(count)
    distinct = [request(path, body(i, now), now) for i in range(count - round(count * duplicates))]
    mixed = list(distinct)
    for _ in range(count - len(distinct)):
        original = chance.randrange(len(mixed))
        mixed.insert(chance.randint(original + 1, len(mixed)), mixed[original])
    return mixed
