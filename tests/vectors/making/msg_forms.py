"""The requests of `msg.py`: Typeform's, Calendly's and DocuSign's."""

from __future__ import annotations

import hashlib

from msg import ISO, MS, NOW, File, Record, base64ed, dumped, event, openssl


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


FILES = (typeform, calendly, docusign)
