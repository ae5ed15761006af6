"""The body of a delivery in each format."""

from __future__ import annotations

import json
from datetime import datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.destinations.formats import cloudevents, event, raw
from gateway.event import EARLIEST_TS, LATEST_TS, Event
from tests.contract.conftest import NOW, candidate
from tests.destinations.conftest import claimed

DATA = '{"n": 1.10,  "big": 12345678901234567890123, "s": "\\u00e9"}'


def test_an_event_holds_the_providers_payload_byte_for_byte() -> None:
    body, headers = event(claimed(event=candidate("evt_1", data=DATA).event))
    assert headers == {"content-type": "application/json"}
    assert f'"data":{DATA}'.encode() in body
    assert body.startswith(b'{"id":"evt_1","name":"stripe/customer.created","data":')
    assert body.endswith(f',"ts":{NOW},"v":"v1"}}'.encode())


def test_an_event_without_a_version_says_null() -> None:
    one = candidate().event
    without = Event(one.event_id, one.id, one.name, one.source, "{}", NOW, None, NOW)
    assert json.loads(event(claimed(event=without))[0])["v"] is None
    assert "dataversion" not in json.loads(cloudevents(claimed(event=without))[0])


def test_a_cloudevent_has_what_the_specification_requires() -> None:
    happened = candidate("evt_1", data=DATA).event
    body, headers = cloudevents(claimed(event=happened))
    assert headers == {"content-type": "application/cloudevents+json"}
    envelope = json.loads(body)
    assert {
        "specversion": "1.0",
        "id": happened.event_id,
        "source": "/webhooks/stripe",
    }.items() <= envelope.items()
    assert (envelope["type"], envelope["datacontenttype"]) == ("stripe/customer.created", "application/json")
    assert (envelope["providerid"], envelope["dataversion"]) == ("evt_1", "v1")
    assert envelope["time"] == "2027-01-15T08:00:00Z"
    assert f'"data":{DATA}'.encode() in body


def test_the_names_of_a_cloudevents_attributes_are_lower_case_letters_and_digits() -> None:
    envelope = json.loads(cloudevents(claimed())[0])
    assert all(name.isascii() and name.isalnum() and name.islower() for name in envelope)


@given(st.integers(EARLIEST_TS, LATEST_TS))
def test_the_time_of_a_cloudevent_is_rfc_3339(ts: int) -> None:
    text = json.loads(cloudevents(claimed(event=candidate(ts=ts).event))[0])["time"]
    assert text.endswith("Z")
    assert round(datetime.fromisoformat(text).timestamp() * 1000) == ts


@given(
    st.binary(), st.dictionaries(st.from_regex("[a-z-]{1,9}", fullmatch=True), st.text("aé ÿ~", max_size=5))
)
def test_raw_passes_body_and_headers_unchanged(body: bytes, headers: dict[str, str]) -> None:
    kept = orjson.dumps(list(headers.items())).decode()
    came, sent = raw(claimed(body, kept))
    assert came == body
    assert sent == {"content-type": "application/json"} | headers


def test_raw_keeps_the_providers_content_type() -> None:
    form = claimed(b"a=b", '[["content-type","application/x-www-form-urlencoded"]]')
    assert raw(form)[1]["content-type"] == "application/x-www-form-urlencoded"
