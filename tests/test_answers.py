"""What a provider hears beside the gateway's own answer: challenges, confirmations, replies, missing keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

import adapters
from adapters.base import WebhookRequest
from gateway.config import load
from gateway.fetcher import Fetcher
from gateway.ingest import Ingest
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.records import Query
from tests.tls import Provider, provider

pytestmark = pytest.mark.anyio

ADAPTER = """
from adapters.base import Confirm, Reply
from adapters.fields import Fields
from adapters.jwt import JwtSignature
from adapters.plain import PlainAdapter

class Acme(PlainAdapter):
    name, title, docs = "acme", "Acme", "https://example.com"
    key_hosts = ("keys.example.com",)
    methods = frozenset({"POST", "GET"})
    scheme = JwtSignature(algorithms=("ES256",), jwks="https://keys.example.com/jwks")
    fields = Fields(id="body.id", type="body.type")

    def challenge(self, request, secrets):
        if "confirm" in request.json:
            return Confirm(request.json["confirm"])
        return Reply(200, request.json["challenge"].encode()) if "challenge" in request.json else None

    def reply(self, request):
        if request.json.get("reply") == "broken":
            raise RuntimeError("broken")
        return Reply(202, b"<ok/>", {"Content-Type": "text/xml"}) if "reply" in request.json else None

adapter = Acme
"""
CONFIG = """
adapters_path: .
sources:
  acme: {adapter: acme, public_url: "https://hooks.example.com/acme?tenant=1"}
subscriptions: {}
"""
URL = "https://keys.example.com/jwks"


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Provider]:
    with provider(tmp_path, "keys.example.com") as made:
        yield made


@pytest.fixture
async def store(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "gateway.db")
    yield opened
    await opened.close()


@pytest.fixture
async def gateway(tmp_path: Path, published: Provider, store: Store) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "acme.py").write_text(ADAPTER)
    (tmp_path / "config.yaml").write_text(CONFIG)
    running = Running.of(load(tmp_path / "config.yaml", {}))
    ingest = Ingest(lambda: running, store, lambda _: None, fetcher=Fetcher(transport=published))
    transport = httpx.ASGITransport(ingest)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client
    await ingest.close()


def signed(folder: Path, published: Provider, body: bytes) -> dict[str, str]:
    """The headers of a genuine request; its key is published."""
    acme = adapters.load("acme", folder)()
    request = WebhookRequest("POST", "https://x", acme.sample("a", 0, "1").headers, body, 0)
    made = acme.sign(request, acme.generate_secret(), 2_000_000_000)
    [document] = made.keys.values()
    published.answers["/jwks"] = (200, document, {})
    return dict(made.headers)


async def post(gateway: httpx.AsyncClient, folder: Path, published: Provider, body: bytes) -> httpx.Response:
    headers = signed(folder, published, body)
    return await gateway.post("/webhooks/acme", content=body, headers=headers)


async def test_a_key_is_fetched_and_the_event_stored(
    gateway: httpx.AsyncClient, tmp_path: Path, published: Provider, store: Store
) -> None:
    answer = await post(gateway, tmp_path, published, b'{"id":"1","type":"order.paid"}')
    assert (answer.status_code, answer.json()["duplicates"]) == (200, 0)
    assert published.asked == [f"GET {URL}"]
    [event] = await store.events(Query())
    assert event.event.name == "acme/order.paid"


async def test_a_key_that_cannot_be_had_is_a_503_and_leaves_a_trace(
    gateway: httpx.AsyncClient, tmp_path: Path, published: Provider, store: Store
) -> None:
    headers = signed(tmp_path, published, b"{}")
    published.answers["/jwks"] = (500, b"", {})
    answer = await gateway.post("/webhooks/acme", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "key_unavailable")
    assert "retry-after" in answer.headers
    while not (kept := await store.rejections(Query())):
        await asyncio.sleep(0)
    assert kept[0].reason == "key_unavailable" and "answered 500" in kept[0].detail


async def test_a_signed_challenge_is_answered_and_is_no_event(
    gateway: httpx.AsyncClient, tmp_path: Path, published: Provider, store: Store
) -> None:
    answer = await post(gateway, tmp_path, published, b'{"challenge":"echo me"}')
    assert (answer.status_code, answer.text) == (200, "echo me")
    assert await store.events(Query()) == []


async def test_an_unsigned_challenge_is_refused(gateway: httpx.AsyncClient, tmp_path: Path) -> None:
    answer = await gateway.post("/webhooks/acme", content=b'{"challenge":"echo me"}')
    assert answer.status_code == 401 and "echo" not in answer.text


# path of the confirmation -> what it answers, and what the provider hears
CONFIRMATIONS = [
    ("https://keys.example.com/confirm", 200, 200),  # confirmed
    ("https://keys.example.com/confirm", 500, 503),  # not now: the provider is to try again
    ("https://evil.example/confirm", 200, 503),  # never asked
]


@pytest.mark.parametrize(("url", "status", "heard"), CONFIRMATIONS)
async def test_a_confirmation_is_sent_to_the_provider_alone(
    gateway: httpx.AsyncClient, tmp_path: Path, published: Provider, url: str, status: int, heard: int
) -> None:
    published.answers["/confirm"] = (status, b"", {})
    answer = await post(gateway, tmp_path, published, b'{"confirm":"%s"}' % url.encode())
    assert answer.status_code == heard
    assert (f"GET {url}" in published.asked) == url.startswith("https://keys.example.com/")


async def test_the_provider_hears_its_own_words_for_first_and_copy(
    gateway: httpx.AsyncClient, tmp_path: Path, published: Provider
) -> None:
    body = b'{"id":"1","type":"a","reply":1}'
    headers = signed(tmp_path, published, body)
    for _ in range(2):
        answer = await gateway.post("/webhooks/acme", content=body, headers=headers)
        assert (answer.status_code, answer.text) == (202, "<ok/>")
        assert answer.headers["content-type"] == "text/xml"


async def test_a_reply_that_fails_hides_no_stored_event(
    gateway: httpx.AsyncClient, tmp_path: Path, published: Provider
) -> None:
    answer = await post(gateway, tmp_path, published, b'{"id":"1","type":"a","reply":"broken"}')
    assert (answer.status_code, len(answer.json()["ids"])) == (200, 1)


async def test_a_method_that_the_provider_does_not_use_is_refused(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.put("/webhooks/acme", content=b"{}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_a_source_has_its_own_public_url(tmp_path: Path, gateway: httpx.AsyncClient) -> None:
    running = Running.of(load(tmp_path / "config.yaml", {}))
    assert running.endpoints["acme"].url == "https://hooks.example.com/acme?tenant=1"
