"""The requests of `msg.py`: HubSpot's."""

from __future__ import annotations

import hashlib

from hubspot.utils.signature import Signature
from msg import MS, NOW, File, Record, dumped, event

SECRET, STAMP = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "X-HubSpot-Request-Timestamp"
URL = "https://gateway.example/webhooks/hubspot"
ONE = {
    "eventId": 1,
    "subscriptionId": 12345,
    "portalId": 62515,
    "occurredAt": MS,
    "objectId": 123,
    "subscriptionType": "contact.creation",
    "attemptNumber": 0,
    "appId": 54321,
}
TWO = {**ONE, "eventId": 2, "subscriptionType": "contact.propertyChange", "propertyValue": "Zoë"}
BATCH = dumped([ONE, TWO, {**ONE, "attemptNumber": 1}])

V1_SOURCE = "https://developers.hubspot.com/docs/faq/v1-request-validation, seen 2026-11-24"
V1_BODY = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
    b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
    b'"changeFlag":"NEW","appId":54321}]'
)
V1_SIGNATURE = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"


def hubspot() -> File:
    source = "hubspot-api-client (PyPI) 12.0.0 Signature.get_signature"
    file = File("hubspot", source, "X-HubSpot-Signature-v3")
    genuine = made(file, NOW)
    first, second = (
        event("1", "hubspot/contact.creation", MS),
        event("2", "hubspot/contact.propertyChange", MS),
    )
    file.accept(genuine, [first, second, first], "another")
    file.attack(genuine, genuine["body"].replace("62515", "62516"))
    file.timed(lambda stamp: made(file, stamp), 300)
    file.add("millisecond-late", "reject", "signed 300.001 s ago", made(file, NOW - 300.001))
    cases = [
        ("other-time", str(MS - 1), "another time"),
        ("time-not-a-number", "nan", "a time that is none"),
        ("no-time", None, "without a time"),
    ]
    file.refuse(genuine, cases, STAMP)
    urls(file, genuine)
    old_versions(file, genuine)
    return file


def made(file: File, stamp: float, url: str = URL, signed_url: str = "") -> Record:
    text = str(int(stamp * 1000))
    signature = Signature.get_signature(SECRET, BATCH.decode(), "v3", signed_url or url, "POST", text)
    return file.request({file.signature: signature, STAMP: text}, BATCH, SECRET, url=url)


def urls(file: File, genuine: Record) -> None:
    file.add("other-url", "reject", "another URL", genuine, url=URL + "?a=b")
    file.add("other-method", "reject", "another method", genuine, method="PUT")
    inner = {
        "url": "http://10.0.0.7:8080/webhooks/hubspot",
        "config": {"public_url": "https://gateway.example"},
    }
    file.add("config-url", "accept", "the public URL from the configuration", genuine, **inner)
    query = URL + "?a=b%2Fc%40d%20e"
    file.add("query", "accept", "a query, signed as it is", made(file, NOW, query))
    decoded = made(file, NOW, query, URL + "?a=b/c@d%20e")
    file.add(
        "query-decoded", "accept", "a query, signed with some escapes decoded, as the page says", decoded
    )


def old_versions(file: File, genuine: Record) -> None:
    assert hashlib.sha256(SECRET.encode() + V1_BODY).hexdigest() == V1_SIGNATURE
    headers = {"X-HubSpot-Signature": V1_SIGNATURE, "X-HubSpot-Signature-Version": "v1"}
    old = file.request(headers, V1_BODY, SECRET)
    why, told = (
        "the published example, where the source asks for v1",
        event("1", "hubspot/contact.creation", 1564113600000),
    )
    v1, v2 = {"signature_version": "v1"}, {"signature_version": "v2"}
    file.add("v1-published", "accept", why, old, config=v1, source=V1_SOURCE, events=[told])
    file.add("v1-unasked", "reject", "v1 where nobody asked for it: it has no time", old)
    both = {**headers, STAMP: str(MS), file.signature: "x" * 44}
    file.add("v1-besides-wrong-v3", "reject", "a right v1 besides a wrong v3", old, headers=both)
    signature = Signature.get_signature(SECRET, V1_BODY.decode(), "v2", URL, "POST")
    newer = {**old, "headers": {"X-HubSpot-Signature": signature}, "config": v2}
    file.add("v2", "accept", "v2, where the source asks for v2", newer)
    file.add("v2-other-url", "reject", "v2 for another URL", newer, url=URL + "2")
    file.add("v1-for-v2", "reject", "v1 where v2 is asked for", old, config=v2)


FILES = (hubspot,)
