"""Makes the vectors of the payment providers that sign with a plain HMAC.

    pip install --target /tmp/sdk paddle-python-sdk squareup razorpay gocardless_pro coinbase-commerce
    PYTHONPATH=/tmp/sdk python tests/vectors/making/pay.py

The `openssl` command signs; where the provider's own package can verify, it has to agree.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1]
NOW = 1_800_000_000
Official = Callable[[bytes, str, str], object]
"""(body, signature, secret): true, or nothing raised, where the provider's package accepts."""


def openssl(content: bytes, key: bytes, digest: str = "sha256") -> bytes:
    """The HMAC of `content`, by the openssl command."""
    command = ["openssl", "dgst", f"-{digest}", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def hexed(raw: bytes) -> str:
    return raw.hex()


def base64ed(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass
class File:
    """The vectors of one provider."""

    name: str
    source: str
    url: str = ""
    vectors: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, id: str, expect: str, reason: str, headers: Mapping[str, Any], body: bytes, **more: Any
    ) -> None:
        text: dict[str, Any] = {"body_base64": base64ed(body)}
        with suppress(UnicodeDecodeError):
            text = {"body": body.decode()}
        record = {
            "id": f"{self.name}-{id}", "method": "POST",
            "url": self.url or f"https://gateway.example/webhooks/{self.name}",
            "headers": headers, **text, "now": NOW, "expect": expect, "reason": reason, **more,
        }  # fmt: skip
        self.vectors.append({key: value for key, value in record.items() if value is not None})

    def write(self) -> None:
        document = {"adapter": self.name, "source": self.source, "vectors": self.vectors}
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (FOLDER / f"{self.name}.json").write_text(text + "\n")
        print(self.name, len(self.vectors))


def accepts(official: Official, body: bytes, signature: str, secret: str) -> bool:
    try:
        return official(body, signature, secret) is not False
    except Exception:
        return False


def plain(
    file: File, header: str, encode: Callable[[bytes], str], secret: str, body: bytes,
    headers: Mapping[str, str], events: Sequence[Mapping[str, Any]],
    official: Official | None = None, before: bytes = b"",
) -> None:  # fmt: skip
    """What is to be accepted and rejected of a provider that signs `before` and the body."""
    key = secret.encode()
    good = encode(openssl(before + body, key))
    other = hexed if encode is base64ed else base64ed
    if official:
        assert accepts(official, body, good, secret), file.name

    def accept(id: str, reason: str, value: str, body: bytes = body, **more: Any) -> None:
        file.add(id, "accept", reason, {**headers, header: value}, body, **({"secret": secret} | more))

    def reject(id: str, reason: str, value: Any, body: bytes = body, **more: Any) -> None:
        given = dict(headers) if value is None else {**headers, header: value}
        if official and isinstance(value, str) and not more:
            assert not accepts(official, body, value, secret), (file.name, id)
        file.add(id, "reject", reason, given, body, **({"secret": secret} | more))

    accept("signed", "signed by openssl", good, events=list(events))
    accept("rotation", "the second of two secrets in force", good, secret=None, secrets=["another", secret])
    odd = '{"id":"é €","type":"ünïcode \U0001f600"}'.encode()
    accept("utf-8", "a body beyond ASCII", encode(openssl(before + odd, key)), odd)
    accept(
        "not-utf-8", "bytes that are no UTF-8", encode(openssl(before + b"\xff\xfe{}", key)), b"\xff\xfe{}"
    )
    accept(
        "line-end",
        "CRLF at the end is signed too",
        encode(openssl(before + body + b"\r\n", key)),
        body + b"\r\n",
    )
    reject("wrong-secret", "signed with another secret", encode(openssl(before + body, b"another")))
    reject(
        "changed",
        "a byte of the body changed",
        good,
        body.replace(b"1", b"2", 1) if b"1" in body else body[:-1],
    )
    reject("longer", "a line break after the body", good, body + b"\n")
    reject(
        "reserialised",
        "the same JSON, written otherwise",
        good,
        json.dumps(json.loads(body), indent=2).encode(),
    )
    reject("emptied", "the body is gone", good, b"")
    reject("missing", "no signature", None)
    reject("empty", "an empty signature", "")
    reject("repeated", "the header twice", [good, good])
    reject("repeated-wrong", "the header twice, once wrong", ["x" * len(good), good])
    reject("truncated", "the last character is missing", good[:-1])
    reject("half", "half of the signature", good[: len(good) // 2])
    reject("encoding", "the same digest in another encoding", other(openssl(before + body, key)))
    reject("sha1", "an HMAC with SHA-1", encode(openssl(before + body, key, "sha1")))
    reject("empty-key", "an HMAC with an empty key", encode(_empty_key(before + body)))
    reject("non-ascii", "a character that is not ASCII after the signature", good + "é")
    reject("prefixed", "a prefix that the provider does not use", f"xsha256={good}")
    reject("no-secret", "no secret is configured", good, secret=None, secrets=[])
    reject("empty-secret", "an empty secret", encode(_empty_key(before + body)), secret=None, secrets=[""])


def _empty_key(content: bytes) -> bytes:
    return openssl(content, b"\0")  # HMAC pads keys with zero bytes, so this is the empty key


def event(id: str, name: str, ts: int | None) -> dict[str, Any]:
    return {"id": id, "name": name, "ts": ts}


def shopify() -> None:
    file = File("shopify", "signed by openssl; @shopify/shopify-api 13.1.0 (npm) compares the same bytes")
    headers = {
        "X-Shopify-Topic": "orders/create", "X-Shopify-Webhook-Id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "X-Shopify-Shop-Domain": "example.myshopify.com", "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Triggered-At": "2027-01-15T08:00:00.123456789Z", "X-Shopify-Test": "true",
    }  # fmt: skip
    body, secret = b'{"id":820982911946154508,"total_price":"409.94","note":"1"}', "hush-4d1e"
    known = [event("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", "shopify/orders.create", 1_800_000_000_123)]
    plain(file, "X-Shopify-Hmac-Sha256", base64ed, secret, body, headers, known)
    good, wrong = base64ed(openssl(body, secret.encode())), base64ed(openssl(body, b"another"))
    newer = {
        "Shopify-Topic": "Product", "Shopify-Action": "update", "Shopify-Webhook-Id": "0198-aa",
        "Shopify-Event-Id": "0198-bb", "Shopify-Triggered-At": "2027-01-15T08:00:00Z",
        "Shopify-Shop-Domain": "example.myshopify.com", "Shopify-API-Version": "unstable",
    }  # fmt: skip
    known = [event("0198-aa", "shopify/product.update", 1_800_000_000_000)]
    file.add("events", "accept", "a delivery of Events", {**newer, "Shopify-Hmac-Sha256": good}, body,
             secret=secret, events=known)  # fmt: skip
    both = {**headers, **newer, "Shopify-Hmac-Sha256": wrong, "X-Shopify-Hmac-Sha256": good}
    file.add("events-first", "reject", "of both headers that of Events counts", both, body, secret=secret)
    empty = {**headers, "X-Shopify-Hmac-Sha256": base64ed(openssl(b"", secret.encode()))}
    file.add("signed-nothing", "reject", "an empty body, rightly signed", empty, b"", secret=secret)
    file.write()


def paddle() -> None:
    from paddle_billing.Notifications import PaddleSignature, Secret

    file = File("paddle", "signed by openssl, accepted by paddle-python-sdk 1.16.1 (PyPI)")
    secret, body = (
        "pdl_ntfset_01hs0t3t_GrOWLNef+vmt",
        b'{"event_id":"evt_01","event_type":"subscription.created",',
    )
    body += b'"occurred_at":"2027-01-15T07:59:58.123456Z","notification_id":"ntf_01","data":{"id":"sub_1"}}'
    known = [event("evt_01", "paddle/subscription.created", 1_799_999_998_123)]

    def header(at: object, key: str = secret, text: bytes = body, colon: str = ":") -> str:
        return f"ts={at};h1={openssl(f'{at}{colon}'.encode() + text, key.encode()).hex()}"

    def add(id: str, expect: str, reason: str, value: Any, text: bytes = body, **more: Any) -> None:
        headers = {} if value is None else {"Paddle-Signature": value}
        file.add(id, expect, reason, headers, text, **({"secret": secret} | more))

    assert PaddleSignature().verify(header(NOW), body.decode(), [Secret(secret)])
    old, h1 = header(NOW, "old"), header(NOW).partition(";")[2]
    add("signed", "accept", "signed now", header(NOW), events=known)
    add("rotation", "accept", "two h1, the second is ours", f"{old};{h1}")
    add("rotation-first", "accept", "two h1, the first is ours", f"{header(NOW)};{old.partition(';')[2]}")
    add("secrets", "accept", "the second of two secrets", header(NOW), secret=None, secrets=["old", secret])
    add("oldest", "accept", "exactly five seconds old", header(NOW - 5))
    add("newest", "accept", "exactly five seconds ahead", header(NOW + 5))
    add("tolerant", "accept", "the source allows 300 seconds", header(NOW - 300), tolerance=300)
    add("order", "accept", "the items in another order", ";".join(reversed(header(NOW).split(";"))))
    add("stale", "reject", "six seconds old", header(NOW - 6))
    add("future", "reject", "six seconds ahead", header(NOW + 6))
    add("wrong-secret", "reject", "another secret", old)
    add("changed", "reject", "a byte of the body changed", header(NOW), body.replace(b"sub_1", b"sub_2"))
    add(
        "other-time",
        "reject",
        "the time is not the one signed",
        header(NOW - 1).replace(f"{NOW - 1}", f"{NOW}"),
    )
    add("dot", "reject", "signed as Stripe does, with a dot", header(NOW, colon="."))
    add("comma", "reject", "commas instead of semicolons", header(NOW).replace(";", ","))
    add("no-time", "reject", "no ts", h1)
    add("two-times", "reject", "two ts", f"ts={NOW - 99};{header(NOW)}")
    add("no-h1", "reject", "no h1", f"ts={NOW}")
    add("h2", "reject", "a scheme that is not known", header(NOW).replace("h1=", "h2="))
    add("word", "reject", "a time that is a word", header("now"))
    add("infinite", "reject", "a time that is inf", header("inf"))
    add("negative", "reject", "a negative time", header(-NOW))
    add("milliseconds", "reject", "a time in milliseconds", header(NOW * 1000))
    add("missing", "reject", "no header", None)
    add("empty", "reject", "an empty header", "")
    add("repeated", "reject", "the header twice", [header(NOW), header(NOW)])
    published = "ts=1696195954;h1=dummy;h1=d96299976a6eb066f484d7fde011ac56fc32b38fc9940bc419d6e537fdc6ef02"
    key = "pdl_ntf_01hbpjmytsa32fhr36nqgc3kgb_WvRO0eL4Bj9rgYYIBZY6wZhG4EHy9jzh"
    assert PaddleSignature().verify(published, "hello-world", [Secret(key)])
    more = {"now": 1696195954, "secret": key, "events": [], "source": "paddle-python-sdk 1.16.1, its tests"}
    add(
        "published", "accept", "Paddle's own example; its body is no event", published, b"hello-world", **more
    )
    file.write()


def square() -> None:
    from square.utils.webhooks_helper import verify_signature

    url, secret = "https://example.com/webhook?shop=1", "2_VXVGf2QSgUBzTtE1fXgA"
    file = File("square", "signed by openssl, accepted by squareup 46.0.0.20260916 (PyPI)", url)
    body = b'{"merchant_id":"MLEFBHHSJGVHD","type":"payment.updated","event_id":"1-ac3a","created_at":'
    body += b'"2027-01-15T08:00:00.5Z","data":{"type":"payment","id":"hYy9"}}'

    def official(body: bytes, signature: str, key: str) -> object:
        return verify_signature(
            request_body=body.decode(), signature_header=signature, signature_key=key, notification_url=url
        )

    header = "x-square-hmacsha256-signature"
    known = [event("1-ac3a", "square/payment.updated", 1_800_000_000_500)]
    more = {"Square-Environment": "Sandbox"}
    plain(file, header, base64ed, secret, body, more, known, official, url.encode())
    good = {header: base64ed(openssl(url.encode() + body, secret.encode()))}
    for id, other in {
        "other-url": "https://example.org/webhook?shop=1", "other-path": "https://example.com/hook?shop=1",
        "other-query": "https://example.com/webhook?shop=2", "no-query": "https://example.com/webhook",
        "slash": "https://example.com/webhook/?shop=1", "http": "http://example.com/webhook?shop=1",
    }.items():  # fmt: skip
        file.add(id, "reject", "received at another URL than signed", good, body, secret=secret, url=other)
    file.add("public-url", "accept", "behind a proxy; public_url says what was signed", good, body,
             secret=secret, url="http://10.0.0.1:80/webhook", config={"public_url": url})  # fmt: skip
    alone = {header: base64ed(openssl(body, secret.encode()))}
    file.add("body-only", "reject", "the URL is not signed", alone, body, secret=secret)
    nothing = {header: base64ed(openssl(url.encode(), secret.encode()))}
    file.add("signed-nothing", "reject", "an empty body, rightly signed", nothing, b"", secret=secret)
    old = {"x-square-signature": base64ed(openssl(url.encode() + body, secret.encode(), "sha1"))}
    file.add("legacy", "reject", "only the old SHA-1 header", old, body, secret=secret)
    file.write()


def razorpay() -> None:
    import razorpay as package

    client = package.Client(auth=("key", "unused"))
    file = File("razorpay", "signed by openssl, accepted by razorpay 2.0.1 (PyPI)")
    body = b'{"entity":"event","account_id":"acc_1","event":"payment.captured","contains":["payment"],'
    body += b'"payload":{"payment":{"entity":{"id":"pay_1","amount":100}}},"created_at":1800000000}'
    headers = {"X-Razorpay-Event-Id": "IHFPC9kbm1bkUt"}
    known = [event("IHFPC9kbm1bkUt", "razorpay/payment.captured", 1_800_000_000_000)]

    def official(body: bytes, signature: str, secret: str) -> object:
        return client.utility.verify_webhook_signature(body.decode("latin-1"), signature, secret)

    plain(file, "X-Razorpay-Signature", hexed, "razor secret", body, headers, known, official)
    file.write()


def lemonsqueezy() -> None:
    file = File(
        "lemonsqueezy",
        "signed by openssl as https://docs.lemonsqueezy.com/help/webhooks/signing-requests says",
    )
    body = (
        b'{"meta":{"test_mode":true,"event_name":"order_created","webhook_id":"1b"},"data":{"type":"orders",'
    )
    body += b'"id":"1","attributes":{"store_id":1,"updated_at":"2027-01-15T08:00:00.000000Z"}}}'
    from hashlib import sha256

    known = [event(sha256(body).hexdigest(), "lemonsqueezy/order_created", 1_800_000_000_000)]
    plain(file, "X-Signature", hexed, "lemon-secret", body, {"X-Event-Name": "order_created"}, known)
    good = {"X-Signature": openssl(body, b"lemon-secret").hex(), "X-Event-Name": "order_refunded"}
    file.add("unsigned-name", "accept", "the signed name goes before the header", good, body,
             secret="lemon-secret", events=known)  # fmt: skip
    file.write()


def gocardless() -> None:
    from gocardless_pro.webhooks import parse

    file = File("gocardless", "signed by openssl, accepted by gocardless_pro 3.22.0 (PyPI)")
    body = b'{"events":[{"id":"EV1","created_at":"2027-01-15T08:00:00.000Z","resource_type":"mandates",'
    body += b'"action":"cancelled","links":{"mandate":"MD1"}},{"id":"EV2","created_at":'
    body += b'"2027-01-15T08:00:01.000Z","resource_type":"payments","action":"paid_out","links":'
    body += b'{"payment":"PM1"}}],"meta":{"webhook_id":"WB1"}}'
    known = [
        event("EV1", "gocardless/mandates.cancelled", 1_800_000_000_000),
        event("EV2", "gocardless/payments.paid_out", 1_800_000_001_000),
    ]

    def official(body: bytes, signature: str, secret: str) -> object:
        return bool(parse(body, secret, signature))

    plain(file, "Webhook-Signature", hexed, "gc-secret", body, {}, known, official)
    published = (
        b'{"events":[{"id":"EV00BD05S5VM2T","created_at":"2018-07-05T09:13:51.404Z","resource_type":"subscriptions",'
        b'"action":"created","links":{"subscription":"SB0003JJQ2MR06"},"details":{"origin":"api","cause":'
        b'"subscription_created","description":"Subscription created via the API."},"metadata":{}},{"id":'
        b'"EV00BD05TB8K63","created_at":"2018-07-05T09:13:56.893Z","resource_type":"mandates","action":"created",'
        b'"links":{"mandate":"MD000AMA19XGEC"},"details":{"origin":"api","cause":"mandate_created","description":'
        b'"Mandate created via the API."},"metadata":{}}]}'
    )
    signature, secret = (
        "2693754819d3e32d7e8fcb13c729631f316c6de8dc1cf634d6527f1c07276e7e",
        "ED7D658C-D8EB-4941-948B-3973214F2D49",
    )
    assert official(published, signature, secret)
    known = [
        event("EV00BD05S5VM2T", "gocardless/subscriptions.created", 1_530_782_031_404),
        event("EV00BD05TB8K63", "gocardless/mandates.created", 1_530_782_036_893),
    ]
    file.add("published", "accept", "GoCardless's own example", {"Webhook-Signature": signature}, published,
             secret=secret, events=known, source="gocardless-pro-python, tests/test_webhooks.py")  # fmt: skip
    none = b'{"events":[]}'
    file.add("no-events", "accept", "a webhook without events",
             {"Webhook-Signature": openssl(none, b"gc").hex()}, none, secret="gc", events=[])  # fmt: skip
    file.write()


def coinbase_commerce() -> None:
    from coinbase_commerce.webhook import WebhookSignature

    file = File("coinbase_commerce", "signed by openssl, accepted by coinbase-commerce 1.0.1 (PyPI)")
    body = b'{"id":1,"attempt_number":1,"event":{"id":"24934862-d980","type":"charge:created","resource":'
    body += (
        b'"event","api_version":"2018-03-22","created_at":"2027-01-15T08:00:00Z","data":{"code":"66BEOV2A"}}}'
    )
    known = [event("24934862-d980", "coinbase_commerce/charge.created", 1_800_000_000_000)]

    def official(body: bytes, signature: str, secret: str) -> object:
        return WebhookSignature.verify_sig_header(body.decode("latin-1"), signature, secret)

    plain(file, "X-CC-Webhook-Signature", hexed, "30291a20-0bd1", body, {}, known, official)
    file.write()


def woocommerce() -> None:
    file = File("woocommerce", "signed by openssl as class-wc-webhook.php of woocommerce (00e1bc4d) does")
    headers = {
        "X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-Resource": "order", "X-WC-Webhook-ID": "7",
        "X-WC-Webhook-Event": "created", "X-WC-Webhook-Delivery-ID": "7c2ea5ae6ac3",
        "X-WC-Webhook-Source": "https://shop.example/",
    }  # fmt: skip
    body = b'{"id":727,"status":"processing","date_modified_gmt":"2027-01-15T08:00:00","total":"10.00"}'
    known = [event("7c2ea5ae6ac3", "woocommerce/order.created", 1_800_000_000_000)]
    name = "X-WC-Webhook-Signature"
    plain(file, name, base64ed, "woo-secret", body, headers, known)

    def add(id: str, expect: str, reason: str, key: bytes, secret: str) -> None:
        file.add(id, expect, reason, {**headers, name: base64ed(openssl(body, key))}, body, secret=secret)

    add(
        "entities",
        "accept",
        "WordPress decodes &, < and > in the secret",
        b"a&b<c>d&",
        "a&amp;b&lt;c&gt;d&#038;",
    )
    add("quotes", "accept", "but no quotes", b"a&quot;b&#039;c", "a&quot;b&#039;c")
    add("once", "accept", "and once only", b"a&lt;b", "a&amp;lt;b")
    add("undecoded", "reject", "signed with the entities as they stand", b"a&amp;b", "a&amp;b")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    file.add("ping", "accept", "the unsigned ping of a new webhook", form, b"webhook_id=7", events=[],
             reply={"status": 200})  # fmt: skip
    file.add("ping-and-more", "reject", "a ping with something else in it", {}, b"webhook_id=7&topic=x",
             secret="woo-secret")  # fmt: skip
    file.write()


if __name__ == "__main__":
    for make in (shopify, paddle, square, razorpay, lemonsqueezy, gocardless, coinbase_commerce, woocommerce):
        make()
