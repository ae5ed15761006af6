"""What the pages show of JSON that is sent has the fields that are sent."""

from __future__ import annotations

import asyncio
import json
import runpy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import orjson
import pytest

from gateway.destinations.batch import batch_body
from gateway.destinations.formats import cloudevents, event
from gateway.event import Event
from gateway.pipeline import system
from gateway.pipeline.route import Router
from gateway.schema import Breach, Fault
from gateway.store.records import Attempt, Claimed, Delivery, Duplicate
from gateway.store.waits import Wait, Waited
from gateway.store.watch import Watched
from gateway.wait import CONFIGURED
from tests.docs.blocks import EVERY, ROOT, Block, of

ROUTER = Router({"app": ["gateway/*"]})
EVENT = Event(
    "01M", "evt_1", "stripe/customer.created", "stripe", '{"object":"event"}', 1, "2026-10-28.endive", 1
)
ONE = Claimed(
    Delivery("01D", "01M", "welcome-email", "pending", 1, 2, 0, 1), EVENT, "[]", EVENT.data.encode()
)


def emitted() -> dict[str, bytes]:
    """Every system event, by its name."""
    failed, well = Attempt("01D", 2, 1, 1, 500, "it answered 500"), Attempt("01D", 1, 1, 1, 200)
    copy = Duplicate("01C", "01M", "evt_1", "stripe/x", "stripe", 1, 1, False, ("a",), "twin", 0, "", "[]")
    events = [
        *system.ended(ONE.delivery, EVENT, "dead", failed, ROUTER, 1)[:1],
        *system.ended(ONE.delivery, EVENT, "cancelled", None, ROUTER, 1)[:1],
        *system.ended(ONE.delivery, EVENT, "succeeded", well, ROUTER, 1),
        system.paused("app", "the subscriber answered 410 Gone", ROUTER, 1),
        system.resumed("app", ROUTER, 1),
        system.failing("app", "5 of 5 attempts failed within 5m", ROUTER, 1),
        system.duplicate_differs(copy, ROUTER, 1),
        system.source_silent("stripe", "1h", Watched("stripe", 1, 1, 1, False), ROUTER, 1),
        system.signature_rejected("stripe", {"bad_signature": 3, "stale_timestamp": 1}, 1, ROUTER, 1),
        system.schema_broken(EVENT, Breach("stripe/*", True, (Fault("data.a", "is wrong"),)), ROUTER, 1),
    ]
    return {each.event.name: orjson.dumps(each.event.wire()) for each in events}


def waited() -> bytes:
    """What a subscription with `waits:` gets once the second event came."""
    wait = Wait(1, "01D", "01M", "app", CONFIGURED, ("**",), "", False, "matched", 1, None)
    order = replace(EVENT, data='{"id":"o_1"}')
    return event(replace(ONE, event=order, waits=[Waited(wait, order)]))[0]


def retried() -> bytes:
    """What the example of a failure handler sends."""
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(200)

    async def send() -> None:
        failed = {
            "event": json.loads(orjson.dumps(EVENT.wire())),
            "run_id": "01D",
            "function_id": "welcome-email",
            "attempts": 1,
        }
        schedule = runpy.run_path(str(ROOT / "examples" / "failure_handler.py"))["schedule"]
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            await schedule(failed, 1, client)

    asyncio.run(send())
    return orjson.dumps({**json.loads(sent[0]), "v": None})  # as the gateway delivers it


SENT: Mapping[str, Callable[[], bytes]] = {
    "event": lambda: event(ONE)[0],
    "cloudevents": lambda: cloudevents(ONE)[0],
    "batch": lambda: batch_body(replace(ONE, others=(ONE,)), "event")[0],
    "async": waited,
    "ops/delivery.retry_requested": retried,
}
"""What the gateway and the examples send, by the title of the block that shows it."""


def keys(value: Any, depth: int = 3) -> Any:
    """The names of the fields, and of the fields inside, but for a provider's payload."""
    if isinstance(value, list):
        return [keys(one, depth) for one in value[:1]]
    if not isinstance(value, dict) or not depth or not value or value.get("object") == "event":
        return None
    return {name: keys(inner, depth - 1) for name, inner in value.items()}


@pytest.mark.parametrize("block", of("json"))
def test_each_json_block_has_the_fields_that_are_sent(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_EVENT_KEY", "key")
    shown = json.loads(block.text)
    if block.title != "theirs" and not block.is_file:
        body = emitted().get(block.title) or SENT[block.title]()
        assert keys(shown) == keys(json.loads(body))


def test_every_system_event_is_shown() -> None:
    every = {name for name in vars(system).values() if isinstance(name, str) and name.startswith("gateway/")}
    assert every == {block.title for block in EVERY if block.title.startswith("gateway/")}
