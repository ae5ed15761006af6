"""What delivering to every broker has in common: one shared connection, one timeout, one kind of answer."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic

import orjson

from gateway.config import Subscription
from gateway.destinations.attempt import Refused
from gateway.destinations.contract import Answer
from gateway.destinations.message import Message, message, ms_since
from gateway.destinations.reason import reason
from gateway.destinations.shared import C, Shared
from gateway.store.records import Claimed

Place = Mapping[str, str | int | bool]
"""Where a broker put a message, in its own words: topic, partition, offset …"""


class BrokerDestination(ABC, Generic[C]):
    """Sends each delivery as one message and waits until the broker has said that it has it."""

    name: str
    """What error texts call the broker, without a secret: `the NATS server nats://127.0.0.1:4222`."""

    def __init__(self, subscription: Subscription) -> None:
        self._format = subscription.format
        self._timeout = subscription.destination.timeout
        self._shared = Shared(self.open, self.end, self.is_good, self._timeout)

    @abstractmethod
    async def open(self) -> C:
        """Connect. Leaves nothing behind where it fails or is cancelled."""

    @abstractmethod
    async def end(self, connection: C) -> None:
        """Close without sending what still waits to be sent; lets go also where it is cancelled."""

    @abstractmethod
    def is_good(self, connection: C) -> bool:
        """Whether the connection can be used, as far as known without asking."""

    @abstractmethod
    async def put(self, connection: C, message: Message, claimed: Claimed) -> Place:
        """Hand over one message and wait for the acknowledgement.

        Raises Refused, whose text names what was refused and the way out, where the broker takes others.
        """

    def told(self, error: Exception) -> str:
        """The reason in words, and the way out, of an exception other than Refused."""
        return reason(error)

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """Hand over one delivery. Never raises for what the other side does."""
        started = time.perf_counter()
        awaited = "connection"
        try:
            sent = message(claimed, self._format)
            async with asyncio.timeout(self._timeout):
                async with self._shared.use() as connection:
                    awaited = "acknowledgement"
                    place = await self.put(connection, sent, claimed)
        except TimeoutError:
            error = f"no {awaited} within {self._timeout:g} s"
        except Refused as refused:
            error = str(refused)
        except Exception as failed:  # a client library raises what it likes; none of it is the worker's
            error = self.told(failed)
        else:
            return Answer(ms_since(started), response=orjson.dumps(place).decode())
        return Answer(ms_since(started), error=f"{self.name}: {error}")

    async def close_unused(self) -> None:
        """A broker's connection is meant to stay; one that was lost is noticed and replaced when used."""

    async def close(self) -> None:
        """Close the connection."""
        await self._shared.close()
