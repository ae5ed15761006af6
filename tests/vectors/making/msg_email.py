"""The requests of `msg.py`: Mailgun's and Postmark's."""

from __future__ import annotations

import subprocess
from typing import Any
from urllib.parse import urlencode

from msg import MS, NOW, File, Record, at, dumped, event, openssl

KEY, TOKEN = "key-3ax6xnjp29jd6fds4gc373sgvjxteol0", "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
EVENT_ID = "CPgfbmQMTCKtHW6uIWtuVe"


def mailgun() -> File:
    file = File("mailgun", "signed by `openssl dgst`, accepted by mailgun (PyPI) 1.10.0 verify_webhook")
    genuine = posted(file, NOW)
    file.accept(genuine, [event(EVENT_ID, "mailgun/failed", MS + 250)], "another")
    changed = genuine["body"].replace("failed", "opened")
    file.add("event-changed", "accept", "another event: Mailgun does not sign it", genuine, body=changed)
    for id, other, reason in (
        ("other-token", {"token": TOKEN[:-1] + "1"}, "another token"),
        ("other-time", {"timestamp": str(NOW - 1)}, "another time"),
        (
            "moved-digit",
            {"timestamp": str(NOW)[:-1], "token": str(NOW)[-1] + TOKEN},
            "a digit of the time moved",
        ),
        ("truncated", {"signature": "abc"}, "a signature that is too short"),
        ("empty", {"signature": ""}, "an empty signature"),
        ("no-text", {"signature": ["x"]}, "a signature that is no text"),
        ("non-ascii", {"signature": "é" * 64}, "a signature that is not ASCII"),
        ("time-not-a-number", {"timestamp": "nan"}, "a time that is none"),
    ):
        file.add(id, "reject", reason, posted(file, NOW, **other))
    file.add("no-signature", "reject", "without a signature", genuine, body='{"event-data":{"id":"x"}}')
    file.timed(lambda stamp: posted(file, stamp), 900)
    forms(file)
    return file


def proof(stamp: int) -> dict[str, str]:
    from mailgun.security import SecurityGuard

    signature = openssl(f"{stamp}{TOKEN}".encode(), KEY.encode()).hex()
    at(stamp)
    assert SecurityGuard.verify_webhook(KEY, TOKEN, str(stamp), signature)
    return {"timestamp": str(stamp), "token": TOKEN, "signature": signature}


def posted(file: File, stamp: int, **other: Any) -> Record:
    data = {"event": "failed", "severity": "temporary", "id": EVENT_ID, "timestamp": NOW + 0.25}
    document = {
        "signature": {**proof(stamp), **other},
        "event-data": {**data, "recipient": "zoë@example.com"},
    }
    return file.request({"Content-Type": "application/json"}, dumped(document), KEY)


def forms(file: File) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    inbound = {"recipient": "in@mg.example.com", "subject": "Grüße", "body-plain": "a\r\nb", **proof(NOW)}
    route, told = file.request(kind, urlencode(inbound).encode(), KEY), [event(TOKEN, "mailgun/inbound", MS)]
    file.add("route", "accept", "an inbound route, in a form", route, events=told)
    twice = route["body"] + "&signature=x"
    file.add("form-repeated", "reject", "the form's signature comes twice", route, body=twice)
    older = file.request(kind, urlencode({"event": "opened", **proof(NOW)}).encode(), KEY)
    told = [event(TOKEN, "mailgun/opened", MS)]
    file.add("older", "accept", "an older webhook, in a form", older, events=told)


DELIVERY = {
    "RecordType": "Delivery",
    "MessageID": "883953f4",
    "Recipient": "zoë@example.com",
    "MessageStream": "outbound",
    "DeliveredAt": "2027-01-15T08:00:00Z",
}
BOUNCE = {
    "ID": 4323372036854775807,
    "MessageID": "883953f4",
    "BouncedAt": "2027-01-15T09:00:00.0000000+01:00",
}
POSTMARK_EVENTS = (
    # type, body, id, time
    ("bounce", {"RecordType": "Bounce", **BOUNCE}, "4323372036854775807", MS),
    ("spam_complaint", {"RecordType": "SpamComplaint", **BOUNCE, "ID": 42}, "42", MS),
    ("inbound", {"MessageID": "22c74902", "From": "zoe@example.com"}, "22c74902", None),
)


def postmark() -> File:
    source = "RFC 7617, section 2: Aladdin's credentials, and those of the coreutils' base64"
    file, secret = File("postmark", source, "Authorization"), "Aladdin:open sesame"
    assert basic(secret) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    genuine = file.request({"Authorization": basic(secret)}, dumped(DELIVERY), secret)
    id = "883953f4:Delivery:zoë@example.com:2027-01-15T08:00:00Z:"
    file.accept(genuine, [event(id, "postmark/delivery", MS)], "Aladdin:closed sesame")
    file.attack(genuine)
    for kind, body, id, ts in POSTMARK_EVENTS:
        changes = {"body": dumped(body).decode(), "events": [event(id, f"postmark/{kind}", ts)]}
        file.add(kind, "accept", f"of the type {kind}", genuine, **changes)
    small = {"Authorization": basic(secret).replace("Basic", "basic")}
    file.add("small-letters", "accept", "the scheme's name in small letters", genuine, headers=small)
    colons = "user:pass:with:colons"
    headers = {"Authorization": basic(colons)}
    file.add("colons", "accept", "a password with colons", genuine, secret=colons, headers=headers)
    cases = [
        ("other-split", basic("Aladdinopen: sesame"), "the colon elsewhere"),
        ("user-only", basic("Aladdin"), "the user without a password"),
        ("bearer", f"Bearer {secret}", "another scheme"),
    ]
    file.refuse(genuine, cases)
    return file


def basic(text: str) -> str:
    raw = subprocess.run(["base64", "-w0"], input=text.encode(), capture_output=True, check=True).stdout
    return f"Basic {raw.decode()}"


FILES = (mailgun, postmark)
