"""Asana: webhooks of a resource.

Seen 2026-11-24: https://developers.asana.com/docs/webhooks-guide, https://developers.asana.com/reference/createwebhook
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import Reply, VerificationError, WebhookRequest
from adapters.batch import BatchAdapter
from adapters.fields import Fields
from adapters.setup import SetupSignature, in_setup
from adapters.times import DAY


class Asana(BatchAdapter):
    """Many events in a request; none at all is a sign of life, every eight hours, and is welcome too."""

    name = "asana"
    title = "Asana"
    docs = "https://developers.asana.com/docs/webhooks-guide#security"
    scheme = SetupSignature(header="X-Hook-Signature")  # the secret is text, though it looks like hex
    retry_horizon = DAY
    key = "the SHA-256 of the event; Asana sends no id"
    first_sample = "task.added"
    items = "body.events"
    fields = Fields(
        id="digest",
        type=("item.resource.resource_type", "item.action"),
        time="item.created_at",
        attributes={
            "resource": "item.resource.gid",
            "parent": "item.parent.gid",
            "user": "item.user.gid",
            "field": "item.change.field",
        },
    )
    example_item = {
        "user": {"gid": "1230498123048123", "resource_type": "user"},
        "resource": {"gid": "1200456789012345", "resource_subtype": "default_task"},
        "parent": {"gid": "1200111111111111", "resource_type": "project"},
    }

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """Asana's question at set-up, answered with the sender's own word; nothing of it is kept."""
        headers = request.headers
        if request.method != "POST" or not headers.all("X-Hook-Secret"):
            return None
        if headers.all("X-Hook-Signature") or request.body.strip() not in (b"", b"{}"):
            return None
        try:
            word = headers.proof("X-Hook-Secret")
        except VerificationError:
            return None
        return Reply(200, headers={"X-Hook-Secret": word}) if in_setup(secrets, word) else None

    def secret_headers(self) -> frozenset[str]:
        return frozenset({"x-hook-secret"})


adapter = Asana
