"""A failure handler: for each dead letter it alerts, logs, and schedules a retry event five minutes later.

python examples/failure_handler.py    listens on 127.0.0.1:9001/failures; docs/failures.md has the config

    FAILURES_SECRET     what the gateway signs with, as in destination.secrets
    GATEWAY_EVENT_KEY   the key to send events of one's own with
    GATEWAY_URL         where the gateway is (http://127.0.0.1:8080)
    ALERT_URL           who is told, as {"text": …}: a chat's incoming webhook, say; none: standard error
    RETRY_AFTER         seconds until the retry event is due (300)
"""

import base64
import hashlib
import hmac
import json
import logging
import os
import sys
import time
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

RETRY = "ops/delivery.retry_requested"
MOST = 3
"""Retry events in a row for one event: what fails so often needs a person."""

log = logging.getLogger("failures")


async def failures(request: Request) -> Response:
    body = await request.body()
    if not genuine(request, body):
        return Response("wrong signature", 401)
    event = json.loads(body)
    if event["name"] == "gateway/delivery.failed":
        async with httpx.AsyncClient(timeout=10) as client:
            await handle(event["data"], client)
    return Response(status_code=204)


async def handle(failed: dict[str, Any], client: httpx.AsyncClient) -> None:
    """Log, alert, schedule. Whatever raises makes this delivery fail, so the gateway tries it again."""
    tries = failed["event"]["data"].get("tries", 0) if failed["event"]["name"] == RETRY else 0
    text = f"{failed['function_id']} did not get {failed['event']['name']} {failed['event']['id']}: " + (
        failed.get("error", {}).get("message") or "no reason is known"
    )
    log.error("%s run_id=%s attempts=%d retries=%d", text, failed["run_id"], failed["attempts"], tries)
    await alert(text, client)
    if tries < MOST:
        await schedule(failed, tries + 1, client)


async def alert(text: str, client: httpx.AsyncClient) -> None:
    url = os.environ.get("ALERT_URL")
    if not url:
        return print(f"ALERT {text}", file=sys.stderr, flush=True)
    (await client.post(url, json={"text": text})).raise_for_status()


async def schedule(failed: dict[str, Any], tries: int, client: httpx.AsyncClient) -> None:
    """An event of our own whose `ts` lies in the future: the gateway delivers it then, also after a restart.

    Its `id` is made of the delivery that failed, so however often this runs there is one retry event.
    """
    first = failed["event"]["data"]["event"] if failed["event"]["name"] == RETRY else failed["event"]
    event = {
        "name": RETRY,
        "id": f"retry-{failed['run_id']}",
        "ts": round((time.time() + float(os.environ.get("RETRY_AFTER", "300"))) * 1000),
        "data": {"event": first, "subscription": failed["function_id"], "tries": tries},
    }
    gateway = os.environ.get("GATEWAY_URL", "http://127.0.0.1:8080")
    sent = await client.post(f"{gateway}/e/{os.environ['GATEWAY_EVENT_KEY']}", json=event)
    sent.raise_for_status()


def genuine(request: Request, body: bytes) -> bool:
    """Standard Webhooks, as in subscriber.py."""
    message_id, sent_at = (request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp"))
    if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > 300:
        return False
    secret = os.environ["FAILURES_SECRET"]
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    digest = hmac.digest(key, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256)
    wanted = b"v1," + base64.b64encode(digest)
    given = request.headers.get("webhook-signature", "").encode().split()
    return any(hmac.compare_digest(wanted, one) for one in given)


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    app = Starlette(routes=[Route("/failures", failures, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9001")), log_level="warning")
