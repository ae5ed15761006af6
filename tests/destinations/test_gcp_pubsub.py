"""Google Cloud Pub/Sub, against a server that follows the documentation of its REST API."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.destinations.attempt import Refused
from gateway.destinations.gcp_credentials import Token
from tests.contract.conftest import NOW
from tests.destinations.conftest import Open, Socket, claimed
from tests.destinations.pubsub import FORBIDDEN, GRANTED, TOPIC, PubSub, service_account
from tests.destinations.serving import closed_port, serving

pytestmark = pytest.mark.anyio

AT = NOW / 1000
HEADERS = '[["content-type","application/json"],["stripe-signature","t=1"],["x-long","' + "y" * 1025 + '"]]'


@pytest.fixture
async def pubsub(anyio_backend: str) -> AsyncIterator[PubSub]:
    """A server that looks at tokens."""
    server = PubSub()
    async with serving(server.app) as server.url:
        yield server


def keys(server: PubSub, **more: object) -> dict[str, object]:
    told = {"type": "gcp_pubsub", "topic": TOPIC, "endpoint_url": server.url, "timeout": "5s"}
    return told | {"credentials": service_account(), **more}


# a format -> the content-type, what the data begins with
FORMATS = [
    ("event", "application/json", b'{"id":"evt_1","name":"stripe/customer.created","data":{"a":1}'),
    ("raw", "application/json", b'{"a":1}'),
    ("cloudevents", "application/cloudevents+json", b'{"specversion":"1.0"'),
]


@pytest.mark.parametrize(("format", "content_type", "begins"), FORMATS)
async def test_a_topic_gets_each_format_with_attributes(
    pubsub: PubSub, opened: Open, format: str, content_type: str, begins: bytes
) -> None:
    delivery = claimed(attempts=2)
    answer = await opened(keys(pubsub), format=format).deliver(delivery, AT)
    (message,) = pubsub.published
    assert base64.b64decode(message["data"]).startswith(begins)
    assert message["attributes"].pop("traceparent").startswith("00-")
    assert message["attributes"] == {
        "webhook-id": delivery.event.event_id,
        "gateway-event": "stripe/customer.created",
        "gateway-source": "stripe",
        "gateway-subscription": "app",
        "gateway-delivery": "d1",
        "gateway-attempt": "2",
        "content-type": content_type,
    }
    assert answer.error is None
    assert json.loads(answer.response) == {"topic": TOPIC, "message_id": "0"}


async def test_a_header_that_is_too_long_for_an_attribute_is_named(pubsub: PubSub, opened: Open) -> None:
    await opened(keys(pubsub), format="raw").deliver(claimed(headers=HEADERS), AT)
    told = pubsub.published[0]["attributes"]
    assert (told["stripe-signature"], told["gateway-omitted"]) == ("t=1", "x-long")
    assert "x-long" not in told


# what the config has -> the key of an event of Stripe's
ORDERING = [(None, None), ("orders", "orders"), ("{source}/{name}", "stripe/stripe/customer.created")]


@pytest.mark.parametrize(("template", "key"), ORDERING)
async def test_an_ordering_key(pubsub: PubSub, opened: Open, template: str | None, key: str | None) -> None:
    await opened(keys(pubsub, ordering_key=template)).deliver(claimed(), AT)
    assert pubsub.published[0].get("orderingKey") == key


async def test_one_token_serves_many_deliveries(pubsub: PubSub, opened: Open) -> None:
    destination = opened(keys(pubsub))
    answers = await asyncio.gather(*(destination.deliver(claimed(), AT) for _ in range(5)))
    assert [answer.error for answer in answers] == [None] * 5
    assert len(set(pubsub.tokens)) == 1 and pubsub.tokens[0]


async def test_an_emulator_gets_no_token(pubsub: PubSub, opened: Open) -> None:
    pubsub.strict = False
    assert (await opened(keys(pubsub, credentials=None)).deliver(claimed(), AT)).error is None
    assert pubsub.tokens == [""]


# a change to the config -> what the error says
REFUSED = [
    ({"topic": TOPIC + "-2"}, "NOT_FOUND Resource not found (resource=events-2).; create the topic"),
    ({"topic": FORBIDDEN}, "give the service account the role Pub/Sub Publisher"),
    ({"credentials": service_account(client_email="stranger@x")}, "are the credentials right"),
    ({"credentials": service_account(private_key="no key")}, "are the credentials right"),
]


@pytest.mark.parametrize(("change", "says"), REFUSED)
async def test_what_is_refused(pubsub: PubSub, opened: Open, change: dict[str, str], says: str) -> None:
    answer = await opened(keys(pubsub, **change)).deliver(claimed(), AT)
    assert answer.error and says in answer.error
    assert "PRIVATE KEY" not in answer.error and pubsub.published == []


async def test_an_empty_yes_is_none(subscriber: Socket, opened: Open) -> None:
    server = PubSub()
    server.url = subscriber.url.partition("/hooks")[0]
    answer = await opened(keys(server)).deliver(claimed(), AT)
    assert answer.error and "does endpoint_url lead to Pub/Sub?" in answer.error


# the machine's own credentials


@pytest.fixture
def adc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that application default credentials are read from, not there yet."""
    file = tmp_path / "adc.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    return file


async def test_default_credentials_are_exchanged_for_a_token(pubsub: PubSub, adc: Path) -> None:
    adc.write_text(service_account(token_uri=f"{pubsub.url}/token"))
    token = Token(None, 5)
    for _ in range(2):
        assert await token.header() == {"authorization": f"Bearer {GRANTED}-1"}
    token.drop()
    assert await token.header() == {"authorization": f"Bearer {GRANTED}-2"}


async def test_default_credentials_that_are_not_there(adc: Path) -> None:
    with pytest.raises(Refused, match="set credentials, or give this machine"):
        await Token(None, 1).header()


async def test_nobody_gives_a_token(adc: Path) -> None:
    adc.write_text(service_account(token_uri=f"http://127.0.0.1:{closed_port()}/token"))
    with pytest.raises(Refused, match="no token from Google: TransportError"):
        await asyncio.wait_for(Token(None, 1).header(), 20)
