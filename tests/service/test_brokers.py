"""A real gateway that delivers into a real broker, killed in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import nats
import pytest
from nats.js.api import StreamConfig

from tests.destinations.servers import Server, script
from tests.service.conftest import Gateway, Start, eventually, stripe_event

CONFIG = 'listen: "127.0.0.1:{port}"\njetstream: {store_dir: "{folder}/js", sync_interval: always}\n'


@pytest.fixture
def broker() -> Iterator[Server]:
    """A NATS server with a stream for everything of Stripe's."""
    server = Server(script("nats-server"), "-c", "{folder}/nats.conf", files={"nats.conf": CONFIG})
    asyncio.run(streamed(server, StreamConfig(name="HOOKS", subjects=["hooks.stripe.>"])))
    yield server
    server.close()


async def streamed(server: Server, made: StreamConfig | None = None) -> list[str]:
    """The ids of the provider's that are in the stream, which is `made` first."""
    client = await nats.connect(f"nats://127.0.0.1:{server.port}")
    context = client.jetstream()
    state = (await (context.add_stream(made) if made else context.stream_info("HOOKS"))).state
    got = [await context.get_msg("HOOKS", seq) for seq in range(1, state.last_seq + 1)]
    await client.close()
    return [json.loads(message.data or b"")["id"] for message in got]


def subscription(server: Server) -> str:
    place = f'servers: ["nats://127.0.0.1:{server.port}"], subject: "hooks.{{name}}", timeout: 2s'
    retry = "retry: {schedule: [300ms, 300ms, 300ms, 1s, 1s, 1s, 1s], jitter: 0}"
    return f'{{stream: {{events: ["stripe/*"], {retry}, destination: {{type: nats, {place}}}}}}}'


def states(gateway: Gateway) -> set[str]:
    return {delivery["state"] for delivery in gateway.rows("deliveries")}


def test_every_event_is_in_the_stream_once_however_the_broker_died(start: Start, broker: Server) -> None:
    gateway = start(subscriptions=subscription(broker))
    ids = [f"evt_{number}" for number in range(60)]
    for number, id in enumerate(ids):
        assert gateway.send(stripe_event(id)).status_code == 200
        if number in (20, 40):
            broker.kill()
            gateway.send(stripe_event(f"evt_down_{number}"))
            broker.start()
    eventually(lambda: states(gateway) == {"succeeded"})
    assert sorted(asyncio.run(streamed(broker))) == sorted([*ids, "evt_down_20", "evt_down_40"])
    assert gateway.stop() == 0


def test_a_delivery_says_where_it_is_and_what_went_wrong(start: Start, broker: Server) -> None:
    gateway = start(subscriptions=subscription(broker).replace("hooks.{name}", "nowhere.{name}"))
    gateway.send(stripe_event("evt_1"))
    said = "no stream takes the subject nowhere.stripe.customer.created; add one, or correct subject"
    eventually(lambda: said in gateway.cli("deliveries", "--json").stdout)
