"""Sources: the URL to paste, how to set the provider up, and a signed sample to try it."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import orjson

from adapters.base import WebhookRequest
from gateway.answer import Answer as Heard
from gateway.config import describe
from gateway.event import new_id
from gateway.running import Endpoint
from gateway.store.records import Query
from gateway.ui.steps import steps
from gateway.ui.verification import proofs
from gateway.ui.visit import Answer, Done, NotThere, Page, Visit, Wrong

LATEST = 5
"""Events of a source on its page."""


async def sources(visit: Visit) -> Answer:
    """Every source with its URL and when it was last seen."""
    endpoints = visit.running.endpoints
    values = {
        "title": "Sources",
        "sources": visit.settings.sources,
        "urls": {name: endpoint.url for name, endpoint in endpoints.items()},
        "seen": await visit.store.last_seen(list(endpoints)),
        "silences": await silent(visit),
    }
    return Page("sources.html", values)


async def silent(visit: Visit) -> dict[str, int]:
    """The sources that are expected to send and do not, with since when (Unix ms)."""
    expected = {name for name, source in visit.settings.sources.items() if source.expect is not None}
    return {name: since for name, since in (await visit.store.silences()).items() if name in expected}


async def source(visit: Visit) -> Answer:
    """One source: what to paste where, and what came lately."""
    name = visit.request.path_params["name"]
    endpoint = _endpoint(visit)
    (described,) = [one for one in describe(visit.settings).sources if one.name == name]
    values = {
        "title": f"Source {name}",
        "source": described,
        "adapter": endpoint.adapter,
        "url": endpoint.url,
        "is_local": not visit.settings.server.public_url and not visit.settings.sources[name].public_url,
        "steps": steps(endpoint.adapter.name),
        "expect": endpoint.expects,
        "proof": proofs(visit)[name],
        "seen": (await visit.store.last_seen([name])).get(name),
        "silent_since": (await silent(visit)).get(name),
        "refused": [one for one in await visit.store.rejection_counts() if one.source == name],
        "events": await visit.store.events(Query(source=name, limit=LATEST)),
        "can_sample": visit.site.take is not None,
        "wanting": visit.running.router.match(f"{endpoint.adapter.name}/{endpoint.adapter.first_sample}"),
    }
    return Page("source.html", values)


async def sample(visit: Visit) -> Answer:
    """Receive a signed sample, as if the provider had sent it: through the same door, by the same checks."""
    endpoint = _endpoint(visit)
    if visit.site.take is None:
        raise Wrong("this process receives no webhooks; ask one that does")
    request = _signed(endpoint, visit)
    answered: asyncio.Future[Heard] = asyncio.get_running_loop().create_future()

    def hear(answer: Heard) -> None:
        if not answered.done():
            answered.set_result(answer)

    visit.site.take(_scope(request, endpoint, visit), request.body, hear)
    answer = await answered
    told: Any = orjson.loads(answer.body) if answer.body else {}
    match told:
        case {"ids": [str(id), *_]}:
            return Done(f"/ui/events/{id}", f"received a signed sample from {endpoint.name}")
        case {"error": {"message": str(message)}}:
            raise Wrong(f"the sample was refused: {message}")
    said = f"sent a sample for {endpoint.name}, answered with {answer.status}"
    return Done(f"/ui/sources/{endpoint.name}", said)


def _endpoint(visit: Visit) -> Endpoint:
    name = visit.request.path_params["name"]
    found = visit.running.endpoints.get(name)
    if found is None:
        raise NotThere(f"there is no source {name!r} in the config")
    return found


def _signed(endpoint: Endpoint, visit: Visit) -> WebhookRequest:
    """A sample of what the form asks for, signed with the source's first secret."""
    adapter, now = endpoint.adapter, visit.now / 1000
    made = visit.settings.made_secrets
    if not endpoint.secrets or not (adapter.needs_secret or f"sources.{endpoint.name}" in made):
        raise Wrong(f"nobody but {adapter.title} can sign for it: its keys are published ones")
    type = visit.sent("type").strip().removeprefix(f"{adapter.name}/") or adapter.first_sample
    try:
        unsigned = adapter.sample(type, now, f"evt_{new_id(visit.now)}").with_url(endpoint.url)
        return adapter.sign(unsigned, endpoint.secrets[0], now)
    except (ValueError, NotImplementedError) as error:
        raise Wrong(f"there is no sample {type!r} for {endpoint.name}: {error}") from error


def _scope(request: WebhookRequest, endpoint: Endpoint, visit: Visit) -> dict[str, Any]:
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
        "client": visit.request.scope.get("client"),
        "server": visit.request.scope.get("server"),
    }
