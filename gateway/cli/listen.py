"""`gateway listen`: the events of a gateway, handed on to a program on this machine."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from getpass import getuser
from secrets import token_bytes
from typing import Annotated, Any, Literal, Self

import typer
from pydantic import ValidationError

from gateway.cli.following import Asked, EndAfterOption, IfOption, condition, fits, follow, until_stopped
from gateway.cli.listing import print_json, printable
from gateway.cli.opening import USAGE, ConfigOption, UrlOption, note, stop
from gateway.cli.options import JsonOption, NameOption, SinceOption, SourceOption
from gateway.config import Subscription
from gateway.config.destinations.http import PREFIX
from gateway.destinations import Answer
from gateway.destinations.http import HttpDestination
from gateway.event import new_id
from gateway.expression import Expression
from gateway.operate.following import Wanted
from gateway.operate.tail import TailRow
from gateway.store.records import Claimed, Delivery
from gateway.store.tail import Listener

PAGE = 25
"""Events that are fetched at a time: they are handed on one after the other."""

_NO_NAME = re.compile(r"[^A-Za-z0-9_.@-]+")


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(listen)


ToOption = Annotated[
    str, typer.Option("--to", metavar="URL", help="Where to POST them: http://localhost:3000/hook")
]
FormatOption = Annotated[
    Literal["event", "raw", "cloudevents"],
    typer.Option("--format", help="As `format` of a subscription has it."),
]
SecretOption = Annotated[
    str | None,
    typer.Option(
        "--secret",
        envvar="GATEWAY_LISTEN_SECRET",
        help="Sign with this one, whsec_…  [default: a new one, shown at the start]",
    ),
]
AsOption = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Your name in the dashboard.  [default: user@machine]"),
]
TimeoutOption = Annotated[str, typer.Option("--timeout", metavar="DURATION", help="For one answer.")]


def listen(
    to: ToOption,
    source: SourceOption = None,
    name: NameOption = None,
    only_if: IfOption = None,
    format: FormatOption = "event",
    secret: SecretOption = None,
    listener: AsOption = None,
    timeout: TimeoutOption = "30s",
    since: SinceOption = None,
    limit: EndAfterOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Have the events of a gateway delivered to this machine, over a connection that goes out from it.

    The gateway's own events come where --source or --name asks for them. Until Ctrl-C.
    """
    picks = Picks(condition(only_if), source is None and name is None)
    signing = secret or PREFIX + b64encode(token_bytes(24)).decode()
    here = _destination(to, format, signing, timeout)
    me = Listener(_name(listener), "", to.partition("?")[0][:256], 0)
    if secret is None:
        note(f"signed with {signing}")
    note(f"to send a stored event here: its page in the dashboard, replay to {me.name}")
    asked = Asked(Wanted(("events",), source, name, True, PAGE, me), since)
    with until_stopped(), Handing(here, me.name, as_json, limit) as handing:
        for page in follow(config, url, asked):
            handing.take_all(filter(picks.has, page))
            if handing.left == 0:
                break


@dataclass(frozen=True, slots=True)
class Picks:
    """Which of the events that are followed are handed on; `is_quiet` leaves out the gateway's own."""

    only_if: Expression | None
    is_quiet: bool

    def has(self, row: TailRow) -> bool:
        """Whether it is one; what somebody sent by hand always is."""
        if row.event is None or row.handed:
            return row.event is not None
        return fits(row, self.only_if) and not (self.is_quiet and row.event.event().is_system)


def _destination(to: str, format: str, secret: str, timeout: str) -> HttpDestination:
    """Where the events go. Ends the command where that can't be."""
    destination = {"type": "http", "url": to, "secrets": [secret], "timeout": timeout}
    try:
        made = Subscription.model_validate({"events": ["**"], "format": format, "destination": destination})
    except ValidationError as error:
        options = {"url": "--to", "secrets": "--secret", "timeout": "--timeout"}
        told = [
            f"{next((options[at] for at in map(str, each['loc']) if at in options), '--to')} "
            f"{each['msg'].removeprefix('Value error, ')}"
            for each in error.errors(include_url=False, include_input=False)
        ]
        raise stop("\n".join(told), USAGE) from None
    return HttpDestination(made)


def _name(given: str | None) -> str:
    """The name of this listener."""
    if given is None:
        made = _NO_NAME.sub("-", f"{getuser()}@{socket.gethostname()}").lstrip("_.@-")[:64]
        return made or "listener"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", given):
        raise stop("--as must have 1 to 64 characters, each a letter, digit or one of _ . @ -", USAGE)
    return given


@dataclass(slots=True)
class Handing:
    """The handing on of events, one after the other, and how it went. `left` counts down to the end."""

    here: HttpDestination
    name: str
    as_json: bool
    left: int | None
    taken: int = 0
    failed: int = 0
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.here.close())
        self._runner.close()
        if self.taken or self.failed:
            note(f"{self.taken} taken, {self.failed} not")

    def take_all(self, rows: Iterable[TailRow]) -> None:
        """Hand events on, until none is left to be."""
        for row in rows:
            self._runner.run(self._take(row))
            self.left = self.left and self.left - 1
            if self.left == 0:
                return

    async def _take(self, row: TailRow) -> None:
        """Hand one event on, and print what was answered."""
        now = time.time()
        answer = await self.here.deliver(_claimed(row, self.name, round(now * 1000)), now)
        is_taken = answer.error is None
        self.taken += is_taken
        self.failed += not is_taken
        self._print(row, answer)
        if answer.status is None and self.failed == 1:
            note("start what should listen there; what was not taken can be sent again from its page")

    def _print(self, row: TailRow, answer: Answer) -> None:
        event = row.event
        assert event is not None
        if self.as_json:
            told: dict[str, Any] = {"event_id": event.event_id, "id": event.id, "name": event.name}
            told |= {"status": answer.status, "error": answer.error, "latency": answer.latency}
            return print_json(told | {"handed": row.handed})
        status = typer.style(str(answer.status or "---"), fg="green" if answer.error is None else "red")
        why = f"  {answer.error}" if answer.status is None else ""
        cells = [event.name, event.id, f"{answer.latency} ms{why}", "(sent by hand)" if row.handed else ""]
        typer.echo("  ".join([status, *(printable(cell) for cell in cells if cell)]))


def _claimed(row: TailRow, name: str, now: int) -> Claimed:
    """The event as a worker would have it: with the body and the headers that the provider sent."""
    assert row.event is not None
    stored = row.stored()
    event = stored.event
    delivery = Delivery(new_id(now), event.event_id, name, "pending", now, 1, 0, now)
    headers = stored.reception.headers if stored.reception else "[]"
    return Claimed(delivery, event, headers, stored.body)
