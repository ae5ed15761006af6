"""Makes the vectors of the payment providers that sign in a way of their own, or not at all.

    pip install --target /tmp/sdk Adyen mollie-api-py
    PYTHONPATH=/tmp/sdk python tests/vectors/making/pay_signed.py

The `openssl` command signs; where the provider's own package can verify, it has to agree.
"""

# ruff: noqa: E501 - a vector on one line

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pay import NOW, File, base64ed, event, openssl, plain


def mollie() -> None:
    from mollie.utils.webhooks.signature_validator import SignatureValidator

    file = File("mollie", "signed by openssl, accepted by mollie-api-py 1.10.20 (PyPI)")
    secret, name = "mollie-secret", "X-Mollie-Signature"
    body = b'{"resource":"event","id":"event_GvJ8WHrp5isUdRub9CJyH","type":"payment-link.paid",'
    body += b'"entityId":"pl_1","createdAt":"2027-01-15T08:00:00.0Z"}'
    known = [event("event_GvJ8WHrp5isUdRub9CJyH", "mollie/payment-link.paid", NOW * 1000)]

    def official(body: bytes, signature: str, key: str) -> object:
        return SignatureValidator.validate(body.decode("latin-1"), key, signature)

    plain(file, name, lambda raw: f"sha256={raw.hex()}", secret, body, {}, known, official)
    bare, old = openssl(body, secret.encode()).hex(), openssl(body, b"old").hex()
    file.add("bare", "accept", "without sha256=, as the package takes it", {name: bare}, body, secret=secret)
    both = f"sha256={old}, sha256={bare}"
    file.add("several", "accept", "two signatures in one header", {name: both}, body, secret=secret)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    url, classic = "https://gateway.example/webhooks/mollie", {"classic": True}

    def add(
        id: str, expect: str, reason: str, query: str, body: bytes = b"id=tr_5B8cwPMGnU", **more: Any
    ) -> None:
        file.add(id, expect, reason, form, body, url=f"{url}{query}", secret=secret, **more)

    known = [event(f"tr_5B8cwPMGnU:{NOW * 1000}", "mollie/payment.changed", NOW * 1000)]
    add(
        "classic",
        "accept",
        "a classic webhook with its token",
        f"?token={secret}",
        config=classic,
        events=known,
    )
    add("classic-open", "reject", "a classic webhook without a token", "", config=classic)
    add("classic-wrong", "reject", "a classic webhook with another token", "?token=x", config=classic)
    add("classic-off", "reject", "a classic webhook where none is expected", f"?token={secret}")
    file.write()


