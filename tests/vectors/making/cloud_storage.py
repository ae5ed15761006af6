"""The vectors of providers that keep files and tables, which sign with a shared key."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cloud_signing import NOW, hexmac, mac
from cloud_vectors import (
    JSON,
    OPENSSL,
    SEEN,
    Vectors,
    dump,
    event,
    iso,
    mac_vectors,
    times,
)


def dropbox() -> None:
    secret, body = (
        "an-app-secret",
        dump({"list_folder": {"accounts": ["dbid:AAH4f99T0taONIb"]}, "delta": {"users": [1]}}),
    )
    source = f"{OPENSSL} as https://www.dropbox.com/developers/reference/webhooks says, {SEEN}"
    vectors = Vectors("dropbox", source, secret=secret)
    mac_vectors(vectors, "X-Dropbox-Signature", hexmac(secret, body), body, None)
    url = "https://gateway.example/webhooks/dropbox?challenge=a%3Cb%3Ec"
    answer = {"status": 200, "headers": {"X-Content-Type-Options": "nosniff"}, "body": "a<b>c"}
    vectors.accept("the set-up", method="GET", url=url, body="", headers={}, reply=answer)
    vectors.reject("two challenges", method="GET", url=url + "&challenge=d", body="", headers={})
    vectors.reject("a challenge by POST", url=url, body=body, headers=JSON)
    vectors.accept("no event", headers={"X-Dropbox-Signature": hexmac(secret, "{}")}, body="{}", events=[])
    vectors.made[0]["events"] = [event(dropbox_id(body), "dropbox/list_folder", None)]
    vectors.write()


def dropbox_id(body: str) -> str:
    """Ours: Dropbox has none."""
    return sha256(f"{body}|{float(NOW)}".encode()).hexdigest()


def box() -> None:
    from box_sdk_gen.internal.utils import compute_webhook_signature

    first, second = "a-primary-key-4711", "a-secondary-key-4711"
    body = dump(
        {
            "type": "webhook_event",
            "id": "0f5a1b2c-1",
            "created_at": iso(NOW - 5),
            "trigger": "FILE.UPLOADED",
            "webhook": {"id": "53"},
            "source": {"id": "7383", "name": "Übung.txt"},
        }
    )

    def headers(
        at: float, primary: str | None = first, secondary: str | None = second, **more: Any
    ) -> dict[str, str]:
        moment = datetime.fromtimestamp(at, UTC) - timedelta(hours=7)
        stated = {
            "box-signature-version": "1",
            "box-signature-algorithm": "HmacSHA256",
            "box-delivery-timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S-07:00"),
        }
        for kind, key in (("primary", primary), ("secondary", secondary)):
            if key:
                stated[f"box-signature-{kind}"] = compute_webhook_signature(body, stated, key, **more)
        return stated

    vectors = Vectors(
        "box", f"boxsdk 10.18.0 (PyPI), compute_webhook_signature, {SEEN}", secret=first, body=body
    )
    vectors.accept("both keys sign", headers=headers(NOW), events=[event("0f5a1b2c-1", "box/file.uploaded")])
    vectors.accept("the secondary key alone is known", headers=headers(NOW), secret=second)
    vectors.accept(
        "the primary key has been changed", headers=headers(NOW, primary="a-new-key"), secrets=[first, second]
    )
    vectors.accept("the primary signature alone", headers=headers(NOW, secondary=None))
    vectors.accept(
        "signed with \\u escapes, which the library allows", headers=headers(NOW, escape_body=True)
    )
    times(vectors, headers, body, 600)
    good = headers(NOW)
    for reason, bad in {
        "another version": {**good, "box-signature-version": "2"},
        "another algorithm": {**good, "box-signature-algorithm": "HmacSHA1"},
        "another time": {**good, "box-delivery-timestamp": iso(NOW)},
        "a time that is none": {**good, "box-delivery-timestamp": "now"},
        "no time": {name: value for name, value in good.items() if name != "box-delivery-timestamp"},
        "no signatures": headers(NOW, None, None),
        "the primary signature twice": {**good, "box-signature-primary": [good["box-signature-primary"]] * 2},
        "a signature cut short": {
            **headers(NOW, secondary=None),
            "box-signature-primary": good["box-signature-primary"][:-1],
        },
    }.items():
        vectors.reject(reason, headers=bad)
    vectors.reject("others' keys", headers=good, secrets=["x", "y"])
    vectors.reject("a changed body", headers=good, body=body.replace("7383", "7384"))
    vectors.write()


def airtable() -> None:
    key = bytes(range(64))
    secret = base64.b64encode(key).decode()
    body = dump(
        {
            "base": {"id": "app00000000000000"},
            "webhook": {"id": "ach00000000000001"},
            "timestamp": iso(NOW - 5),
        }
    )
    page = "https://airtable.com/developers/web/api/webhooks-overview"
    vectors = Vectors("airtable", f"{OPENSSL} as {page} says, {SEEN}", secret=secret)
    value = "hmac-sha256=" + mac(key, body.encode()).hex()
    # Ours, since Airtable has none: the digest of the two, as JSON.
    id = sha256(dump(["ach00000000000001", iso(NOW - 5)]).encode()).hexdigest()
    known = event(id, "airtable/webhook.notification")
    mac_vectors(vectors, "X-Airtable-Content-MAC", value, body, known, "hmac-sha256=")
    undecoded = "hmac-sha256=" + hexmac(secret, body)
    vectors.reject("the secret used undecoded", headers={"X-Airtable-Content-MAC": undecoded}, body=body)
    vectors.write()
