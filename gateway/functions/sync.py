"""The context of a plain `def` function, which runs in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from gateway.functions.context import Context
from gateway.functions.run import Sendable

T = TypeVar("T")


class SyncContext:
    """As Context, for a function that is no `async def`: each method waits until it is done."""

    def __init__(self, context: Context, loop: asyncio.AbstractEventLoop) -> None:
        """`loop` is the gateway's own; the methods are called in other threads."""
        self._context = context
        self._loop = loop
        self.run_id = context.run_id
        self.subscription = context.subscription
        self.attempt = context.attempt
        self.retries = context.retries

    def send(self, *events: Sendable) -> list[str]:
        """As Context.send."""
        return self._await(self._context.send(*events))

    def _await(self, doing: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result()