def adyen() -> None:
    from Adyen.util import is_valid_hmac_notification, is_valid_hmac_payload

    file = File("adyen", "signed by openssl, accepted by Adyen 16.0.0 (PyPI)")
    key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
    payment = {
        "pspReference": "7914073381342284", "originalReference": "", "merchantAccountCode": "TestMerchant",
        "merchantReference": "TestPayment-1407325143704", "amount": {"value": 1130, "currency": "EUR"},
        "eventCode": "AUTHORISATION", "success": "true", "eventDate": "2019-05-06T17:15:34.121+02:00",
        "paymentMethod": "visa",
    }  # fmt: skip

    def text(item: Mapping[str, Any]) -> bytes:
        names = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference")
        values = [item.get(name, "") for name in names]
        values += [item["amount"]["value"], item["amount"]["currency"], item["eventCode"], item["success"]]
        return ":".join(map(str, values)).encode()

    def signed(item: Mapping[str, Any], secret: str = key) -> dict[str, Any]:
        proof = base64ed(openssl(text(item), bytes.fromhex(secret)))
        return {**item, "additionalData": {"hmacSignature": proof}}

    def body(*items: Mapping[str, Any]) -> bytes:
        wrapped = [{"NotificationRequestItem": item} for item in items]
        return json.dumps({"live": "false", "notificationItems": wrapped}).encode()

    def add(id: str, expect: str, reason: str, content: bytes, **more: Any) -> None:
        file.add(id, expect, reason, {}, content, **({"secret": key} | more))

    good = signed(payment)
    assert good["additionalData"]["hmacSignature"] == "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="
    assert is_valid_hmac_notification(json.loads(body(good)), key)
    first = event("7914073381342284:AUTHORISATION:true", "adyen/authorisation", 1557155734121)
    accepted = {"status": 200, "body": "[accepted]"}
    add("published", "accept", "Adyen's own example", body(good), events=[first], reply=accepted,
        source="Adyen 16.0.0, the tests of its repository")  # fmt: skip
    for id, reason, changes in (
        ("colon", "a colon in a value is not escaped", {"merchantReference": "a:b"}),
        ("backslash", "nor is a backslash", {"merchantReference": "a\\\\:b\\"}),
        ("utf-8", "a value beyond ASCII", {"merchantReference": "Bestellung-ü-€"}),
    ):
        item = signed({**payment, **changes})
        assert is_valid_hmac_notification(json.loads(body(item)), key)
        add(id, "accept", reason, body(item))
    lacking = {name: value for name, value in payment.items() if name != "originalReference"}
    add("no-original", "accept", "originalReference is missing", body(signed(lacking)))
    refund = signed({**payment, "pspReference": "8825", "originalReference": "7914073381342284",
                     "eventCode": "REFUND", "success": "false"})  # fmt: skip
    second = event("8825:REFUND:false", "adyen/refund", 1557155734121)
    add("batch", "accept", "two items", body(good, refund), events=[first, second])
    add(
        "twice",
        "accept",
        "one item twice; the store tells that it is one",
        body(good, good),
        events=[first, first],
    )
    add("rotation", "accept", "the second of two keys", body(good), secret=None, secrets=["00" * 32, key])
    late = {**good, "eventDate": "2030-01-01T00:00:00+00:00"}
    add("unsigned-field", "accept", "eventDate is not signed, and can be changed", body(late))
    add(
        "second-changed",
        "reject",
        "the first item is right, the second is not",
        body(good, {**refund, "success": "true"}),
    )
    add("second-unsigned", "reject", "the second item is not signed", body(good, payment))
    add("two-keys", "reject", "two items signed with different keys", body(good, signed(payment, "11" * 32)))
    for name, value in (
        ("amount", {"value": 1131, "currency": "EUR"}), ("success", "false"), ("eventCode", "CAPTURE"),
        ("pspReference", "7914073381342285"), ("merchantAccountCode", "Other"), ("merchantReference", "other"),
    ):  # fmt: skip
        add(f"changed-{name}", "reject", f"{name} changed", body({**good, name: value}))
    add("wrong-key", "reject", "another key", body(signed(payment, "11" * 32)))
    asciied = {**payment, "additionalData": {"hmacSignature": base64ed(openssl(text(payment), key.encode()))}}
    add("key-as-text", "reject", "the key taken as text", body(asciied))
    for id, reason, additional in (
        ("no-signature", "no signature", {"cardSummary": "1111"}), ("empty-signature", "an empty one", {"hmacSignature": ""}),
        ("null-signature", "null for a signature", {"hmacSignature": None}),
        ("list-signature", "a list for a signature", {"hmacSignature": [good["additionalData"]["hmacSignature"]]}),
        ("cut-signature", "a character is missing", {"hmacSignature": good["additionalData"]["hmacSignature"][:-1]}),
        ("odd-signature", "a character too many", {"hmacSignature": good["additionalData"]["hmacSignature"] + "é"}),
    ):  # fmt: skip
        add(id, "reject", reason, body({**payment, "additionalData": additional}))
    add(
        "no-additional-data",
        "reject",
        "no additionalData, of which Adyen's package returns None",
        body(payment),
    )
    add("no-items", "reject", "nothing that could be signed", body())
    add("not-json", "reject", "no JSON", b"[accepted]")
    add("bad-key", "reject", "a key that is not hex", body(good), secret="not hexadecimal")

    platform = b'{"data":{"balancePlatform":"Example","id":"1"},"environment":"test",'
    platform += b'"timestamp":"2027-01-15T08:00:00Z","type":"balancePlatform.accountHolder.updated"}'
    proof = base64ed(openssl(platform, bytes.fromhex(key)))
    assert is_valid_hmac_payload(proof, key, platform)
    named = [event(sha256(platform).hexdigest(), "adyen/balancePlatform.accountHolder.updated", NOW * 1000)]
    for id, expect, reason, headers, content in (
        ("platform", "accept", "a webhook signed in a header", {"HmacSignature": proof}, platform),
        ("platform-changed", "reject", "its body changed", {"HmacSignature": proof}, platform + b" "),
        ("platform-unsigned", "reject", "no header", {}, platform),
        ("platform-twice", "reject", "the header twice", {"HmacSignature": [proof, proof]}, platform),
        ("platform-hex", "reject", "in hex", {"HmacSignature": base64.b64decode(proof).hex()}, platform),
    ):
        more = {"events": named} if expect == "accept" else {}
        file.add(id, expect, reason, {**headers, "Protocol": "HmacSHA256"}, content, secret=key, **more)
    file.write()


