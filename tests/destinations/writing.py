"""A process that delivers lines: python -m tests.destinations.writing DESTINATION COUNT SIZE [TIMES].

It delivers COUNT events of SIZE bytes at once, TIMES over, and tells of each on standard error.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import sys
from collections.abc import Mapping

from gateway.config import Subscription
from gateway.destinations import Answer, Destination, open_destination
from gateway.store.records import Claimed
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import claimed


def destination(values: Mapping[str, object], format: str = "event") -> Destination:
    """The destination that a config file would give."""
    wanted = {"events": ["**"], "destination": dict(values), "format": format}
    return open_destination(Subscription.model_validate(wanted))


def sized(name: str, size: int) -> Claimed:
    """A delivery whose line has some more than `size` bytes."""
    return claimed(event=candidate(name, data=json.dumps({"text": "x" * size})).event)


async def deliver(values: Mapping[str, object], count: int, size: int) -> list[Answer]:
    """Deliver `count` events at once."""
    opened = destination(values)
    names = [f"{os.getpid()}-{number}" for number in range(count)]
    answers = await asyncio.gather(*(opened.deliver(sized(name, size), NOW / 1000) for name in names))
    await opened.close()
    return answers


async def main(values: str, count: str, size: str, times: str = "1") -> None:
    """Deliver, and tell."""
    for _ in range(int(times)):
        for answer in await deliver(json.loads(values), int(count), int(size)):
            print(json.dumps(dataclasses.asdict(answer)), file=sys.stderr)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
