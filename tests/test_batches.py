"""Requests with several events, and proofs over the URL, through the whole of ingest."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

import adapters
from adapters.base import Headers, WebhookRequest
from gateway.config import load
from gateway.ingest import Ingest
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.records import Query

pytestmark = pytest.mark.anyio

SECRET = "a secret of some length"
CONFIG = f"""
sources:
  gocardless: {{adapter: gocardless, secrets: ["{SECRET}"]}}
  square: {{adapter: square, secrets: ["{SECRET}"], public_url: "https://hooks.example.com/in/square?shop=1"}}
subscriptions: {{}}
"""


@pytest.fixture
async def store(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "gateway.db")
    yield opened
    await opened.close()


@pytest.fixture
async def gateway(tmp_path: Path, store: Store) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "config.yaml").write_text(CONFIG)
    running = Running.of(load(tmp_path / "config.yaml", {}))
    ingest = Ingest(lambda: running, store, lambda _: None)
    transport = httpx.ASGITransport(ingest)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client
    await ingest.close()


def signed(adapter: str, url: str, document: object) -> tuple[bytes, dict[str, str]]:
    """A body and the headers that make it genuine at `url`."""
    request = WebhookRequest("POST", url, Headers([]), json.dumps(document).encode(), 0)
    made = adapters.load(adapter)().sign(request, SECRET, 0)
    return made.body, dict(made.headers)


async def send_batch(gateway: httpx.AsyncClient, *ids: str) -> dict[str, object]:
    events = [{"id": id, "resource_type": "payments", "action": "paid_out"} for id in ids]
    body, headers = signed("gocardless", "https://x", {"events": events})
    answer = await gateway.post("/webhooks/gocardless", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_one_duplicate_in_a_batch_stops_no_other(gateway: httpx.AsyncClient, store: Store) -> None:
    first = await send_batch(gateway, "EV1", "EV2")
    second = await send_batch(gateway, "EV2", "EV3", "EV4", "EV3")
    assert (first["duplicates"], second["duplicates"]) == (0, 2)
    assert second["ids"][0] == first["ids"][1] and second["ids"][3] == second["ids"][1]
    assert [one.event.id for one in await store.events(Query())] == ["EV4", "EV3", "EV2", "EV1"]


async def test_a_batch_with_one_bad_event_is_refused_whole(gateway: httpx.AsyncClient, store: Store) -> None:
    good = {"id": "EV1", "resource_type": "payments", "action": "paid_out"}
    body, headers = signed("gocardless", "https://x", {"events": [good, {"id": "EV2"}]})
    answer = await gateway.post("/webhooks/gocardless", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_payload")
    assert await store.events(Query()) == []


# the URL that was signed, the query that arrives -> the answer
SIGNED_URLS = [
    ("https://hooks.example.com/in/square?shop=1", "", 200),  # the proxy takes the query away
    ("https://hooks.example.com/in/square?shop=1", "?shop=1", 200),  # the proxy leaves it
    ("https://hooks.example.com/in/square?shop=1", "?shop=2", 401),  # a query counts
    ("http://127.0.0.1/webhooks/square", "", 401),  # where we listen is not what the provider signs
    ("https://evil.example/in/square?shop=1", "", 401),  # the Host header is never believed
]


@pytest.mark.parametrize(("url", "query", "status"), SIGNED_URLS)
async def test_the_url_that_counts_is_the_configured_one(
    gateway: httpx.AsyncClient, url: str, query: str, status: int
) -> None:
    event = {"event_id": "e1", "type": "payment.updated", "created_at": "2026-11-24T00:00:00Z"}
    body, headers = signed("square", url, event)
    headers |= {"host": "evil.example", "x-forwarded-host": "evil.example"}
    answer = await gateway.post(f"/webhooks/square{query}", content=body, headers=headers)
    assert answer.status_code == status, answer.text
