"""The requests of `msg.py`: SendGrid's, Mailgun's and Postmark's."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from msg import MS, NOW, File, Record, at, base64ed, dumped, event, openssl


def sendgrid() -> File:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from sendgrid.helpers.eventwebhook import EventWebhook

    file = File(
        "sendgrid", "signed by `openssl dgst -sha256 -sign`, accepted by sendgrid (PyPI) 6.12.5 EventWebhook",
        "X-Twilio-Email-Event-Webhook-Signature",
    )  # fmt: skip
    stamp_header = "X-Twilio-Email-Event-Webhook-Timestamp"
    with TemporaryDirectory() as folder:
        key, other = Path(folder, "key.pem"), Path(folder, "other.pem")
        for path in (key, other):
            command = ["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", str(path)]
            subprocess.run(command, check=True)

        def public(path: Path) -> str:
            command = ["openssl", "ec", "-in", str(path), "-pubout", "-outform", "DER"]
            return base64ed(subprocess.run(command, capture_output=True, check=True).stdout)

        def made(stamp: int, body: bytes | None = None) -> Record:
            body = batch if body is None else body
            signature = subprocess.run(
                ["openssl", "dgst", "-sha256", "-sign", str(key)],
                check=True,
                input=str(stamp).encode() + body,
                capture_output=True,
            ).stdout
            text = base64ed(signature)
            assert EventWebhook(public(key)).verify_signature(body.decode(), text, str(stamp))
            return file.request({file.signature: text, stamp_header: str(stamp)}, body, public(key))

        one = {"email": "zoë@example.com", "event": "delivered", "sg_event_id": "ev1", "timestamp": NOW}
        two = {"email": "zoë@example.com", "event": "open", "sg_event_id": "ev2", "timestamp": NOW}
        batch = dumped([one, two, one]) + b"\r\n"
        genuine = made(NOW)
        told = [
            event("ev1", "sendgrid/delivered", MS),
            event("ev2", "sendgrid/open", MS),
            event("ev1", "sendgrid/delivered", MS),
        ]
        file.accept(genuine, told, public(other))
        file.attack(genuine, genuine["body"].rstrip())
        file.add(
            "config-key",
            "accept",
            "the key in the configuration",
            genuine,
            secret=None,
            config={"public_key": public(key)},
        )
        lines = public(key)[:64] + "\n" + public(key)[64:]
        pem = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
        load_pem_public_key(pem.encode())
        file.add("pem", "accept", "the key in PEM", genuine, secret=pem)
        file.add(
            "other-time",
            "reject",
            "another time in the header",
            genuine,
            headers=file.header(genuine, str(NOW - 1), stamp_header),
        )
        file.add(
            "time-not-a-number",
            "reject",
            "a time that is none",
            genuine,
            headers=file.header(genuine, "nan", stamp_header),
        )
        file.timed(made, 300)
    # The public example of SendGrid's own library: @sendgrid/eventwebhook 8.0.0 eventwebhook.spec.js.
    message = "LRzXl_NHStOGhQ4kofSm_A"
    published = dumped([{
        "email": "hello@world.com", "event": "dropped", "reason": "Bounced Address",
        "sg_event_id": "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
        "sg_message_id": f"{message}.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
        "smtp-id": f"<{message}@ismtpd0039p1iad1.sendgrid.net>", "timestamp": 1600112492,
    }]) + b"\r\n"  # fmt: skip
    signature = (
        "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
    )
    key_text = (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe6"
        "2gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
    )
    example = file.request(
        {file.signature: signature, stamp_header: "1600112502"}, published, key_text, now=1600112502
    )
    file.add(
        "published",
        "accept",
        "the example of the library",
        example,
        source="@sendgrid/eventwebhook (npm) 8.0.0, src/eventwebhook.spec.js",
    )
    return file


def mailgun() -> File:
    from mailgun.security import SecurityGuard

    file = File("mailgun", "signed by `openssl dgst`, as mailgun (PyPI) 1.10.0 security.py verifies it")
    secret, token = (
        "key-3ax6xnjp29jd6fds4gc373sgvjxteol0",
        "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0",
    )

    def proof(stamp: int) -> dict[str, str]:
        signature = openssl(f"{stamp}{token}".encode(), secret.encode()).hex()
        at(stamp)
        assert SecurityGuard.verify_webhook(secret, token, str(stamp), signature)
        return {"timestamp": str(stamp), "token": token, "signature": signature}

    def made(stamp: int, **other: Any) -> Record:
        data = {
            "event": "failed",
            "severity": "temporary",
            "id": "CPgfbmQMTCKtHW6uIWtuVe",
            "timestamp": NOW + 0.25,
            "recipient": "zoë@example.com",
        }
        document = {"signature": {**proof(stamp), **other}, "event-data": data}
        return file.request({"Content-Type": "application/json"}, dumped(document), secret)

    genuine = made(NOW)
    file.accept(genuine, [event("CPgfbmQMTCKtHW6uIWtuVe", "mailgun/failed", MS + 250)], "another")
    file.add(
        "event-changed",
        "accept",
        "another event: Mailgun does not sign it",
        genuine,
        body=genuine["body"].replace("failed", "opened"),
    )
    for id, other, reason in (
        ("other-token", {"token": token[:-1] + "1"}, "another token"),
        ("other-time", {"timestamp": str(NOW - 1)}, "another time"),
        ("truncated", {"signature": "abc"}, "a signature that is too short"),
        ("empty", {"signature": ""}, "an empty signature"),
        ("no-text", {"signature": ["x"]}, "a signature that is no text"),
        ("non-ascii", {"signature": "é" * 64}, "a signature that is not ASCII"),
        ("time-not-a-number", {"timestamp": "nan"}, "a time that is none"),
    ):
        file.add(id, "reject", reason, made(NOW, **other))
    file.add("no-signature", "reject", "without a signature", genuine, body='{"event-data":{"id":"x"}}')
    file.timed(made, 900)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    inbound = {"recipient": "in@mg.example.com", "subject": "Grüße", "body-plain": "a\r\nb", **proof(NOW)}
    route = file.request(form, urlencode(inbound).encode(), secret)
    file.add(
        "route", "accept", "an inbound route, in a form", route, events=[event(token, "mailgun/inbound", MS)]
    )
    older = file.request(form, urlencode({"event": "opened", **proof(NOW)}).encode(), secret)
    file.add(
        "older", "accept", "an older webhook, in a form", older, events=[event(token, "mailgun/opened", MS)]
    )
    file.add(
        "form-repeated",
        "reject",
        "the form's signature comes twice",
        route,
        body=route["body"] + "&signature=x",
    )
    return file


def postmark() -> File:
    file = File(
        "postmark",
        "RFC 7617, section 2: Aladdin's credentials, and those of the coreutils' base64",
        "Authorization",
    )

    def basic(text: str) -> str:
        raw = subprocess.run(["base64", "-w0"], input=text.encode(), capture_output=True, check=True).stdout
        return f"Basic {raw.decode()}"

    secret = "Aladdin:open sesame"
    assert basic(secret) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    delivery = {
        "RecordType": "Delivery", "MessageID": "883953f4", "Recipient": "zoë@example.com", "ServerID": 23,
        "MessageStream": "outbound", "DeliveredAt": "2027-01-15T08:00:00Z",
    }  # fmt: skip
    genuine = file.request({"Authorization": basic(secret)}, dumped(delivery), secret)
    id = "883953f4:Delivery:zoë@example.com:2027-01-15T08:00:00Z:"
    file.accept(genuine, [event(id, "postmark/delivery", MS)], "Aladdin:closed sesame")
    file.attack(genuine)
    bounce = {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "MessageID": "883953f4",
        "BouncedAt": "2027-01-15T09:00:00.0000000+01:00",
    }
    inbound = {"MessageID": "22c74902", "From": "zoe@example.com", "Subject": "Hello"}
    complaint = {**bounce, "RecordType": "SpamComplaint", "ID": 42}
    for name, body, id, kind, ts in (
        ("bounce", bounce, "4323372036854775807", "bounce", MS),
        ("complaint", complaint, "42", "spam_complaint", MS),
        ("inbound", inbound, "22c74902", "inbound", None),
    ):
        file.add(
            name,
            "accept",
            f"of the type {kind}",
            genuine,
            body=dumped(body).decode(),
            events=[event(id, f"postmark/{kind}", ts)],
        )
    file.add(
        "lower-case-scheme",
        "accept",
        "the scheme's name in small letters",
        genuine,
        headers={"Authorization": basic(secret).replace("Basic", "basic")},
    )
    colons = "user:pass:with:colons"
    file.add(
        "colons",
        "accept",
        "a password with colons",
        genuine,
        secret=colons,
        headers={"Authorization": basic(colons)},
    )
    file.add(
        "other-split",
        "reject",
        "the colon elsewhere",
        genuine,
        secret="Aladdin:open sesame",
        headers={"Authorization": basic("Aladdinopen: sesame")},
    )
    file.add(
        "user-only",
        "reject",
        "the user without a password",
        genuine,
        headers={"Authorization": basic("Aladdin")},
    )
    file.add("bearer", "reject", "another scheme", genuine, headers={"Authorization": f"Bearer {secret}"})
    return file


FILES = (sendgrid, mailgun, postmark)
