"""Backfill against a server that answers as Stripe does, into a real store: none missing, none twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.provider_api import ApiBusy, ApiError
from adapters.stripe import Stripe
from gateway.backfilling import BUSY_TRIES, BackfillBusy, Backfilling, Report, Wanted
from gateway.catching_up import AGAIN, Schedule, catch_up, horizon, log_report
from gateway.config import Settings, load
from gateway.config.backfill import Backfill
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.places import Place
from gateway.store.records import Query
from gateway.store.retention import Retention
from tests.stripe_api import KEY, StripeServer, serving

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
T = NOW - 3600
DAY = 86_400
CONFIG = """
sources:
  stripe:
    adapter: stripe
    secrets: [whsec_1]
    backfill: {{api_key: "{key}", api_base: "{url}"{more}}}
subscriptions:
  app: {{events: ["stripe/customer.*"], destination: {{type: stdout}}}}
"""


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with serving() as server:
        yield server


@pytest.fixture
async def store(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Store]:
    opened = await open_store(tmp_path / "gateway.db")
    yield opened
    await opened.close()


class Bench:
    """A config, a store, Stripe's stand-in, and a clock that only sleeping moves."""

    def __init__(self, folder: Path, store: Store, stripe: StripeServer) -> None:
        self.folder, self.store, self.stripe = folder, store, stripe
        self.now = float(NOW)
        self.woken: list[str] = []
        self.slept: list[float] = []
        self.more = ""

    def settings(self, more: str = "") -> Settings:
        text = CONFIG.format(key=KEY, url=self.stripe.url, more=more) + self.more
        (self.folder / "config.yaml").write_text(text)
        return load(self.folder / "config.yaml", {})

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def run(self, horizon: float = NOW - 30 * DAY, since: float = NOW - DAY, **wanted: Any) -> Report:
        running = Running.of(self.settings())
        source = running.settings.sources["stripe"]
        api = source.adapter.events_api(KEY, self.stripe.url, wanted.get("account"))
        assert api is not None
        endpoint = running.endpoints["stripe"]
        try:
            work = Backfilling(
                self.store, endpoint, running.router, api, self.woken.extend, lambda: self.now, self.sleep
            )
            return await work.run(Wanted(since, horizon, **wanted))
        finally:
            await api.close()

    async def catch_up(self, more: str = "") -> dict[str, Report]:
        running = Running.of(self.settings(more))
        source = running.settings.sources["stripe"]
        return dict(await catch_up(self.store, running, source, self.woken.extend, lambda: self.now))

    async def ids(self) -> list[str]:
        """The ids of the stored events, first stored first."""
        return [one.event.id for one in await self.store.events(Query(limit=1000))][::-1]


@pytest.fixture
def bench(tmp_path: Path, store: Store, stripe: StripeServer) -> Bench:
    return Bench(tmp_path, store, stripe)


async def test_what_no_webhook_brought_is_stored_and_delivered_in_order(bench: Bench) -> None:
    given = [bench.stripe.add(f"evt_{n}", at=T + n) for n in range(230)]
    report = await bench.run()
    assert await bench.ids() == report.ids == [one["id"] for one in given]
    assert report.missed == {"stripe/customer.created": 230}
    waiting = await bench.store.deliveries(Query(limit=1000))
    assert {(d.subscription, d.state) for d in waiting} == {("app", "pending")} and len(waiting) == 230
    assert set(bench.woken) == {"app"}


async def test_an_event_is_as_stripe_gives_it_and_says_how_it_came(bench: Bench) -> None:
    given = bench.stripe.add("evt_1", at=T)
    await bench.run()
    stored = await bench.store.event("evt_1")
    assert stored is not None and stored.reception is not None
    assert json.loads(stored.event.data) == given
    assert (stored.event.ts, stored.event.v, stored.event.received_at) == (
        T * 1000,
        given["api_version"],
        NOW * 1000,
    )
    assert (stored.reception.remote_addr, stored.reception.secret) == ("backfill", None)
    assert stored.reception.url == f"{bench.stripe.url}/v1/events/evt_1"


async def test_nothing_comes_twice(bench: Bench) -> None:
    for n in range(5):
        bench.stripe.add(f"evt_{n}", at=T + n)
    await bench.run(anew=True)
    again = await bench.run(anew=True)
    assert (again.read, again.had, again.ids) == (5, 5, [])
    assert len(await bench.ids()) == 5
    assert await bench.store.duplicates(Query()) == []


async def test_an_event_whose_window_is_over_does_not_come_again(bench: Bench) -> None:
    bench.stripe.add("evt_1", at=NOW - 5 * DAY)
    await bench.run(since=NOW - 6 * DAY)
    bench.now += 4 * DAY
    assert (await bench.store.purge(Retention(round(bench.now * 1000), 0, 0, 0))).keys == 1
    assert (await bench.run(since=NOW - 6 * DAY, anew=True)).had == 1


