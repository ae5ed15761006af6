"""`gateway quarantine`: refused requests that were kept whole, and how the genuine ones go in later."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

import orjson
import typer

from adapters.base import AdapterError, Headers, WebhookRequest
from gateway.cli.listing import pages, show, tell_nothing
from gateway.cli.opening import (
    NOTHING,
    USAGE,
    ConfigOption,
    Opened,
    config_path,
    run,
    run_with,
    settings_at,
    settings_with_secrets,
    stop,
    unknown,
)
from gateway.cli.options import DryRunOption, JsonOption, LimitOption, SinceOption, SourceOption
from gateway.cli.rejections import LISTING
from gateway.examining import Examined, examine
from gateway.fetcher import Fetcher, FetchFailed
from gateway.ingest import admit
from gateway.running import Endpoint, Running
from gateway.store import Store
from gateway.store.records import Candidate, Query, Rejection

PAGE = 20
"""Rejections that are read at a time: each may hold a body of `server.max_body`."""


def register(app: typer.Typer) -> None:
    """Add the group of commands to `app`."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.command("list")(list_)
    group.command()(release)
    app.add_typer(group, name="quarantine", help="Refused requests that were kept whole, with their bodies.")


def list_(
    source: SourceOption = None,
    since: SinceOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List what is in quarantine, newest first."""
    query = Query(source=source, since=since)

    async def job(opened: Opened) -> None:
        fetch = partial(opened.store.rejections, quarantined=True)
        await show(LISTING, fetch, query, opened, limit, as_json)

    run(config, job)


def release(
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="The source to verify again.")],
    since: SinceOption = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
) -> None:
    """Verify again, and let the genuine ones in.

    The secrets are those of now, the time is the one at which a request was received.
    """
    path = config_path(config)
    known = settings_at(path).sources
    if source not in known:
        raise stop(unknown("source", source, known, path), USAGE)
    settings = settings_with_secrets(path, source)

    async def job(opened: Opened) -> None:
        releasing = Releasing(opened, Running.of(settings), dry_run)
        async for rejection in oldest_first(opened.store, source, since):
            await releasing.release(rejection)
        if not releasing.total:
            return tell_nothing("quarantined rejections", source, None, opened)
        for line in releasing.report():
            typer.echo(line)
        if releasing.refused.total() == releasing.total:
            raise stop(f"none of them went in: check the secrets of sources.{source} in {path}", NOTHING)

    run_with(settings, job)


async def oldest_first(store: Store, source: str, since: int | None) -> AsyncIterator[Rejection]:
    """What is in quarantine, one at a time, since all their bodies together may be large."""
    fetch = partial(store.rejections, quarantined=True)
    found = [one.seq async for one in pages(fetch, Query(source=source, since=since), PAGE)]
    for seq in reversed(found):
        for rejection in await fetch(Query(source=source, before=seq + 1, limit=1)):
            if rejection.seq == seq:
                yield rejection


@dataclass(slots=True)
class Releasing:
    """One release: what it works with, and the requests counted by what became of them."""

    opened: Opened
    running: Running
    dry_run: bool
    let_in: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    fetcher: Fetcher = field(default_factory=Fetcher)

    @property
    def total(self) -> int:
        """All requests that were looked at."""
        return self.let_in + self.duplicates + self.refused.total()

    async def release(self, rejection: Rejection) -> None:
        """Verify one request again; where it is genuine, let it in and mark it."""
        try:
            candidates = await examine_again(self.running, rejection, self.fetcher)
        except AdapterError as error:
            self.refused[error.code] += 1
            return
        except FetchFailed:
            self.refused["key_unavailable"] += 1
            return
        if not isinstance(candidates, list):
            self.refused["set_up_request"] += 1
            return
        if self.dry_run or not await self._all_known(candidates):
            self.let_in += 1
        else:
            self.duplicates += 1
        if not self.dry_run:
            await self.opened.store.mark_released(rejection.rejection_id, self.opened.now)

    async def _all_known(self, candidates: list[Candidate]) -> bool:
        outcomes = await admit(self.opened.store, candidates, self.running.router, _nobody_to_wake)
        return all(outcome.duplicate is not None for outcome in outcomes)

    def report(self) -> list[str]:
        """The counts, a line each."""
        reasons = ", ".join(f"{reason} {count}" for reason, count in self.refused.most_common())
        refused = f"still refused: {self.refused.total()}" + (f" ({reasons})" if reasons else "")
        if self.dry_run:
            return [f"genuine, would be let in: {self.let_in}", refused]
        return [f"let in: {self.let_in}", f"duplicates: {self.duplicates}", refused]


async def examine_again(running: Running, rejection: Rejection, fetcher: Fetcher) -> Examined:
    """Verify a quarantined request as of the time it was received. Raises AdapterError or FetchFailed."""
    endpoint: Endpoint = running.endpoints[rejection.source]
    raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in orjson.loads(rejection.headers)]
    received_at = rejection.received_at / 1000
    request = WebhookRequest(
        rejection.method, rejection.url, Headers(raw), rejection.body or b"", received_at
    )

    def again(request: WebhookRequest) -> Examined:
        return examine(endpoint, running.router, request, rejection.remote_addr, received_at)

    return await fetcher.settled(endpoint.adapter, request, again)


def _nobody_to_wake(_: Iterable[str]) -> None:
    """A running gateway looks for new deliveries by itself."""
