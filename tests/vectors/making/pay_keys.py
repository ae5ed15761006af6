"""Makes the vectors of PayPal, Braintree and Plaid: certificates, derived keys and tokens.

    pip install --target /tmp/sdk braintree pyopenssl "python-jose[cryptography]"
    PYTHONPATH=/tmp/sdk python tests/vectors/making/pay_keys.py

The `openssl` command signs, or the provider's own package; where that can verify, it has to agree. The genuine
event of PayPal's sandbox and its certificate are from the tests of PayPal's own packages.
"""

# ruff: noqa: E501 - a vector on one line

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import zlib
from collections.abc import Mapping
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pay import NOW, File, base64ed, event, openssl


def _rsa(folder: Path, days: int, name: str, bits: int = 2048) -> tuple[Path, str]:
    """A key and a certificate for `name` that is valid from now for `days`."""
    key, certificate = folder / f"{name}-{days}.key", folder / f"{name}-{days}.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        f"rsa:{bits}",
        "-nodes",
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run([*command, "-days", str(days), "-subj", f"/CN={name}"], check=True, capture_output=True)
    return key, certificate.read_text()


def paypal() -> None:
    from OpenSSL import crypto

    file = File("paypal", "signed by openssl with certificates of its making; the scheme is PayPal's")
    url = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77"
    genuine = Path(__file__).with_name("paypal_sandbox_2015.pem").read_text()
    id_, at = "dfb3be50-fd74-11e4-8bf3-77339302725b", "2015-05-18T15:45:13Z"
    proof = (
        "thy4/U002quzxFavHPwbfJGcc46E8rc5jzgyeafWm5mICTBdY/8rl7WJpn8JA0GKA+oDTPsSruqusw+XXg5RLAP7ip53Euh9Xu3UbUhQFX7U"
        "gwzE2FeYoY6lyRMiiiQLzy9BvHfIzNIVhPad4KnC339dr6y2l+mN8ALgI4GCdIh3/SoJO5wE64Bh/ueWtt8EVuvsvXfda2Le5a2TrOI9vLEz"
        "sm9GS79hAR/5oLexNz8UiZr045Mr5ObroH4w4oNfmkTaDk9Rj0G19uvISs5QzgmBpauKr7Nw++JI0pr/v5mFctQkoWJSGfBGzPRXawrvIIVH"
        "Q9Wer48GR2g9ZiApWg=="
    )
    body = Path(__file__).with_name("paypal_sandbox_2015.json").read_bytes().strip()

    def headers(**changes: Any) -> dict[str, Any]:
        all_ = {
            "PAYPAL-TRANSMISSION-ID": id_, "PAYPAL-TRANSMISSION-TIME": at, "PAYPAL-TRANSMISSION-SIG": proof,
            "PAYPAL-CERT-URL": url, "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        }  # fmt: skip
        named = {f"PAYPAL-{key.replace('_', '-')}": value for key, value in changes.items()}
        return {key: value for key, value in (all_ | named).items() if value is not None}

    moment = 1431963913
    config = {"webhook_id": "4JH86294D6297924G", "certs": {url: genuine}}
    source = "PayPal-Python-SDK, test/unit_tests; the certificate from PayPal-node-SDK, test/mocks"
    known = [event("WH-0G2756385H040842W-5Y612302CV158622M", "paypal/payment.sale.completed", moment * 1000)]

    def add(id: str, expect: str, reason: str, content: bytes = body, given: Any = None, **more: Any) -> None:
        more = {"now": moment + 3, "config": config, "source": source} | more
        file.add(id, expect, reason, headers() if given is None else given, content, **more)

    signed = f"{id_}|{at}|4JH86294D6297924G|{zlib.crc32(body)}".encode()
    leaf = crypto.load_certificate(crypto.FILETYPE_PEM, genuine.encode()).get_pubkey().to_cryptography_key()
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    leaf.verify(base64.b64decode(proof), signed, padding.PKCS1v15(), hashes.SHA256())
    add("genuine", "accept", "a genuine event of the sandbox", events=known)
    add("day-old", "accept", "exactly a day old", now=moment + 86_400)
    add("older", "reject", "a day and a second old", now=moment + 86_401)
    add("future", "reject", "from the day after tomorrow", now=moment - 172_800)
    add("expired", "reject", "the certificate has expired", now=1_500_000_000, tolerance=1e9)
    add(
        "other-webhook", "reject", "another webhook's id", config=config | {"webhook_id": "0LS3308554161733N"}
    )
    add("changed", "reject", "a byte of the body changed", body.replace(b"20.00", b"90.00", 1))
    add("longer", "reject", "a line break after the body", body + b"\n")
    add("emptied", "reject", "no body", b"")
    for id, reason, changes in (
        ("sha1", "SHA-1 claimed", {"AUTH_ALGO": "SHA1withRSA"}), ("none", "no algorithm claimed", {"AUTH_ALGO": "none"}),
        ("no-algorithm", "no algorithm", {"AUTH_ALGO": None}), ("no-time", "no time", {"TRANSMISSION_TIME": None}),
        ("other-time", "another time", {"TRANSMISSION_TIME": "2015-05-18T15:45:14Z"}),
        ("other-id", "another transmission", {"TRANSMISSION_ID": "x" + id_[1:]}),
        ("no-signature", "no signature", {"TRANSMISSION_SIG": None}), ("no-url", "no certificate", {"CERT_URL": None}),
        ("repeated", "the signature twice", {"TRANSMISSION_SIG": [proof, proof]}),
        ("not-base64", "no base64", {"TRANSMISSION_SIG": proof + "é"}), ("cut", "cut", {"TRANSMISSION_SIG": proof[:-4]}),
    ):  # fmt: skip
        add(id, "reject", reason, given=headers(**changes))
    for number, hostile in enumerate((
        "http://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", "https://evil.example/CERT-1",
        "https://api.paypal.com.evil.example/CERT-1", "https://api.paypal.com@evil.example/CERT-1",
        "https://evilapi.paypal.com/CERT-1", "https://api.paypal.com:8443/CERT-1", "https://www.paypal.com/CERT-1",
        "https://api.paypal.com/CERT-1?next=https://evil.example", "https://api.paypal.com/CERT-1#x", "file:///etc/hosts",
    )):  # fmt: skip
        given = headers(CERT_URL=hostile)
        add(f"url-{number}", "reject", f"a certificate from {hostile}", given=given,
            config=config | {"certs": {hostile: genuine}})  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        _paypal_own(file, Path(folder), headers)
    file.write()


def _paypal_own(file: File, folder: Path, headers: Any) -> None:
    """Signed by us: with a certificate for PayPal's name from PayPal's host, and with others."""
    stamp, url = "2027-01-15T08:00:00Z", "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-1"
    body = '{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","create_time":"2027-01-15T08:00:00Z","n":"ü"}'.encode()
    now = NOW
    content = f"t-1|{stamp}|W-1|{zlib.crc32(body)}".encode()
    for id, expect, reason, name, bits in (
        ("live", "accept", "a live event", "messageverificationcerts.paypal.com", 2048),
        ("other-name", "reject", "a certificate for another name", "paypal.com.evil.example", 2048),
        ("bare-name", "reject", "a certificate for a name that only ends like it", "evilpaypal.com", 2048),
        ("short-key", "reject", "a key of 1024 bits", "messageverificationcerts.paypal.com", 1024),
    ):
        key, pem = _rsa(folder, 3650, name, bits)
        sign = ["openssl", "dgst", "-sha256", "-sign", key]
        proof = base64ed(subprocess.run(sign, input=content, capture_output=True, check=True).stdout)
        given = headers(TRANSMISSION_ID="t-1", TRANSMISSION_TIME=stamp, TRANSMISSION_SIG=proof, CERT_URL=url)
        more = (
            {"events": [event("WH-1", "paypal/payment.capture.completed", now * 1000)]}
            if expect == "accept"
            else {}
        )
        file.add(
            id,
            expect,
            reason,
            given,
            body,
            now=now + 1,
            config={"webhook_id": "W-1", "certs": {url: pem}},
            **more,
        )
        if id == "live":
            file.add("not-fetched", "reject", "the certificate is not at hand", given, body, now=now,
                     config={"webhook_id": "W-1"})  # fmt: skip


def braintree() -> None:
    import braintree as package

    public, private = "integration_public_key", "integration_private_key"
    gateway = package.BraintreeGateway(package.Configuration("development", "m", public, private))
    file = File(
        "braintree", "signed by braintree 4.48.0 (PyPI), its testing gateway, or by openssl; accepted by it"
    )
    key, config = sha1(private.encode()).digest(), {"public_key": public}
    text = b"<notification><timestamp type='datetime'>2027-01-15T08:00:00Z</timestamp><kind>subscription_went_past_due"
    text += (
        b"</kind><subject><subscription><id>s_1</id><add-ons type='array'></add-ons></subscription></subject>"
    )
    payload = base64.encodebytes(text + b"</notification>").decode()
    digest = openssl(payload.encode(), key, "sha1").hex()
    gateway.webhook_notification.parse(f"{public}|{digest}", payload)

    def form(signature: str, content: str = payload) -> bytes:
        return urlencode({"bt_signature": signature, "bt_payload": content}).encode()

    def add(id: str, expect: str, reason: str, body: bytes, **more: Any) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        file.add(id, expect, reason, headers, body, **({"secret": private, "config": config} | more))

    known = [event(sha256(payload.encode()).hexdigest(), "braintree/subscription_went_past_due", NOW * 1000)]
    good = f"{public}|{digest}"
    add("signed", "accept", "signed by openssl", form(good), events=known)
    made = gateway.webhook_testing.sample_notification("check", "c_1")
    sample = made["bt_payload"].decode()
    import re

    at = re.search(rb"<timestamp[^>]*>([^<]+)Z<", base64.b64decode(sample))
    from datetime import UTC, datetime

    moment = round(datetime.fromisoformat(at[1].decode()).replace(tzinfo=UTC).timestamp() * 1000)
    checked = [event(sha256(sample.encode()).hexdigest(), "braintree/check", moment)]
    add(
        "check",
        "accept",
        "the package's own test notification",
        form(made["bt_signature"], sample),
        events=checked,
    )
    add(
        "both-in-secret",
        "accept",
        "the secret holds both keys",
        form(good),
        secret=f"{public}|{private}",
        config={},
    )
    add("others", "accept", "signatures of other keys before ours", form(f"other_key|{'0' * 40}&{good}"))
    add("rotation", "accept", "the second of two key pairs", form(good), secret=None,
        secrets=["old_public|old_private", f"{public}|{private}"], config={})  # fmt: skip
    add(
        "line-end",
        "accept",
        "signed with a line break that was lost on the way",
        form(good, payload.rstrip("\n")),
    )
    other = openssl(payload.encode(), sha1(b"other").digest(), "sha1").hex()
    add("wrong-key", "reject", "another private key", form(f"{public}|{other}"))
    add("other-public", "reject", "under another public key", form(f"other_key|{digest}"))
    add("key-not-hashed", "reject", "the private key itself as the key",
        form(f"{public}|{openssl(payload.encode(), private.encode(), 'sha1').hex()}"))  # fmt: skip
    changed = base64.encodebytes(text.replace(b"s_1", b"s_2") + b"</notification>").decode()
    add("changed", "reject", "another payload", form(good, changed))
    add("illegal", "reject", "a character that is no base64", form(good, payload + "!"))
    add("sha256", "reject", "SHA-256", form(f"{public}|{openssl(payload.encode(), key).hex()}"))
    add("no-mark", "reject", "no | between key and signature", form(f"{public}{digest}"))
    add("cut", "reject", "cut", form(good[:-1]))
    add("no-signature", "reject", "no bt_signature", urlencode({"bt_payload": payload}).encode())
    add("no-payload", "reject", "no bt_payload", urlencode({"bt_signature": good}).encode())
    add("two-payloads", "reject", "two payloads", form(good) + b"&bt_payload=" + b"AAAA")
    add("two-signatures", "reject", "two fields bt_signature", b"bt_signature=x%7Cy&" + form(good))
    add("empty", "reject", "no body", b"")
    challenge = "20f9f8ed05f77439fe955c977e4c8a53"
    answer = gateway.webhook_notification.verify(challenge)
    oracle = answer.partition("|")[2]
    add(
        "oracle",
        "reject",
        "the answer to a challenge used as a signature",
        form(f"{public}|{oracle}", challenge),
    )
    url = "https://gateway.example/webhooks/braintree"
    add("challenge", "accept", "the set-up challenge of Braintree's documentation", b"", method="GET", events=[],
        url=f"{url}?bt_challenge={challenge}", reply={"status": 200, "body": answer})  # fmt: skip
    for number, bad in enumerate(
        ("20F9F8ED05F77439FE955C977E4C8A53", "abc", "0" * 33, "0" * 20 + "%0A", "PG5v" * 6)
    ):
        add(
            f"challenge-{number}",
            "reject",
            "no challenge of Braintree's",
            b"",
            method="GET",
            url=f"{url}?bt_challenge={bad}",
        )
    add("challenge-post", "reject", "a challenge by POST", b"", url=f"{url}?bt_challenge={challenge}")
    file.write()


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def plaid() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from jose import jwk, jws

    file = File("plaid", "signed by python-jose (PyPI), the package of Plaid's own example")
    keys = {kid: ec.generate_private_key(ec.SECP256R1()) for kid in ("ours", "theirs")}
    public = {}
    for kid, key in keys.items():
        numbers = key.public_key().public_numbers()
        public[kid] = {
            "alg": "ES256", "crv": "P-256", "kid": kid, "kty": "EC", "use": "sig",
            "x": _b64(numbers.x.to_bytes(32)), "y": _b64(numbers.y.to_bytes(32)),
            "created_at": 1_790_000_000, "expired_at": None,
        }  # fmt: skip
    body = (
        b'{\n  "environment": "sandbox",\n  "item_id": "i1",\n  "webhook_code": "SYNC_UPDATES_AVAILABLE",\n  '
    )
    body += b'"webhook_type": "TRANSACTIONS"\n}'
    url = "https://sandbox.plaid.com/webhook_verification_key/get"
    config = {
        "client_id": "c",
        "secret": "s",
        "environment": "sandbox",
        "keys": {url: {"key": public["ours"]}},
    }

    def token(claims: Mapping[str, Any] | None = None, kid: str = "ours", **header: Any) -> str:
        claims = {"iat": NOW, "request_body_sha256": sha256(body).hexdigest()} if claims is None else claims
        pem = keys[kid].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return jws.sign(dict(claims), pem.decode(), headers={"kid": kid, **header}, algorithm="ES256")

    def add(id: str, expect: str, reason: str, value: Any, content: bytes = body, **more: Any) -> None:
        headers = {} if value is None else {"Plaid-Verification": value}
        file.add(id, expect, reason, headers, content, **({"config": config} | more))

    good = token()
    assert jws.verify(good, jwk.construct(public["ours"], "ES256"), ["ES256"])
    known = [event(sha256(body).hexdigest(), "plaid/transactions.sync_updates_available", NOW * 1000)]
    hashed = {"request_body_sha256": sha256(body).hexdigest()}
    add("signed", "accept", "signed by python-jose", good, events=known)
    add(
        "by-set",
        "accept",
        "the key in a set",
        good,
        config={"jwks": {url: {"keys": [public["theirs"], public["ours"]]}}},
    )
    production = url.replace("sandbox", "production")
    add("by-kid", "accept", "the key under its own address", good,
        config={"keys": {f"{production}#ours": {"key": public["ours"]}}})  # fmt: skip
    add("jwk-option", "accept", "the key in the option jwk", good, config={"jwk": public["ours"]})
    add("jwk-secret", "accept", "the key as a secret", good, config={}, secret=json.dumps(public["ours"]))
    add(
        "api-secret",
        "accept",
        "a secret that is no key is passed over",
        good,
        secret="5f4dcc3b5aa765d61d8327deb882cf",
    )
    add("named-key", "accept", "the key by its name", good, config={"jwks": {"ours": public["ours"]}})
    add(
        "key-set",
        "accept",
        "a plain key set",
        good,
        config={"jwks": {"keys": [public["theirs"], public["ours"]]}},
    )
    add("oldest", "accept", "exactly five minutes old", token({"iat": NOW - 300, **hashed}))
    add("newest", "accept", "exactly five minutes ahead", token({"iat": NOW + 300, **hashed}))
    add("stale", "reject", "five minutes and a second old", token({"iat": NOW - 301, **hashed}))
    add("future", "reject", "five minutes and a second ahead", token({"iat": NOW + 301, **hashed}))
    add("no-iat", "reject", "no iat", token(hashed))
    add("iat-text", "reject", "iat is a text", token({"iat": str(NOW), **hashed}))
    add(
        "compact",
        "reject",
        "the same JSON without its white space",
        good,
        json.dumps(json.loads(body)).encode(),
    )
    add("changed", "reject", "a byte of the body changed", good, body.replace(b"i1", b"i2"))
    add("no-hash", "reject", "no hash of the body", token({"iat": NOW}))
    add(
        "upper-hash",
        "reject",
        "the hash in capitals",
        token({"iat": NOW, "request_body_sha256": hashed["request_body_sha256"].upper()}),
    )
    add("wrong-key", "reject", "another key under the same name", token(kid="theirs").replace("x", "x"),
        config=config | {"keys": {url: {"key": {**public["ours"], "kid": "theirs"}}}})  # fmt: skip
    add("unknown-key", "reject", "a key that is not at hand", token(kid="theirs"))
    expired = {**public["ours"], "expired_at": 1_799_000_000}
    add(
        "expired-key",
        "reject",
        "a key that has expired",
        good,
        config=config | {"keys": {url: {"key": expired}}},
    )
    head, claims, signature = good.split(".")
    none = _b64(json.dumps({"alg": "none", "kid": "ours"}).encode())
    add("none", "reject", "alg none", f"{none}.{claims}.")
    add("none-signed", "reject", "alg none, with a signature", f"{none}.{claims}.{signature}")
    shared = jws.sign({"iat": NOW, **hashed}, "s", headers={"kid": "ours"}, algorithm="HS256")
    add("hs256", "reject", "HS256 with the API secret", shared)
    public_text = json.dumps(public["ours"])
    confused = _b64(json.dumps({"alg": "HS256", "kid": "ours"}).encode()) + f".{claims}"
    mac = _b64(openssl(confused.encode(), public_text.encode()))
    add("confusion", "reject", "HS256 with the public key as the secret", f"{confused}.{mac}")
    big = ec.generate_private_key(ec.SECP384R1())
    pem = big.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    numbers = big.public_key().public_numbers()
    wide = {
        "kty": "EC",
        "crv": "P-384",
        "kid": "big",
        "x": _b64(numbers.x.to_bytes(48)),
        "y": _b64(numbers.y.to_bytes(48)),
    }
    es384 = jws.sign({"iat": NOW, **hashed}, pem, headers={"kid": "big"}, algorithm="ES384")
    add(
        "es384",
        "reject",
        "ES384, by a key that is known",
        es384,
        config=config | {"keys": {url: {"key": wide}}},
    )
    add("inline-key", "reject", "a key of its own in the header", token(kid="theirs", jwk=public["theirs"]))
    add(
        "key-url",
        "reject",
        "an address of its own in the header",
        token(kid="theirs", jku="https://evil.example/"),
    )
    add("cut", "reject", "cut", good[:-2])
    add("other-claims", "reject", "other claims under the signature",
        f"{head}.{_b64(json.dumps({'iat': NOW + 1, **hashed}).encode())}.{signature}")  # fmt: skip
    add("two-parts", "reject", "no signature", f"{head}.{claims}")
    add("missing", "reject", "no header", None)
    add("empty", "reject", "an empty header", "")
    add("repeated", "reject", "the header twice", [good, good])
    add("not-at-hand", "reject", "no key, and no way to ask for one", good, config={})
    add(
        "foreign-keys",
        "reject",
        "a key from elsewhere",
        good,
        config={"keys": {"https://evil.example/": {"key": public["ours"]}}},
    )
    file.write()


if __name__ == "__main__":
    for make in (paypal, braintree, plaid):
        make()
