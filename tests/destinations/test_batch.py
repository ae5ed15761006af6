"""A batch in one call: what the subscriber gets, in every format, and the same again at the next attempt."""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import replace

import orjson
import pytest

from gateway.config.subscription import Subscription
from gateway.destinations import open_destination
from gateway.store.records import Claimed
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import Socket, claimed

pytestmark = pytest.mark.anyio

KEY = "a-secret-of-some-length"


def batched(*ids: str, attempts: int = 1) -> Claimed:
    """Deliveries of one batch; the later in `ids`, the earlier it happened."""
    made = [
        claimed(event=candidate(id, ts=NOW - n, data=f'{{"n":{n}}}').event, attempts=attempts)
        for n, id in enumerate(ids)
    ]
    deliveries = [replace(each.delivery, batch_id="01BATCH", seq=n) for n, each in enumerate(made)]
    first, *others = [replace(each, delivery=its) for each, its in zip(made, deliveries, strict=True)]
    return replace(first, others=tuple(others))


async def deliver(url: str, claimed: Claimed, **more: object) -> str | None:
    """The error of one try."""
    keys = {"url": url, "type": "http", "secrets": [KEY]}
    batch = {"size": 10, "timeout": "5s"}
    subscription = Subscription.model_validate(
        {"events": ["**"], "destination": keys, "batch": batch, **more}
    )
    destination = open_destination(subscription)
    answer = await destination.deliver(claimed, NOW / 1000)
    await destination.close()
    return answer.error


def parted(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return {name: value for name, value in lines}, body


async def test_the_body_is_an_array_in_the_order_of_time(subscriber: Socket) -> None:
    assert await deliver(subscriber.url, batched("c", "b", "a", attempts=2)) is None
    headers, body = parted(subscriber.got[0])
    assert [event["id"] for event in orjson.loads(body)] == ["a", "b", "c"]
    assert headers["webhook-id"] == "01BATCH"
    assert (headers["gateway-batch-size"], headers["gateway-attempt"]) == ("3", "2")
    assert (headers["content-type"], headers["gateway-subscription"]) == ("application/json", "app")
    assert not {"gateway-event", "gateway-delivery", "gateway-source"} & headers.keys()


async def test_the_signature_is_of_the_whole(subscriber: Socket) -> None:
    await deliver(subscriber.url, batched("b", "a"))
    headers, body = parted(subscriber.got[0])
    signed = f"01BATCH.{headers['webhook-timestamp']}.".encode() + body
    expected = b64encode(hmac.digest(KEY.encode(), signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


async def test_cloudevents_have_a_form_for_it(subscriber: Socket) -> None:
    await deliver(subscriber.url, batched("b", "a"), format="cloudevents")
    headers, body = parted(subscriber.got[0])
    assert headers["content-type"] == "application/cloudevents-batch+json"
    assert [(each["specversion"], each["providerid"]) for each in orjson.loads(body)] == [
        ("1.0", "a"), ("1.0", "b"),
    ]  # fmt: skip


async def test_a_transform_is_of_each(subscriber: Socket) -> None:
    await deliver(subscriber.url, batched("b", "a"), format="raw", transform="{'n': event.data.n + 1}")
    assert parted(subscriber.got[0])[1] == b'[{"n":2},{"n":1}]'


async def test_a_transform_that_fails_for_one_sends_nothing_and_names_it(subscriber: Socket) -> None:
    batch = batched("b", "a")
    broken = replace(batch.others[0], event=replace(batch.others[0].event, data="{}"))
    said = await deliver(subscriber.url, replace(batch, others=(broken,)), transform="event.data.n")
    assert said == f"transform: {broken.event.event_id} of the batch: there is no field 'n'"
    assert subscriber.got == []


async def test_one_that_came_into_no_batch_goes_alone(subscriber: Socket) -> None:
    alone = claimed()
    await deliver(subscriber.url, alone)
    headers, body = parted(subscriber.got[0])
    assert (headers["webhook-id"], len(orjson.loads(body))) == (alone.event.event_id, 1)
