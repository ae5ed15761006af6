"""A subscriber: takes events from the gateway, checks who sent them, does each of them once.

python examples/subscriber.py [SECRET]    listens on 127.0.0.1:9000/hooks, as config.yaml expects it
"""

import base64
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

DONE: set[str] = set()  # in your app: a unique column, written in the same transaction as the work


async def hooks(request: Request) -> Response:
    body = await request.body()
    if not genuine(request, body):
        return Response("wrong signature", 401)
    event_id, event = request.headers["webhook-id"], json.loads(body)
    if event_id not in DONE:
        print(event["name"], event["id"], flush=True)  # the work
        DONE.add(event_id)
    return Response(status_code=204)


def genuine(request: Request, body: bytes) -> bool:
    """Standard Webhooks: HMAC-SHA256 over id.time.body; several signatures while a secret is rotated."""
    message_id, sent_at = (request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp"))
    if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > 300:
        return False
    digest = hmac.digest(KEY, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256)
    wanted = b"v1," + base64.b64encode(digest)
    given = request.headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(wanted, one) for one in given)


def key(secret: str) -> bytes:
    """`whsec_` and base64, or any other text as it stands."""
    return base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()


def secret() -> str:
    """The first argument, or what `gateway serve --dev` made for config.yaml's subscription."""
    if len(sys.argv) > 1:
        return sys.argv[1]
    made = json.loads(Path("data/dev-secrets.json").read_text())
    return str(made["subscriptions.welcome-email"])


if __name__ == "__main__":
    KEY = key(secret())
    app = Starlette(routes=[Route("/hooks", hooks, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=9000, log_level="warning")
