"""Telnyx: messages, calls and everything else of API version 2.

Seen 2026-11-24: telnyx 4.189.0 (PyPI), lib/webhook_verification.py;
https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.asymmetric import Ed25519Signature
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.times import DAY


class Telnyx(PlainAdapter):
    """The secret is the account's public key, as the portal shows it."""

    name = "telnyx"
    title = "Telnyx"
    docs = "https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks"
    scheme = Ed25519Signature(
        header="Telnyx-Signature-Ed25519", encoding="base64", signed="{timestamp}|{body}",
        timestamp="Telnyx-Timestamp",
    )  # fmt: skip
    tolerance = 300
    retry_horizon = DAY  # a few tries at the main and the failover URL; a day, to be safe
    key = "data.id"
    first_sample = "message.received"
    fields = Fields(
        id="body.data.id", type="body.data.event_type", time="body.data.occurred_at",
        attributes={"attempt": "body.meta.attempt"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "data": {
            "record_type": "event",
            "payload": {
                "id": "84cca175-9755-4859-b67f-4730d7f58aa3",
                "direction": "inbound",
                "from": {"phone_number": "+13125550001"},
                "to": [{"phone_number": "+17735550002"}],
                "text": "Hello from Telnyx!",
            },
        },
        "meta": {"attempt": 1, "delivered_to": "https://gateway.example/webhooks/telnyx"},
    }


adapter = Telnyx
