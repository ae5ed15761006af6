"""The guarded fetcher against a real HTTPS server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.base import Adapter, Headers, KeyRequest, NeedsKey, WebhookRequest
from gateway import fetcher as bounds
from gateway.fetcher import Fetcher, FetchFailed
from tests.tls import Provider, provider

pytestmark = pytest.mark.anyio

URL = "https://keys.example.com/jwks"
REQUEST = WebhookRequest("POST", "https://gateway.example/x", Headers([]), b"", 0)


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Acme(Adapter):
    """A provider that publishes keys."""

    name, title, docs = "acme", "Acme", "https://example.com"
    key_hosts = ("keys.example.com", ".example.org")


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Provider]:
    with provider(tmp_path, "keys.example.com") as made:
        made.answers["/jwks"] = (200, b"key 1", {})
        yield made


@pytest.fixture
def fetcher(published: Provider) -> Fetcher:
    return Fetcher(Clock(), published)


def needing(*urls: str) -> object:
    return lambda request: [request.key(url, 100) for url in urls]


async def test_a_document_is_fetched_once_and_given_to_who_asks_again(
    fetcher: Fetcher, published: Provider
) -> None:
    for _ in range(3):
        assert await fetcher.settled(Acme(), REQUEST, needing(URL)) == [b"key 1"]
    assert published.asked == [f"GET {URL}"]


async def test_a_document_is_fetched_anew_when_it_is_old(fetcher: Fetcher, published: Provider) -> None:
    await fetcher.fetch(Acme(), KeyRequest(URL), 100)
    fetcher.clock.now = 100  # type: ignore[attr-defined]
    published.answers["/jwks"] = (200, b"key 2", {})
    assert await fetcher.fetch(Acme(), KeyRequest(URL), 100) == b"key 2"


async def test_who_asks_at_the_same_time_shares_one_fetch(fetcher: Fetcher, published: Provider) -> None:
    asked = (fetcher.fetch(Acme(), KeyRequest(URL), 100) for _ in range(20))
    assert set(await asyncio.gather(*asked)) == {b"key 1"}
    assert len(published.asked) == 1


# addresses that somebody may put into a webhook
HOSTILE = [
    "http://keys.example.com/jwks",  # not over TLS
    "https://keys.example.com:8443/jwks",  # another port
    "https://user@keys.example.com/jwks",  # userinfo
    "https://keys.example.com@evil.test/jwks",  # the host is what follows the @
    "https://evil.test/keys.example.com",  # another host
    "https://keys.example.com.evil.test/jwks",  # a name that begins like it
    "https://notexample.org/jwks",  # a name that ends like the suffix, without its dot
    "https://127.0.0.1/jwks",  # this machine
    "https://[::1]/jwks",  # this machine
    "https://169.254.169.254/latest/meta-data",  # a cloud's metadata
    "https://keys.example.com\\@evil.test/",  # parsers differ
    "https://keys.example.com/\r\nX: y",  # a header smuggled in
    "file:///etc/passwd",  # no web address
    "",  # nothing
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_hostile_address_is_never_asked(fetcher: Fetcher, published: Provider, url: str) -> None:
    with pytest.raises(FetchFailed, match="is not an address of Acme"):
        await fetcher.fetch(Acme(), KeyRequest(url), 100)
    with pytest.raises(FetchFailed, match="is not an address of Acme"):
        await fetcher.confirm(Acme(), url)
    assert published.asked == []


async def test_no_redirect_is_followed(fetcher: Fetcher, published: Provider) -> None:
    published.answers["/jwks"] = (302, b"", {"location": "https://keys.example.com/other"})
    with pytest.raises(FetchFailed, match="answered 302"):
        await fetcher.fetch(Acme(), KeyRequest(URL), 100)
    assert published.asked == [f"GET {URL}"]


async def test_a_document_has_a_bound(fetcher: Fetcher, published: Provider) -> None:
    published.answers["/jwks"] = (200, b"x" * (bounds.LARGEST + 1), {})
    with pytest.raises(FetchFailed, match="more than 262144 bytes"):
        await fetcher.fetch(Acme(), KeyRequest(URL), 100)


async def test_a_certificate_for_another_name_is_refused(fetcher: Fetcher) -> None:
    with pytest.raises(FetchFailed, match="certificate"):
        await fetcher.fetch(Acme(), KeyRequest("https://eu.example.org/jwks"), 100)


async def test_a_slow_host_is_given_up(
    fetcher: Fetcher, published: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "WITHIN", 0.1)
    published.answers["/jwks"] = lambda: (time.sleep(0.4), (200, b"late", {}))[1]
    with pytest.raises(FetchFailed, match="no answer within 0.1 s"):
        await fetcher.fetch(Acme(), KeyRequest(URL), 100)


async def test_a_failure_is_not_tried_again_at_once(fetcher: Fetcher, published: Provider) -> None:
    published.answers["/jwks"] = (500, b"", {})
    for _ in range(3):
        with pytest.raises(FetchFailed, match="answered 500"):
            await fetcher.settled(Acme(), REQUEST, needing(URL))
    assert len(published.asked) == 1
    fetcher.clock.now = bounds.FAILED_FOR  # type: ignore[attr-defined]
    published.answers["/jwks"] = (200, b"key 1", {})
    assert await fetcher.settled(Acme(), REQUEST, needing(URL)) == [b"key 1"]


async def test_a_key_that_nobody_has_does_not_make_us_ask_all_the_time(
    fetcher: Fetcher, published: Provider
) -> None:
    for kid in range(50):
        assert await fetcher.settled(Acme(), REQUEST, needing(URL, f"{URL}#{kid}")) == [b"key 1"] * 2
    assert len(published.asked) == 1
    fetcher.clock.now = bounds.NEWER_AFTER  # type: ignore[attr-defined]
    published.answers["/jwks"] = (200, b"key 2", {})
    assert await fetcher.settled(Acme(), REQUEST, needing(f"{URL}#new")) == [b"key 2"]
    assert await fetcher.settled(Acme(), REQUEST, needing(URL)) == [b"key 2"]


async def test_a_post_is_sent_as_the_adapter_worded_it(fetcher: Fetcher, published: Provider) -> None:
    wanted = KeyRequest(f"{URL}#kid", "POST", {"content-type": "application/json"}, b'{"key_id":"kid"}')
    await fetcher.fetch(Acme(), wanted, 100)
    assert published.asked == [f"POST {URL}"] and published.bodies == [b'{"key_id":"kid"}']


async def test_only_so_many_are_kept_and_under_way(
    fetcher: Fetcher, published: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "KEPT", 3)
    for number in range(6):
        published.answers[f"/{number}"] = (200, b"key", {})
        await fetcher.fetch(Acme(), KeyRequest(f"https://keys.example.com/{number}"), 100)
    monkeypatch.setattr(bounds, "AT_ONCE", 0)
    await fetcher.fetch(Acme(), KeyRequest("https://keys.example.com/5"), 100)
    with pytest.raises(FetchFailed, match="too many"):
        await fetcher.fetch(Acme(), KeyRequest("https://keys.example.com/0"), 100)


async def test_a_proof_that_asks_without_end_is_given_up(fetcher: Fetcher, published: Provider) -> None:
    numbers = iter(range(1000))

    def greedy(request: WebhookRequest) -> None:
        raise NeedsKey(f"{URL}#{next(numbers)}")

    with pytest.raises(FetchFailed, match="more than 3 documents"):
        await fetcher.settled(Acme(), REQUEST, greedy)
