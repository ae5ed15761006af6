"""One connection for all who deliver: opened once, replaced after a failure, closed after its last user."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from gateway.destinations.attempt import Refused
from gateway.destinations.shared import Shared

pytestmark = pytest.mark.anyio


@dataclass
class Wire:
    """Connections are numbers, counted from 1."""

    opened: int = 0
    closed: list[int] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)
    fails: bool = False

    async def open(self) -> int:
        await asyncio.sleep(0)
        if self.fails:
            raise ConnectionRefusedError
        self.opened += 1
        return self.opened

    async def close(self, number: int) -> None:
        self.closed.append(number)

    def is_good(self, number: int) -> bool:
        return number not in self.lost


def shared(wire: Wire) -> Shared[int]:
    return Shared(wire.open, wire.close, wire.is_good, 1.0)


async def used(connections: Shared[int], error: Exception | None = None) -> int:
    """Use the connection once, and fail with `error`."""
    async with connections.use() as number:
        if error is not None:
            raise error
        await asyncio.sleep(0.01)
    return number


async def test_all_get_the_same_one() -> None:
    wire = Wire()
    connections = shared(wire)
    assert await asyncio.gather(*(used(connections) for _ in range(5))) == [1] * 5
    await connections.close()
    assert wire.closed == [1]


@pytest.mark.parametrize(("error", "next"), [(Refused("no"), 1), (OSError("gone"), 2)])
async def test_a_failure_other_than_a_refusal_replaces_it(error: Exception, next: int) -> None:
    connections = shared(Wire())
    with pytest.raises(type(error)):
        await used(connections, error)
    assert await used(connections) == next
    await connections.close()


async def test_it_is_closed_when_the_last_of_its_users_is_done() -> None:
    wire = Wire()
    connections = shared(wire)
    slow = asyncio.create_task(used(connections))
    await asyncio.sleep(0.001)
    with pytest.raises(OSError):
        await used(connections, OSError("gone"))
    assert wire.closed == []
    assert await slow == 1
    await connections.close()
    assert wire.closed == [1]


async def test_who_waited_does_not_get_one_that_has_failed_meanwhile() -> None:
    connections = shared(Wire())
    results = await asyncio.gather(
        used(connections, OSError("gone")), used(connections), return_exceptions=True
    )
    assert isinstance(results[0], OSError) and results[1] == 2
    await connections.close()


async def test_one_that_was_lost_is_replaced_and_closed() -> None:
    wire = Wire()
    connections = shared(wire)
    await used(connections)
    wire.lost.add(1)
    assert await used(connections) == 2
    await connections.close()
    assert sorted(wire.closed) == [1, 2]


async def test_a_failure_to_open_is_everybodys_and_the_next_tries_again() -> None:
    wire = Wire(fails=True)
    connections = shared(wire)
    results = await asyncio.gather(*(used(connections) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(result, ConnectionRefusedError) for result in results)
    wire.fails = False
    assert await used(connections) == 1
    await connections.close()
