"""SQS, SNS and EventBridge, against a server that speaks as AWS does."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.destinations import aws
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import Open, Socket, claimed
from tests.destinations.moto import KEYS, REGION, Moto, attributes

pytestmark = pytest.mark.anyio

AT = NOW / 1000
HEADERS = '[["content-type","application/json"],["stripe-signature","t=1,v1=ab"]]'
_numbers = iter(range(1000))


@pytest.fixture
def queue(moto: Moto) -> str:
    """A new queue."""
    return moto.queue(f"queue-{next(_numbers)}")


@pytest.fixture
def fifo(moto: Moto) -> str:
    """A new FIFO queue."""
    return moto.queue(f"queue-{next(_numbers)}.fifo")


def sqs(moto: Moto, queue: str, **more: object) -> dict[str, object]:
    return moto.section(type="sqs", queue_url=queue, **more)


# a format -> the content-type, the body of `data`
FORMATS = [
    ("event", "application/json", '"data":{"a":1}'),
    ("raw", "application/json", '{"a":1}'),
    ("cloudevents", "application/cloudevents+json", '"specversion":"1.0"'),
]


@pytest.mark.parametrize(("format", "content_type", "holds"), FORMATS)
async def test_a_queue_gets_each_format_with_attributes(
    moto: Moto, queue: str, opened: Open, format: str, content_type: str, holds: str
) -> None:
    delivery = claimed(headers=HEADERS, attempts=3)
    answer = await opened(sqs(moto, queue), format=format).deliver(delivery, AT)
    (message,) = moto.received(queue)
    assert holds in message["Body"]
    assert {
        "webhook-id": delivery.event.event_id,
        "gateway-event": "stripe/customer.created",
        "gateway-source": "stripe",
        "gateway-attempt": "3",
        "content-type": content_type,
    }.items() <= attributes(message).items()
    assert answer.error is None
    assert json.loads(answer.response) == {"queue": queue, "message_id": message["MessageId"]}


async def test_raw_carries_the_providers_headers_in_one_attribute(
    moto: Moto, queue: str, opened: Open
) -> None:
    await opened(sqs(moto, queue), format="raw").deliver(claimed(headers=HEADERS), AT)
    told = attributes(moto.received(queue)[0])
    assert json.loads(told["headers"])["stripe-signature"] == "t=1,v1=ab"
    assert len(told) <= 10


async def test_raw_bytes_that_are_no_text_are_base64(moto: Moto, queue: str, opened: Open) -> None:
    body = b"\xff\x00binary"
    delivery = claimed(body, event=candidate().event)
    assert (await opened(sqs(moto, queue), format="raw").deliver(delivery, AT)).error is None
    (message,) = moto.received(queue)
    assert attributes(message)["gateway-encoding"] == "base64"
    assert base64.b64decode(message["Body"]) == body


async def test_a_character_that_aws_refuses_is_escaped_in_json(moto: Moto, queue: str, opened: Open) -> None:
    data = '{"a":"\ufffe\\u0000"}'
    assert (
        await opened(sqs(moto, queue)).deliver(claimed(event=candidate(data=data).event), AT)
    ).error is None
    (message,) = moto.received(queue)
    assert json.loads(message["Body"])["data"] == json.loads(data)


async def test_a_fifo_queue_gets_group_and_id_and_takes_an_event_once(
    moto: Moto, fifo: str, opened: Open
) -> None:
    destination, delivery = opened(sqs(moto, fifo)), claimed()
    answers = [await destination.deliver(delivery, AT) for _ in range(2)]
    (message,) = moto.received(fifo)
    assert message["Attributes"]["MessageGroupId"] == "stripe"
    assert message["Attributes"]["MessageDeduplicationId"] == delivery.event.event_id
    assert [answer.error for answer in answers] == [None, None]
    assert json.loads(answers[0].response)["sequence_number"] == message["Attributes"]["SequenceNumber"]


async def test_a_group_of_ones_own(moto: Moto, fifo: str, opened: Open) -> None:
    await opened(sqs(moto, fifo, group="orders")).deliver(claimed(), AT)
    assert moto.received(fifo)[0]["Attributes"]["MessageGroupId"] == "orders"


async def test_a_topic_hands_on_body_and_attributes(moto: Moto, queue: str, opened: Open) -> None:
    topic = moto.topic(f"topic-{next(_numbers)}", queue)
    delivery = claimed()
    answer = await opened(moto.section(type="sns", topic_arn=topic)).deliver(delivery, AT)
    (message,) = moto.received(queue)
    assert json.loads(message["Body"])["data"] == {"a": 1}
    assert attributes(message)["webhook-id"] == delivery.event.event_id
    assert json.loads(answer.response)["topic"] == topic


async def test_a_fifo_topic_gets_group_and_id(moto: Moto, fifo: str, opened: Open) -> None:
    topic = moto.topic(f"topic-{next(_numbers)}.fifo", fifo)
    delivery = claimed()
    assert (await opened(moto.section(type="sns", topic_arn=topic)).deliver(delivery, AT)).error is None
    (message,) = moto.received(fifo)
    assert message["Attributes"]["MessageDeduplicationId"] == delivery.event.event_id
    assert message["Attributes"]["MessageGroupId"] == "stripe"


@pytest.mark.parametrize("format", ["event", "cloudevents"])
async def test_a_bus_gets_the_event_by_name_and_source(
    moto: Moto, queue: str, opened: Open, format: str
) -> None:
    bus = f"bus-{next(_numbers)}"
    moto.bus(bus, queue)
    delivery = claimed()
    answer = await opened(moto.section(type="eventbridge", bus=bus), format=format).deliver(delivery, AT)
    came = json.loads(moto.received(queue)[0]["Body"])
    assert (came["source"], came["detail-type"]) == ("stripe", "stripe/customer.created")
    assert came["time"] == "2027-01-15T08:00:00Z"
    assert json.loads(answer.response) == {"bus": bus, "event_id": came["id"]}
    detail = came["detail"]
    assert detail["data"] == {"a": 1}
    assert delivery.event.event_id == (detail["headers"]["webhook-id"] if format == "event" else detail["id"])


# keys of a destination, what the error says
ABSENT = [
    ({"type": "sqs", "queue_url": "/123456789012/nowhere"}, "create the queue, or correct queue_url"),
    (
        {"type": "sns", "topic_arn": f"arn:aws:sns:{REGION}:123456789012:nowhere"},
        "create the topic, or correct topic_arn",
    ),
    ({"type": "eventbridge", "bus": "nowhere"}, "create the bus, or correct bus"),
]


@pytest.mark.parametrize(("keys", "says"), ABSENT)
async def test_a_place_that_is_not_there(moto: Moto, opened: Open, keys: dict[str, Any], says: str) -> None:
    absolute = {name: f"{moto.url}{text}" for name, text in keys.items() if name == "queue_url"}
    answer = await opened(moto.section(**keys | absolute)).deliver(claimed(), AT)
    assert answer.error and says in answer.error


@pytest.fixture
def strict(moto: Moto) -> Iterator[Moto]:
    """The same server while it looks at credentials."""
    moto.check_credentials(True)
    yield moto
    moto.check_credentials(False)


@pytest.mark.parametrize("kind", ["sqs", "sns", "eventbridge"])
async def test_wrong_credentials(strict: Moto, opened: Open, kind: str) -> None:
    place = {
        "sqs": {"queue_url": f"{strict.url}/123456789012/events"},
        "sns": {"topic_arn": f"arn:aws:sns:{REGION}:123456789012:events"},
        "eventbridge": {"bus": "default"},
    }[kind]
    answer = await opened(strict.section(type=kind, **place)).deliver(claimed(), AT)
    assert answer.error and re.search(r"are (access_key and secret_key|the credentials) right", answer.error)
    assert KEYS["secret_key"] not in answer.error


async def test_no_credentials_at_all(
    moto: Moto, opened: Open, monkeypatch: pytest.MonkeyPatch, queue: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    destination = opened(sqs(moto, queue, access_key=None, secret_key=None))
    answer = await destination.deliver(claimed(), AT)
    assert answer.error and answer.error.endswith("give this machine credentials")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS["access_key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS["secret_key"])
    assert (await destination.deliver(claimed(), AT)).error is None


# keys of a destination, a format, how an event is too much for it, what the error says
TOO_MUCH = [
    ("sqs", {"data": f'{{"a":"{"x" * aws.LARGEST}"}}'}, "AWS takes 1048576 at most"),
    ("eventbridge", {"data": f'{{"a":"{"x" * aws.LARGEST}"}}'}, "EventBridge takes 1048576 at most"),
    ("eventbridge", {"name": "stripe/" + "x" * 122}, "EventBridge takes 128 at most"),  # it would drop it
]


@pytest.mark.parametrize(("kind", "event", "says"), TOO_MUCH)
async def test_what_is_too_much_is_not_sent(
    moto: Moto, queue: str, opened: Open, kind: str, event: dict[str, str], says: str
) -> None:
    place = {"queue_url": queue} if kind == "sqs" else {"bus": "default"}
    delivery = claimed(event=candidate(**event).event)
    answer = await opened(moto.section(type=kind, **place)).deliver(delivery, AT)
    assert answer.status is None and answer.error and says in answer.error


async def test_many_at_once_wait_for_no_connection(moto: Moto, queue: str, opened: Open) -> None:
    destination = opened(sqs(moto, queue), concurrency=20)
    answers = await asyncio.gather(*(destination.deliver(claimed(), AT) for _ in range(20)))
    assert [answer.error for answer in answers] == [None] * 20
    asked = {"QueueUrl": queue, "AttributeNames": ["ApproximateNumberOfMessages"]}
    told = moto.call("sqs", "get_queue_attributes", **asked)["Attributes"]
    assert told["ApproximateNumberOfMessages"] == "20"


async def test_each_delivery_under_way_has_a_connection_of_its_own(
    moto: Moto, subscriber: Socket, queue: str, opened: Open
) -> None:
    subscriber.answer = b""
    keys = sqs(moto, queue, endpoint_url=subscriber.url.partition("/hooks")[0], timeout="300ms")
    destination = opened(keys, concurrency=5)
    await asyncio.gather(*(destination.deliver(claimed(), AT) for _ in range(5)))
    assert subscriber.connections == 5


# whether the bus is taken to be there -> what two deliveries ask
ASKED = [(False, ["DescribeEventBus", "PutEvents", "PutEvents"]), (True, ["PutEvents", "PutEvents"])]


@pytest.mark.parametrize(("assumed", "actions"), ASKED)
async def test_a_bus_is_looked_up_once_before_it_gets_anything(
    moto: Moto, subscriber: Socket, opened: Open, assumed: bool, actions: list[str]
) -> None:
    said = b'{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}'  # what AWS says of any bus, there or not
    subscriber.answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(said) + said
    endpoint = subscriber.url.partition("/hooks")[0]
    keys = moto.section(type="eventbridge", bus="orders", endpoint_url=endpoint, assume_bus=assumed)
    destination = opened(keys)
    for _ in range(2):
        assert (await destination.deliver(claimed(), AT)).error is None
    asked = [re.search(rb"x-amz-target: AWSEvents\.(\w+)", got, re.IGNORECASE) for got in subscriber.got]
    assert [found and found[1].decode() for found in asked] == actions


# what PutEvents answers, always with 200 -> what the error says
NOT_TAKEN = [
    (
        b'{"FailedEntryCount":1,"Entries":[{"ErrorCode":"InternalFailure","ErrorMessage":"x"}]}',
        "InternalFailure: x",
    ),
    (b'{"FailedEntryCount":0,"Entries":[]}', "no event id"),
]


@pytest.mark.parametrize(("said", "says"), NOT_TAKEN)
async def test_a_yes_that_took_nothing_is_none(
    moto: Moto, subscriber: Socket, opened: Open, said: bytes, says: str
) -> None:
    subscriber.answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(said) + said
    endpoint = subscriber.url.partition("/hooks")[0]
    keys = moto.section(type="eventbridge", bus="default", endpoint_url=endpoint)
    answer = await opened(keys).deliver(claimed(), AT)
    assert answer.error and says in answer.error
