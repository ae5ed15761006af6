"""Amazon SNS: notifications of a topic to an HTTPS endpoint.

    sources:
      orders-topic:
        adapter: aws_sns
        topic_arns: ["arn:aws:sns:eu-west-1:123456789012:orders"]

Every AWS account can have SNS sign a message, so the topics that may send are mandatory. Their certificates
come from SNS itself and a subscription is confirmed there; no other address is ever asked.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html, as sns-validator 0.3.5 (npm)
does it, seen 2026-11-24
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import model_validator

from adapters.asymmetric import Hash
from adapters.base import (
    Adapter,
    Confirm,
    Options,
    ParsedEvent,
    VerificationError,
    WebhookRequest,
    host_allows,
    reading_proof,
)
from adapters.certificate import RsaCertificateSignature
from adapters.fields import Fields
from adapters.plain import json_request
from adapters.times import write_time

ANY = "any"
_SAMPLE_TOPIC = "arn:aws:sns:us-east-1:123456789012:sample"
_CERTIFICATE = re.compile(
    r"https://sns\.([a-z0-9-]{3,30})\.amazonaws\.com(?:\.cn)?/SimpleNotificationService-[0-9A-Za-z-]+\.pem"
)
_CONFIRMATION = re.compile(
    r"https://sns\.([a-z0-9-]{3,30})\.amazonaws\.com(?:\.cn)?/\?Action=ConfirmSubscription&[!-~]+"
)
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation":
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation":
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}  # fmt: skip
_HASHES: dict[object, Hash] = {"1": "sha1", "2": "sha256"}


class SnsOptions(Options):
    """`topic_arns` (or `topic_arn`): the topics that may send. `any` trusts every AWS account there is."""

    topic_arn: str | tuple[str, ...] = ()
    topic_arns: str | tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        stated = [*_texts(self.topic_arn), *_texts(self.topic_arns)]
        for text in stated:
            if text != ANY and not (text.startswith("arn:") and text.count(":") >= 5):
                raise ValueError(f"{text!r} is no topic; write one such as {_SAMPLE_TOPIC}")
        if not stated:
            raise ValueError(
                f'topic_arns: say which topics may send, such as ["{_SAMPLE_TOPIC}"]; '
                "without it every AWS account could"
            )
        return self

    def topics(self) -> frozenset[str]:
        """The topics that may send; none where any may."""
        return frozenset({*_texts(self.topic_arn), *_texts(self.topic_arns)} - {ANY})


def _texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


@dataclass(frozen=True)
class SnsSignature(RsaCertificateSignature):
    """RSA over the lines `name\\nvalue\\n` of the fields that make the message.

    The rest of the body (UnsubscribeURL, the white space) is not covered, hence `signs_body`.
    """

    signs_body = False

    def signed_content(self, request: WebhookRequest, stamp: str) -> bytes:
        with reading_proof():
            document = request.json
        names = _SIGNED.get(str(document.get("Type")))
        if names is None:
            raise VerificationError("the field 'Type' is none of " + ", ".join(_SIGNED))
        lines = []
        for name in names:
            value = document.get(name)
            if name == "Subject" and value is None:
                continue
            if not isinstance(value, str):
                raise VerificationError(f"the field {name!r} is not a text")
            lines.append(f"{name}\n{value}\n")
        return "".join(lines).encode("utf-8", "surrogatepass")

    def hash_of(self, request: WebhookRequest) -> Hash:
        with reading_proof():
            version = request.json.get("SignatureVersion")
        if not isinstance(version, str) or version not in _HASHES:
            raise VerificationError("the field 'SignatureVersion' is neither '1' nor '2'")
        return _HASHES[version]

    def may_fetch(self, url: str) -> bool:
        return host_allows(url, self.hosts) and _CERTIFICATE.fullmatch(url) is not None


class Sns(Adapter):
    """One message each. SNS signs a time but keeps it over all its retries, so its age says nothing."""

    name = "aws_sns"
    title = "Amazon SNS"
    docs = "https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html"
    scheme: SnsSignature = SnsSignature(
        place="body.Signature",
        certificate="body.SigningCertURL|body.SigningCertUrl",
        hosts=(".amazonaws.com", ".amazonaws.com.cn"),
        signed="",
    )
    proof = "RSA (SHA-1 or SHA-256) by a certificate of SNS's own, over the fields of the message"
    # A delivery policy may stretch to an hour between two of up to 100 tries; the default ends after minutes
    # (docs: sns-message-delivery-retries, from memory).
    retry_horizon = 3600
    key = "MessageId"
    first_sample = "notification"
    Options = SnsOptions
    options: SnsOptions
    unstated: ClassVar[Mapping[str, Any]] = {"topic_arns": ANY}
    fields = Fields(
        id="body.MessageId", type="body.Type", time="body.Timestamp", words="snake",
        attributes={"topic_arn": "body.TopicArn", "subject": "body.Subject"},
    )  # fmt: skip

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: float) -> int:
        if request.headers.get("x-amz-sns-rawdelivery") == "true":
            raise VerificationError("raw message delivery is not signed; switch it off in the subscription")
        with reading_proof():
            document = request.json
        topic = document.get("TopicArn")
        allowed = self.options.topics()
        if not isinstance(topic, str) or (allowed and topic not in allowed):
            raise VerificationError("the message is of a topic that is not among topic_arns")
        _check_region(document.get("SigningCertURL", document.get("SigningCertUrl")), topic, _CERTIFICATE)
        if document.get("Type") == "SubscriptionConfirmation":
            _check_region(document.get("SubscribeURL"), topic, _CONFIRMATION)
        return super().verify(request, secrets, now)

    def may_fetch(self, url: str) -> bool:
        return super().may_fetch(url) or (
            host_allows(url, self.scheme.hosts) and _CONFIRMATION.fullmatch(url) is not None
        )

    def challenge(self, request: WebhookRequest, secrets: Sequence[str]) -> Confirm | None:
        document = request.json
        if document.get("Type") != "SubscriptionConfirmation":
            return None
        return Confirm(str(document.get("SubscribeURL")))

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        return [self.fields.event(request)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        topic = min(self.options.topics(), default=_SAMPLE_TOPIC)
        region = topic.split(":")[3]
        host = f"sns.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
        kind = "UnsubscribeConfirmation" if type == "unsubscribe_confirmation" else "Notification"
        document = {
            "Type": kind,
            "MessageId": id,
            "TopicArn": topic,
            "Message": '{"order": 4711}',
            "Timestamp": write_time(now, "iso"),
            "SignatureVersion": "2",
            "SigningCertURL": f"https://{host}/SimpleNotificationService-sample.pem",
        }
        if kind == "UnsubscribeConfirmation":
            document |= {"Token": "sample", "SubscribeURL": f"https://{host}/?Action=ConfirmSubscription&x"}
        return json_request(self.name, document, now, {"X-Amz-Sns-Message-Type": kind})


def _check_region(url: object, topic: str, pattern: re.Pattern[str]) -> None:
    """Raise VerificationError unless `url` is of the form `pattern`, in the region of `topic`."""
    match = pattern.fullmatch(url) if isinstance(url, str) else None
    if match is None:
        raise VerificationError(f"{str(url)[:200]!r} is not an address of SNS")
    if topic.count(":") < 5 or topic.split(":")[3] != match[1]:
        raise VerificationError("the topic is of another region than the address of SNS")


adapter = Sns