def chargebee() -> None:
    file = File(
        "chargebee", "HTTP Basic credentials (RFC 7617) by the base64 command, as Chargebee sends them"
    )
    body = b'{"id":"ev_16BHbhF4s42tO2lJ","occurred_at":1800000000,"object":"event","api_version":"v2",'
    body += b'"event_type":"subscription_created","content":{"subscription":{"id":"1"}}}'
    known = [event("ev_16BHbhF4s42tO2lJ", "chargebee/subscription_created", NOW * 1000)]

    def basic(text: str, scheme: str = "Basic") -> str:
        encoded = subprocess.run(
            ["base64", "-w0"], input=text.encode(), capture_output=True, check=True
        ).stdout
        return f"{scheme} {encoded.decode()}"

    def add(id: str, expect: str, reason: str, value: Any, **more: Any) -> None:
        headers = {} if value is None else {"Authorization": value}
        file.add(id, expect, reason, headers, body, **({"secret": "cb:pass word"} | more))

    good = basic("cb:pass word")
    add("right", "accept", "the right name and password", good, events=known)
    add("lower", "accept", "the scheme in small letters", basic("cb:pass word", "basic"))
    add("colons", "accept", "a password with colons", basic("cb:a:b:c"), secret="cb:a:b:c")
    add("rotation", "accept", "the second of two", good, secret=None, secrets=["cb:old", "cb:pass word"])
    add("wrong-password", "reject", "another password", basic("cb:password"))
    add("wrong-user", "reject", "another name", basic("ca:pass word"))
    add("swapped", "reject", "name and password swapped", basic("pass word:cb"))
    add("no-colon", "reject", "no colon", basic("cbpass word"))
    add("no-password", "reject", "no password", basic("cb:"))
    add("longer", "reject", "more than the password", basic("cb:pass word "))
    add("bearer", "reject", "another scheme", basic("cb:pass word", "Bearer"))
    add("plain", "reject", "not encoded", "Basic cb:pass word")
    add("junk", "reject", "junk after the base64", good + "!")
    add("missing", "reject", "no header", None)
    add("empty", "reject", "an empty header", "")
    add("repeated", "reject", "the header twice", [good, good])
    add("only-password", "reject", "the secret lacks a name", basic(":x"), secret=":x")
    add("no-secret", "reject", "no secret", good, secret=None, secrets=[])
    file.write()


