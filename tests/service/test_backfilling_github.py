"""Backfill of GitHub's deliveries, against a server that answers as GitHub does, into a real store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.github import GitHub
from adapters.provider_api import ApiError, CursorGone
from gateway.backfilling import Backfilling, Report, Wanted
from gateway.catching_up import open_api
from gateway.config import ConfigError, load
from gateway.examining import examine
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.records import Query
from tests.github_api import HOOK, TOKEN, GitHubServer, serving

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
T, DAY = NOW - 7200, 86_400
SECRET = "a secret of some length"
CONFIG = """
sources:
  github:
    adapter: github
    secrets: ["{secret}"]
    hook: {hook}
    backfill: {{api_key: "{key}", api_base: "{url}"}}
subscriptions:
  app: {{events: ["github/issues.*"], destination: {{type: stdout}}}}
"""


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with serving() as server:
        yield server


class Bench:
    """A config, a store, GitHub's stand-in, and a clock that only sleeping moves."""

    def __init__(self, folder: Path, store: Store, github: GitHubServer) -> None:
        self.folder, self.store, self.github = folder, store, github
        self.now, self.slept = float(NOW), list[float]()

    def running(self, key: str = TOKEN, hook: str = HOOK) -> Running:
        text = CONFIG.format(secret=SECRET, url=self.github.url, key=key, hook=hook)
        (self.folder / "config.yaml").write_text(text)
        return Running.of(load(self.folder / "config.yaml", {}))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def run(
        self, since: float = NOW - DAY, key: str = TOKEN, hook: str = HOOK, **wanted: Any
    ) -> Report:
        running = self.running(key, hook)
        source = running.settings.sources["github"]
        assert source.backfill is not None
        api = open_api(source, source.backfill, wanted.get("account", ""))
        try:
            work = Backfilling(
                self.store,
                running.endpoints["github"],
                running.router,
                api,
                lambda _: None,
                lambda: self.now,
                self.sleep,
            )
            return await work.run(Wanted(since, NOW - 3 * DAY, **wanted))
        finally:
            await api.close()

    async def ids(self) -> list[str]:
        """The ids of the stored events, first stored first."""
        return [one.event.id for one in await self.store.events(Query(limit=1000))][::-1]

    @property
    def details(self) -> int:
        """How many payloads were asked for."""
        return sum("/deliveries/" in path for path in self.github.asked)


@pytest.fixture
async def bench(tmp_path: Path, github: GitHubServer, anyio_backend: str) -> AsyncIterator[Bench]:
    store = await open_store(tmp_path / "gateway.db")
    yield Bench(tmp_path, store, github)
    await store.close()


async def test_what_no_webhook_brought_is_stored_in_order_over_many_pages(bench: Bench) -> None:
    for n in range(230):
        bench.github.add(f"guid-{n}", at=T + n)
    report = await bench.run()
    assert await bench.ids() == report.ids == [f"guid-{n}" for n in range(230)]
    assert report.missed == {"github/issues.opened": 230}
    assert len(await bench.store.deliveries(Query(limit=1000))) == 230


async def test_an_event_is_as_its_webhook_would_have_been(bench: Bench) -> None:
    payload = bench.github.add("guid-1", at=T)
    await bench.run()
    stored = await bench.store.event("guid-1")
    assert stored is not None
    assert (stored.event.name, json.loads(stored.event.data)) == ("github/issues.opened", payload)
    assert (stored.event.ts, stored.event.attributes["hook_id"]) == (T * 1000, "7")


async def test_what_came_by_webhook_is_not_even_asked_for(bench: Bench) -> None:
    running, adapter = bench.running(), GitHub()
    sample = adapter.sign(adapter.sample("issues.opened", NOW, "guid-1"), SECRET, NOW)
    candidates = examine(running.endpoints["github"], running.router, sample, "", NOW)
    assert isinstance(candidates, list)
    await bench.store.accept(candidates)
    for n in (1, 2):
        bench.github.add(f"guid-{n}", at=T + n)
    bench.github.add("guid-3", "push", None, at=T + 3)  # nobody wants it
    report = await bench.run()
    assert (report.had, report.unwanted, report.ids, bench.details) == (1, 1, ["guid-2"], 1)
    again = await bench.run(anew=True)
    assert (again.had, again.ids, len(await bench.ids())) == (2, [], 2)