async def test_what_may_be_forgotten_is_left_out(bench: Bench) -> None:
    bench.stripe.add("evt_0", at=T - 20)
    await bench.run()
    bench.stripe.add("evt_1", at=T - 10)
    bench.stripe.add("evt_2", at=T)
    report = await bench.run(horizon=T - 5)
    assert (report.too_old, report.ids) == (1, ["evt_2"])


async def test_what_nobody_wants_is_left_out(bench: Bench) -> None:
    bench.stripe.add("evt_1", "invoice.paid", at=T)
    bench.stripe.add("evt_2", "customer.deleted", at=T + 1)
    report = await bench.run()
    assert (report.unwanted, await bench.ids()) == (1, ["evt_2"])


async def test_what_a_schema_refuses_is_stored_and_goes_to_nobody(bench: Bench) -> None:
    bench.stripe.add("evt_1", at=T)
    bench.more = '\nschemas: {"stripe/*": {mode: refuse, schema: {required: [none]}}}\n'
    assert (await bench.run()).ids == ["evt_1"]
    assert (await bench.store.deliveries(Query()), len(await bench.ids())) == ([], 2)
    assert [one.event.name for one in await bench.store.events(Query(source="gateway"))] == [
        "gateway/schema.broken"
    ]


async def test_the_last_minute_is_left_to_webhooks(bench: Bench) -> None:
    bench.stripe.add("evt_1", at=NOW - 61)
    bench.stripe.add("evt_2", at=NOW - 59)
    assert (await bench.run()).ids == ["evt_1"]
    bench.now += 60
    assert (await bench.run()).ids == ["evt_2"]


async def test_the_next_one_goes_on_behind_the_last_event(bench: Bench) -> None:
    for n in range(3):
        bench.stripe.add(f"evt_{n}", at=T)
    await bench.run()
    bench.stripe.add("evt_3", at=T)
    report = await bench.run()
    assert (report.read, report.ids) == (1, ["evt_3"])
    assert bench.stripe.queries()[-1]["ending_before"] == "evt_2"


@pytest.mark.parametrize("how", ["anew", "undelivered", "dry_run"])
async def test_only_a_whole_reading_moves_the_place(bench: Bench, how: str) -> None:
    bench.stripe.add("evt_1", at=T)
    await bench.run()
    bench.stripe.add("evt_2", at=T + 1, delivered=False)
    await bench.run(since=T + 1, **{how: True})
    assert await bench.store.begin_backfill("stripe", "", NOW * 1000, 0) == Place("stripe", "", "evt_1")


async def test_a_dry_run_stores_nothing(bench: Bench) -> None:
    bench.stripe.add("evt_1", at=T)
    assert (await bench.run(dry_run=True)).ids == ["evt_1"]
    assert await bench.ids() == []


async def test_the_quick_mode_reads_what_was_not_delivered(bench: Bench) -> None:
    bench.stripe.add("evt_1", at=T)
    bench.stripe.add("evt_2", at=T + 1, delivered=False)
    report = await bench.run(undelivered=True)
    assert (report.read, report.ids) == (1, ["evt_2"])


async def test_a_place_that_stripe_no_longer_keeps_is_read_anew(bench: Bench) -> None:
    bench.stripe.add("evt_1", at=NOW - 29 * DAY)
    await bench.run(since=NOW - 30 * DAY)
    bench.now = bench.stripe.now = NOW + 5 * DAY
    bench.stripe.add("evt_2", at=NOW)
    report = await bench.run(horizon=bench.now - 30 * DAY)
    assert (report.restarted, report.ids) == (True, ["evt_2"])


async def test_a_provider_that_is_busy_is_asked_again(bench: Bench) -> None:
    bench.stripe.add("evt_1", at=T)
    bench.stripe.busy = 2
    assert (await bench.run()).ids == ["evt_1"]
    assert bench.slept[:2] == [1, 1]  # as its Retry-After says


async def test_a_provider_that_stays_busy_is_given_up_on(bench: Bench) -> None:
    bench.stripe.busy = 99
    with pytest.raises(ApiBusy):
        await bench.run()
    assert len(bench.slept) == BUSY_TRIES


async def test_events_come_at_the_rate_that_is_wanted(bench: Bench) -> None:
    for n in range(25):
        bench.stripe.add(f"evt_{n}", at=T + n)
    await bench.run(rate=10)
    assert bench.slept == pytest.approx([1.0, 1.0, 0.5])


async def test_two_at_a_time_are_one_too_many(bench: Bench) -> None:
    await bench.store.begin_backfill("stripe", "", NOW * 1000, (NOW + 60) * 1000)
    with pytest.raises(BackfillBusy, match="a backfill of stripe is under way"):
        await bench.run()


