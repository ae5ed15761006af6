"""DocuSign Connect: envelopes, recipients and templates, as JSON.

Seen 2026-11-24: https://developers.docusign.com/platform/webhooks/connect/validate/
"""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY


class DocuSign(PlainAdapter):
    """One header for each of the account's keys, up to 100; any of them will do."""

    name = "docusign"
    title = "DocuSign Connect"
    docs = "https://developers.docusign.com/platform/webhooks/connect/validate/"
    scheme = HmacSignature(header="X-DocuSign-Signature-*", encoding="base64")
    retry_horizon = 15 * DAY
    # retryCount changes the body of a retry, so its digest would not do
    key = "the envelope (or template), the event, the recipient and generatedDateTime"
    first_sample = "envelope-completed"
    fields = Fields(
        id=(
            "body.data.envelopeId|body.data.templateId|body.data.agreementId|body.data.accountId",
            "body.event",
            "body.data.recipientId",
            "body.generatedDateTime",
        ),
        type="body.event",
        time="body.generatedDateTime",
        version="body.apiVersion",
        attributes={
            "account_id": "body.data.accountId",
            "envelope_id": "body.data.envelopeId",
            "configuration_id": "body.configurationId",
        },
    )
    example = {
        "retryCount": 0,
        "configurationId": 10418598,
        "apiVersion": "v2.1",
        "uri": "/restapi/v2.1/accounts/a7b6/envelopes/4d1e",
        "data": {"accountId": "a7b61f9c-7b9f-4c6f-9d1b-0d2d6a1e3c55", "userId": "c2b0e1f4"},
    }


adapter = DocuSign
