"""The command line: `gateway …`.

A verb's module is imported when the verb is used, so that `gateway --help` and shell completion stay quick
and no command pays for the server, the HTTP client or a provider's package that another one needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

VERBS = {
    "serve": ("serve", "Receive webhooks and deliver events."),
    "ingest": ("serve", "Receive webhooks only, on a shared store."),
    "worker": ("serve", "Deliver events only, on a shared store."),
    "check": ("check", "Validate the config without starting."),
    "reload": ("serve", "Make the running gateway read its config again."),
    "events": ("events", "List events, newest first; their types; lint their names."),
    "event": ("events", "Show one event and what became of it."),
    "tail": ("tail", "Show events as they come."),
    "top": ("top", "Show rates, backlogs and failures, live."),
    "listen": ("listen", "Have events delivered to this machine."),
    "why": ("why", "Tell why a subscription got an event, or why not."),
    "subscriptions": ("subscriptions", "List subscriptions: their state, what waits, what goes wrong."),
    "duplicates": ("duplicates", "Show which events came again."),
    "rejections": ("rejections", "List or count refused requests."),
    "quarantine": ("quarantine", "List or release refused requests kept whole."),
    "deliveries": ("deliveries", "List deliveries, newest first."),
    "audit": ("audit", "List who did what, newest first."),
    "replay": ("replay", "Deliver stored events anew."),
    "backfill": ("backfill", "Take in what the provider knows of and no webhook brought."),
    "cancel": ("cancel", "End pending deliveries."),
    "pause": ("cancel", "Hold a subscription's deliveries back."),
    "resume": ("cancel", "Let a paused subscription's deliveries go."),
    "migrate": ("migrate", "Bring the store up to this version."),
    "store": ("store", "Copy a store into another engine's; change its keys."),
    "purge": ("purge", "Remove old rows, or one event."),
    "trigger": ("trigger", "Send a signed sample webhook."),
    "verify": ("verify", "Check captured requests offline: why does my signature fail?"),
    "connect": ("connect", "Have the provider send what subscriptions want."),
    "doctor": ("doctor", "Compare what the provider sends with what the config wants."),
    "adapters": ("adapters", "List adapters, test one, begin a new one."),
}
"""Every verb: the module of this folder that registers it, and what the list of commands says of it."""


class _Deferred(TyperCommand):
    """A verb before it is used; its context is the real command's."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        return _real(self.name or "").make_context(info_name, args, parent, **extra)


class _Verbs(TyperGroup):
    """The verbs of VERBS, in that order."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {verb: _Deferred(name=verb, help=help) for verb, (_, help) in VERBS.items()}

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; where it is told too little, or an --url that it does not know, say what to do."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            told = _way_out(ctx.invoked_subcommand or "", error)
            if told is None:
                raise
            typer.echo(told, err=True)
            raise typer.Exit(2) from error


FINDS = {
    "event": ("an ID", "gateway events"),
    "why": ("an ID", "gateway events"),
    "cancel": ("an ID", "gateway deliveries --state pending"),
    "pause": ("a SUBSCRIPTION", "gateway subscriptions"),
    "resume": ("a SUBSCRIPTION", "gateway subscriptions"),
    "backfill": ("a PROVIDER", "gateway check"),
    "connect": ("a PROVIDER", "gateway check"),
}
"""What some verbs need, and the command that lists it."""


def _way_out(verb: str, error: Exception) -> str | None:
    """What to do about a mistake in how a verb was called; None where its own message says it all."""
    # typer keeps the classes of these errors to itself.
    if getattr(error, "option_name", None) == "--url":
        return "this works on the gateway's own machine alone: run it there, without --url"
    is_argument = getattr(getattr(error, "param", None), "param_type_name", "") == "argument"
    if type(error).__name__ == "MissingParameter" and is_argument and verb in FINDS:
        what, listing = FINDS[verb]
        return f"gateway {verb} needs {what}; find one with: {listing}"
    return None


@cache
def _real(verb: str) -> Any:
    part = typer.Typer(rich_markup_mode=None)
    import_module(f"gateway.cli.{VERBS[verb][0]}").register(part)
    # A callback makes typer keep a group also where the module has one verb only.
    part.callback()(lambda: None)
    return get_group(part).commands[verb]


app = typer.Typer(cls=_Verbs, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    if asked:
        from gateway import __version__

        typer.echo(f"gateway {__version__}")
        raise typer.Exit


@app.callback()
def gateway(
    config: Annotated[
        Path | None, typer.Option("--config", help="The config file, also accepted after the verb.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Receive webhooks, prove who sent them, keep them once, deliver them to who wants them."""


def main(args: Sequence[str] | None = None) -> None:
    """The console script. Ends the process with one of the exit codes of docs/cli.md."""
    app(args=args, prog_name="gateway")
