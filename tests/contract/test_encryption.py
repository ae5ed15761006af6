"""Encrypted bodies, on both engines: nothing readable is stored, everything is read, keys can be changed."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.store import Store, StoreRefused, open_store
from gateway.store.encryption import TABLES, rotate
from gateway.store.keyring import Keyring, Unreadable, key_id
from gateway.store.postgres import PostgresStore
from gateway.store.records import Attempt, Cancellation, Candidate, Query, Settlement
from gateway.store.rejections import Rejection
from gateway.store.sealed import sealed
from gateway.store.steps import NewStep
from gateway.store.watch import KeptAnswer
from gateway.verdict import Verdict
from tests.contract.conftest import HOUR, NOW, candidate

pytestmark = pytest.mark.anyio

OLD, NEW = b"o" * 32, b"n" * 32
PLANTED = "planted-4711"

With = Callable[..., Awaitable[Store]]


@pytest.fixture(params=["sqlite", "postgres"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path, anyio_backend: str) -> AsyncIterator[With]:
    """Opens one store: `opened(KEY, …)`; without a key it is the engine's own."""
    target = request.getfixturevalue("database") if request.param == "postgres" else tmp_path / "gateway.db"
    async with contextlib.AsyncExitStack() as ending:

        async def one(*keys: bytes) -> Store:
            store: Store
            if isinstance(target, Path):
                store = await open_store(target, keys=keys)
            else:
                plain = await PostgresStore.open(target, clock="caller")
                await (await open_store(target, keys=keys)).close()
                store = sealed(plain, Keyring(keys)) if keys else plain
            ending.push_async_callback(store.close)
            return store

        yield one


def planted(id: str = "evt_1", data: str = f'{{"email":"{PLANTED}"}}') -> Candidate:
    made = candidate(id, to=("app", "mail"), data=data)
    assert made.reception is not None
    return replace(
        made,
        event=replace(made.event, attributes={"user": PLANTED}),
        reception=replace(
            made.reception, url=f"http://x/?{PLANTED}", headers=f'[["x","{PLANTED}"]]', request_id=f"r-{id}",
            body=PLANTED.encode(),
        ),
        verdicts=(Verdict("other", "error", "event.v", f'{{"x":"{PLANTED}"}}', PLANTED),),
    )  # fmt: skip


async def fill(store: Store) -> None:
    """A row of each kind that has a body."""
    await store.accept([planted()])
    await store.accept([planted(data=f'{{"email":"other {PLANTED}"}}')])
    (claimed,) = (await store.claim({"app": 1}, {"app": HOUR}, NOW, "me")).claimed
    one = claimed.delivery
    step = NewStep(one.event_id, one.delivery_id, one.attempts, "step/a", f'"{PLANTED}"', NOW)
    assert await store.steps.keep(step) == f'"{PLANTED}"'
    told = (planted("told", f'{{"event":"{PLANTED}"}}'),)
    attempt = Attempt(one.delivery_id, one.attempts, NOW, 5, 500, f"it said {PLANTED}", f"no {PLANTED}")
    await store.settle(Settlement(attempt, "dead", NOW, 1, NOW, told))
    waiting = (await store.deliveries(Query(subscription="mail", event_id=one.event_id)))[0]
    await store.cancel([Cancellation(waiting.delivery_id, NOW, (planted("ended"),))])
    await store.pause("app", "why", NOW)
    await store.resume("app", [planted("resumed")])
    await store.keep_answer(
        KeptAnswer(one.delivery_id, 1, 200, f'[["x","{PLANTED}"]]', PLANTED.encode(), NOW)
    )
    await store.reject(
        Rejection(rejection_id="r1", source="s", reason="stale", detail="no", received_at=NOW,
                  remote_addr="::1", method="POST", url=f"http://x/?{PLANTED}",
                  headers=f'[["x","{PLANTED}"]]', body_size=3, body_sha256="ab", body=PLANTED.encode())
    )  # fmt: skip


async def seen(store: Store) -> list[object]:
    """All that is read of the bodies of a store."""
    deliveries = await store.deliveries(Query())
    return [
        [(one.event, one.reception, one.body) for one in await store.events(Query())],
        await store.event("evt_1"),
        [await store.verdicts(one.event.event_id) for one in await store.events(Query())],
        [await store.attempts(one.delivery_id) for one in deliveries],
        [one.last_error for one in deliveries],
        [await store.answer(one.delivery_id) for one in deliveries],
        [(one.headers, one.fields) for one in await store.duplicates(Query())],
        [one.data for one in await store.duplicates(Query(event_id=await _first(store)))],
        [(one.headers, one.url, one.body) for one in await store.rejections(Query())],
        await store.verdict_counts(["other"]),
    ]


async def _first(store: Store) -> str:
    """The event that came again."""
    return (await store.duplicates(Query()))[0].event_id


async def raw(store: Store) -> str:
    """Every sealed column as it is stored."""
    return str([[*await store.encryption.page(table, table.first, 100)] for table in TABLES])


async def test_nothing_readable_is_stored(opened: With) -> None:
    store = await opened(NEW)
    await fill(store)
    assert PLANTED not in await raw(store) and PLANTED in str(await seen(store))
    assert [t.name for t in TABLES if not await store.encryption.page(t, t.first, 1)] == []


async def test_the_file_holds_nothing_readable(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "gateway.db", keys=[NEW])
    await fill(store)
    await store.close()
    assert [file.name for file in tmp_path.iterdir() if PLANTED.encode() in file.read_bytes()] == []


