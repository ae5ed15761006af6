"""The requests of `msg.py`: HubSpot's, Typeform's, Calendly's and DocuSign's."""

from __future__ import annotations

import hashlib

from msg import ISO, MS, NOW, File, Record, base64ed, dumped, event, openssl


def hubspot() -> File:
    from hubspot.utils.signature import Signature

    file = File(
        "hubspot", "hubspot-api-client (PyPI) 12.0.0 Signature.get_signature", "X-HubSpot-Signature-v3"
    )
    secret, stamp_header = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "X-HubSpot-Request-Timestamp"
    url = "https://gateway.example/webhooks/hubspot"
    one = {
        "eventId": 1,
        "subscriptionId": 12345,
        "portalId": 62515,
        "occurredAt": MS,
        "objectId": 123,
        "subscriptionType": "contact.creation",
        "attemptNumber": 0,
        "appId": 54321,
    }
    two = {**one, "eventId": 2, "subscriptionType": "contact.propertyChange", "propertyValue": "Zoë"}
    batch = dumped([one, two, {**one, "attemptNumber": 1}])

    def made(stamp: float, url: str = url, signed_url: str = "") -> Record:
        text = str(int(stamp * 1000))
        signature = Signature.get_signature(secret, batch.decode(), "v3", signed_url or url, "POST", text)
        return file.request({file.signature: signature, stamp_header: text}, batch, secret, url=url)

    genuine = made(NOW)
    told = [
        event("1", "hubspot/contact.creation", MS),
        event("2", "hubspot/contact.propertyChange", MS),
        event("1", "hubspot/contact.creation", MS),
    ]
    file.accept(genuine, told, "another")
    file.attack(genuine, genuine["body"].replace("62515", "62516"))
    file.timed(made, 300)
    file.add("millisecond-late", "reject", "signed 300.001 s ago", made(NOW - 300.001))
    file.add("other-url", "reject", "another URL", genuine, url=url + "?a=b")
    file.add("other-method", "reject", "another method", genuine, method="PUT")
    file.add(
        "config-url",
        "accept",
        "the public URL from the configuration",
        genuine,
        url="http://10.0.0.7:8080/webhooks/hubspot",
        config={"public_url": "https://gateway.example"},
    )
    query = url + "?a=b%2Fc%40d%20e"
    file.add("query", "accept", "a query, signed as it is", made(NOW, query))
    decoded = made(NOW, query, url + "?a=b/c@d%20e")
    file.add(
        "query-decoded", "accept", "a query, signed with some escapes decoded, as the page says", decoded
    )
    for id, text, reason in (
        ("other-time", str(MS - 1), "another time"),
        ("nan", "nan", "a time that is none"),
        ("no-time", None, "without a time"),
    ):
        file.add(id, "reject", reason, genuine, headers=file.header(genuine, text, stamp_header))
    # The published example of v1: https://developers.hubspot.com/docs/faq/v1-request-validation
    body = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
        b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
        b'"changeFlag":"NEW","appId":54321}]'
    )
    published = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
    assert hashlib.sha256(secret.encode() + body).hexdigest() == published
    old = file.request({"X-HubSpot-Signature": published, "X-HubSpot-Signature-Version": "v1"}, body, secret)
    file.add(
        "v1-published",
        "accept",
        "the published example of v1, where the source asks for v1",
        old,
        config={"signature_version": "v1"},
        source="https://developers.hubspot.com/docs/faq/v1-request-validation",
        events=[event("1", "hubspot/contact.creation", 1564113600000)],
    )
    file.add("v1-unasked", "reject", "v1 where nobody asked for it: it has no time", old)
    file.add(
        "v1-besides-wrong-v3",
        "reject",
        "a right v1 besides a wrong v3",
        old,
        headers={**old["headers"], **file.header(genuine, None), file.signature: "x" * 44},
    )
    v2 = Signature.get_signature(secret, body.decode(), "v2", url, "POST")
    newer = {**old, "headers": {"X-HubSpot-Signature": v2}, "config": {"signature_version": "v2"}}
    file.add("v2", "accept", "v2, where the source asks for v2", newer)
    file.add("v2-other-url", "reject", "v2 for another URL", newer, url=url + "2")
    file.add("v1-for-v2", "reject", "v1 where v2 is asked for", old, config={"signature_version": "v2"})
    return file


