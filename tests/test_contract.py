"""Events against the contract: what comes by webhook, by event key, and from a provider's own list."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import adapters
from adapters.base import Headers, WebhookRequest
from gateway.api import Send
from gateway.config import load
from gateway.ingest import Ingest
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.records import Query
from gateway.telemetry.process import Telemetry

pytestmark = pytest.mark.anyio

SECRET = "a secret of some length"
CONFIG = f"""
event_keys: {{shop: shop-key-0001}}
sources:
  hooks: {{adapter: hmac, secrets: ["{SECRET}"], header: X-Signature, id: body.id, type: body.type}}
subscriptions:
  app: {{events: ["hmac/*", "order/*"], destination: {{type: stdout}}}}
  some: {{events: ["hmac/*"], if: "event.data.n == 1", destination: {{type: stdout}}}}
  told: {{events: ["gateway/schema.*"], destination: {{type: stdout}}}}
schemas:
  "*/invoice.*": {{mode: refuse, schema: {{required: [amount], properties: {{amount: {{type: integer}}}}}}}}
  "*/customer.*": {{schema: {{required: [mail]}}}}
"""


@dataclass
class Bench:
    """A gateway's two doors on one store."""

    store: Store
    hooks: httpx.AsyncClient
    api: httpx.AsyncClient
    woken: list[str]
    telemetry: Telemetry

    async def webhook(
        self, id: str, type: str = "invoice.paid", hops: int = 0, **data: Any
    ) -> httpx.Response:
        adapter = adapters.load("hmac")({"header": "X-Signature", "id": "body.id", "type": "body.type"})
        body = json.dumps({"id": id, "type": type, **data}).encode()
        request = adapter.sign(WebhookRequest("POST", "https://x", Headers([]), body, 0), SECRET, 0)
        headers = {**dict(request.headers), **({"gateway-hops": str(hops)} if hops else {})}
        return await self.hooks.post("/webhooks/hooks", content=request.body, headers=headers)

    async def send(self, *events: dict[str, Any]) -> httpx.Response:
        return await self.api.post("/e/shop-key-0001", json=list(events))

    async def names(self) -> list[str]:
        return [one.event.name for one in await self.store.events(Query())][::-1]


@pytest.fixture
async def bench(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Bench]:
    (tmp_path / "config.yaml").write_text(CONFIG)
    running = Running.of(load(tmp_path / "config.yaml", {}))
    store, woken, telemetry = await open_store(tmp_path / "gateway.db"), list[str](), Telemetry()
    ingest = Ingest(lambda: running, store, woken.extend, telemetry=telemetry)
    send = Send(lambda: running, store, woken.extend, telemetry=telemetry)
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(ingest), base_url="http://x") as hooks,
        httpx.AsyncClient(transport=httpx.ASGITransport(send), base_url="http://x") as api,  # type: ignore[arg-type]
    ):
        yield Bench(store, hooks, api, woken, telemetry)
    await ingest.close()
    await send.close()
    await store.close()


async def test_a_webhook_that_keeps_its_schema_is_delivered(bench: Bench) -> None:
    assert (await bench.webhook("1", amount=7, n=1)).status_code == 200
    stored = await bench.store.event("1")
    assert stored is not None and "schema" not in stored.event.attributes
    assert {d.subscription for d in await bench.store.deliveries(Query())} == {"app", "some"}


async def test_a_webhook_that_is_refused_is_stored_and_goes_to_nobody(bench: Bench) -> None:
    answer = await bench.webhook("1", amount="7", n=1)
    assert (answer.status_code, len(answer.json()["ids"])) == (200, 1)
    stored = await bench.store.event("1")
    assert stored is not None
    said = 'refused by */invoice.*: data.amount is not of type "integer"'
    assert stored.event.attributes["schema"] == said
    verdicts = await bench.store.verdicts(stored.event.event_id)
    assert [(v.subscription, v.reason, json.loads(v.saw)) for v in verdicts] == [
        ("app", "schema", {"data.amount": 'is not of type "integer"'}),
        ("some", "schema", {"data.amount": 'is not of type "integer"'}),
    ]
    assert [d.subscription for d in await bench.store.deliveries(Query())] == ["told"]


async def test_a_system_event_tells_of_it_once(bench: Bench) -> None:
    for _ in range(2):  # the second is a duplicate
        await bench.webhook("1", amount="7")
    assert await bench.names() == ["hmac/invoice.paid", "gateway/schema.broken"]
    [stored] = await bench.store.events(Query(name="gateway/*"))
    told = json.loads(stored.event.data)
    assert (told["id"], told["schema"], told["source"]) == ("1", "*/invoice.*", "hooks")
    assert told["problems"] == [{"field": "data.amount", "reason": 'is not of type "integer"'}]
    assert bench.woken == ["told"]


async def test_a_warning_is_logged_once_a_name_and_counted_each_time(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "gateway.schemas"):
        for id in ("1", "2"):
            await bench.webhook(id, "customer.created")
    assert caplog.text.count("an event hmac/customer.created breaks its schema (*/customer.*)") == 1
    first = await bench.store.event("1")
    assert first is not None and caplog.records[0].fields["event"] == first.event.event_id  # type: ignore[attr-defined]
    assert bench.telemetry.counts.source("hooks").breaches == {"warn": 2, "refuse": 0}
    stored = await bench.store.event("2")
    assert stored is not None and str(stored.event.attributes["schema"]).startswith("breaks */customer.*: ")
    assert len(await bench.store.deliveries(Query(subscription="app"))) == 2


async def test_of_sent_events_all_are_refused_with_index_and_path(bench: Bench) -> None:
    sound = {"name": "order/invoice.paid", "data": {"amount": 7}}
    answer = await bench.send(sound, {"name": "order/invoice.paid", "data": {"amount": 7.5}})
    assert (answer.status_code, answer.json()["code"]) == (400, "schema_broken")
    assert answer.json()["errors"] == [
        {"index": 1, "field": "data.amount", "reason": 'is not of type "integer" (schema */invoice.*)'}
    ]
    assert await bench.names() == []
    assert (await bench.send(sound)).status_code == 200
    assert await bench.names() == ["order/invoice.paid"]


async def test_a_sent_event_without_data_is_held_to_its_schema_too(bench: Bench) -> None:
    assert (await bench.send({"name": "order/invoice.paid"})).json()["errors"][0]["field"] == "data"


async def test_a_sent_event_that_only_warns_says_so(bench: Bench) -> None:
    assert (await bench.send({"name": "order/customer.created", "data": {}})).status_code == 200
    [stored] = await bench.store.events(Query())
    assert str(stored.event.attributes["schema"]).startswith("breaks */customer.*: ")
    assert bench.telemetry.counts.source("api").breaches["warn"] == 1


async def test_what_came_through_too_many_gateways_is_refused_at_both_doors(bench: Bench) -> None:
    assert (await bench.webhook("1", amount=7, hops=8)).status_code == 200
    answer = await bench.webhook("2", amount=7, hops=9)
    assert (answer.status_code, answer.json()["error"]["code"]) == (508, "too_many_hops")
    sent = [{"name": "order/a.done"}]
    answer = await bench.api.post("/e/shop-key-0001", json=sent, headers={"gateway-hops": "9"})
    assert (answer.status_code, answer.json()["code"]) == (508, "too_many_hops")
    assert "two of them send each other the same events" in answer.json()["error"]
    assert await bench.names() == ["hmac/invoice.paid"]