async def test_what_is_claimed_is_whole(opened: With) -> None:
    store = await opened(NEW)
    await store.accept([planted()])
    (claimed,) = (await store.claim({"app": 1}, {"app": HOUR}, NOW, "me")).claimed
    assert (claimed.event, claimed.body) == (
        replace(planted().event, event_id=claimed.event.event_id),
        PLANTED.encode(),
    )
    (lost,) = await store.expired(NOW + 2 * HOUR)
    assert lost.event == claimed.event


async def test_a_body_that_is_the_data_is_read_as_it_was(opened: With) -> None:
    store = await opened(NEW)
    made = planted()
    assert made.reception is not None
    await store.accept([replace(made, reception=replace(made.reception, request_id=None, body=None))])
    stored = await store.event("evt_1")
    assert stored is not None and stored.body == made.event.data.encode()


async def test_fields_that_differ_are_told(opened: With) -> None:
    store = await opened(NEW)
    await fill(store)
    [copy] = await store.duplicates(Query(event_id=await _first(store)))
    assert (copy.fields, copy.data) == (("email",), f'{{"email":"other {PLANTED}"}}')


async def test_a_copy_of_an_event_from_before_encryption_is_compared_too(opened: With) -> None:
    await (await opened()).accept([planted()])
    store = await opened(NEW)
    await store.accept([planted(data='{"email":"x","more":1}')])
    assert [copy.fields for copy in await store.duplicates(Query())] == [("email", "more")]


async def test_rows_from_before_encryption_are_read(opened: With) -> None:
    plain = await opened()
    await fill(plain)
    before = await seen(plain)
    assert await seen(await opened(NEW)) == before


async def test_a_store_does_not_open_without_its_key(opened: With) -> None:
    await fill(await opened(OLD))
    for keys in ((), (NEW,)):
        with pytest.raises(StoreRefused, match=f"encrypted with the key {key_id(OLD)}") as refused:
            await opened(*keys)
        assert "store.encrypt" in str(refused.value) and "Nothing is lost" in str(refused.value)
    await opened(NEW, OLD)


async def test_keys_are_rotated(opened: With) -> None:
    store = await opened(OLD)
    await fill(store)
    before = await seen(store)
    rotating = await opened(NEW, OLD)
    changed = {table: new async for table, _, new in rotate(rotating.encryption, Keyring([NEW, OLD])) if new}
    assert changed.keys() == {table.name for table in TABLES}
    assert await seen(await opened(NEW)) == before
    assert PLANTED not in await raw(store)
    again = [new async for _, _, new in rotate(rotating.encryption, Keyring([NEW, OLD])) if new]
    assert again == []


async def test_old_plain_rows_come_under_the_key(opened: With) -> None:
    plain = await opened()
    await fill(plain)
    before = await seen(plain)
    store = await opened(NEW)
    assert PLANTED in await raw(store)
    async for _ in rotate(store.encryption, Keyring([NEW])):
        pass
    assert PLANTED not in await raw(store) and await seen(store) == before


async def test_everything_can_be_decrypted(opened: With) -> None:
    store = await opened(NEW)
    await fill(store)
    before = await seen(store)
    async for _ in rotate(store.encryption, Keyring([NEW]), plain=True):
        pass
    assert await seen(await opened()) == before


async def test_a_delivery_that_cannot_be_opened_goes_back(opened: With) -> None:
    await (await opened(OLD)).accept([planted()])
    engine = await opened(NEW, OLD)
    without = sealed(engine._store, Keyring([NEW]))  # type: ignore[attr-defined]
    assert (await without.claim({"app": 1}, {"app": HOUR}, NOW, "me")).claimed == []
    (back,) = await engine.deliveries(Query(subscription="app"))
    assert (back.state, back.retries, back.leased_until) == ("pending", 0, None)
    assert key_id(OLD) in str(back.last_error)
    (claimed,) = (await engine.claim({"app": 1}, {"app": HOUR}, NOW + HOUR, "me")).claimed
    assert PLANTED in claimed.event.data


async def test_the_lease_of_a_delivery_that_cannot_be_opened_stays(opened: With) -> None:
    engine = await opened(OLD)
    await engine.accept([planted()])
    await engine.claim({"app": 1}, {"app": 1}, NOW, "me")
    without = sealed(engine._store, Keyring([NEW]))  # type: ignore[attr-defined]
    assert await without.expired(NOW + HOUR) == []
    assert len(await engine.expired(NOW + HOUR)) == 1


# Keyring alone


def test_what_was_changed_is_noticed() -> None:
    ring = Keyring([NEW])
    text = ring.seal("secret", "data")
    with pytest.raises(Unreadable, match=f"changed since it was encrypted with the key {key_id(NEW)}"):
        ring.open(text[:-8] + "AAAAAAA=", "data")
    with pytest.raises(Unreadable, match="changed since"):
        ring.open(text, "headers")


def test_the_same_text_is_sealed_differently_each_time() -> None:
    ring = Keyring([NEW])
    assert len({ring.seal("same", "data") for _ in range(100)}) == 100
    assert {ring.open(ring.seal(text, "x"), "x") for text in ("", "a\x00\ud800")} == {"", "a\x00\ud800"}


def test_every_process_has_a_key_of_its_own() -> None:
    one, other = Keyring([NEW]), Keyring([NEW, OLD])
    assert one._salt != other._salt
    assert other.open_bytes(one.seal_bytes(b"\x00\xff", "body"), "body") == b"\x00\xff"
    assert other.is_current(one.seal("x", "data")) and not Keyring([OLD, NEW]).is_current(one.seal("x", "y"))
