"""Resend: events of e-mails, contacts and domains; signed by Svix.

Seen 2026-11-24: resend (PyPI) 2.52.0 webhooks/_webhooks.py, which reads the `svix-` headers only.
"""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.standard import SVIX_RETRIES, StandardSignature


class Resend(PlainAdapter):
    """The body holds no event id; the signed message id stays the same over all attempts."""

    name = "resend"
    title = "Resend"
    docs = "https://resend.com/docs/dashboard/webhooks/introduction"
    scheme = StandardSignature(family="svix-")
    tolerance = 300
    retry_horizon = SVIX_RETRIES
    key = "the header svix-id"
    first_sample = "email.delivered"
    fields = Fields(
        id="header.svix-id",
        type="body.type",
        time="body.created_at",
        attributes={"email_id": "body.data.email_id", "broadcast_id": "body.data.broadcast_id"},
    )
    example = {
        "data": {
            "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
            "from": "Acme <onboarding@example.com>",
            "to": ["zoe@example.com"],
            "subject": "Hello",
        }
    }
    examples = {
        "contact.*": {"data": {"id": "e169aa45-1ecf-4183-9955-b1499d5701d3", "email": "zoe@example.com"}},
        "domain.*": {"data": {"id": "d91cd9bd-1176-453e-8fc1-35364d380206", "name": "example.com"}},
    }


adapter = Resend
