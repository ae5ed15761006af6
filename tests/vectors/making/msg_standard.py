"""The requests of `msg.py`: those of the providers that sign by Standard Webhooks."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msg import ISO, MS, NOW, File, Record, at, base64ed, dumped, event, openssl
from svix.webhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64ed(b"another key of 24 bytes.")
SIGNED = "svix (PyPI) 2.9.1 Webhook.sign"
Agrees = Callable[[dict[str, str], str], object]
"""(headers, body): raises, or answers False, where the provider's own package does not accept."""


def standard(name: str, family: str, source: str, body: object, told: list[Record], agrees: Agrees) -> File:
    """What all of them share; `agrees` is asked about each signature."""
    file = File(name, f"{SIGNED}, accepted by {source}", f"{family}-signature")
    raw = dumped(body)

    def made(stamp: int, id: str = "msg_1", data: bytes = raw) -> Record:
        signature = Webhook(SECRET).sign(id, datetime.fromtimestamp(stamp, UTC), data.decode())
        headers = {f"{family}-id": id, f"{family}-timestamp": str(stamp), f"{family}-signature": signature}
        at(stamp)
        assert agrees(headers, data.decode()) is not False
        return file.request(headers, data, SECRET)

    genuine = made(NOW)
    file.accept(genuine, told, OTHER)
    file.attack(genuine, genuine["body"].replace("{", "{ ", 1))
    file.timed(made, 300)
    headers_of_three(file, genuine, family)
    bare = SECRET.removeprefix("whsec_")
    file.add("unprefixed-secret", "accept", "the secret without whsec_", genuine, secret=bare)
    other = "webhook" if family == "svix" else "svix"
    renamed = {key.replace(family, other): value for key, value in genuine["headers"].items()}
    why = "headers of names that this provider does not use"
    file.add("other-family", "reject", why, genuine, headers=renamed)
    why, added = (
        "a foreign id besides, which counts for nothing",
        {**genuine["headers"], f"{other}-id": "msg_9"},
    )
    file.add("other-family-too", "accept", why, genuine, headers=added, events=told)
    return file


def headers_of_three(file: File, genuine: Record, family: str) -> None:
    signature = genuine["headers"][file.signature]
    several = file.header(genuine, f"v2,abc v1,{base64ed(b'x' * 32)} {signature}")
    why = "an unknown version, a foreign signature and the right one"
    file.add("rotated", "accept", why, genuine, headers=several)
    renamed = signature.replace("v1,", "v1a,")
    file.refuse(genuine, [("v1a-only", renamed, "a version of another kind")])
    times = [
        ("other-time", str(NOW - 1), "another time"),
        ("time-not-a-number", "1.8e9", "a time that is none"),
        ("padded-time", f" {NOW}", "a time with a blank before it"),
    ]
    file.refuse(genuine, times, f"{family}-timestamp")
    ids = [
        ("other-id", "msg_2", "another message id"),
        ("no-id", None, "without a message id"),
        ("two-ids", ["msg_1", "msg_2"], "two message ids"),
    ]
    file.refuse(genuine, ids, f"{family}-id")


def resend() -> File:
    from resend import Webhooks

    def agrees(headers: dict[str, str], body: str) -> object:
        own = {key.removeprefix("svix-"): value for key, value in headers.items()}
        return Webhooks.verify({"payload": body, "headers": own, "webhook_secret": SECRET})  # type: ignore

    body = {
        "type": "email.delivered",
        "created_at": ISO,
        "data": {"email_id": "56761188", "subject": "Grüße"},
    }
    told = [event("msg_1", "resend/email.delivered", MS)]
    return standard("resend", "svix", "resend (PyPI) 2.52.0 Webhooks.verify", body, told, agrees)


def clerk() -> File:
    body = {
        "object": "event",
        "type": "user.created",
        "timestamp": MS,
        "instance_id": "ins_1",
        "data": {"id": "user_1", "first_name": "Zoë"},
    }
    told = [event("msg_1", "clerk/user.created", MS)]
    return standard("clerk", "svix", "openssl's own HMAC", body, told, openssl_agrees)


