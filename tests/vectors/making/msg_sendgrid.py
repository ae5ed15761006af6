"""The requests of `msg.py`: SendGrid's."""

from __future__ import annotations

import subprocess
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from msg import MS, NOW, File, Record, base64ed, dumped, event
from sendgrid.helpers.eventwebhook import EventWebhook

STAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
SOURCE = "signed by `openssl dgst -sha256 -sign`, accepted by sendgrid (PyPI) 6.12.5 EventWebhook"
ONE = {"email": "zoë@example.com", "event": "delivered", "sg_event_id": "ev1", "timestamp": NOW}
TWO = {"email": "zoë@example.com", "event": "open", "sg_event_id": "ev2", "timestamp": NOW}
BATCH = dumped([ONE, TWO, ONE]) + b"\r\n"

# The example in the tests of SendGrid's own library.
PUBLISHED_SOURCE = "@sendgrid/eventwebhook (npm) 8.0.0, src/eventwebhook.spec.js"
PUBLISHED_TIME = 1600112502
PUBLISHED = {
    "email": "hello@world.com",
    "event": "dropped",
    "reason": "Bounced Address",
    "sg_event_id": "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
    "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
    "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
    "timestamp": 1600112492,
}
PUBLISHED_SIGNATURE = (
    "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
)
PUBLISHED_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe6"
    "2gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)


def sendgrid() -> File:
    file = File("sendgrid", SOURCE, "X-Twilio-Email-Event-Webhook-Signature")
    with TemporaryDirectory() as folder:
        key, other = new_key(Path(folder, "key.pem")), new_key(Path(folder, "other.pem"))
        signed_by(file, key, public(other))
    headers = {file.signature: PUBLISHED_SIGNATURE, STAMP: str(PUBLISHED_TIME)}
    example = file.request(headers, dumped([PUBLISHED]) + b"\r\n", PUBLISHED_KEY, now=PUBLISHED_TIME)
    file.add("published", "accept", "the example of the library", example, source=PUBLISHED_SOURCE)
    return file


def signed_by(file: File, key: Path, other: str) -> None:
    genuine = made(file, key, NOW)
    first, second = event("ev1", "sendgrid/delivered", MS), event("ev2", "sendgrid/open", MS)
    file.accept(genuine, [first, second, first], other)
    file.attack(genuine, genuine["body"].rstrip())
    config = {"public_key": public(key)}
    file.add("config-key", "accept", "the key in the configuration", genuine, secret=None, config=config)
    pem = f"-----BEGIN PUBLIC KEY-----\n{public(key)[:64]}\n{public(key)[64:]}\n-----END PUBLIC KEY-----\n"
    file.add("pem", "accept", "the key in PEM", genuine, secret=pem)
    cases = [
        ("other-time", str(NOW - 1), "another time in the header"),
        ("time-not-a-number", "nan", "a time that is none"),
        ("no-time", None, "without a time"),
    ]
    file.refuse(genuine, cases, STAMP)
    file.timed(partial(made, file, key), 300)


def made(file: File, key: Path, stamp: int) -> Record:
    command = ["openssl", "dgst", "-sha256", "-sign", str(key)]
    content = str(stamp).encode() + BATCH
    signature = base64ed(subprocess.run(command, input=content, capture_output=True, check=True).stdout)
    assert EventWebhook(public(key)).verify_signature(BATCH.decode(), signature, str(stamp))
    return file.request({file.signature: signature, STAMP: str(stamp)}, BATCH, public(key))


def new_key(path: Path) -> Path:
    command = ["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", str(path)]
    subprocess.run(command, check=True)
    return path


def public(path: Path) -> str:
    command = ["openssl", "ec", "-in", str(path), "-pubout", "-outform", "DER"]
    return base64ed(subprocess.run(command, capture_output=True, check=True).stdout)


FILES = (sendgrid,)