async def test_a_delivery_that_was_sent_again_is_one_event(bench: Bench) -> None:
    bench.github.add("guid-1", at=T, status=502)
    bench.github.add("guid-2", at=T + 1)
    bench.github.add("guid-1", at=T + 2, again=True)
    assert (await bench.run()).ids == ["guid-1", "guid-2"]


async def test_the_next_one_goes_on_behind_the_last_event(bench: Bench) -> None:
    bench.github.add("guid-1", at=T)
    bench.github.add("guid-2", at=T + 1)
    await bench.run()
    bench.github.add("guid-3", at=T + 2)
    bench.github.add("guid-2", at=T + 3, again=True)  # must not hide guid-3
    report = await bench.run()
    assert (report.had, report.ids) == (1, ["guid-3"])


async def test_a_place_that_github_no_longer_keeps_is_read_anew(bench: Bench) -> None:
    bench.github.add("guid-1", at=T)
    await bench.run()
    del bench.github.deliveries[HOOK][0]
    bench.github.add("guid-2", at=T + 1)
    report = await bench.run()
    assert (report.restarted, report.ids) == (True, ["guid-2"])


async def test_the_quick_mode_reads_what_never_arrived(bench: Bench) -> None:
    bench.github.add("guid-1", at=T, status=500)
    bench.github.add("guid-2", at=T + 1, status=500)
    bench.github.add("guid-2", at=T + 2, again=True)
    bench.github.add("guid-3", at=T + 3)
    assert (await bench.run(undelivered=True)).ids == ["guid-1"]


async def test_no_further_back_than_asked(bench: Bench) -> None:
    bench.github.add("guid-1", at=T)
    bench.github.add("guid-2", at=T + 10)
    assert (await bench.run(since=T + 5)).ids == ["guid-2"]


async def test_a_busy_github_is_asked_again_when_it_says(bench: Bench) -> None:
    bench.github.add("guid-1", at=T)
    bench.github.busy = 2
    assert (await bench.run()).ids == ["guid-1"]
    assert bench.slept[:2] == [3, 3]


async def test_an_organisations_hook_is_read_as_an_account(bench: Bench) -> None:
    hook = "orgs/octo/hooks/8"
    bench.github.add("guid-1", at=T, hook=hook)
    assert (await bench.run(account=hook)).ids == ["guid-1"]


async def test_an_app_proves_itself_by_a_token_of_its_own(bench: Bench) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    bench.github.app_key = key.public_key()
    bench.github.add("guid-1", at=T, hook="app/hook")
    escaped = f"Iv1.abc:{pem}".replace("\n", "\\n")
    assert (await bench.run(key=escaped, hook="app/hook")).ids == ["guid-1"]


# key, hook -> what is said
REFUSED = [
    ("ghp_wrong", HOOK, "does not accept the API key"),
    (TOKEN, "repos/octo/none/hooks/1", "there is no such webhook, or the key may not see it"),
]


@pytest.mark.parametrize(("key", "hook", "said"), REFUSED)
async def test_what_github_refuses(bench: Bench, key: str, hook: str, said: str) -> None:
    with pytest.raises(ApiError) as error:
        await bench.run(key=key, hook=hook)
    assert said in str(error.value) and key not in str(error.value)


# hook, key -> what the config says
WRONG = [
    ("octo/hello", TOKEN, "hook: must be a webhook as GitHub's API names it: repos/OWNER/REPO/hooks/ID"),
    ("", TOKEN, "api_key: is of no use without the webhook to read: write hook: repos/octo-org"),
    ("app/hook", TOKEN, "api_key: must be a token (ghp_…, github_pat_…), or for hook: app/hook"),
    (HOOK, "ghp with space", "api_key: must be a token"),
]


@pytest.mark.parametrize(("hook", "key", "said"), WRONG)
def test_what_the_config_refuses(bench: Bench, hook: str, key: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        bench.running(key, hook)
    assert said in str(error.value) and key not in str(error.value)


async def test_a_cursor_that_is_gone_is_told(bench: Bench) -> None:
    bench.github.add("guid-1", at=T)
    api = GitHub({"hook": HOOK}).events_api(TOKEN, bench.github.url)
    with pytest.raises(CursorGone):
        await api.after("guid-0")
    await api.close()
