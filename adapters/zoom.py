"""Zoom: event subscriptions of an app.

Seen 2026-11-24: @zoom/rivet 0.4.0 for the signature and the validation of the URL. It signs what it parsed
and checks no age; Zoom signs the body as sent, and so do we.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import orjson

from adapters.base import PayloadError, Reply, VerificationError, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature


class Zoom(PlainAdapter):
    """Three retries within some two hours, with the same body."""

    name = "zoom"
    title = "Zoom"
    docs = "https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events"
    scheme = HmacSignature(
        header="x-zm-signature",
        prefix="v0=",
        signed="v0:{timestamp}:{body}",
        timestamp="x-zm-request-timestamp",
    )
    tolerance = 300
    retry_horizon = 3 * 3600
    key = "the SHA-256 of the body, which holds event_ts; Zoom sends no id"
    first_sample = "meeting.started"
    fields = Fields(
        id="digest",
        type="body.event",
        time="body.event_ts",
        time_unit="ms",
        attributes={"account": "body.payload.account_id", "object": "body.payload.object.uuid"},
    )
    example = {
        "payload": {
            "account_id": "AAAAAABBBB",
            "object": {
                "id": "1234567890",
                "uuid": "4444AAAiAAAAAiAiAiiAii==",
                "host_id": "x1yCzABCDEfg23HiJKl4mN",
                "topic": "Planning",
                "type": 2,
                "start_time": "2026-11-24T12:00:00Z",
                "timezone": "UTC",
                "duration": 60,
            },
        },
    }

    def challenge(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """Zoom asks at set-up and every 72 hours whether we hold the secret, in a signed request.

        Unsigned it would be answered to no one: who chooses the token could have anything signed.
        """
        if request.json.get("event") != "endpoint.url_validation":
            return None
        payload = request.json.get("payload")
        token = payload.get("plainToken") if isinstance(payload, dict) else None
        if not isinstance(token, str) or not token:
            raise PayloadError("the url_validation holds no plainToken")
        secret = secrets[self._matching(request, secrets)]
        proof = hmac.digest(secret.encode(), token.encode(), hashlib.sha256).hex()
        answer = orjson.dumps({"plainToken": token, "encryptedToken": proof})
        return Reply(200, answer, {"Content-Type": "application/json"})

    def _matching(self, request: WebhookRequest, secrets: Sequence[str]) -> int:
        assert self.scheme
        try:
            return self.scheme.verify(request, secrets, request.received_at, None)
        except VerificationError as error:
            raise PayloadError(f"the url_validation is not signed: {error}") from error


adapter = Zoom
