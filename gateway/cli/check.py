"""`gateway check`: is the config right, and what does it come to?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.early_acks import early_acks
from gateway.cli.opening import ConfigOption, config_path, note, stop
from gateway.config import ConfigError, Description, Settings, describe, load
from gateway.config.describing import SourceDescription, SubscriptionDescription
from gateway.dev_secrets import DevSecretsError, load_for_development


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(check)


def check(
    config: ConfigOption = None,
    dev: Annotated[bool, typer.Option("--dev", help="Check as `serve --dev` would run it.")] = False,
) -> None:
    """Validate config.yaml without starting, and print what each source and subscription comes to."""
    path = config_path(config)
    settings = load_for_serving(path, dev)
    for line in lines(path, describe(settings)):
        typer.echo(line)
    for warning in early_acks(settings):
        note(f"warning: {warning}")


def load_for_serving(path: Path, dev: bool) -> Settings:
    """The settings that `serve` would run with; ends the command with every problem where there are any."""
    try:
        if dev:
            return load_for_development(path, os.environ).settings
        return load(path, os.environ, secrets="required")
    except (ConfigError, DevSecretsError) as error:
        raise stop(str(error), 2) from error


def lines(path: Path, description: Description) -> list[str]:
    """The report, a line at a time."""
    report = [f"{path}: valid", "", "sources"]
    for source in description.sources:
        report += _source_lines(source)
    if description.subscriptions:
        report += ["", "subscriptions"]
    else:
        report += ["", "no subscriptions: events are stored, and delivered to nobody"]
    for subscription in description.subscriptions:
        report += _subscription_lines(subscription)
    return [*report, *_schema_lines(description)]


def _schema_lines(description: Description) -> list[str]:
    if not description.schemas:
        return []
    modes = {True: "refused", False: "delivered, with a warning"}
    return [
        "",
        "schemas",
        *(f"  {name}  what breaks it is {modes[mode]}" for name, mode in description.schemas),
    ]


def _source_lines(source: SourceDescription) -> list[str]:
    bodies = ", with their bodies" if source.quarantine else ""
    return [
        f"  {source.name}  POST {source.path}",
        f"    adapter      {source.adapter}",
        f"    dedupe key   {source.dedupe_key}; window {source.window}, kept {source.key_kept}",
        f"    tolerance    {source.tolerance or 'none: this provider signs no time'}",
        f"    secrets      {', '.join(source.secrets) or 'none'}",
        f"    rejections   the last {source.keep_rejections} are kept{bodies}",
        *[f"    ack          {ack}" for ack in source.acks],
        *([f"    expected     {source.expect}"] if source.expect else []),
        *([f"    backfill     {source.backfill}"] if source.backfill else []),
    ]


def _subscription_lines(each: SubscriptionDescription) -> list[str]:
    retries = ", ".join(each.schedule)
    retry = f"after {retries}; a dead letter after {each.total}" if retries else "never"
    return [
        f"  {each.name}  {', '.join(each.events)}",
        f"    destination  {each.destination}, timeout {each.timeout}, {each.concurrency} at once",
        f"    format       {each.format}",
        *([f"    transform    {each.transform}"] if each.transform else []),
        f"    retry        {retry}",
        *([f"    if           {each.condition}"] if each.condition else []),
        *([f"    order by     {each.order}"] if each.order else []),
        *([f"    waits for    {each.waits}"] if each.waits else []),
        *[f"    cancelled on {rule}" for rule in each.cancels],
        *([f"    idempotency  {each.idempotency}"] if each.idempotency else []),
        *([f"    debounce     {each.debounce}"] if each.debounce else []),
        *([f"    batch        {each.batch}"] if each.batch else []),
        *([f"    breaker      {each.breaker}"] if each.breaker else []),
        *([f"    priority     {each.priority}, in seconds"] if each.priority else []),
        *([f"    rate limit   {each.rate_limit}; what is over it is cancelled"] if each.rate_limit else []),
        *([f"    throttle     {each.throttle}"] if each.throttle else []),
        *([f"    timeouts     {each.timeouts}"] if each.timeouts else []),
        *_secret_lines(each),
    ]


def _secret_lines(each: SubscriptionDescription) -> list[str]:
    if each.signs:
        return [f"    signed with  {', '.join(each.secrets) or 'nothing: unsigned'}"]
    return [f"    secrets      {', '.join(each.secrets)}"] if each.secrets else []
