"""One try at a service that answers yes or no: its timeout, and what it refused, as an Answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

import orjson

from gateway.destinations.contract import Answer
from gateway.destinations.message import ms_since

LONGEST = 500
"""Characters of somebody else's error text that are kept."""


class Refused(Exception):
    """The message was not taken, by the other side or for its sake; the connection is good.

    The text says what was refused and, where that is known, the way out.
    """

    def __init__(self, text: str, response: str = "", retry_after: str | None = None) -> None:
        """`response` and `retry_after` as in Answer."""
        super().__init__(text)
        self.response = response
        self.retry_after = retry_after


async def answered(timeout: float, placed: Awaitable[dict[str, str]]) -> Answer:
    """What came of `placed` within `timeout` seconds: where the message is now, or Refused."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(timeout):
            place = await placed
    except TimeoutError:
        return Answer(ms_since(started), error=f"no answer within {timeout:g} s")
    except Refused as no:
        return Answer(ms_since(started), None, str(no), no.response, no.retry_after)
    return Answer(ms_since(started), response=orjson.dumps(place).decode())


def failure(error: BaseException) -> str:
    """An exception of a library as one line: its kind and the first line of its text.

    Only the first: AWS and Google put the whole signed request into the lines after it.
    """
    return f"{type(error).__name__}: {first_line(str(error))}".rstrip(": ")


def first_line(text: str) -> str:
    """The first line of `text`, at most LONGEST characters of it, without NUL, which a store may not hold."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line[:LONGEST].replace("\0", "\N{REPLACEMENT CHARACTER}")
