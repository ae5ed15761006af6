"""Amazon SNS: which topics, which addresses, what is confirmed; the vectors show the signatures."""

import pytest
from pydantic import ValidationError

import adapters
from adapters.base import Confirm, NeedsKey, VerificationError
from adapters.plain import json_request

NOW = 1_800_000_000.0
TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders"
HOST = "https://sns.eu-west-1.amazonaws.com"
CONFIRM = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=23364"

Sns = adapters.load("aws_sns")


def message(**fields):
    start = {"Type": "SubscriptionConfirmation", "MessageId": "1", "TopicArn": TOPIC, "SubscribeURL": CONFIRM}
    return json_request("aws_sns", {**start, **fields}, NOW)


@pytest.mark.parametrize("options", [{}, {"topic_arns": []}, {"topic_arns": ["orders"]}, {"topic_arn": ""}])
def test_a_source_must_say_which_topics_may_send(options):
    with pytest.raises(ValidationError, match="arn:aws:sns"):
        Sns(options)


def test_any_beside_a_topic_does_not_open_the_source():
    with pytest.raises(VerificationError, match="topic_arns"):
        Sns({"topic_arns": ["any", TOPIC]}).verify(message(TopicArn=TOPIC + "2"), [], NOW)


def test_a_certificate_is_asked_for_only_once_the_topic_is_ours():
    adapter = Sns({"topic_arns": TOPIC})
    certificate = f"{HOST}/SimpleNotificationService-01.pem"
    signed = {"SignatureVersion": "2", "Signature": "AAAA", "SigningCertURL": certificate}
    rest = {"Message": "x", "Timestamp": "2027-01-15T08:00:00.000Z", "Token": "23364"}
    with pytest.raises(NeedsKey) as question:
        adapter.verify(message(**signed, **rest), [], NOW)
    assert question.value.url == certificate
    with pytest.raises(VerificationError):
        adapter.verify(message(**signed, **rest, **{"TopicArn": TOPIC + "2"}), [], NOW)


ADDRESSES = {
    f"{HOST}/SimpleNotificationService-0a1b.pem": True,
    CONFIRM: True,
    "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0a1b.pem": True,
    f"{HOST}/?Action=Publish&TopicArn=x": False,  # another action, with our address as its sender
    f"{HOST}/?Action=ConfirmSubscription&x#y": False,
    f"{HOST}/other/SimpleNotificationService-0a1b.pem": False,
    "https://bucket.s3.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem": False,  # anyone's bucket
    "https://sns.eu-west-1.evil.amazonaws.com/SimpleNotificationService-0a1b.pem": False,
    "https://evil.example/?Action=ConfirmSubscription&x": False,
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_only_certificates_and_confirmations_of_sns_may_be_fetched(url):
    assert Sns({"topic_arns": TOPIC}).may_fetch(url) is ADDRESSES[url]


def test_a_subscription_is_confirmed_and_its_end_is_not_undone():
    adapter = Sns({"topic_arns": TOPIC})
    assert adapter.challenge(message(), []) == Confirm(CONFIRM)
    end = message(Type="UnsubscribeConfirmation", Timestamp="2027-01-15T08:00:00.000Z")
    assert adapter.challenge(end, []) is None
    assert [event.type for event in adapter.parse(end)] == ["unsubscribe_confirmation"]


def test_a_sample_is_of_the_topic_that_may_send():
    adapter = Sns({"topic_arns": "arn:aws-cn:sns:cn-north-1:123456789012:orders"})
    request = adapter.sign(adapter.sample("notification", NOW, "1"), adapter.generate_secret(), NOW)
    assert adapter.verify(request, [], NOW) == 0
    assert request.json["SigningCertURL"].startswith("https://sns.cn-north-1.amazonaws.com.cn/")
