"""Silent sources and sources all of whose requests fail, on every store, with a clock of the test's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.config import load
from gateway.event import new_id
from gateway.running import Running
from gateway.store import Store
from gateway.store.records import Query
from gateway.store.rejections import Rejection
from gateway.storms import TOLD_EVERY, TRY_EVERY
from gateway.watching import EVERY, Watching
from tests.contract.conftest import NOW, Nodes, candidate, node

__all__ = ["node"]

pytestmark = pytest.mark.anyio

CONFIG = """
sources:
  stripe: {adapter: stripe, secrets: [whsec_x], expect: every 10m}
  github: {adapter: github, secrets: [some-secret]}
subscriptions:
  ops: {events: ["gateway/source.*", "gateway/signature.*"], destination: {type: stdout}}
"""
MINUTE, HOUR = 60.0, 3600.0
EXPECTED = 600.0


class World:
    """Nodes on one store, and a clock that moves when the test says so (Unix seconds)."""

    def __init__(self, store: Store, running: Running) -> None:
        self.store = store
        self.now = NOW / 1000
        self.woken: list[str] = []
        self._running = running

    def node(self) -> Watching:
        return Watching(self.store, lambda: self._running, self.woken.extend, lambda: self.now)

    async def passes(self, seconds: float, *nodes: Watching, step: float = EVERY) -> None:
        """Time goes by, and the nodes look as often as they do."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + step)
            for each in nodes:
                await each.look()

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        stored = [one.event for one in await self.store.events(Query(source="gateway"))]
        return [(event.name, json.loads(event.data)) for event in reversed(stored)]

    async def rejected(self, source: str = "github", reason: str = "bad_signature") -> None:
        now = round(self.now * 1000)
        await self.store.reject(
            Rejection(new_id(now), source, reason, "no", now, "::1", "POST", "u", "[]", 0, "")
        )

    async def accepted(self, source: str = "github") -> None:
        now = round(self.now * 1000)
        await self.store.accept([candidate(new_id(now), at=now, source=source)])


@pytest.fixture
async def world(node: Nodes, tmp_path: Path) -> World:
    (tmp_path / "config.yaml").write_text(CONFIG)
    return World(await node(), Running.of(load(tmp_path / "config.yaml", {})))


async def test_a_silence_is_told_once_and_names_the_last_webhook(world: World) -> None:
    node = world.node()
    await node.look()
    node.heard("stripe", world.now)
    await world.passes(EXPECTED, node)
    assert await world.told() == []
    await world.passes(MINUTE, node)
    told = {"source": "stripe", "expect": "every 10m", "heard_at": NOW, "counted_from": NOW}
    assert await world.told() == [("gateway/source.silent", told)]
    assert world.woken == ["ops"]
    await world.passes(3 * EXPECTED, node)
    assert len(await world.told()) == 1


async def test_the_next_webhook_ends_it_and_the_next_silence_is_told(world: World) -> None:
    node = world.node()
    await world.passes(EXPECTED + MINUTE, node)
    assert [name for name, _ in await world.told()] == ["gateway/source.silent"]
    node.heard("stripe", world.now)
    await world.passes(EXPECTED, node)
    assert len(await world.told()) == 1
    await world.passes(MINUTE, node)
    assert len(await world.told()) == 2


async def test_what_one_node_heard_counts_for_all(world: World) -> None:
    nodes = [world.node() for _ in range(3)]
    for _ in range(4):
        await world.passes(EXPECTED / 2, *nodes)
        nodes[1].heard("stripe", world.now)
    assert await world.told() == []
    await world.passes(EXPECTED + MINUTE, *nodes)
    assert len(await world.told()) == 1  # once, not once a node


async def test_a_restart_after_an_outage_of_ours_is_no_silence(world: World) -> None:
    node = world.node()
    await node.look()
    node.heard("stripe", world.now)
    await world.passes(EXPECTED / 2, node)
    world.now += 5 * EXPECTED  # the gateway is down
    node = world.node()
    await world.passes(EXPECTED - MINUTE, node)
    assert await world.told() == []
    await world.passes(2 * MINUTE, node)
    assert len(await world.told()) == 1


