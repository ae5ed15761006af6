"""Sources: the URL to paste, how to set the provider up, and a signed sample to try it."""

from __future__ import annotations

from gateway.config import describe
from gateway.operate.sampling import NoSample, Sample, receive, signed
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
    try:
        wanted = Sample(visit.sent("type").strip() or None)
        request = signed(endpoint, visit.settings, wanted, visit.now)
        answer = await receive(visit.site.take, request, endpoint, visit.request.scope.get("client"))
    except NoSample as error:
        raise Wrong(str(error)) from error
    if answer.event_ids:
        return Done(f"/ui/events/{answer.event_ids[0]}", f"received a signed sample from {endpoint.name}")
    if answer.error is not None:
        raise Wrong(f"the sample was refused: {answer.error}")
    said = f"sent a sample for {endpoint.name}, answered with {answer.status}"
    return Done(f"/ui/sources/{endpoint.name}", said)


def _endpoint(visit: Visit) -> Endpoint:
    name = visit.request.path_params["name"]
    found = visit.running.endpoints.get(name)
    if found is None:
        raise NotThere(f"there is no source {name!r} in the config")
    return found