def openai() -> File:
    from openai import OpenAI

    client = OpenAI(api_key="none", webhook_secret=SECRET)

    def agrees(headers: dict[str, str], body: str) -> object:
        return client.webhooks.verify_signature(body, headers)

    body = {
        "id": "evt_1",
        "object": "event",
        "created_at": NOW,
        "type": "response.completed",
        "data": {"id": "resp_1"},
    }
    told = [event("evt_1", "openai/response.completed", MS)]
    file = standard("openai", "webhook", "openai (PyPI) 3.57.0 verify_signature", body, told, agrees)
    at(NOW)
    genuine: Any = next(one for one in file.vectors if one["id"] == "openai-genuine")
    request = {key: value for key, value in genuine.items() if key not in ("id", "events")}
    bare = file.header(request, request["headers"]["webhook-signature"].removeprefix("v1,"))
    agrees(bare, request["body"])
    file.add(
        "bare-signature",
        "accept",
        "a signature without its version, as OpenAI's library takes it",
        {**request, "headers": bare},
    )
    text = "a secret that is no base64"
    content = f"msg_1.{NOW}.{request['body']}".encode()
    headers = file.header(request, "v1," + base64ed(openssl(content, text.encode())))
    client.webhooks.verify_signature(request["body"], headers, secret=text)
    file.add(
        "text-secret",
        "accept",
        "a secret without whsec_ is the key's text",
        {**request, "headers": headers, "secret": text},
    )
    return file


def anthropic() -> File:
    from anthropic import Anthropic

    client = Anthropic(api_key="none", webhook_key=SECRET)

    def agrees(headers: dict[str, str], body: str) -> object:
        now = datetime.now(UTC).timestamp()
        return abs(now - float(headers["webhook-timestamp"])) > 300 or client.beta.webhooks.unwrap(
            body, headers=headers
        )

    body = {
        "id": "wevt_1",
        "type": "event",
        "created_at": ISO,
        "data": {
            "type": "session.status_idled",
            "id": "sesn_1",
            "organization_id": "org",
            "workspace_id": "w",
        },
    }
    told = [event("wevt_1", "anthropic/session.status_idled", MS)]
    now = int(datetime.now(UTC).timestamp())
    content = f"msg_1.{now}.{dumped(body).decode()}".encode()
    signature = "v1," + base64ed(openssl(content, base64.b64decode(SECRET.removeprefix("whsec_"))))
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": signature}
    assert agrees(headers, dumped(body).decode()), "today's signature is what the library accepts"
    source = "anthropic (PyPI) 2.13.0 beta.webhooks.unwrap, which was shown one of the day it was made"
    return standard("anthropic", "webhook", source, body, told, openssl_agrees)


def replicate() -> File:
    from replicate.webhook import Webhooks, WebhookSigningSecret

    def agrees(headers: dict[str, str], body: str) -> object:
        return Webhooks.validate(headers=headers, body=body, secret=WebhookSigningSecret(key=SECRET))

    body = {
        "id": "ufawqhfynnddngldkgtslldrkq",
        "status": "succeeded",
        "completed_at": ISO,
        "version": "5c7d",
        "urls": {"get": "https://api.replicate.com/v1/predictions/ufaw"},
        "output": "Zoë",
    }
    told = [event("msg_1", "replicate/prediction.succeeded", MS)]
    source = "replicate (PyPI) 1.0.7 Webhooks.validate"
    return standard("replicate", "webhook", source, body, told, agrees)


def openssl_agrees(headers: dict[str, str], body: str) -> bool:
    named = {key.partition("-")[2]: value for key, value in headers.items()}
    content = f"{named['id']}.{named['timestamp']}.{body}".encode()
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    return named["signature"] == "v1," + base64ed(openssl(content, key))


FILES = (resend, clerk, openai, anthropic, replicate)
