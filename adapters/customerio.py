"""Customer.io: reporting webhooks.

Seen 2026-11-24: https://docs.customer.io/api/webhooks (also the catalogue of triggerdotdev/trigger.dev)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY


class CustomerIo(PlainAdapter):
    """Customer.io states no tolerance; five minutes is ours."""

    name = "customerio"
    title = "Customer.io"
    docs = "https://docs.customer.io/api/webhooks"
    scheme = HmacSignature(
        header="X-CIO-Signature", signed="v0:{timestamp}:{body}", timestamp="X-CIO-Timestamp"
    )
    tolerance = 300
    retry_horizon = 7 * DAY
    key = "event_id"
    first_sample = "email.delivered"
    fields = Fields(
        id="body.event_id", type=("body.object_type", "body.metric"), time="body.timestamp",
        attributes={"customer_id": "body.data.customer_id", "campaign_id": "body.data.campaign_id"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "data": {
            "customer_id": "42",
            "delivery_id": "RMehBAAAAXE7r_ONUGXly9DBGkpq1JS31g==",
            "identifiers": {"id": "42", "email": "test@example.com"},
            "recipient": "test@example.com",
            "subject": "Thanks for signing up",
        },
    }


adapter = CustomerIo
