"""Webflow: webhooks of a site, version 2.

Seen 2026-11-24: webflow-api 3 (npm), wrapper/WebhooksClient.js;
https://developers.webflow.com/data/docs/working-with-webhooks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature


class Webflow(PlainAdapter):
    """Signed are webhooks made by the API, with the app's client secret or the webhook's own key."""

    name = "webflow"
    title = "Webflow"
    docs = "https://developers.webflow.com/data/docs/working-with-webhooks"
    scheme = HmacSignature(
        header="X-Webflow-Signature", signed="{timestamp}:{body}", timestamp="X-Webflow-Timestamp",
        timestamp_unit="ms",
    )  # fmt: skip
    tolerance = 300
    retry_horizon = 3600  # three more tries, ten minutes apart
    key = "a digest of the body: not every type has an id"
    first_sample = "form_submission"
    fields = Fields(
        id="digest",
        type="body.triggerType",
        time="body.payload.submittedAt|body.payload.lastUpdated|body.payload.createdOn",
        attributes={"site_id": "body.payload.siteId"},
    )
    example: ClassVar[Mapping[str, Any]] = {
        "payload": {
            "name": "Contact Us",
            "siteId": "65427cf400e02b306eaa049c",
            "data": {"First Name": "Zaphod", "email": "zaphod@example.com"},
            "id": "6321ca84df3949bfc6752327",
            "formId": "65429eadebe8a9f3a30f62d0",
        },
    }


adapter = Webflow
