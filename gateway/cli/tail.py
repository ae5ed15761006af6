"""`gateway tail`: what happens, as it happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from gateway.cli.following import Asked, EndAfterOption, IfOption, condition, fits, follow, until_stopped
from gateway.cli.listing import local, print_json, printable
from gateway.cli.opening import ConfigOption, UrlOption
from gateway.cli.options import JsonOption, NameOption, SinceOption, SourceOption
from gateway.config import format_gap
from gateway.operate.following import KINDS, Wanted
from gateway.operate.tail import TailRow
from gateway.store.tail import Kind

COLOURS = {"duplicate": "yellow", "rejection": "red", "succeeded": "green", "dead": "red"}
"""Words that have a colour on a terminal."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(tail)


def tail(
    source: SourceOption = None,
    name: NameOption = None,
    only_if: IfOption = None,
    duplicates: Annotated[bool, typer.Option("--duplicates", help="Also what came again.")] = False,
    rejections: Annotated[bool, typer.Option("--rejections", help="Also what was refused.")] = False,
    deliveries: Annotated[bool, typer.Option("--deliveries", help="Also deliveries, as they end.")] = False,
    every: Annotated[bool, typer.Option("--all", help="All of these.")] = False,
    since: SinceOption = None,
    limit: EndAfterOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Show events as they come, and what becomes of them, until Ctrl-C."""
    chosen = {"duplicates": duplicates, "rejections": rejections, "deliveries": deliveries}
    kinds: tuple[Kind, ...] = tuple(k for k in KINDS if k == "events" or every or chosen[k])
    wanted = condition(only_if)
    left = limit
    with until_stopped():
        for page in follow(config, url, Asked(Wanted(kinds, source, name), since)):
            for row in page:
                if fits(row, wanted):
                    print_json(row.plain()) if as_json else typer.echo(line(row))
                    left = left and left - 1
                    if left == 0:
                        return


def line(row: TailRow) -> str:
    """One thing that happened, on one line."""
    told, words = _TOLD[row.what](row)
    colour = COLOURS.get(told)
    cells = [printable(word) for word in words if word]
    return "  ".join([local(row.at), typer.style(f"{told:9}", fg=colour), *cells])


def _event(row: TailRow) -> tuple[str, list[str]]:
    assert row.event is not None
    return "event", [row.event.name, row.event.source, row.event.id, row.event.event_id]


def _duplicate(row: TailRow) -> tuple[str, list[str]]:
    copy = row.duplicate
    assert copy is not None
    differs = "same body" if copy.same_body else f"differs in {', '.join(copy.fields[:3]) or 'its body'}"
    return "duplicate", [copy.name, copy.source, copy.id, format_gap(copy.gap), differs]


def _rejection(row: TailRow) -> tuple[str, list[str]]:
    refused = row.rejection
    assert refused is not None
    return "rejection", [refused.source, refused.reason, refused.detail, f"from {refused.remote_addr}"]


def _delivery(row: TailRow) -> tuple[str, list[str]]:
    ended = row.delivery
    assert ended is not None
    last = str(ended.last_status or "") + (f" {ended.last_error}" if ended.last_error else "")
    tries = "" if ended.attempts < 2 else f"{ended.attempts} attempts"
    return ended.state, [ended.name, f"to {ended.subscription}", ended.id, last, tries]


_TOLD: Mapping[str, Callable[[TailRow], tuple[str, list[str]]]] = {
    "event": _event,
    "duplicate": _duplicate,
    "rejection": _rejection,
    "delivery": _delivery,
}
