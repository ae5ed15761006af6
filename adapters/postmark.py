"""Postmark: message webhooks and inbound messages; credentials in the URL, no signature.

Seen 2026-11-24: https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from adapters.base import ParsedEvent, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import BasicAuth

_TYPE = "body.RecordType|=inbound"
_ABOUT = {
    "server_id": "body.ServerID", "message_stream": "body.MessageStream", "message_id": "body.MessageID",
}  # fmt: skip
_BOUNCE = Fields(id="body.ID", type=_TYPE, time="body.BouncedAt", words="snake", attributes=_ABOUT)
# An inbound message has no RecordType and happens once.
_INBOUND = Fields(id="body.MessageID", type=_TYPE, words="snake", attributes=_ABOUT)


class Postmark(PlainAdapter):
    """A message is opened and clicked many times, so its id alone is no event's."""

    name = "postmark"
    title = "Postmark"
    docs = "https://postmarkapp.com/developer/webhooks/webhooks-overview"
    scheme = BasicAuth()
    # "up to 10 hours", depending on the type; a 403 ends the retries
    retry_horizon = 12 * 3600
    key = "ID of a bounce or complaint, else MessageID, RecordType, recipient and time"
    first_sample = "delivery"
    fields = Fields(
        id=(
            "body.MessageID",
            "body.RecordType",
            "body.Recipient|body.Email",
            "body.DeliveredAt|body.ReceivedAt|body.ChangedAt|body.SubmittedAt",
            "body.OriginalLink",
        ),
        type=_TYPE,
        time="body.DeliveredAt|body.ReceivedAt|body.ChangedAt|body.SubmittedAt",
        words="snake",
        attributes=_ABOUT,
        rename={"SMTPApiError": "smtp_api_error", "SpamComplaint": "spam_complaint", "Delivery": "delivery",
                "SubscriptionChange": "subscription_change", "Bounce": "bounce", "Open": "open",
                "Click": "click"},
    )  # fmt: skip
    example = {
        "ServerID": 23,
        "MessageStream": "outbound",
        "Recipient": "zoe@example.com",
        "Tag": "welcome",
        "Metadata": {"order": "1042"},
    }

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        return [_fields(request).event(request)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        request = super().sample(type, now, id)
        if type not in ("inbound", "bounce", "spam_complaint"):
            return request
        document = dict(request.json)
        if type == "inbound":
            del document["RecordType"]
        else:
            document |= {"ID": id, "BouncedAt": document.pop("DeliveredAt"), "Email": document["Recipient"]}
        return request.with_body(orjson.dumps(document))


def _fields(request: WebhookRequest) -> Fields:
    document = request.json
    if document.get("RecordType") in ("Bounce", "SpamComplaint") and document.get("ID"):
        return _BOUNCE
    return Postmark.fields if document.get("RecordType") else _INBOUND


adapter = Postmark