def recurly() -> None:
    file = File(
        "recurly", "signed by openssl as lib/recurly/webhooks.rb of recurly-client-ruby (5233e1b0) checks it"
    )
    secret, name = "recurly-key", "recurly-signature"
    body = b'{"id":"rzyimqxlza2y","object_type":"subscription","site_id":"rp8k","event_type":"created",'
    body += b'"event_time":"2027-01-15T08:00:00Z","account_code":"verena"}'
    known = [event(sha256(body).hexdigest(), "recurly/subscription.created", NOW * 1000)]

    def header(at: object = NOW * 1000, key: str = secret, content: bytes = body) -> str:
        return f"{at},{openssl(f'{at}.'.encode() + content, key.encode()).hex()}"

    def add(id: str, expect: str, reason: str, value: Any, content: bytes = body, **more: Any) -> None:
        headers = {} if value is None else {name: value}
        file.add(id, expect, reason, headers, content, **({"secret": secret} | more))

    good, old = header(), header(key="old")
    add("signed", "accept", "signed by openssl", good, events=known)
    add("rotation", "accept", "both keys sign for a day", f"{old},{good.partition(',')[2]}")
    add("secrets", "accept", "the second of two keys", good, secret=None, secrets=["old", secret])
    add("oldest", "accept", "exactly five minutes old", header((NOW - 300) * 1000))
    add("newest", "accept", "exactly five minutes ahead", header((NOW + 300) * 1000))
    classic = b'{"new_account_notification":{"account":{"account_code":"1"}}}'
    known = [event(sha256(classic).hexdigest(), "recurly/new_account_notification", None)]
    add(
        "classic",
        "accept",
        "a notification in the older shape",
        header(content=classic),
        classic,
        events=known,
    )
    add("stale", "reject", "a millisecond too old", header((NOW - 300) * 1000 - 1))
    add("future", "reject", "a millisecond too far ahead", header((NOW + 300) * 1000 + 1))
    add("seconds", "reject", "a time in seconds", header(NOW))
    add("wrong-key", "reject", "another key", old)
    add("changed", "reject", "a byte of the body changed", good, body.replace(b"verena", b"verona"))
    add(
        "other-time", "reject", "another time than signed", good.replace(str(NOW * 1000), str(NOW * 1000 + 1))
    )
    add("no-time", "reject", "no time", good.partition(",")[2])
    add("no-signature", "reject", "no signature", good.partition(",")[0])
    add("last", "reject", "the time at the end", ",".join(reversed(good.split(","))))
    add("named", "reject", "items with names", "t=" + good.replace(",", ",v1="))
    add("word", "reject", "a time that is a word", header("now"))
    add("signed-number", "reject", "a time with a sign", header(f"+{NOW * 1000}"))
    add(
        "body-only",
        "reject",
        "the time is not signed",
        f"{NOW * 1000},{openssl(body, secret.encode()).hex()}",
    )
    add("cut", "reject", "cut", good[:-1])
    add("missing", "reject", "no header", None)
    add("empty", "reject", "an empty header", "")
    add("repeated", "reject", "the header twice", [good, good])
    add("xml", "reject", "XML, which Recurly does not sign", None, b"<new_account_notification/>")
    file.write()


def xero() -> None:
    file = File(
        "xero", "signed by openssl as developer.xero.com, configuring-your-server, says; seen 2026-11-24"
    )
    body = b'{"events":[{"resourceUrl":"https://api.xero.com/api.xro/2.0/Contacts/717f","resourceId":"717f","eventDateUtc":'
    body += b'"2027-01-15T08:00:00.123","eventType":"Update","eventCategory":"CONTACT","tenantId":"c2cc","tenantType":'
    body += b'"ORGANISATION"}],"lastEventSequence":1,"firstEventSequence":1,"entropy":"S0m3r4Nd0mt3xt"}'
    places = json.dumps(
        ["c2cc", "717f", "CONTACT", "Update", "2027-01-15T08:00:00.123"], separators=(",", ":")
    )
    known = [event(sha256(places.encode()).hexdigest(), "xero/contact.update", NOW * 1000 + 123)]
    plain(file, "x-xero-signature", base64ed, "xero-key", body, {}, known)
    intent = b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'
    right = {"x-xero-signature": base64ed(openssl(intent, b"xero-key"))}
    wrong = {"x-xero-signature": base64ed(openssl(intent, b"another"))}
    file.add("intent", "accept", "intent to receive, rightly signed", right, intent, secret="xero-key", events=[],
             reply={"status": 200, "body": ""})  # fmt: skip
    file.add("intent-wrong", "reject", "intent to receive, wrongly signed", wrong, intent, secret="xero-key")
    file.add("intent-open", "reject", "intent to receive, not signed", {}, intent, secret="xero-key")
    file.write()


if __name__ == "__main__":
    for make in (mollie, adyen, chargebee, recurly, xero):
        make()
