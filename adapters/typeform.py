"""Typeform: responses to a form.

Seen 2026-11-24: https://www.typeform.com/developers/webhooks/secure-your-webhooks/
"""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature


class Typeform(PlainAdapter):
    """The prefix looks like GitHub's, but base64 follows. Without a secret Typeform does not sign."""

    name = "typeform"
    title = "Typeform"
    docs = "https://www.typeform.com/developers/webhooks/secure-your-webhooks/"
    scheme = HmacSignature(header="Typeform-Signature", prefix="sha256=", encoding="base64")
    retry_horizon = 10 * 3600
    key = "event_id"
    first_sample = "form_response"
    fields = Fields(
        id="body.event_id",
        type="body.event_type",
        time="body.form_response.submitted_at",
        attributes={"form_id": "body.form_response.form_id", "response": "body.form_response.token"},
    )
    example = {
        "form_response": {
            "form_id": "lT4Z3j",
            "token": "a3a12ec67a1365927098a606107fac15",
            "landed_at": "2026-11-24T21:58:00Z",
            "definition": {"id": "lT4Z3j", "title": "How did we do?", "fields": []},
            "answers": [{"type": "text", "text": "Very well", "field": {"id": "DlXFaesGBpoF"}}],
        }
    }


adapter = Typeform