def typeform() -> File:
    file = File(
        "typeform",
        "signed by `openssl dgst`, as the page secure-your-webhooks describes it",
        "Typeform-Signature",
    )
    secret = "typeform-secret"
    body = dumped(
        {
            "event_id": "LtWXD3crgy",
            "event_type": "form_response",
            "form_response": {"form_id": "lT4Z3j", "submitted_at": ISO, "answers": [{"text": "Zoë"}]},
        }
    )
    digest = openssl(body, secret.encode())
    genuine = file.request({file.signature: f"sha256={base64ed(digest)}"}, body, secret)
    file.accept(genuine, [event("LtWXD3crgy", "typeform/form_response", MS)], "another")
    file.attack(genuine, genuine["body"].replace("Zoë", "Zoe"))
    for id, text, reason in (
        ("hex", f"sha256={digest.hex()}", "in hex, as GitHub would write it"),
        ("no-prefix", base64ed(digest), "without its prefix"),
        ("sha1", f"sha1={base64ed(openssl(body, secret.encode(), 'sha1'))}", "SHA-1"),
        (
            "url-safe",
            f"sha256={base64ed(digest).replace('+', '-').replace('/', '_').rstrip('=')}",
            "unpadded",
        ),
    ):
        file.add(id, "reject", reason, genuine, headers=file.header(genuine, text))
    return file


def calendly() -> File:
    file = File(
        "calendly",
        "signed by `openssl dgst`, as the page webhook-signatures describes it",
        "Calendly-Webhook-Signature",
    )
    secret = "5mEzn9C-I28UtwOjZJtFoob0sAAFZ95GbZkqj4y3i0I"
    body = dumped(
        {
            "event": "invitee.created",
            "created_at": "2027-01-15T08:00:00.000000Z",
            "payload": {"uri": "https://api.calendly.com/x/invitees/1", "name": "Zoë"},
        }
    )

    def made(stamp: int) -> Record:
        signature = openssl(f"{stamp}.".encode() + body, secret.encode()).hex()
        return file.request({file.signature: f"t={stamp},v1={signature}"}, body, secret)

    genuine = made(NOW)
    file.accept(genuine, [event(hashlib.sha256(body).hexdigest(), "calendly/invitee.created", MS)], "another")
    file.attack(genuine, genuine["body"].replace("Zoë", "Zoe"))
    file.timed(made, 180)
    value = genuine["headers"][file.signature]
    for id, text, reason in (
        ("v0", value.replace("v1=", "v0="), "the signature under another version"),
        ("two-times", f"t={NOW - 1},{value}", "two times"),
        ("no-time", value.partition(",")[2], "without a time"),
        ("time-not-a-number", value.replace(str(NOW), "1e9"), "a time that is none"),
    ):
        file.add(id, "reject", reason, genuine, headers=file.header(genuine, text))
    return file


def docusign() -> File:
    file = File(
        "docusign",
        "signed by `openssl dgst`, as the page connect/validate describes it",
        "X-DocuSign-Signature-1",
    )
    secret = "DHQBqnBqaKW4PBSNhDUBJcGbXIrnhXwH7Cp6QJx0aZY="
    document = {
        "event": "envelope-completed",
        "generatedDateTime": "2027-01-15T08:00:00.1234567Z",
        "retryCount": 0,
        "data": {"accountId": "acc", "envelopeId": "env-1", "name": "Zoë"},
    }
    id = "env-1:envelope-completed::2027-01-15T08:00:00.1234567Z"

    def made(retry: int) -> Record:
        body = dumped({**document, "retryCount": retry})
        return file.request({file.signature: base64ed(openssl(body, secret.encode()))}, body, secret)

    genuine, told = made(0), [event(id, "docusign/envelope-completed", MS + 123)]
    file.accept(genuine, told, "another")
    file.attack(genuine, genuine["body"].replace("Zoë", "Zoe"))
    file.add("retry", "accept", "a retry, with another body and the same id", made(1), events=told)
    right, wrong = genuine["headers"][file.signature], base64ed(b"x" * 32)
    names = [f"X-DocuSign-Signature-{number}" for number in (1, 2, 100, 101)]
    file.add(
        "second-key",
        "accept",
        "the second of the account's keys",
        genuine,
        headers={names[0]: wrong, names[1]: right},
    )
    file.add("hundredth-key", "accept", "the hundredth of them", genuine, headers={names[2]: right})
    file.add("key-101", "reject", "there is no such header", genuine, headers={names[3]: right})
    file.add(
        "hex",
        "reject",
        "in hex",
        genuine,
        headers={names[0]: openssl(genuine["body"].encode(), secret.encode()).hex()},
    )
    xml = b"<DocuSignEnvelopeInformation/>"
    file.add(
        "xml",
        "accept",
        "the older XML: genuine, but no event",
        file.request({names[0]: base64ed(openssl(xml, secret.encode()))}, xml, secret),
        events=[],
    )
    return file


FILES = (hubspot, typeform, calendly, docusign)
