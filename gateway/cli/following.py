"""What `gateway tail` and `gateway listen` share: what happens, here or elsewhere, until Ctrl-C."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.opening import STORE, USAGE, config_path, elsewhere, note, settings_at, stop, unknown
from gateway.event import API, SYSTEM
from gateway.expression import Expression, InvalidExpression
from gateway.operate.following import Following, Wanted
from gateway.operate.pacing import Pace
from gateway.operate.shown import shown
from gateway.operate.tail import TailRow
from gateway.store import StoreError, exists, open_store
from gateway.store.tail import Listener

ASKS_EVERY = 20.0
"""Seconds that one question waits for an answer."""

IfOption = Annotated[
    str | None,
    typer.Option(
        "--if", metavar="CEL", help="Only events for which this is true: 'event.data.amount > 100'."
    ),
]
EndAfterOption = Annotated[int | None, typer.Option("--limit", min=1, help="End after so many.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is followed; `since` is Unix ms, None: from now on."""

    wanted: Wanted
    since: int | None = None


def condition(text: str | None) -> Expression | None:
    """The expression of --if. Ends the command where it is none."""
    try:
        return None if text is None else Expression(text)
    except InvalidExpression as error:
        raise stop(f"--if {error}", USAGE) from error


def fits(row: TailRow, only_if: Expression | None) -> bool:
    """Whether a row is wanted: of events those for which the condition is true."""
    return only_if is None or row.event is None or only_if.of(row.event.event()).value is True


@contextmanager
def until_stopped() -> Iterator[None]:
    """Ctrl-C is how following ends: no error."""
    try:
        yield
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            note("")  # behind the ^C


def follow(config: Path | None, url: str | None, asked: Asked) -> Iterator[Sequence[TailRow]]:
    """Pages of what happens, oldest first, for ever; some are empty. Ends the command on what won't pass."""
    there = elsewhere(config, url)
    if there is None:
        yield from _follow_here(config_path(config), asked)
    else:
        from gateway.cli.following_there import follow_there  # the HTTP client is for those who need it

        yield from follow_there(there, asked)


def _follow_here(path: Path, asked: Asked) -> Iterator[Sequence[TailRow]]:
    settings = settings_at(path)
    source = asked.wanted.source
    if source not in (None, SYSTEM, API) and source not in settings.sources:
        raise stop(unknown("source", source, settings.sources, path), USAGE)
    if not exists(settings.store.target):
        there = f"{settings.store.name}: there is no store yet; make it with: gateway serve"
        raise stop(f"{there}; or follow a gateway elsewhere with --url", STORE)
    with asyncio.Runner() as runner:
        try:
            store = runner.run(open_store(settings.store.target, False, 1, settings.store.keys))
            try:
                following = Following(lambda: shown(store, settings.redactions), pace=Pace(rest=0))
                cursor = runner.run(following.begin(asked.wanted, asked.since))
                note(f"following {settings.store.name}; end with Ctrl-C")
                while True:
                    if asked.wanted.listener is not None:
                        runner.run(store.tail.attend(_now(asked.wanted.listener)))
                    page = runner.run(following.page(asked.wanted, cursor, _over_in(ASKS_EVERY)))
                    yield page.rows
                    cursor = page.cursor
            finally:
                runner.run(store.close())
        except StoreError as error:
            raise stop(str(error), STORE) from error


def _now(listener: Listener) -> Listener:
    return Listener(listener.name, listener.who, listener.to, round(time.time() * 1000))


def _over_in(seconds: float) -> Callable[[], Awaitable[bool]]:
    ends = time.monotonic() + seconds

    async def is_over() -> bool:
        return time.monotonic() >= ends

    return is_over
