"""The options that several commands share, and what may be written for them."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from gateway.cli.completing import providers, sources, subscriptions
from gateway.config import parse_duration, parse_moment


def moment(text: str, now: float | None = None) -> int:
    """Unix ms of `2h` (that long before `now`, Unix seconds) or of an ISO 8601 time, local without a zone.

    Raises typer.BadParameter saying what would be right.
    """
    try:
        return parse_moment(text, time.time() if now is None else now)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def duration(text: str) -> float:
    """Seconds of `30s` or `12h`. Raises typer.BadParameter saying what would be right."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="NAME",
        autocompletion=sources,
        help="Only of this source; `gateway`: its own.",
    ),
]
ProviderArgument = Annotated[
    str,
    typer.Argument(metavar="PROVIDER", autocompletion=providers, help="A source, or its adapter."),
]
WhichSourceOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="NAME",
        autocompletion=sources,
        help="Which, where several have the adapter.",
    ),
]
NameOption = Annotated[
    str | None,
    typer.Option(
        "--name",
        metavar="PATTERN",
        help="Only events whose name matches: * within a segment, ** across, as in 'stripe/customer.*'.",
    ),
]
SinceOption = Annotated[
    int | None,
    typer.Option(
        "--since", parser=moment, metavar="WHEN", help="Not before: 2h, 30m or 3d ago, or an ISO 8601 time."
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, help="Rows at most.  [default: 100; with --json all]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line; times are Unix ms.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
SubscriptionOption = Annotated[
    str | None,
    typer.Option(
        "--subscription",
        metavar="NAME",
        autocompletion=subscriptions,
        help="Only for this subscription.",
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        "--subscription",
        metavar="NAME",
        autocompletion=subscriptions,
        help="To this one; with --failed: only its own.",
    ),
]
AgeOption = Annotated[
    float | None,
    typer.Option("--older-than", parser=duration, metavar="DURATION", help="Longer ago than 30d or 12h."),
]
