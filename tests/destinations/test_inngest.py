"""Inngest's event API, against a server that follows its rules."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import Open, Socket, claimed
from tests.destinations.event_api import KEY, EventApi
from tests.destinations.serving import serving

pytestmark = pytest.mark.anyio

AT = NOW / 1000


@pytest.fixture
async def api(anyio_backend: str) -> AsyncIterator[EventApi]:
    """An event API."""
    api = EventApi()
    async with serving(api.app) as api.url:
        yield api


def inngest(url: str, **more: object) -> dict[str, object]:
    return {"type": "inngest", "base_url": url, "event_key": KEY, "timeout": "5s", **more}


async def test_an_event_arrives_with_the_gateways_id(api: EventApi, opened: Open) -> None:
    happened = candidate("evt_1", data='{"a": 1.10}').event
    answer = await opened(inngest(api.url)).deliver(claimed(event=happened), AT)
    (came,) = api.events
    assert came == {
        "id": happened.event_id,
        "name": "stripe/customer.created",
        "data": {"a": 1.10},
        "ts": NOW,
        "v": "v1",
    }
    assert answer.error is None
    assert json.loads(answer.response) == {"id": api.ids[0]}


async def test_a_repetition_has_the_same_id_here_and_there(api: EventApi, opened: Open) -> None:
    happened = candidate().event
    destination = opened(inngest(api.url))
    for attempt in (1, 2):
        assert (await destination.deliver(claimed(event=happened, attempts=attempt), AT)).error is None
    assert {event["id"] for event in api.events} == {happened.event_id}
    assert len(set(api.ids)) == 1


async def test_a_wrong_key_is_told_and_not_shown(api: EventApi, opened: Open) -> None:
    answer = await opened(inngest(api.url, event_key="another-key-of-some-length")).deliver(claimed(), AT)
    assert answer.error == (
        "Inngest answered 401: Event key not found; is event_key right, and one of this environment?"
    )
    assert "another-key" not in answer.error + answer.response


async def test_what_the_api_refuses_is_told_in_its_words(api: EventApi, opened: Open) -> None:
    reserved = claimed(event=candidate(name="inngest/function.failed").event)
    answer = await opened(inngest(api.url)).deliver(reserved, AT)
    assert answer.error and "event name is reserved for internal use" in answer.error


async def test_data_that_is_no_object_is_not_sent(api: EventApi, opened: Open) -> None:
    answer = await opened(inngest(api.url)).deliver(claimed(event=candidate(data="[1]").event), AT)
    assert answer.error and "no JSON object" in answer.error
    assert api.events == []


async def test_a_key_that_was_left_out_is_an_answer(api: EventApi, opened: Open) -> None:
    answer = await opened(inngest(api.url, event_key=None)).deliver(claimed(), AT)
    assert answer.error == "no event_key is set; set one"


def http(status: str, body: str, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{more}content-length: {len(body)}\r\n\r\n{body}".encode()


# an answer -> what the error says
ANSWERS = [
    (http("200 OK", '{"ids":[""],"status":200}'), "does base_url lead to an event API"),  # took nothing
    (http("200 OK", '{"ids":["a"],"status":400,"error":"no"}'), "answered 200: no"),  # no in the body
    (http("200 OK", "<html>"), "does base_url lead to an event API"),  # somebody else
    (http("404 Not Found", f"no /e/{KEY}"), "no /e/****; is base_url right"),  # repeats the path
    (http("503 Busy", "", "retry-after: 7\r\n"), "answered 503"),
    (http("307 Moved", "", "location: /x\r\n"), "answered 307"),  # not followed: the key is in the path
]


@pytest.mark.parametrize(("raw", "says"), ANSWERS)
async def test_an_answer_that_is_no_yes(subscriber: Socket, opened: Open, raw: bytes, says: str) -> None:
    subscriber.answer = raw
    base = subscriber.url.partition("/hooks")[0]
    answer = await opened(inngest(base)).deliver(claimed(), AT)
    assert answer.error and says in answer.error
    assert KEY not in answer.error + answer.response
    assert answer.retry_after == ("7" if b"retry-after" in raw else None)
    assert len(subscriber.got) == 1
