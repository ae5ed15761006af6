"""Deliveries to a Kafka that others wrote: a real one, or those that librdkafka brings for its tests.

GATEWAY_TEST_KAFKA=kafka-1:9092 pytest tests/destinations/test_kafka_elsewhere.py
pip install confluent-kafka                   # without a real one: librdkafka's
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator

import pytest

from gateway.event import new_id
from tests.contract.conftest import NOW
from tests.destinations.conftest import claimed
from tests.destinations.servers import values
from tests.destinations.writing import destination

pytestmark = pytest.mark.anyio

REAL = os.environ.get("GATEWAY_TEST_KAFKA")
MISSING = "no Kafka that others wrote: set GATEWAY_TEST_KAFKA=host:port, or pip install confluent-kafka"


@pytest.fixture
def servers() -> Iterator[list[str]]:
    if REAL:
        yield REAL.split(",")
        return
    confluent_kafka = pytest.importorskip("confluent_kafka", reason=MISSING)
    owner = confluent_kafka.Producer(
        {"bootstrap.servers": "none", "test.mock.num.brokers": 3, "log_level": 3}
    )
    yield [f"{broker.host}:{broker.port}" for broker in owner.list_topics(timeout=10).brokers.values()]


async def test_what_was_acknowledged_is_read_back(servers: list[str]) -> None:
    aiokafka = pytest.importorskip("aiokafka")
    topic = f"hooks-{new_id(NOW).lower()}"
    opened = destination(values("kafka", servers=servers, topic=topic, timeout="20s"))
    answers = [await opened.deliver(claimed(), NOW / 1000) for _ in range(5)]
    await opened.close()
    assert [answer.error for answer in answers] == [None] * 5
    places = {(place["partition"], place["offset"]) for place in (json.loads(a.response) for a in answers)}
    consumer = aiokafka.AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            read = [await consumer.getone() for _ in answers]
    finally:
        await consumer.stop()
    assert {(message.partition, message.offset) for message in read} == places
    assert {json.loads(message.value)["name"] for message in read} == {"stripe/customer.created"}
