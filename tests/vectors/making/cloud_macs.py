"""The vectors of providers that sign with a shared key."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from unittest import mock

from cloud_signing import NOW, hexmac
from cloud_vectors import (
    JSON,
    OPENSSL,
    SEEN,
    Vectors,
    dump,
    event,
    iso,
    mac_vectors,
    node,
    times,
)

META_CHECK = """
const { WhatsAppAPI } = require('whatsapp-api-js'), [body, secret, header] = process.argv.slice(1);
new WhatsAppAPI({ token: 't', appSecret: secret, v: 'v20.0' }).verifyRequestSignature(body, header)
  .then(ok => process.exit(ok ? 0 : 1));
"""


def meta() -> None:
    secret = "0123456789abcdef0123456789abcdef"
    source = f"{OPENSSL}, accepted by whatsapp-api-js 6.3.0 (npm), {SEEN}"
    vectors = Vectors("meta", source, secret=secret, config={"verify_token": "a-verify-token"})

    def signed(document: object) -> dict[str, Any]:
        # Meta writes what is not ASCII as \\uXXXX; the bytes as they came are signed.
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=True)
        header = "sha256=" + hexmac(secret, body)
        node(META_CHECK, body, secret, header)
        return {"headers": {**JSON, "X-Hub-Signature-256": header}, "body": body}

    message = {
        "from": "16505551234",
        "id": "wamid.1",
        "timestamp": str(NOW - 5),
        "type": "text",
        "text": {"body": "ü"},
    }
    status = {
        "id": "wamid.0",
        "status": "delivered",
        "timestamp": str(NOW - 4),
        "recipient_id": "16505551234",
    }
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, "contacts": []}

    def whatsapp(*values: dict[str, Any]) -> dict[str, Any]:
        changes = [{"field": "messages", "value": {**value, **more}} for more in values]
        return {"object": "whatsapp_business_account", "entry": [{"id": "10229", "changes": changes}]}

    name = "meta/whatsapp_business_account.messages"
    one = signed(whatsapp({"messages": [message]}))
    mac_vectors(
        vectors,
        "X-Hub-Signature-256",
        one["headers"]["X-Hub-Signature-256"],
        one["body"],
        event("wamid.1", name),
        "sha256=",
    )
    batch = whatsapp({"messages": [message, {**message, "id": "wamid.2"}]}, {"statuses": [status]})
    three = [event("wamid.1", name), event("wamid.2", name), event("wamid.0:delivered", name, NOW - 4)]
    vectors.accept("two messages and a status", events=three, **signed(batch))
    talk = {
        "sender": {"id": "1"},
        "recipient": {"id": "2"},
        "timestamp": (NOW - 5) * 1000,
        "message": {"mid": "m_1"},
    }
    page = {"object": "page", "entry": [{"id": "2", "time": NOW * 1000, "messaging": [talk]}]}
    vectors.accept("Messenger", events=[event("m_1", "meta/page.messages")], **signed(page))
    old = {**JSON, "X-Hub-Signature": "sha1=" + hexmac(secret, one["body"], "sha1")}
    vectors.reject("only the old SHA-1 header, rightly signed", headers=old, body=one["body"])
    decoded = one["body"].replace("\\u00fc", "ü")
    vectors.reject("the same JSON, written anew", headers=one["headers"], body=decoded)
    base = (
        "https://gateway.example/webhooks/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    )
    answer = {"status": 200, "headers": {"Content-Type": "text/plain; charset=utf-8"}, "body": "1158201444"}
    for reason, url in {
        "another verify token": base + "x",
        "no verify token": base,
        "two of them": base + "a-verify-token&hub.verify_token=x",
        "another mode": base.replace("subscribe", "x") + "a-verify-token",
    }.items():
        vectors.reject(
            f"the set-up with {reason}", method="GET", url=url, headers={}, body="", reply={"status": 403}
        )
    vectors.accept("the set-up", method="GET", url=base + "a-verify-token", headers={}, body="", reply=answer)
    vectors.reject(
        "the set-up where no verify token is stated", method="GET", url=base, headers={}, body="", config={}
    )
    vectors.write()


def workos() -> None:
    from workos.webhooks._verification import verify_header

    secret = "wh_secret_0123456789"
    body = dump(
        {
            "id": "event_01G69A8VFG5",
            "event": "dsync.user.created",
            "data": {"id": "directory_user_1", "name": "Zoë"},
            "created_at": iso(NOW - 5),
        }
    )

    def value(at: float, separator: str = ", ") -> str:
        stamp = str(round(at * 1000))
        header = f"t={stamp}{separator}v1={hexmac(secret, f'{stamp}.{body}')}"
        if separator == ", ":
            with mock.patch("time.time", return_value=at):
                verify_header(event_body=body.encode(), event_signature=header, secret=secret)
        return header

    vectors = Vectors("workos", f"{OPENSSL}, accepted by workos 10.8.0 (PyPI), {SEEN}", secret=secret)
    mac_vectors(
        vectors, "WorkOS-Signature", value(NOW), body, event("event_01G69A8VFG5", "workos/dsync.user.created")
    )
    vectors.accept("no space after the comma", headers={"WorkOS-Signature": value(NOW, ",")}, body=body)
    times(vectors, lambda at: {"WorkOS-Signature": value(at)}, body, 180)
    for reason, bad in {
        "a time in seconds": f"t={NOW}, v1={hexmac(secret, f'{NOW}.{body}')}",
        "no time": value(NOW).partition(", ")[2],
        "two times": f"t=1, {value(NOW)}",
        "a time that is no number": f"t=nan, v1={hexmac(secret, f'nan.{body}')}",
        "another version": value(NOW).replace("v1=", "v0="),
    }.items():
        vectors.reject(reason, headers={"WorkOS-Signature": bad}, body=body)
    vectors.write()


def segment() -> None:
    secret = "a-shared-secret"
    call = {
        "type": "track",
        "event": "Order Completed",
        "messageId": "ajs-1",
        "userId": "u1",
        "receivedAt": iso(NOW - 5),
        "timestamp": iso(NOW - 900),
    }
    page = "https://www.twilio.com/docs/segment/connections/destinations/catalog/actions-webhook"
    vectors = Vectors("segment", f"{OPENSSL} as {page} says, {SEEN}", secret=secret)
    body = dump(call)
    mac_vectors(vectors, "X-Signature", hexmac(secret, body, "sha1"), body, event("ajs-1", "segment/track"))
    body = dump([call, {**call, "messageId": "ajs-2", "type": "identify"}])
    vectors.accept(
        "a batch",
        headers={"X-Signature": hexmac(secret, body, "sha1")},
        body=body,
        events=[event("ajs-1", "segment/track"), event("ajs-2", "segment/identify")],
    )
    vectors.reject("SHA-256", headers={"X-Signature": hexmac(secret, body)}, body=body)
    vectors.write()


def customerio() -> None:
    secret = "a-signing-key"
    body = dump(
        {
            "event_id": "01E4C4CT6YDC7Y5M7FE1GWWPQJ",
            "object_type": "email",
            "metric": "delivered",
            "timestamp": NOW - 5,
            "data": {"customer_id": "1"},
        }
    )

    def headers(at: int, version: str = "v0") -> dict[str, str]:
        return {"X-CIO-Timestamp": str(at), "X-CIO-Signature": hexmac(secret, f"{version}:{at}:{body}")}

    vectors = Vectors(
        "customerio", f"{OPENSSL} as https://docs.customer.io/api/webhooks says, {SEEN}", secret=secret
    )
    mac_vectors(
        vectors,
        "X-CIO-Signature",
        headers(NOW)["X-CIO-Signature"],
        body,
        event("01E4C4CT6YDC7Y5M7FE1GWWPQJ", "customerio/email.delivered"),
        others={"X-CIO-Timestamp": str(NOW)},
    )
    times(vectors, headers, body, 300)
    vectors.reject("another time", headers={**headers(NOW), "X-CIO-Timestamp": str(NOW - 1)}, body=body)
    vectors.reject("another version", headers=headers(NOW, "v1"), body=body)
    vectors.reject("no time", headers={"X-CIO-Signature": headers(NOW)["X-CIO-Signature"]}, body=body)
    vectors.write()


def circleci() -> None:
    secret = "a-secret-token"
    body = dump(
        {
            "id": "3888f21b-eaa7-38e3-8f3d-75a63bba8895",
            "type": "workflow-completed",
            "happened_at": iso(NOW - 5),
            "project": {"slug": "github/acme/api"},
            "workflow": {"status": "success"},
            "pipeline": {"number": 1},
        }
    )
    vectors = Vectors(
        "circleci", f"{OPENSSL} as https://circleci.com/docs/webhooks/ says, {SEEN}", secret=secret
    )
    value = "v1=" + hexmac(secret, body)
    mac_vectors(
        vectors,
        "circleci-signature",
        value,
        body,
        event("3888f21b-eaa7-38e3-8f3d-75a63bba8895", "circleci/workflow-completed"),
        "v1=",
    )
    vectors.accept("a version to come, besides", headers={"circleci-signature": "v2=abc," + value}, body=body)
    vectors.reject(
        "another version alone", headers={"circleci-signature": value.replace("v1", "v2")}, body=body
    )
    vectors.write()


WEBFLOW_CHECK = """
const { Client } = require('webflow-api/wrapper/WebhooksClient');
const [body, secret, stamp, signature] = process.argv.slice(1);
const headers = { 'x-webflow-timestamp': stamp, 'x-webflow-signature': signature };
new Client({}).verifySignature({ headers, body, secret }).then(ok => process.exit(ok ? 0 : 1));
"""


def webflow() -> None:
    secret = "a-client-secret"
    body = dump(
        {
            "triggerType": "form_submission",
            "payload": {
                "name": "Contact 1",
                "siteId": "65427cf4",
                "id": "6321ca84",
                "submittedAt": iso(NOW - 5),
            },
        }
    )

    def headers(at: float) -> dict[str, str]:
        stamp = str(round(at * 1000))
        signature = hexmac(secret, f"{stamp}:{body}")
        node(WEBFLOW_CHECK, body, secret, stamp, signature)
        return {"X-Webflow-Timestamp": stamp, "X-Webflow-Signature": signature}

    vectors = Vectors("webflow", f"{OPENSSL}, accepted by webflow-api 3.3.4 (npm), {SEEN}", secret=secret)
    mac_vectors(
        vectors,
        "X-Webflow-Signature",
        headers(NOW)["X-Webflow-Signature"],
        body,
        event(sha256(body.encode()).hexdigest(), "webflow/form_submission"),
        others={"X-Webflow-Timestamp": str(NOW * 1000)},
    )
    times(vectors, headers, body, 300)
    vectors.reject(
        "another time", headers={**headers(NOW), "X-Webflow-Timestamp": str(NOW * 1000 + 1)}, body=body
    )
    vectors.write()
