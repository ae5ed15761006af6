"""The follower and the config: what waits goes on, what is to be cancelled ends, and is told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import orjson
import pytest

from gateway.cancelling import cancellation
from gateway.config import load
from gateway.config.limits import Timeouts
from gateway.destinations.formats import FORMATS
from gateway.destinations.message import gateway_headers
from gateway.destinations.transform import transform
from gateway.event import Event, new_id
from gateway.following import Follower
from gateway.pipeline.admission import _late
from gateway.repeating import repeat
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.records import Attempt, Candidate, Claimed, NewDelivery, Query, Settlement
from gateway.store.waits import Wait
from tests.contract.conftest import HOUR, NOW

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[1] / "docs" / "waits.md").read_text(encoding="utf-8")
CONFIG = """
sources: {{s: {{adapter: github, secrets: [some-secret]}}}}
subscriptions:
  app:
    events: ["shop/order.created"]
    {keys}
    destination: {{type: http, url: "http://127.0.0.1:9/hooks"}}
  told:
    events: ["gateway/delivery.cancelled"]
    destination: {{type: http, url: "http://127.0.0.1:9/told"}}
"""
WAITS = 'waits: {for: "shop/order.paid", match: "event.data.id == async.data.id", timeout: 1h}'
CANCEL = 'cancel_on: {event: "shop/order.cancelled", if: "event.data.id == async.data.id"}'


class Shop:
    """A store, a config and a follower with a clock of the test's own."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.now = store, folder, NOW
        self.woken: list[str] = []
        self.configure(WAITS)
        self.follower = Follower(store, lambda: self.running, self.woken.extend, lambda: self.now / 1000)

    def configure(self, keys: str) -> None:
        (self.folder / "config.yaml").write_text(CONFIG.format(keys=keys))
        self.running = Running.of(load(self.folder / "config.yaml", {}))

    async def send(self, name: str, order: int = 1) -> str:
        """An event of the shop. Returns its event_id."""
        id, data = new_id(self.now), orjson.dumps({"id": order}).decode()
        event = Event(id, id, f"shop/order.{name}", "api", data, self.now, None, self.now)
        routed = self.running.router.route(event)
        made = Candidate(event, b"", routed.subscriptions, waits=routed.waits)
        await self.store.accept([made])
        return id

    async def follow(self, after: int = 0) -> None:
        """Let `after` ms pass and follow."""
        self.now += after
        await self.follower.step()
        await self.follower.look_around()

    async def claim(self, name: str = "app") -> Sequence[Claimed]:
        return (await self.store.claim({name: 10}, {name: 30_000}, self.now, "w")).claimed

    async def states(self) -> list[str]:
        return [one.state for one in await self.store.deliveries(Query(subscription="app"))]

    async def wait(self) -> Wait:
        [delivery] = await self.store.deliveries(Query(subscription="app"))
        [wait] = await self.store.waits.of([delivery.delivery_id])
        return wait


@pytest.fixture
async def shop(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Shop]:
    store = await open_store(tmp_path / "gateway.db")
    yield Shop(store, tmp_path)
    await store.close()


def body(claimed: Claimed) -> dict[str, object]:
    parsed: dict[str, object] = orjson.loads(FORMATS["event"](claimed)[0])
    return parsed


async def test_a_delivery_goes_on_with_both_events(shop: Shop) -> None:
    await shop.send("created")
    assert await shop.claim() == []
    came = await shop.send("paid")
    await shop.follow()
    [claimed] = await shop.claim()
    sent = body(claimed)
    assert (sent["name"], sent["async"]["name"], sent["async"]["id"]) == (  # type: ignore[index]
        "shop/order.created", "shop/order.paid", came,
    )  # fmt: skip
    assert gateway_headers(claimed)["gateway-wait"] == "matched"
    assert shop.woken == ["app"]


async def test_a_delivery_whose_time_is_over_goes_on_with_null(shop: Shop) -> None:
    await shop.send("created")
    await shop.send("paid", 2)
    await shop.follow(HOUR + 1)
    [claimed] = await shop.claim()
    assert body(claimed)["async"] is None
    assert gateway_headers(claimed)["gateway-wait"] == "timeout"


async def test_a_delivery_that_waits_for_nothing_is_as_ever(shop: Shop) -> None:
    shop.configure(CANCEL)
    await shop.send("created")
    [claimed] = await shop.claim()
    assert "async" not in body(claimed) and "gateway-wait" not in gateway_headers(claimed)


# an order's event that comes, a transform -> what is sent
TRANSFORMS = [
    ("paid", "{'paid': async != null, 'id': event.data.id}", {"paid": True, "id": 1}),
    ("created", "{'paid': async != null}", {"paid": False}),
    ("paid", "async == null ? 'late' : async.name", "shop/order.paid"),
]


@pytest.mark.parametrize(("name", "text", "sent"), TRANSFORMS)
async def test_a_transform_sees_both(shop: Shop, name: str, text: str, sent: object) -> None:
    shop.configure(f'{WAITS}\n    format: raw\n    transform: "{text}"')
    await shop.send("created")
    await shop.send(name)
    await shop.follow(HOUR + 1)
    expression = shop.running.settings.subscriptions["app"].transform
    assert expression is not None
    assert orjson.loads(transform((await shop.claim())[0], expression).body) == sent


async def test_an_expression_that_fails_is_no_match(shop: Shop) -> None:
    shop.configure('waits: {for: "shop/*", match: "async.data.nothing > event.data.id", timeout: 1h}')
    await shop.send("created")
    await shop.send("paid")
    await shop.follow()
    assert (await shop.wait()).state == "open"


