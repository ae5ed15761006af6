"""Moving a store from SQLite to PostgreSQL: everything, once, in order, and told apart from anything else."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.store import Store, StoreRefused, copying, open_copy, open_store
from gateway.store.audit import Entry
from gateway.store.places import Place
from gateway.store.postgres import PostgresStore
from gateway.store.records import Attempt, Candidate, Query, Reception, Settlement
from gateway.store.rejections import Rejection
from gateway.store.steps import NewStep
from gateway.terms import Batch, Terms
from gateway.verdict import Verdict
from tests.contract.conftest import HOUR, NOW, candidate
from tests.contract.test_waits import follow, order, paid

pytestmark = pytest.mark.anyio

BODY = b'[{"a":1},"\xff"]'
BATCH = Reception("192.0.2.1", "http://x/webhooks/s", "[]", 0, "01JB0000000000000000000001", BODY)


def batch(id: str, at: int) -> Candidate:
    """One event of a request whose body is kept beside it."""
    made = candidate(id, at=at, to=("app",), data='{"a":"\\u0000"}')
    return Candidate(made.event, made.digest, made.subscriptions, id, HOUR, BATCH)


@pytest.fixture
async def filled(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Path]:
    """A store with rows of every kind, over several days; two deliveries are under a lease."""
    path = tmp_path / "gateway.db"
    store = await open_store(path)
    for number in range(1, 8):
        at = NOW + number * 20 * HOUR
        await store.accept([candidate(f"evt_{number}", at=at, to=("app", "mail"))])
    await store.accept([candidate("evt_7", at=NOW + 140 * HOUR + 1, data='{"a":2}')])
    await store.accept([batch("one", NOW), batch("two", NOW)])
    await store.begin_backfill("stripe", "", NOW, NOW + HOUR)
    await store.mark_backfill(Place("stripe", "", "evt_7"), NOW + HOUR)
    told = Verdict("app", "filter", "event.v == '2'", '{"event.v":"1"}')
    await store.accept([replace(candidate("filtered", at=NOW), verdicts=(told,))])
    claimed = await store.claim({"app": 3}, {"app": HOUR}, NOW + 900 * HOUR, "me")
    first = claimed.claimed[0].delivery
    for number in range(3):
        new = NewStep(first.event_id, first.delivery_id, first.attempts, f"step/{number}", '"\\u0000"', NOW)
        assert await store.steps.keep(new) is not None
    attempt = Attempt(first.delivery_id, first.attempts, NOW, 12, 500, "it answered 500", "no\x00")
    await store.settle(Settlement(attempt, "dead", NOW, 1, NOW + 1))
    rejected = dict(rejection_id="01JB0000000000000000000002", source="s", reason="stale", detail="no")
    await store.reject(
        Rejection(**rejected, received_at=NOW, remote_addr="::1", method="POST", url="u", headers="[]",
                  body_size=3, body_sha256=hashlib.sha256(b"abc").hexdigest(), body=b"a\x00c", keep=10)
    )  # fmt: skip
    await store.pause("mail", "it answered 410", NOW)
    await store.accept([order("o1"), order("o2", 2)])
    await store.accept([paid("p1"), paid("p2", 2)])
    look = await store.waits.look()
    assert look is not None
    await store.waits.resolve(look, [wait.seq for wait, _ in look.waits], NOW)
    said = Entry(
        "01JB0000000000000000000003", NOW, "op", "operate", "cli", "host", "pause", "mail", "{}", "done"
    )
    await store.audit.note(said)
    await store.close()
    yield path


def quiet(_: str, __: int) -> None:
    """Nobody watches."""


async def copied(path: Path, url: str) -> list[copying.Compared]:
    async with open_copy(path, url) as (source, target):
        await copying.copy(source, target, quiet)
        return await copying.compare(source, target, quiet)


async def seen(store: Store) -> list[object]:
    """All that people and workers can see of a store."""
    events = await store.events(Query(limit=100))
    deliveries = [d for d in await store.deliveries(Query(limit=100))]
    return [
        [(one.event, one.reception, one.body) for one in events],
        [await store.verdicts(one.event.event_id) for one in events],
        [(d.delivery_id, d.state, d.attempts, d.retries, d.due_at, d.last_error) for d in deliveries],
        [(d.parked, d.waits, d.waited) for d in deliveries],
        await store.duplicates(Query()),
        [one.data for each in events for one in await store.duplicates(Query(event_id=each.event.event_id))],
        [(one.rejection_id, one.body, one.reason) for one in await store.rejections(Query())],
        await store.rejection_counts(),
        [(one.subscription, one.reason) for one in await store.paused()],
    ]


async def test_everything_arrives_and_is_compared(filled: Path, database: str) -> None:
    compared = await copied(filled, database)
    assert [(one.name, one.rows, one.same) for one in compared] == [
        ("events", 14, True), ("deliveries", 18, True), ("waits", 2, True), ("arrivals", 1, True),
        ("verdicts", 1, True), ("duplicates", 1, True), ("rejections", 1, True),
        ("dedupe_keys", 14, True), ("rejection_counts", 1, True), ("paused", 1, True), ("backfills", 1, True),
        ("steps", 3, True),
        ("audit", 1, True),
        ("encryption_keys", 0, True),
    ]  # fmt: skip
    ours, theirs = await open_store(filled), await PostgresStore.open(database)
    assert await seen(ours) == await seen(theirs)
    await ours.close()
    await theirs.close()


async def test_the_copy_goes_on_working(filled: Path, database: str) -> None:
    await copied(filled, database)
    store = await PostgresStore.open(database, clock="caller")
    [again] = await store.accept([candidate("evt_7", at=NOW + 140 * HOUR + 2)])
    assert again.duplicate is not None
    await store.accept([candidate("evt_new", at=NOW + 143 * HOUR, to=("app",))])
    newest = (await store.events(Query(limit=1)))[0]
    assert newest.event.id == "evt_new"
    taken = await store.claim({"app": 99}, {"app": HOUR}, NOW + 900 * HOUR, "me")
    assert len(taken.claimed) == 10  # one of the eleven is dead, one waits, and no lease was moved
    await follow(store)
    [waited] = (await store.claim({"app": 99}, {"app": HOUR}, NOW + 900 * HOUR, "me")).claimed
    assert waited.event.id == "o2"
    await store.close()


async def test_a_batch_stays_together(tmp_path: Path, database: str) -> None:
    ours = await open_store(tmp_path / "gateway.db")
    terms = {"app": Terms(gathers=Batch("", 9, HOUR, 10_000))}
    await ours.accept([replace(candidate(id, to=("app",)), terms=terms) for id in ("a", "b")])
    await ours.close()
    assert all(one.same for one in await copied(tmp_path / "gateway.db", database))
    theirs = await PostgresStore.open(database, clock="caller")
    [leads] = (await theirs.claim({"app": 9}, {"app": HOUR}, NOW + HOUR, "me")).claimed
    batch = await theirs.batches.of(leads.delivery.delivery_id)
    assert (leads.event.id, [other.event.id for other in batch.others]) == ("a", ["b"])
    await theirs.close()


@pytest.mark.parametrize("pages", range(0, 9, 2))
async def test_a_broken_off_copy_goes_on_where_it_stopped(
    filled: Path, database: str, pages: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PAGE", 3)
    left = iter(range(pages))

    def break_off(_: str, __: int) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    async with open_copy(filled, database) as (source, target):
        with pytest.raises(KeyboardInterrupt):
            await copying.copy(source, target, break_off)
    assert all(one.same for one in await copied(filled, database))


async def test_a_difference_is_found(filled: Path, database: str) -> None:
    await copied(filled, database)
    store = await PostgresStore.open(database, clock="caller")
    await store.resume("mail")
    await store.close()
    async with open_copy(filled, database) as (source, target):
        compared = await copying.compare(source, target, quiet)
    assert [one.name for one in compared if not one.same] == ["paused"]


async def test_a_database_with_something_else_in_it_is_refused(filled: Path, database: str) -> None:
    store = await PostgresStore.open(database, clock="caller")
    await store.accept([candidate("evt_other", at=NOW)])
    await store.close()
    with pytest.raises(StoreRefused, match="another installation's"):
        await copied(filled, database)


def gateway(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["store", "copy", *arguments])


def test_the_command_tells_what_was_copied(filled: Path, database: str) -> None:
    for _ in range(2):
        result = gateway(f"sqlite:///{filled}", database)
        assert result.exit_code == 0, result.output
        assert "events                      14  sha256 " in result.stdout and "DIFFERS" not in result.stdout


def test_a_running_gateway_is_not_copied_from(filled: Path, database: str) -> None:
    from gateway import runfile

    assert runfile.hold(filled.parent) is not None
    result = gateway(f"sqlite:///{filled}", database)
    assert result.exit_code == 3 and "stop it first" in result.output


# arguments -> what is wrong with them
MISUSES = [
    (["sqlite:///nothing.db", "postgresql://x/y"], "is not a SQLite store that exists"),
    (["postgresql://x/y", "sqlite:///gateway.db"], "is not a SQLite store that exists"),
    (["FILE", "mysql://x/y"], "the target must be a URL such as postgresql://"),
]


@pytest.mark.parametrize(("arguments", "said"), MISUSES)
def test_a_misuse_is_explained(filled: Path, arguments: list[str], said: str) -> None:
    result = gateway(*[f"sqlite:///{filled}" if word == "FILE" else word for word in arguments])
    assert result.exit_code == 2 and said in result.output


async def test_an_encrypted_store_stays_encrypted(filled: Path, database: str) -> None:
    ours = await open_store(filled, keys=[b"k" * 32])
    await ours.accept([candidate("evt_secret", data='{"a":"planted"}')])
    compared = await copied(filled, database)
    assert all(one.same for one in compared)
    theirs = await open_store(database, keys=[b"k" * 32])
    assert await seen(ours) == await seen(theirs)
    plain = await PostgresStore.open(database)
    assert "planted" not in str(await plain.events(Query()))
    with pytest.raises(StoreRefused, match="encrypted with the key"):
        await open_store(database)
    for store in (ours, theirs, plain):
        await store.close()
