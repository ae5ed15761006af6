"""`transform:`: what a subscription gets in the place of the provider's payload."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from gateway.destinations.contract import Answer, Destination
from gateway.destinations.ended import failed
from gateway.destinations.formats import waited
from gateway.destinations.message import ms_since
from gateway.destinations.threads import Threads
from gateway.expression import Expression, fields
from gateway.functions.shape import Shape
from gateway.store.records import Claimed

SHAPING = 5.0
"""Seconds that a function has at most: they come on top of the destination's, and a lease has to last."""


class Untransformable(ValueError):
    """There is no value for this event, or one that JSON can't hold."""


class TransformedDestination:
    """Another destination, that gets events with what an expression or a function makes of them."""

    def __init__(self, destination: Destination, by: Expression | Shape, timeout: float) -> None:
        """`timeout` is the seconds that a function may take, SHAPING at most; it runs in a thread."""
        self._destination = destination
        self._by = by
        self._timeout = min(timeout, SHAPING)
        self._threads = Threads(f"gateway-{by.text}")

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """As the destination, which never hears of an event that can't be transformed."""
        started = time.perf_counter()
        try:
            transformed = await self._transformed(claimed)
        except Untransformable as error:
            return Answer(ms_since(started), error=f"transform: {error}")
        except TimeoutError:
            late = f"transform: it did not end within {self._timeout:g} s; its thread goes on"
            return Answer(ms_since(started), error=late)
        except _Raised as raised:
            answer = failed(raised.error, ms_since(started))
            return replace(answer, error=f"transform: {answer.error}")
        return await self._destination.deliver(transformed, now)

    async def _transformed(self, claimed: Claimed) -> Claimed:
        by = self._by
        if isinstance(by, Expression):
            return transform(claimed, by)
        async with asyncio.timeout(self._timeout):
            return await self._threads.run(lambda: _shaped(claimed, by))

    async def close_unused(self) -> None:
        """Close what has not been used for a while."""
        await self._destination.close_unused()

    async def close(self) -> None:
        """Let go of everything."""
        self._threads.close()
        await self._destination.close()


def transform(claimed: Claimed, expression: Expression) -> Claimed:
    """The delivery with the expression's value as JSON for its event's data, and for its raw body.

    The provider's headers are left out: its signature is not that of another body. So with the others of a
    batch, of which none goes without the rest. Raises Untransformable.
    """
    return replace(
        _transformed(claimed, expression),
        others=tuple(_transformed(other, expression) for other in claimed.others),
    )


def _transformed(claimed: Claimed, expression: Expression) -> Claimed:
    try:
        return _one(claimed, expression)
    except Untransformable as error:
        if claimed.delivery.batch_id is None:
            raise
        raise Untransformable(f"{claimed.event.event_id} of the batch: {error}") from error


def _one(claimed: Claimed, expression: Expression) -> Claimed:
    second = waited(claimed)
    came = fields(second.event) if second is not None and second.event is not None else None
    got = expression.evaluate({"event": fields(claimed.event), "async": came})
    if got.error is not None:
        raise Untransformable(got.error)
    return _with(claimed, got.value)


class _Raised(Exception):
    """What a function raised."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def _shaped(claimed: Claimed, shape: Shape) -> Claimed:
    """The same by a function. Raises Untransformable, or _Raised with its own error."""
    others = tuple(_one_shaped(other, shape) for other in claimed.others)
    return replace(_one_shaped(claimed, shape), others=others)


def _one_shaped(claimed: Claimed, shape: Shape) -> Claimed:
    try:
        value = shape.value(claimed.event)
    except BaseException as error:
        raise _Raised(error) from error
    return _with(claimed, value)


def _with(claimed: Claimed, value: Any) -> Claimed:
    try:
        body = orjson.dumps(value, default=_storable, option=orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        raise Untransformable(f"its value can't be written as JSON: {error}") from error
    return replace(claimed, event=replace(claimed.event, data=body.decode()), body=body, headers="[]")


def _storable(value: Any) -> Any:
    """What CEL has and JSON has not, as CEL's own conversion writes it: bytes in base64, `1.5s`."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    raise TypeError(f"there is no JSON for {type(value).__name__}")
