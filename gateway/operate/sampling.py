"""Signed samples: what a provider would send, received by this process as if it had."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from adapters.base import WebhookRequest
from gateway.answer import Answer
from gateway.config import Settings
from gateway.event import new_id
from gateway.operate.rows import Row
from gateway.running import Endpoint

Take = Callable[[MutableMapping[str, Any], bytes, Callable[[Answer], None]], None]
"""Receives one webhook that is here as a whole: its ASGI scope, its body, and who hears the answer."""


class NoSample(Exception):
    """There can be none: the message says why, and what to do instead."""


class SampleRow(Row):
    """What one sample was answered: the events that it became, or the error."""

    status: int
    event_ids: list[str]
    duplicates: int
    error: str | None


class Sampled(Row):
    """What became of the samples, one answer each."""

    source: str
    items: list[SampleRow]


@dataclass(frozen=True, slots=True)
class Sample:
    """What to send: the provider's type, None for one that it has; `id` None for a new one."""

    type: str | None = None
    id: str | None = None


def signed(endpoint: Endpoint, settings: Settings, wanted: Sample, now: int) -> WebhookRequest:
    """A sample, signed at `now` (Unix ms) with the source's first secret. Raises NoSample."""
    adapter, made = endpoint.adapter, settings.made_secrets
    if not endpoint.secrets or not (adapter.needs_secret or f"sources.{endpoint.name}" in made):
        raise NoSample(f"nobody but {adapter.title} can sign for it: its keys are published ones")
    type = (wanted.type or "").removeprefix(f"{adapter.name}/") or adapter.first_sample
    try:
        unsigned = adapter.sample(type, now / 1000, wanted.id or f"evt_{new_id(now)}")
        return adapter.sign(unsigned.with_url(endpoint.url), endpoint.secrets[0], now / 1000)
    except (ValueError, NotImplementedError) as error:
        raise NoSample(f"there is no sample {type!r} for {endpoint.name}: {error}") from error


async def receive(take: Take | None, request: WebhookRequest, endpoint: Endpoint, client: Any) -> SampleRow:
    """Receive a request, through the same door and by the same checks as the provider's.

    `client` is the address that it came from, as ASGI has it. Raises NoSample where this process has no door.
    """
    if take is None:
        raise NoSample("this process receives no webhooks; ask one that does")
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def hear(answer: Answer) -> None:
        if not answered.done():
            answered.set_result(answer)

    take(_scope(request, endpoint, client), request.body, hear)
    return _row(await answered)


def _scope(request: WebhookRequest, endpoint: Endpoint, client: Any) -> dict[str, Any]:
    """The request as a server would hand it on."""
    parts = urlsplit(request.url)
    return {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": f"/webhooks/{endpoint.name}",
        "raw_path": f"/webhooks/{endpoint.name}".encode(),
        "query_string": parts.query.encode(),
        "headers": list(request.headers.raw),
        "client": client,
        "server": None,
    }


def _row(answer: Answer) -> SampleRow:
    try:
        told: Any = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        told = None
    ids, duplicates, error = [], 0, None
    match told:
        case {"ids": [*found], "duplicates": int(count)}:
            ids, duplicates = [str(id) for id in found], count
        case {"error": {"code": str(code), "message": str(message)}}:
            error = f"{code}: {message}"
    return SampleRow(status=answer.status, event_ids=ids, duplicates=duplicates, error=error)