async def test_one_that_breaks_off_goes_on_behind_its_last_page(bench: Bench) -> None:
    for n in range(250):
        bench.stripe.add(f"evt_{n}", at=T + n)
    real, left = bench.sleep, [3]

    async def dies(seconds: float) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        await real(seconds)

    bench.sleep = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        await bench.run()
    bench.sleep = real  # type: ignore[method-assign]
    report = await bench.run()
    assert (report.read, report.had) == (200, 100)  # 50 were whole, 100 of the next page were stored
    assert await bench.ids() == [f"evt_{n}" for n in range(250)]


async def test_accounts_are_read_each_from_its_own_place(bench: Bench) -> None:
    bench.stripe.add("evt_1", at=T)
    bench.stripe.add("evt_2", at=T, account="acct_1")
    reports = await bench.catch_up(", accounts: [acct_1]")
    assert {account: report.ids for account, report in reports.items()} == {
        "": ["evt_1"],
        "acct_1": ["evt_2"],
    }
    stored = await bench.store.event("evt_2")
    assert stored is not None and stored.event.attributes["account"] == "acct_1"
    bench.stripe.add("evt_3", at=T + 1, account="acct_1")
    again = await bench.catch_up(", accounts: [acct_1]")
    assert {account: report.read for account, report in again.items()} == {"": 0, "acct_1": 1}


async def test_catching_up_reads_no_further_back_than_since(bench: Bench) -> None:
    bench.stripe.add("evt_1", at=NOW - 7200)
    bench.stripe.add("evt_2", at=T)
    assert (await bench.catch_up(", since: 90m"))[""].ids == ["evt_2"]


HORIZONS = [
    # keys of the source and of the store -> days that are read back at most
    ("", "", 30),  # as long as events are stored, and as Stripe keeps them
    ("", "store: {retention: 7d}", 7),
    ("", "store: {retention: {events: 1d, keys: 20d}}", 20),
    ("", "store: {retention: 90d}", 30),
    (", twins: merge", "", 3),  # a twin is recognised by its key alone
]


@pytest.mark.parametrize(("source", "more", "days"), HORIZONS)
def test_no_further_back_than_what_is_remembered(bench: Bench, source: str, more: str, days: int) -> None:
    (bench.folder / "config.yaml").write_text(
        f"sources: {{s: {{adapter: stripe, secrets: [whsec_1]{source}}}}}\n{more}\n"
    )
    settings = load(bench.folder / "config.yaml", {})
    api = Stripe().events_api(KEY)
    assert horizon(settings.sources["s"], settings, api, NOW) == NOW - days * DAY


async def test_a_refused_key_leaves_the_place_free(bench: Bench) -> None:
    with pytest.raises(ApiError):
        running = Running.of(bench.settings())
        source = running.settings.sources["stripe"]
        api = source.adapter.events_api("sk_test_wrong", bench.stripe.url)
        assert api is not None
        try:
            work = Backfilling(
                bench.store, running.endpoints["stripe"], running.router, api, bench.woken.extend
            )
            await work.run(Wanted(T, T))
        finally:
            await api.close()
    assert await bench.store.begin_backfill("stripe", "", NOW * 1000, 0) is not None


PLANS = [
    # plan, seconds after the first look -> due then
    (Backfill(), 0, True),
    (Backfill(at_start=False), 10 * DAY, False),  # on request only
    (Backfill.model_validate({"at_start": False, "every": "1h"}), 3599, False),
    (Backfill.model_validate({"at_start": False, "every": "1h"}), 3600, True),
]


@pytest.mark.parametrize(("plan", "after", "due"), PLANS)
def test_when_a_source_is_due(plan: Backfill, after: float, due: bool) -> None:
    schedule = Schedule()
    schedule.due("stripe", plan, NOW)
    assert (schedule.due("stripe", plan, NOW + after) <= NOW + after) is due


def test_one_that_failed_is_tried_again_soon_and_one_that_went_well_on_schedule() -> None:
    schedule, plan = Schedule(), Backfill.model_validate({"every": "1h"})
    schedule.note("stripe", NOW, failed=True)
    assert schedule.due("stripe", plan, NOW) == NOW + AGAIN
    schedule.note("stripe", NOW, failed=False)
    assert schedule.due("stripe", plan, NOW) == NOW + 3600


def test_the_log_says_what_webhooks_had_missed(caplog: pytest.LogCaptureFixture) -> None:
    report = Report(read=9, ids=[f"evt_{n}" for n in range(7)])
    report.missed["stripe/invoice.paid"] = 7
    log_report("stripe", "", report)
    said = "the backfill of stripe found 7 events that no webhook had brought: stripe/invoice.paid 7"
    assert said in caplog.text and "and 2 more" in caplog.text
