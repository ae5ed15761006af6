"""`gateway backfill` on a gateway elsewhere: asked again, from where it came to, until it is done."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from gateway.cli.acting_there import source_there
from gateway.cli.backfill import Told, reading
from gateway.cli.listing import print_json
from gateway.cli.remote import connected
from gateway.client import Gateway
from gateway.config.backfill import Backfill
from gateway.operate.answers import Backfilled


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be read; `since` is Unix ms, `accounts` empty for those of the config."""

    provider: str
    source: str | None
    since: int | None
    undelivered: bool
    accounts: tuple[str, ...]
    rate: int | None
    dry_run: bool


def backfill_there(url: str, asked: Asked, as_json: bool) -> None:
    """Backfill each account, one after the other, and print what came of it."""
    with connected(url) as gateway:
        found = source_there(gateway, asked.provider, asked.source)
        since = time.time() - Backfill().since if asked.since is None else asked.since / 1000
        for account in asked.accounts or ("", *found.accounts):
            with reading(since) as tell:
                told = _backfilled(gateway, found.name, account, asked, tell)
            print_json(told.json()) if as_json else told.say(found.adapter)


def _backfilled(
    gateway: Gateway, source: str, account: str, asked: Asked, tell: Callable[[float, int, int], None]
) -> Told:
    """All of one account. Where the gateway keeps no place to go on from, we do."""
    parts: list[Backfilled] = []
    since, keeps_place = asked.since, asked.since is None and not (asked.undelivered or asked.dry_run)
    while not parts or parts[-1].more:
        part = gateway.backfill(
            source,
            since=since,
            undelivered=asked.undelivered,
            account=account or None,
            rate=asked.rate,
            dry_run=asked.dry_run,
        )
        parts.append(part)
        tell(part.until / 1000, sum(one.read for one in parts), sum(len(one.ids) for one in parts))
        if not keeps_place:
            since = part.until
    return _together(parts)


def _together(parts: list[Backfilled]) -> Told:
    missed = Counter[str]()
    for part in parts:
        missed.update(part.missed)
    return Told(
        parts[0].source,
        parts[0].account,
        sum(part.read for part in parts),
        sum(part.had for part in parts),
        sum(part.unwanted for part in parts),
        sum(part.too_old for part in parts),
        dict(missed),
        [id for part in parts for id in part.ids],
        parts[-1].until,
        parts[0].dry_run,
        parts[0].restarted,
    )
