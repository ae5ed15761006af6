"""`gateway trigger`: a signed sample webhook, as the provider would send it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer

from adapters.base import WebhookRequest
from gateway import runfile
from gateway.cli.listing import printable
from gateway.cli.noting import noted_beside
from gateway.cli.opening import (
    NOTHING,
    USAGE,
    ConfigOption,
    UrlOption,
    config_path,
    elsewhere,
    settings_at,
    settings_with_secrets,
    stop,
    unknown,
)
from gateway.cli.options import ProviderArgument, WhichSourceOption
from gateway.config import Settings
from gateway.event import new_id
from gateway.operate.auditing import Act
from gateway.running import Endpoint, Running

TIMEOUT = 30.0
"""Seconds to wait for the answer to one request."""


LOOPBACK = ("127.0.0.1", "::1", "localhost")
"""Hosts that a proxy of the environment (HTTP_PROXY) could not reach for us."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(trigger)


def trigger(
    provider: ProviderArgument,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The provider's type: customer.created")],
    to: Annotated[str | None, typer.Option("--to", metavar="URL", help="Send it there instead.")] = None,
    source: WhichSourceOption = None,
    secret: Annotated[
        str | None, typer.Option("--secret", help="Sign with this one.  [default: the source's first]")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="The event's id.  [default: a new one]")] = None,
    copies: Annotated[int, typer.Option("--copies", min=1, help="How often to send the same request.")] = 1,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """Send a signed sample webhook, to the running gateway unless --to says otherwise.

    With --url the gateway there signs and receives it by itself: its secrets stay where they are.
    """
    is_ours = to is not None or secret is not None  # what is signed here, GATEWAY_URL does not mean
    there = elsewhere(config, url) if url is not None or not is_ours else None
    if there is not None:
        if is_ours:
            raise stop("the gateway of --url signs and receives by itself: no --to and no --secret", USAGE)
        from gateway.cli.acting_there import trigger as trigger_there

        return trigger_there(there, provider, source, event, id, copies)
    if to is not None and (urlsplit(to).scheme not in ("http", "https") or not urlsplit(to).hostname):
        raise stop(f"--to must be a URL such as http://127.0.0.1:9000/hooks, not {to!r}", USAGE)
    path = config_path(config)
    settings = settings_at(path)
    name = source_of(settings, provider, source)
    if secret is None:
        settings = settings_with_secrets(path, name)
    endpoint = Running.of(settings).endpoints[name]
    if secret is None and not endpoint.secrets:
        raise stop(
            f"the keys of {endpoint.adapter.title} are published, so that nobody else can sign for it; "
            "a gateway in development mode takes samples: gateway serve --dev",
            USAGE,
        )
    request = _signed(endpoint, event, id, endpoint.secrets[0] if secret is None else secret, to)
    url = request.url if to else _local_url(settings, endpoint, request)
    way_out = "start what listens there" if to else "start the gateway with: gateway serve --dev"
    with noted_beside(settings, Act("sample", name, f"{event} to {without_query(url)}")):
        answers = [_send(request, url, way_out) for _ in range(copies)]
        if not all(answers):
            raise typer.Exit(NOTHING)


def source_of(settings: Settings, provider: str, source: str | None) -> str:
    """The name of the source that `provider`, a source's or an adapter's name, means. May end the command."""
    adapters = {name: each.adapter.name for name, each in settings.sources.items()}
    return source_among(adapters, str(settings.file), provider, source)


def source_among(adapters: Mapping[str, str], file: str, provider: str, source: str | None) -> str:
    """The same among these sources, each with its adapter; `file` is where they stand, for messages."""
    if source is not None:
        if source not in adapters:
            raise stop(unknown("source", source, adapters, file), USAGE)
        if provider not in (source, adapters[source]):
            raise stop(f"the source {source!r} has the adapter {adapters[source]!r}, not {provider!r}", USAGE)
        return source
    if provider in adapters:
        return provider
    having = [name for name, adapter in adapters.items() if adapter == provider]
    if not having:
        known = {*adapters, *adapters.values()}
        raise stop(unknown("source or adapter", provider, known, file), USAGE)
    if len(having) > 1:
        names = ", ".join(having)
        raise stop(f"several sources have the adapter {provider!r}: {names}; choose one with --source", USAGE)
    return having[0]


def _signed(endpoint: Endpoint, event: str, id: str | None, secret: str, to: str | None) -> WebhookRequest:
    """A sample of `event`, which may also be the event's whole name, signed for where it goes."""
    now = time.time()
    adapter = endpoint.adapter
    type, fresh = event.removeprefix(f"{adapter.name}/"), f"evt_{new_id(round(now * 1000))}"
    try:
        sample = adapter.sample(type, now, id or fresh).with_url(to or endpoint.url)
        return adapter.sign(sample, secret, now)
    except (ValueError, NotImplementedError) as error:
        raise stop(f"no sample {event!r} for the source {endpoint.name!r}: {error}", USAGE) from error


def _local_url(settings: Settings, endpoint: Endpoint, request: WebhookRequest) -> str:
    """Where the running gateway listens, else where it would; a secret in the query goes along."""
    running = next(iter(runfile.every(settings.store.folder).values()), None)
    host, port = settings.server.host, settings.server.port
    base = running.url if running else f"http://{f'[{host}]' if ':' in host else host}:{port}"
    parts = urlsplit(base)
    # Listening on every address is no address to call.
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(parts.hostname or "", parts.netloc.rpartition(":")[0])
    query = urlsplit(request.url).query
    path = settings.sources[endpoint.name].path
    return f"{parts.scheme}://{host}:{parts.port or port}{path}" + (f"?{query}" if query else "")


def _send(request: WebhookRequest, url: str, way_out: str) -> bool:
    """Post once and print the answer; whether it was a 2xx. `way_out` is the advice where nobody listens."""
    try:
        response = httpx.request(
            request.method,
            url,
            content=request.body,
            headers=request.headers.raw,
            timeout=TIMEOUT,
            trust_env=urlsplit(url).hostname not in LOOPBACK,
        )
    except httpx.ConnectError as error:
        raise stop(f"can't connect to {without_query(url)} ({error}); {way_out}", NOTHING) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        what = error or type(error).__name__
        raise stop(f"{without_query(url)} gave no answer: {what}", NOTHING) from error
    typer.echo(f"{response.status_code}  {said(response)}", err=not response.is_success)
    return response.is_success


def without_query(url: str) -> str:
    """A query may hold a token, so no message shows it."""
    return url.partition("?")[0]


def said(response: httpx.Response) -> str:
    """What an answer says: the gateway's own in words, any other as it is, cut at 200 characters."""
    try:
        answer: Any = response.json()
    except ValueError:
        answer = None
    match answer:
        case {"ids": [*ids], "duplicates": int(duplicates)}:
            return f"event {', '.join(map(str, ids)) or 'none'}  duplicates {duplicates}"
        case {"error": {"code": str(code), "message": str(message)}}:
            return printable(f"{code}: {message}")
    return printable(response.text[:200]) or response.reason_phrase
