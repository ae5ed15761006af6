"""From a request to the answer and what is stored, on a real store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from gateway.event import made_at
from gateway.store import StoreUnavailable
from gateway.store.records import Query
from tests.api.conftest import CRM, DAY, HOUR, NOW, SHOP, Api

pytestmark = pytest.mark.anyio

PAID = {"name": "order/invoice.paid"}
SEED = "1743130137367,eii2YKXRVTJPuA=="


async def test_one_event_is_stored_and_its_id_answered(api: Api) -> None:
    answer = await api.send({**PAID, "data": {"a": 1}, "ts": NOW - HOUR, "v": "2", "id": "inv-1"})
    [stored] = await api.events()
    assert (answer.status_code, answer.json()) == (200, {"ids": [stored.event.event_id], "status": 200})
    event = stored.event
    assert (event.id, event.name, event.source, event.data) == ("inv-1", PAID["name"], "api", '{"a":1}')
    assert (event.ts, event.v, event.received_at) == (NOW - HOUR, "2", NOW)


async def test_a_list_is_answered_in_its_order(api: Api) -> None:
    answer = await api.send([{**PAID, "id": str(number)} for number in range(5)])
    stored = await api.events()
    assert answer.json()["ids"] == [each.event.event_id for each in stored]
    assert [each.event.id for each in stored] == ["0", "1", "2", "3", "4"]


async def test_a_delivery_is_made_and_its_worker_woken(api: Api) -> None:
    await api.send(PAID)
    [delivery] = await api.store.deliveries(Query())
    assert (delivery.subscription, delivery.due_at, api.woken) == ("app", NOW, ["app"])


async def test_a_ts_in_the_future_delays_the_delivery(api: Api) -> None:
    await api.send({**PAID, "ts": NOW + DAY})
    [delivery] = await api.store.deliveries(Query())
    assert delivery.due_at == NOW + DAY


async def test_what_is_left_out_has_a_default(api: Api) -> None:
    await api.send(
        {**PAID, "id": "", "data": None, "ts": 0, "v": None}
    )  # "" and 0 are the packages' for none
    [stored] = await api.events()
    event = stored.event
    assert (event.data, event.ts, event.v, made_at(event.id)) == ("{}", NOW, None, NOW)


async def test_numbers_are_kept_to_the_letter(api: Api) -> None:
    data = '{"wei": 123456789012345678901234567890, "price": 1.10}'
    await api.send(f'[{{"name": "order/invoice.paid", "data": {data}}}]'.encode())
    assert (await api.events())[0].event.data == data


async def test_user_and_meta_are_kept_and_delivered(api: Api) -> None:
    beside = {"user": {"external_id": "7"}, "meta": {"sessions": {"a": "b"}}}
    await api.send({**PAID, **beside})
    wire = orjson.loads(orjson.dumps((await api.events())[0].event.wire()))
    assert {name: wire[name] for name in beside} == beside


async def test_the_name_of_the_key_is_kept_and_the_key_is_not(api: Api) -> None:
    await api.send(PAID, CRM, authorization="Bearer hush")
    [stored] = await api.events()
    assert stored.reception is not None
    assert (stored.event.attributes["event_key"], stored.reception.secret) == ("crm", 1)
    assert CRM not in str(stored) and "hush" not in str(stored)


# what is sent as a key
WRONG_KEYS = ["", "shop", SHOP[:-1], f"{SHOP}x", f"{SHOP}/", SHOP.upper(), "%C3%A9"]


@pytest.mark.parametrize("key", WRONG_KEYS)
async def test_a_wrong_key_is_answered_as_inngest_does(api: Api, key: str) -> None:
    answer = await api.send(PAID, key)
    assert answer.status_code == 401
    assert answer.json().items() >= {"status": 401, "message": "", "error": "Event key not found"}.items()
    assert await api.events() == []


async def test_a_refused_request_is_recorded_without_its_key(api: Api) -> None:
    await api.send(PAID, "guessed-key")
    await api.send({"name": "inngest/function.failed"})
    await api.app.close()
    rejections = await api.store.rejections(Query(source="api"))
    assert [each.reason for each in rejections] == ["malformed_event", "unknown_event_key"]
    assert "guessed-key" not in str(rejections)


async def test_of_a_list_with_a_bad_event_nothing_is_stored(api: Api) -> None:
    answer = await api.send([PAID, {"data": []}, PAID, 7])
    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"index": 1, "field": "name", "reason": "is missing; write for example order/invoice.paid"},
        {"index": 1, "field": "data", "reason": "must be an object, not an array"},
        {"index": 3, "field": "", "reason": "must be an object, not 7"},
    ]
    assert "event 1: name is missing" in answer.json()["error"]
    assert await api.events() == []


# what is sent -> part of the error
NO_EVENTS = [
    (b"", "event object or an array of event objects"),  # nothing
    (b"name=order", "event object or an array of event objects"),  # a form
    (b'"order/invoice.paid"', "event object or an array of event objects"),  # JSON, but no event
    (b'{"name":"a/b"}\n{"name":"a/b"}', "not valid JSON"),  # a stream of events
    (b'{"name":"a/b"} x', "not valid JSON"),  # something behind it
    (b'[{"name":"a/b"}', "not valid JSON"),  # cut off
    (b'{"name":"a/b\xff"}', "not valid JSON"),  # no UTF-8
    (b'{"name":"a/b","data":{"n":NaN}}', "not valid JSON"),  # no number of JSON's
    (b'{"name":"a/b","data":{"a":' + b"[" * 1030 + b"]" * 1030 + b"}}", "not valid JSON"),  # too deep
]


@pytest.mark.parametrize(("body", "says"), NO_EVENTS)
async def test_what_is_no_event_is_refused_with_the_reason(api: Api, body: bytes, says: str) -> None:
    api.running.settings.server.__dict__["max_send_body"] = 10_000
    answer = await api.send(body)
    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert says in answer.json()["error"]


async def test_data_nested_deeply_is_stored_or_refused(api: Api) -> None:
    api.running.settings.server.__dict__["max_send_body"] = 20_000
    for depth in range(600, 1020, 20):
        for innermost in (b"1", b"2"):
            data = b'{"a":' * depth + innermost + b"}" * depth
            answer = await api.send(b'{"name":"a/b","id":"%d","data":%b}' % (depth, data))
            assert answer.status_code in (200, 400), (depth, answer.text)


async def test_the_content_type_does_not_matter(api: Api) -> None:
    answer = await api.send(PAID, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


async def test_an_empty_list_is_no_error(api: Api) -> None:
    assert (await api.send([])).json() == {"ids": [], "status": 200}


async def test_a_request_has_5000_events_at_most(api: Api) -> None:
    api.running.settings.server.__dict__["max_send_body"] = 1_000_000
    assert len((await api.send([PAID] * 5000)).json()["ids"]) == 5000
    refused = await api.send([PAID] * 5001)
    assert refused.status_code == 400
    assert "at most 5000 events, not 5001" in refused.json()["error"]
    assert len(await api.events(limit=9999)) == 5000


async def test_a_body_past_the_limit_is_refused(api: Api) -> None:
    refused = await api.send({**PAID, "data": {"a": "x" * 4096}})
    assert (refused.status_code, refused.json()["status"]) == (413, 413)
    assert "4096 bytes" in refused.json()["error"]


async def test_a_get_is_told_to_post(api: Api) -> None:
    answer = await api.client.get(f"/e/{SHOP}")
    assert (answer.status_code, answer.json()["status"], answer.headers["allow"]) == (405, 405, "POST")


async def test_a_browser_may_send(api: Api) -> None:
    asked = await api.client.options(f"/e/{SHOP}")
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert {
        asked.headers[name] for name in ("access-control-allow-origin", "access-control-allow-headers")
    } == {"*"}
    assert (await api.send(PAID)).headers["access-control-allow-origin"] == "*"


async def test_the_same_id_is_a_duplicate_for_24_hours(api: Api) -> None:
    first = (await api.send({**PAID, "id": "inv-1"})).json()
    api.now += DAY - 1
    again = await api.send({**PAID, "id": "inv-1"}, CRM)  # whichever key it is sent with
    assert (again.status_code, again.json()) == (200, first)
    assert len(await api.store.duplicates(Query())) == 1
    api.now += 1  # counted from the first
    assert (await api.send({**PAID, "id": "inv-1"})).json() != first


async def test_a_duplicate_in_the_same_list_is_one_event(api: Api) -> None:
    ids = (await api.send([{**PAID, "id": "inv-1"}, {**PAID, "id": "inv-1"}])).json()["ids"]
    assert ids[0] == ids[1]
    assert len(await api.events()) == 1


async def test_a_duplicate_with_other_data_is_told(api: Api) -> None:
    for amount in (1, 2):
        await api.send({**PAID, "id": "inv-1", "data": {"amount": amount}})
    [told] = await api.events(source="gateway")
    assert told.event.name == "gateway/duplicate.differs"
    assert orjson.loads(told.event.data)["fields"] == ["amount"]
    assert api.woken == ["app", "told"]


async def test_a_retry_with_the_same_seed_is_no_second_event(api: Api) -> None:
    body = [PAID, {**PAID, "data": {"a": 1}}]
    first = await api.send(body, x_inngest_event_id_seed=SEED)
    again = await api.send(body, x_inngest_event_id_seed=SEED)
    assert first.json() == again.json()
    assert len({*first.json()["ids"]}) == len(await api.events()) == 2


async def test_without_a_sound_seed_each_send_is_an_event(api: Api) -> None:
    for seed in ("x,y", "x,y", "", "1743130137367,AAAA"):
        await api.send(PAID, x_inngest_event_id_seed=seed)
    assert len(await api.events()) == 4


async def test_a_seed_that_is_used_again_loses_no_event_with_an_id(api: Api) -> None:
    for id in ("inv-1", "inv-2"):
        await api.send({**PAID, "id": id}, x_inngest_event_id_seed=SEED)
    assert [each.event.id for each in await api.events()] == ["inv-1", "inv-2"]


async def test_past_max_in_flight_the_sender_is_asked_to_come_back(api: Api) -> None:
    release = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield orjson.dumps(PAID)
        await release.wait()

    api.running.settings.server.__dict__["body_timeout"] = 5.0
    under_way = [asyncio.create_task(api.client.post(f"/e/{SHOP}", content=slow())) for _ in range(2)]
    while api.app._in_flight < 2:
        await asyncio.sleep(0)
    refused = await api.send(PAID)
    assert (refused.status_code, refused.json()["status"]) == (503, 503)
    assert int(refused.headers["retry-after"]) > 0
    release.set()
    assert [(await each).status_code for each in under_way] == [200, 200]
    assert (await api.send(PAID)).status_code == 200


async def test_a_store_that_cannot_is_no_success(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Any) -> asyncio.Future[Any]:
        failed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        failed.set_exception(StoreUnavailable("the disk is full"))
        return failed

    monkeypatch.setattr(api.store, "accept", full)
    answer = await api.send(PAID)
    assert (answer.status_code, answer.json()["status"], answer.headers["retry-after"]) == (503, 503, "2")


async def test_a_name_off_the_convention_is_warned_of_once(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "gateway.api"):
        for _ in range(3):
            await api.send([{"name": "order/create"}, PAID])
    [record] = caplog.records
    assert "order/create has no noun and verb" in record.getMessage()
