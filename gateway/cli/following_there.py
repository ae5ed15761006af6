"""Following a gateway elsewhere, over its API."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from gateway.cli.following import Asked
from gateway.cli.opening import USAGE, note, stop, unknown
from gateway.cli.remote import connected
from gateway.client import Gateway, GatewayError
from gateway.event import API, SYSTEM
from gateway.operate.tail import Tailed, TailRow

LONGEST_PAUSE = 15.0
"""Seconds between two tries at most, while the gateway can't be reached."""


def follow_there(url: str, asked: Asked) -> Iterator[Sequence[TailRow]]:
    """Over the API. Where the gateway can't be reached, it is asked again with the same cursor."""
    with connected(url) as gateway:
        _check_source(gateway, asked.wanted.source)
        cursor = _ask(gateway, asked, None).next
        note(f"following {gateway.url}; end with Ctrl-C")
        while True:
            page = _patiently(gateway, asked, cursor)
            yield page.items
            cursor = page.next


def _check_source(gateway: Gateway, source: str | None) -> None:
    """End the command where the gateway has no such source: nothing would ever come."""
    if source in (None, SYSTEM, API):
        return
    known = [each.name for each in gateway.sources()]
    if source not in known:
        raise stop(unknown("source", source, known, gateway.url), USAGE)


def _patiently(gateway: Gateway, asked: Asked, cursor: str) -> Tailed:
    pause = 1.0
    while True:
        try:
            return _ask(gateway, asked, cursor)
        except GatewayError as error:
            if error.status is not None and error.status != 429 and error.status < 500:
                raise
            note(f"{error}; nothing is lost, trying again in {pause:g} s")
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _ask(gateway: Gateway, asked: Asked, cursor: str | None) -> Tailed:
    wanted, me = asked.wanted, asked.wanted.listener
    return gateway.tail(
        cursor,
        kinds=",".join(wanted.kinds),
        source=wanted.source,
        name=wanted.name,
        since=asked.since if cursor is None else None,
        bodies=wanted.bodies or None,
        limit=wanted.limit,
        listener=me.name if me else None,
        to=me.to if me else None,
    )