async def test_an_event_cancels_what_waits_and_that_is_told(shop: Shop) -> None:
    shop.configure(f"{WAITS}\n    {CANCEL}")
    order, other = await shop.send("created"), await shop.send("created", 2)
    cancelled = await shop.send("cancelled")
    await shop.follow()
    assert await shop.states() == ["pending", "cancelled"]
    [told] = await shop.claim("told")
    data = orjson.loads(told.event.data)
    assert (data["event"]["id"], data["function_id"]) == (order, "app")
    assert (data["reason"], data["cancelled_by"]) == ("cancel_on shop/order.cancelled", cancelled)
    assert "told" in shop.woken and other


async def test_a_delayed_delivery_is_cancelled_too(shop: Shop) -> None:
    shop.configure(CANCEL)
    await shop.send("created")
    [claimed] = await shop.claim()
    attempt = Attempt(claimed.delivery.delivery_id, 1, shop.now, 1, 500, "no")
    await shop.store.settle(Settlement(attempt, "pending", shop.now + HOUR, 1, shop.now))
    await shop.send("cancelled")
    await shop.follow()
    assert await shop.states() == ["cancelled"]


async def test_an_attempt_under_way_goes_to_its_end_and_is_not_made_again(shop: Shop) -> None:
    shop.configure(CANCEL)
    await shop.send("created")
    [claimed] = await shop.claim()
    await shop.send("cancelled")
    await shop.follow()
    assert await shop.states() == ["pending"]
    attempt = Attempt(claimed.delivery.delivery_id, 1, shop.now, 1, 500, "no")
    assert await shop.store.settle(Settlement(attempt, "pending", shop.now, 1, shop.now))
    assert await shop.claim() == []
    await shop.follow()
    assert await shop.states() == ["cancelled"]


async def test_an_attempt_under_way_that_succeeds_has_succeeded(shop: Shop) -> None:
    shop.configure(CANCEL)
    await shop.send("created")
    [claimed] = await shop.claim()
    await shop.send("cancelled")
    await shop.follow()
    attempt = Attempt(claimed.delivery.delivery_id, 1, shop.now, 1, 200)
    await shop.store.settle(Settlement(attempt, "succeeded", shop.now, 0, shop.now))
    await shop.follow()
    assert (await shop.states(), await shop.claim("told")) == (["succeeded"], [])


async def test_a_paused_subscription_is_cancelled_too(shop: Shop) -> None:
    shop.configure(CANCEL)
    await shop.send("created")
    await shop.store.pause("app", "by hand", shop.now)
    await shop.send("cancelled")
    await shop.follow()
    assert await shop.states() == ["cancelled"]


async def test_two_rules_that_hold_cancel_once(shop: Shop) -> None:
    rule = '{event: "shop/order.cancelled"}'
    shop.configure(f"cancel_on: [{rule}, {rule}]")
    await shop.send("created")
    await shop.send("cancelled")
    await shop.follow()
    assert len(await shop.claim("told")) == 1


async def test_a_person_may_end_what_waits(shop: Shop) -> None:
    await shop.send("created")
    [delivery] = await shop.store.deliveries(Query())
    asked = await cancellation(shop.store, shop.running.router, delivery, shop.now)
    assert await shop.store.cancel([asked]) == 1
    await shop.send("paid")
    await shop.follow(2 * HOUR)
    assert (await shop.states(), await shop.store.waits.open()) == (["cancelled"], 0)
    [told] = await shop.claim("told")
    assert orjson.loads(told.event.data)["reason"] == "on request"


async def test_a_replay_goes_on_with_what_came(shop: Shop) -> None:
    order = await shop.send("created")
    came = await shop.send("paid")
    await shop.follow()
    await shop.claim()
    new = NewDelivery(new_id(shop.now), order, "app", shop.now)
    assert await repeat(shop.store, shop.running.router, [new], shop.now) == 1
    [again] = await shop.claim()
    assert body(again)["async"]["id"] == came  # type: ignore[index]


async def test_a_restart_forgets_nothing(shop: Shop, tmp_path: Path) -> None:
    await shop.send("created")
    await shop.send("paid")
    await shop.store.close()
    shop.store = await open_store(tmp_path / "gateway.db")
    shop.follower = Follower(shop.store, lambda: shop.running, shop.woken.extend, lambda: shop.now / 1000)
    await shop.follow()
    assert len(await shop.claim()) == 1
    await shop.store.close()


async def test_the_page_shows_what_is_sent(shop: Shop) -> None:
    [example] = re.findall(r"```json async\n(.*?)```", PAGE, re.DOTALL)
    shown = orjson.loads(example)
    await shop.send("created")
    await shop.send("paid")
    await shop.follow()
    sent = body((await shop.claim())[0])
    assert [*sent] == [*shown] and [*sent["async"]] == [*shown["async"]]  # type: ignore[misc]


async def test_a_start_time_out_counts_from_when_a_delivery_goes_on(shop: Shop) -> None:
    await shop.send("created")
    await shop.follow(HOUR + 1)
    [claimed] = await shop.claim()
    limit = Timeouts(start="1m")  # type: ignore[arg-type]
    assert _late(claimed, limit, shop.now + 1000, leased=True) is None
    assert "did not start within 1m" in (_late(claimed, limit, shop.now + 61_000, leased=True) or "")


async def test_it_looks_often_only_while_something_waits(shop: Shop) -> None:
    shop.configure("concurrency: 1")
    await shop.follow()
    assert shop.follower._pause == 1.0
    shop.configure(WAITS)
    await shop.follow()
    assert shop.follower._pause == 0.1
