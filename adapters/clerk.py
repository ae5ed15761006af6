"""Clerk: events of users, sessions, organizations; signed by Svix.

Seen 2026-11-24: https://clerk.com/docs/guides/development/webhooks/overview
"""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.standard import SVIX_RETRIES, StandardSignature


class Clerk(PlainAdapter):
    """Development and production are two instances; `instance_id` tells them apart."""

    name = "clerk"
    title = "Clerk"
    docs = "https://clerk.com/docs/guides/development/webhooks/overview"
    scheme = StandardSignature(family="svix-")
    tolerance = 300
    retry_horizon = SVIX_RETRIES
    key = "the header svix-id"
    first_sample = "user.created"
    fields = Fields(
        id="header.svix-id",
        type="body.type",
        time="body.timestamp",
        time_unit="ms",
        attributes={"instance_id": "body.instance_id"},
    )
    example = {
        "object": "event",
        "instance_id": "ins_29w9IptNja3mP8GDXpquBwN2qR9",
        "data": {"id": "user_29w83sxmDNGwOuEthce5gg56FcC", "object": "user", "first_name": "Zoë"},
    }
    examples = {
        "session.*": {"object": "event", "data": {"id": "sess_29w83sxm", "object": "session"}},
        "organization.*": {"object": "event", "data": {"id": "org_29w9Iptj", "object": "organization"}},
    }


adapter = Clerk
