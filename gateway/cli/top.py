"""`gateway top`: how much comes and goes, what waits and what fails, now."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gateway.cli.following import until_stopped
from gateway.cli.listing import Columns, aligned, local, print_json, printable
from gateway.cli.opening import STORE, ConfigOption, UrlOption, config_path, elsewhere, settings_at, stop
from gateway.cli.options import JsonOption, duration
from gateway.config import format_duration
from gateway.operate.rates import Rates, SourceRates, SubscriptionRates, read_rates
from gateway.store import StoreError, exists, open_store

if TYPE_CHECKING:
    from rich.console import RenderableType

Ask = Callable[[], Rates]
Kind = TypeVar("Kind")


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(top)


def top(
    window: Annotated[
        float, typer.Option("--window", parser=duration, metavar="DURATION", help="Count over so long.")
    ] = "60s",  # type: ignore[assignment]
    every: Annotated[
        float, typer.Option("--every", parser=duration, metavar="DURATION", help="Look again after so long.")
    ] = "2s",  # type: ignore[assignment]
    once: Annotated[bool, typer.Option("--once", help="Show it once, as into a pipe.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Show rates, backlogs and failures per source and subscription, live on a terminal, until Ctrl-C."""
    ms = min(max(round(window * 1000), 1000), 3_600_000)
    with until_stopped(), _asking(config, url, ms) as ask:
        if as_json:
            print_json(ask().plain())
        elif once or not sys.stdout.isatty():
            typer.echo("\n".join(lines(ask())))
        else:
            _live(ask, max(every, 0.2))


@contextmanager
def _asking(config: Path | None, url: str | None, window: int) -> Iterator[Ask]:
    """What asks the store here, or a gateway elsewhere, how it is."""
    there = elsewhere(config, url)
    if there is not None:
        from gateway.cli.remote import connected  # the HTTP client is for those who need it

        with connected(there) as gateway:
            yield lambda: gateway.rates(window)
        return
    settings = settings_at(config_path(config))
    if not exists(settings.store.target):
        raise stop(f"{settings.store.name}: there is no store yet; make it with: gateway serve", STORE)
    with asyncio.Runner() as runner:
        try:
            store = runner.run(open_store(settings.store.target, False, 1, settings.store.keys))
            try:
                yield lambda: runner.run(read_rates(store, settings, window, round(time.time() * 1000)))
            finally:
                runner.run(store.close())
        except StoreError as error:
            raise stop(str(error), STORE) from error


def _live(ask: Ask, every: float) -> None:
    from rich.live import Live

    with Live(_screen(ask()), screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(every)
            live.update(_screen(ask()), refresh=True)


def lines(rates: Rates) -> list[str]:
    """It all as plain lines."""
    tables = [
        _cells(_SOURCES, rates.sources, rates.window),
        _cells(_SUBSCRIPTIONS, rates.subscriptions, rates.window),
    ]
    return [_headline(rates), *(line for cells in tables if len(cells) > 1 for line in ["", *aligned(cells)])]


def _headline(rates: Rates) -> str:
    made = {"events": rates.events, "duplicates": rates.duplicates, "rejections": rates.rejections}
    told = [
        f"{_rate(count, rates.window)} {kind}/s"
        for kind, count in {**made, "deliveries": rates.deliveries}.items()
    ]
    waiting = sum(row.waiting for row in rates.subscriptions)
    over = f"over the last {format_duration(rates.window / 1000)}"
    return f"{local(rates.at)}  {', '.join(told)} {over}; {waiting:,} waiting"


def _screen(rates: Rates) -> RenderableType:
    """It all for a terminal, in colour, with what goes wrong in red."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    shown: list[RenderableType] = [Text(_headline(rates), style="bold")]
    for cells in (
        _cells(_SOURCES, rates.sources, rates.window),
        _cells(_SUBSCRIPTIONS, rates.subscriptions, rates.window),
    ):
        table = Table(box=None, pad_edge=False, header_style="bold")
        for number, title in enumerate(cells[0]):
            table.add_column(title, justify="right" if number else "left")
        for row in cells[1:]:
            table.add_row(
                *(Text(cell, style=_style(title, cell)) for title, cell in zip(cells[0], row, strict=True))
            )
        shown += [Text(""), table]
    shown.append(Text("\nend with Ctrl-C", style="dim"))
    return Group(*shown)


def _style(title: str, cell: str) -> str:
    return "red" if title in _BAD and cell not in ("0", "", "-") else ""


def _cells(columns: Columns[tuple[Kind, int]], rows: list[Kind], window: int) -> list[list[str]]:
    return [[*columns], *([printable(cell((row, window))) for cell in columns.values()] for row in rows)]


def _rate(count: int, window: int) -> str:
    """So many in so many ms, a second."""
    rate = count * 1000 / window
    return f"{rate:,.0f}" if rate >= 10 or not rate else f"{rate:.2f}"


_BAD = ("REJECTED", "FAILING", "DEAD", "STATE")
"""Columns in which anything is bad news."""

_SOURCES: Columns[tuple[SourceRates, int]] = {
    "SOURCE": lambda of: of[0].source,
    "EVENTS/S": lambda of: _rate(of[0].events, of[1]),
    "EVENTS": lambda of: f"{of[0].events:,}",
    "DUPLICATES": lambda of: f"{of[0].duplicates:,}",
    "REJECTED": lambda of: f"{of[0].rejections:,}",
    "LAST EVENT": lambda of: local(of[0].last_seen),
}
_SUBSCRIPTIONS: Columns[tuple[SubscriptionRates, int]] = {
    "SUBSCRIPTION": lambda of: of[0].subscription,
    "MADE/S": lambda of: _rate(of[0].made, of[1]),
    "SUCCEEDED": lambda of: f"{of[0].succeeded:,}",
    "FAILING": lambda of: f"{of[0].failing:,}",
    "DEAD": lambda of: f"{of[0].dead:,}",
    "WAITING": lambda of: f"{of[0].waiting:,}",
    "DUE": lambda of: f"{of[0].due:,}",
    "OLDEST DUE": lambda of: format_duration(of[0].oldest_due // 1000) if of[0].oldest_due else "",
    "STATE": lambda of: "paused" if of[0].paused else "",
}
