"""The vectors of Amazon SNS, and of Stripe's events in an envelope."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from cloud_signing import NOW, certificate, hexmac, rsa
from cloud_vectors import (
    FOLDER,
    JSON,
    OPENSSL,
    SEEN,
    Vectors,
    dump,
    event,
    iso,
    node,
    token_vectors,
)

TOPIC = "arn:aws:sns:us-east-1:123456789012:orders"
CERT_URL = (
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
)
CONFIRM_URL = (
    f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
)
SNS_KEYS = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SNS_CHECK = """
const https = require('https'), [message, pem] = process.argv.slice(1);
https.get = (url, answer) => { const r = {statusCode: 200, on: (name, f) => {
  if (name === 'data') f(pem); else setImmediate(f); return r; }}; answer(r); return {on: () => {}}; };
new (require('sns-validator'))().validate(message, e => { if (e) { console.error(e); process.exit(1); } });
"""


def sns(key: str = "sns", check: bool = True, **changed: Any) -> str:
    fields = {
        "Type": "Notification",
        "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "TopicArn": TOPIC,
        "Subject": "An order",
        "Message": "Zwölf Euro 4711\nand a line",
        "Timestamp": iso(NOW - 5),
        "SignatureVersion": "1",
        "SigningCertURL": CERT_URL,
        **changed,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    content = "".join(f"{name}\n{fields[name]}\n" for name in SNS_KEYS if name in fields).encode()
    algorithm = "sha1" if fields["SignatureVersion"] == "1" else "sha256"
    fields["Signature"] = base64.b64encode(rsa(key, content, algorithm)).decode()
    fields["UnsubscribeURL"] = "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=x"
    body = dump(fields)
    if check:
        node(SNS_CHECK, body, SNS_CERT)
    return body


SNS_CERT = certificate("sns", "sns.amazonaws.com")


def genuine(vectors: Vectors) -> None:
    """Two messages of July 2022; their certificate ended in August of that year."""
    kept = json.loads((FOLDER / "making" / "aws_sns_genuine.json").read_text(encoding="utf-8"))
    for message in kept["messages"]:
        at = datetime.fromisoformat(message["Timestamp"]).timestamp()
        certs = {message["SigningCertURL"]: kept["certificate"]}
        config, body = {"topic_arn": message["TopicArn"], "certs": certs}, dump(message)
        same = {"config": config, "source": kept["source"]}
        known = event(message["MessageId"], "aws_sns/notification", at)
        reason = f"a genuine message, signature version {message['SignatureVersion']}"
        vectors.accept(reason, now=round(at) + 2, body=body, events=[known], **same)
        vectors.reject("a genuine message years later", body=body, **same)
        changed = body.replace("Hello world", "Hello World")
        vectors.reject("a genuine message, changed", now=round(at) + 2, body=changed, **same)
        vectors.reject(
            "a genuine message of another topic",
            now=round(at) + 2,
            body=body,
            config={"topic_arn": TOPIC, "certs": certs},
            source=kept["source"],
        )


def tampered(vectors: Vectors, good: str) -> None:
    """A genuine message with one thing changed."""
    for reason, old, new in (
        ("a changed message", "4711", "4712"),
        ("a changed subject", "An order", "No order"),
        ("a changed id", "165545c9", "165545c8"),
        ("a changed time", iso(NOW - 5), iso(NOW - 6)),
        ("another signature version than was used", '"SignatureVersion":"1"', '"SignatureVersion":"2"'),
        ("an unknown signature version", '"SignatureVersion":"1"', '"SignatureVersion":"3"'),
        ("a number as the signature version", '"SignatureVersion":"1"', '"SignatureVersion":1'),
        ("another type", '"Type":"Notification"', '"Type":"Other"'),
        ("a subscription's type with a message's signature", '"Notification"', '"SubscriptionConfirmation"'),
    ):
        vectors.reject(reason, body=good.replace(old, new, 1))


def elsewhere(vectors: Vectors, confirm: dict[str, Any], config: dict[str, Any]) -> None:
    """Addresses that are not those of SNS for the topic, in messages that are signed rightly."""
    for url in (
        "https://evil.example/?Action=ConfirmSubscription&Token=1",
        CONFIRM_URL.replace(".com/", ".com.evil.example/"),
        CONFIRM_URL.replace("https", "http"),
        CONFIRM_URL.replace("ConfirmSubscription", "Publish"),
        CONFIRM_URL.replace("us-east-1.a", "eu-west-1.a"),
    ):
        body = sns(**{**confirm, "SubscribeURL": url})
        vectors.reject(f"a subscription to be confirmed at {url}", body=body)
    bad_urls = (
        "http://sns.us-east-1.amazonaws.com/SimpleNotificationService-01.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-01.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-01.pem",
        "https://evil.example/SimpleNotificationService-01.pem",
        "https://sns-us-east-1.s3.amazonaws.com/SimpleNotificationService-01.pem",
        "https://sns.us-east-1.amazonaws.com/publish?x=.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-01.pem?x=.pem",
        "https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-01.pem",
        "https://sns.us-east-1.amazonaws.com/../SimpleNotificationService-01.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem",
        "https://SNS.us-east-1.amazonaws.com/SimpleNotificationService-01.pem",
    )
    for url in bad_urls:
        body = sns(check=False, SigningCertURL=url)
        vectors.reject(f"the certificate at {url}", body=body, config={**config, "certs": {url: SNS_CERT}})


def aws_sns() -> None:
    config = {"topic_arn": TOPIC, "certs": {CERT_URL: SNS_CERT}}
    source = f"{OPENSSL} by a certificate of its own, accepted by sns-validator 0.3.5 (npm), {SEEN}"
    vectors = Vectors("aws_sns", source, config=config, headers={"Content-Type": "text/plain; charset=UTF-8"})
    event = {
        "id": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
        "name": "aws_sns/notification",
        "ts": (NOW - 5) * 1000,
    }
    good = sns()
    vectors.accept("signature version 1 (SHA-1)", body=good, events=[event])
    vectors.accept("signature version 2 (SHA-256)", body=sns(SignatureVersion="2"), events=[event])
    vectors.accept("no Subject", body=sns(Subject=None), events=[event])
    vectors.accept(
        "two days old: SNS keeps the time over its retries", body=sns(Timestamp=iso(NOW - 172_800))
    )
    vectors.accept("as Lambda hands it on", body=good.replace("SigningCertURL", "SigningCertUrl"))
    vectors.accept("several topics", body=good, config={**config, "topic_arns": [TOPIC, TOPIC + "-2"]})
    confirm = {
        "Type": "SubscriptionConfirmation",
        "Token": "2336412f37",
        "SubscribeURL": CONFIRM_URL,
        "Subject": None,
    }
    vectors.accept("a subscription that asks to be confirmed", body=sns(**confirm), events=[])
    vectors.reject("another account's topic", body=sns(TopicArn=TOPIC.replace("1234", "9999")))
    vectors.reject("a topic whose name begins like ours", body=sns(TopicArn=TOPIC + "-evil"))
    tampered(vectors, good)
    elsewhere(vectors, confirm, config)
    vectors.reject("signed with another key", body=sns("other", check=False))
    past = certificate("sns", "sns.amazonaws.com", "1")
    vectors.reject("a certificate that has ended", body=good, config={**config, "certs": {CERT_URL: past}})
    vectors.reject("no certificate at hand", body=good, config={"topic_arn": TOPIC})
    genuine(vectors)
    raw = {"Content-Type": "text/plain", "x-amz-sns-rawdelivery": "true"}
    vectors.reject("raw message delivery", headers=raw, body="4711")
    vectors.reject("raw delivery of a message that was signed once", headers=raw, body=good)
    vectors.write()


def stripe_envelopes() -> None:
    from stripe._webhook import maybe_extract_from_cloud_provider_envelope

    inner = {
        "id": "evt_1",
        "object": "event",
        "type": "customer.created",
        "created": NOW - 5,
        "livemode": False,
        "data": {"object": {"id": "cus_1", "object": "customer"}},
    }
    bridge = dump(
        {
            "version": "0",
            "id": "c4ad4d6b-0001",
            "detail-type": inner["type"],
            "account": "1111",
            "detail": inner,
            "source": "aws.partner/stripe.com/ed_1",
            "time": iso(NOW),
            "region": "us-east-1",
            "resources": [],
        }
    )
    grid = {
        "specversion": "1.0",
        "id": "0001",
        "type": inner["type"],
        "source": "/stripe",
        "time": iso(NOW),
        "data": inner,
    }
    for body in (bridge, dump(grid)):
        assert maybe_extract_from_cloud_provider_envelope(body)["id"] == "evt_1"
    source = (
        f"the envelope as stripe 16.1.0 (PyPI) opens it, the token as the cloud's documentation says, {SEEN}"
    )
    config = {"envelope": "eventbridge"}
    vectors = Vectors("stripe", source, secret="an-api-key-4711", config=config)
    known, key = [event("evt_1", "stripe/customer.created")], {**JSON, "X-Api-Key": "an-api-key-4711"}
    token_vectors(vectors, "X-Api-Key", "an-api-key-4711", bridge, known)
    both = ["whsec_an-endpoint-secret", "an-api-key-4711"]
    vectors.accept("beside an endpoint's secret", headers=key, body=bridge, secrets=both, events=known)
    signed = {"Stripe-Signature": f"t={NOW},v1={hexmac(both[0], f'{NOW}.{dump(inner)}')}"}
    vectors.accept(
        "a webhook to the same source", headers=signed, body=dump(inner), secrets=both, events=known
    )
    vectors.reject(
        "an endpoint's secret as the token", headers={"X-Api-Key": both[0]}, body=bridge, secrets=both
    )
    vectors.reject("a token where no envelope is stated", headers=key, body=bridge, config={})
    vectors.reject(
        "a wrong signature beside the token",
        headers={**key, "Stripe-Signature": f"t={NOW},v1={'0' * 64}"},
        body=bridge,
    )
    event_grid(vectors, inner, grid, known)
    write_beside(vectors, source)


def event_grid(
    vectors: Vectors, inner: dict[str, Any], grid: dict[str, Any], known: list[dict[str, Any]]
) -> None:
    config = {"envelope": "event_grid", "envelope_query": "code"}
    url = "https://gateway.example/webhooks/stripe?code=an-api-key-4711"
    second = {**grid, "data": {**inner, "id": "evt_2"}}
    vectors.accept(
        "Event Grid, by a query parameter",
        url=url,
        config=config,
        body=dump([grid, second]),
        headers=JSON,
        events=[*known, event("evt_2", "stripe/customer.created")],
    )
    vectors.reject("another code", url=url + "x", config=config, body=dump([grid]), headers=JSON)
    asked = dump(
        [
            {
                "id": "1",
                "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
                "topic": "/x",
                "subject": "",
                "data": {
                    "validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6",
                    "validationUrl": "https://x",
                },
            }
        ]
    )
    answer = {"status": 200, "body": '{"validationResponse":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}'}
    vectors.accept(
        "Event Grid's validation",
        headers={**JSON, "aeg-event-type": "SubscriptionValidation"},
        body=asked,
        config=config,
        reply=answer,
    )


def write_beside(vectors: Vectors, source: str) -> None:
    """Put them into the file of Stripe's webhooks, in place of those of the last run."""
    file = FOLDER / "stripe.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    kept = [vector for vector in document["vectors"] if "envelope" not in vector["id"]]
    for vector in vectors.made:
        vector["id"] = vector["id"].replace("stripe-", "stripe-envelope-")
        vector["source"] = source
    document["vectors"] = [*kept, *vectors.made]
    file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
