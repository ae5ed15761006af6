"""`transform:`: the payload that an expression makes, in every format, and what happens where it can't."""

from __future__ import annotations

import json

import pytest

from gateway.config.subscription import Subscription
from gateway.destinations import open_destination
from gateway.destinations.formats import FORMATS
from gateway.destinations.transform import Untransformable, transform
from gateway.expression import Expression
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import Socket, claimed

DEEP = "[" * 300 + "]" * 300
EVENT = candidate("evt_1", data=f'{{"name":"Ada","n":7,"deep":{DEEP}}}').event

# an expression -> the JSON that it makes
PAYLOADS = [
    ("{'text': 'new: ' + event.data.name, 'n': event.data.n + 1}", {"text": "new: Ada", "n": 8}),
    ("[event.id, event.ts, true, null, 1.5]", ["evt_1", NOW, True, None, 1.5]),
    ("event.data.name", "Ada"),
    ("{1: b'ab', 'd': duration('90s')}", {"1": "YWI=", "d": "90s"}),  # what JSON has no kind for
    ("timestamp('2027-01-15T08:00:00Z')", "2027-01-15T08:00:00+00:00"),
]


@pytest.mark.parametrize(("text", "payload"), PAYLOADS)
def test_the_value_is_the_payload(text: str, payload: object) -> None:
    signed = claimed(event=EVENT, headers='[["stripe-signature","v1=ab"]]')
    made = transform(signed, Expression(text))
    bodies = {name: json.loads(format(made)[0]) for name, format in FORMATS.items()}
    assert bodies["raw"] == bodies["event"]["data"] == bodies["cloudevents"]["data"] == payload
    assert (bodies["event"]["id"], FORMATS["raw"](made)[1]) == ("evt_1", {"content-type": "application/json"})


# an expression without a payload -> what is said
IMPOSSIBLE = [
    ("event.data.nope", "there is no field 'nope'"),
    ("event.data.deep", "can't be written as JSON: Recursion limit"),
]


@pytest.mark.parametrize(("text", "says"), IMPOSSIBLE)
def test_what_has_no_payload_says_why(text: str, says: str) -> None:
    with pytest.raises(Untransformable, match=says):
        transform(claimed(event=EVENT), Expression(text))


@pytest.mark.anyio
async def test_a_subscriber_gets_the_payload_and_nothing_where_there_is_none(subscriber: Socket) -> None:
    assert await delivered(subscriber.url, "{'hello': event.data.name}") is None
    assert await delivered(subscriber.url, "event.data.nope") == "transform: there is no field 'nope'"
    assert [got.partition(b"\r\n\r\n")[2] for got in subscriber.got] == [b'{"hello":"Ada"}']


async def delivered(url: str, text: str) -> str | None:
    """The error of one try with `transform: text`."""
    config = {"events": ["**"], "format": "raw", "transform": text}
    to = {"destination": {"type": "http", "url": url}}
    opened = open_destination(Subscription.model_validate(config | to))
    answer = await opened.deliver(claimed(event=EVENT), NOW / 1000)
    await opened.close()
    return answer.error
