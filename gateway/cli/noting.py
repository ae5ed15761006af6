"""What the command line does, in the audit log of the store that it works on."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from getpass import getuser

import typer

from gateway.config import Settings
from gateway.operate.auditing import Act, Actor, note
from gateway.operate.opened import Opened
from gateway.store import StoreError, exists, open_store
from gateway.store.audit import Outcome


def me() -> Actor:
    """The user of this machine; who can read the store may do everything with it."""
    try:
        name = getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        name = str(os.getuid())
    return Actor(name, "admin", "cli", socket.gethostname())


async def noted(opened: Opened, job: Callable[[Opened], Awaitable[None]], act: Act) -> None:
    """Do `job`, and note what became of it."""
    outcome: Outcome = "failed"
    try:
        await job(opened)
        outcome = "done"
    except typer.Exit as ended:
        outcome = "done" if ended.exit_code == 0 else "refused"
        raise
    finally:
        await note(opened.store, me(), act, outcome, opened.now)


@contextmanager
def noted_beside(settings: Settings, act: Act) -> Iterator[None]:
    """Note what becomes of the block, which opens no store, where there is one to note it in."""
    outcome: Outcome = "failed"
    try:
        yield
        outcome = "done"
    except typer.Exit as ended:
        outcome = "done" if ended.exit_code == 0 else "refused"
        raise
    finally:
        asyncio.run(_note(settings, act, outcome))


async def _note(settings: Settings, act: Act, outcome: Outcome) -> None:
    if not exists(settings.store.target):
        return
    try:
        store = await open_store(settings.store.target, False, 1, settings.store.keys)
    except StoreError:
        return  # what was done has its own messages; without a store there is no log to keep
    try:
        await note(store, me(), act, outcome, round(time.time() * 1000))
    finally:
        await store.close()