async def test_restarts_neither_hide_a_silence_nor_tell_it_twice(world: World) -> None:
    for _ in range(7):  # a quick restart every 100 seconds
        await world.passes(EXPECTED / 6, world.node())
    assert len(await world.told()) == 1
    await world.passes(EXPECTED, world.node())
    assert len(await world.told()) == 1


async def test_what_was_heard_last_survives_a_stop(world: World) -> None:
    node = world.node()
    await world.passes(EXPECTED - EVERY, node)
    node.heard("stripe", world.now)
    await node.close()
    await world.passes(EXPECTED / 2, world.node())
    assert await world.told() == []


async def test_a_source_that_expects_nothing_is_never_silent(world: World) -> None:
    node = world.node()
    await node.look()
    await world.passes(EXPECTED + MINUTE, node)
    assert {data["source"] for _, data in await world.told()} == {"stripe"}


async def test_a_source_whose_requests_all_fail_is_told_within_a_minute(world: World) -> None:
    node = world.node()
    await world.accepted()
    await world.passes(MINUTE, node)
    for reason in ("bad_signature", "stale_timestamp", "bad_signature", "bad_signature"):
        await world.rejected(reason=reason)
        await world.passes(EVERY, node)
    [(name, data)] = await world.told()
    assert name == "gateway/signature.rejected"
    assert (data["source"], data["rejections"]) == ("github", 3)
    assert data["reasons"] == {"bad_signature": 2, "stale_timestamp": 1}
    assert node.failing == ["github"]
    assert world.woken == ["ops"]


# what came while a node looked, and whether that is a source that fails
@pytest.mark.parametrize(
    ("came", "fails"),
    [
        (["no", "no", "no"], True),
        (["no", "no"], False),  # a stray one or two
        (["no", "yes", "no", "no"], False),  # not all of them fail
        (["no", "no", "yes", "no", "no", "no"], True),  # all since the last that went in
        (["malformed", "malformed", "malformed"], False),  # proven, and broken
        (["no", "no", "no", "yes"], False),  # it is over
    ],
)
async def test_what_counts_as_failing(world: World, came: list[str], fails: bool) -> None:
    node = world.node()
    await node.look()
    for one in came:
        await world.passes(MINUTE, node)
        if one == "yes":
            await world.accepted()
        else:
            await world.rejected(reason="bad_signature" if one == "no" else "malformed_payload")
    await world.passes(EVERY, node)
    assert (node.failing == ["github"]) is fails


async def test_a_long_storm_is_told_once_a_period_however_many_nodes(world: World) -> None:
    nodes = [world.node() for _ in range(2)]
    await world.passes(EVERY, *nodes)
    for _ in range(3 * 30):
        await world.rejected()
        await world.passes(2 * MINUTE, *nodes, step=MINUTE)
    told = [name for name, _ in await world.told() if name == "gateway/signature.rejected"]
    assert len(told) == 3  # in three hours
    assert TRY_EVERY < TOLD_EVERY


async def test_another_sources_success_is_not_its_own(world: World) -> None:
    node = world.node()
    await node.look()
    for _ in range(4):
        await world.rejected()
        await world.accepted("stripe")
        await world.passes(EVERY, node)
    assert node.failing == ["github"]


async def test_a_storm_that_ends_is_over_after_an_hour(world: World) -> None:
    node = world.node()
    await node.look()
    for _ in range(3):
        await world.rejected()
    await world.passes(MINUTE, node)
    assert node.failing == ["github"]
    await world.passes(HOUR, node, step=MINUTE)
    assert node.failing == []


async def test_a_node_that_starts_in_a_storm_knows_of_it_and_tells_nothing_twice(world: World) -> None:
    node = world.node()
    await node.look()
    for _ in range(3):
        await world.rejected()
    await world.passes(EVERY, node)
    started = world.node()
    await started.look()
    assert started.failing == ["github"]
    await world.accepted()
    await started.look()
    assert started.failing == []
    assert len(await world.told()) == 1
