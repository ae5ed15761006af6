"""The page of one event: what was checked, who wanted it and why, each attempt, the payload as a tree."""

from __future__ import annotations

import re
from dataclasses import replace

import orjson
import pytest

from gateway.event import new_id
from gateway.store import Store
from gateway.ui.tree import tree
from gateway.wait import new_wait
from tests.ui.conftest import Dashboard, Open, recent


def test_an_event_shows_all_that_is_known_of_it_and_who_did_not_want_it(dashboard: Dashboard) -> None:
    named = recent("evt_9", to=("app",), name="stripe/invoice.paid", data='{"deep":{"k":"v"}}')
    [one] = dashboard.accept(named)
    dashboard.end("dead", status=503, response="try later")
    page = dashboard.text(f"/events/{one.event_id}")
    for part in ["deep", "&#34;v&#34;", "192.0.2.1", "secret number 1", "503", "try later", "attempt 1"]:
        assert part in page
    row = re.search(r"<tr><td>mail</td>.*?</tr>", page, re.DOTALL)
    assert row and "no pattern matches" in row[0] and "stripe/customer.*" in row[0]


def test_the_raw_body_is_a_file_and_never_a_page(dashboard: Dashboard) -> None:
    [one] = dashboard.accept(recent(data='"<script>"'))
    answer = dashboard.get(f"/events/{one.event_id}/body")
    assert answer.content == b'"<script>"'
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_payload_that_is_nested_too_deep_to_be_written_again_can_be_looked_at(dashboard: Dashboard) -> None:
    [one] = dashboard.accept(recent(data="[" * 900 + "]" * 900))
    assert "<h1" in dashboard.text(f"/events/{one.event_id}")


def test_many_keys_do_not_make_an_endless_tree(dashboard: Dashboard) -> None:
    data = orjson.dumps({str(number): {"inner": number} for number in range(5000)}).decode()
    [one] = dashboard.accept(recent(data=data))
    assert dashboard.text(f"/events/{one.event_id}").count("<details") < 2010


@pytest.mark.parametrize(
    ("document", "kind", "text"),
    [
        ('{"a": [1]}', "object", "1 key"),
        ("[1, 2]", "list", "2 items"),
        ('"x"', "string", '"x"'),
        ("true", "word", "true"),
        ("1e3", "number", "1000.0"),
        ("{}", "word", "{}"),  # nothing in it to open
    ],
)
def test_a_document_is_a_tree(document: str, kind: str, text: str) -> None:
    root = tree(document)
    assert root is not None and (root.kind, root.text) == (kind, text)


def test_what_is_no_json_has_no_tree() -> None:
    assert tree("a=1&b=2") is None


def test_an_event_shows_what_a_filter_saw(dashboard_of: Open) -> None:
    picky = dashboard_of(more='\n    if: "event.data.amount > 100"')
    [one] = picky.accept(recent(name="stripe/charge.paid", data='{"amount":5}'))
    page = picky.text(f"/events/{one.event_id}")
    assert "its filter says no" in page and "event.data.amount &gt; 100" in page
    assert "&#34;event.data.amount&#34;:5" in page
    assert "No subscription wants" in picky.post(f"/events/{one.event_id}/replay").text


def test_an_event_page_tells_what_its_delivery_waits_for_and_what_came(dashboard: Dashboard) -> None:
    made = recent("evt_1", to=("app",))
    wait = new_wait(made.event, "", ("shop/paid",), None, 3_600_000)
    [outcome] = dashboard.accept(replace(made, waits={"app": (wait,)}))
    page = f"/events/{outcome.event_id}"
    assert "waits for shop/paid" in dashboard.text(page) and "waits for shop/paid" in dashboard.text(
        "/deliveries"
    )
    [came] = dashboard.accept(recent("evt_2", name="shop/paid"))

    async def follow(store: Store) -> None:
        look = await store.waits.look()
        assert look is not None
        await store.waits.resolve(look, [wait.seq for wait, _ in look.waits], wait.timeout or 0)

    dashboard.do(follow)
    assert f'href="/ui/events/{came.event_id}"' in dashboard.text(page)


def test_an_event_tells_each_step_of_its_verification(dashboard: Dashboard) -> None:
    page = dashboard.post("/sources/stripe/sample", type="invoice.paid").text
    steps = [
        r"received, [\d,]+ bytes, from 127.0.0.1", "signature right, by secret number 1 of 1",
        "items v1= of the header Stripe-Signature over {timestamp}.{body}",
        "signed time within 5m of the reception", "read as stripe/invoice.paid",
        "dedupe key free: stripe sent none like it within 3d; stored",
    ]  # fmt: skip
    at = [match.start() if (match := re.search(step, page)) else None for step in steps]
    assert None not in at and at == sorted(at, key=lambda each: each or 0)
    assert re.search(r"What the signature covers</summary><pre[^>]*>\d{10}\.\{", page)


def test_what_was_not_verified_by_a_signature_says_by_what(dashboard: Dashboard) -> None:
    candidate = recent()
    assert candidate.reception is not None
    read = replace(candidate, reception=replace(candidate.reception, secret=None))
    [one] = dashboard.accept(read)
    page = dashboard.text(f"/events/{one.event_id}")
    assert "by a backfill" in page and "What the signature covers" not in page
    by_us = replace(
        read.event, event_id=new_id(read.event.received_at), source="api", attributes={"function": "welcome"}
    )
    [two] = dashboard.accept(replace(read, event=by_us, key="another"))
    page = dashboard.text(f"/events/{two.event_id}")
    assert "sent by the function welcome" in page and "event key" not in page


def test_an_event_that_broke_a_schema_says_so(dashboard_of: Open) -> None:
    schema = "schemas: {stripe/*: {schema: {required: [nope]}, mode: refuse}}\n"
    page = dashboard_of(tokens=schema).post("/sources/stripe/sample", type="invoice.paid").text
    assert "its data breaks the schema of" in page and "nope" in page


def test_an_attempt_that_was_answered_with_an_error_is_marked_as_bad(dashboard: Dashboard) -> None:
    [one] = dashboard.accept(recent(to=("app",)))
    dashboard.end("dead", status=500)
    page = dashboard.text(f"/events/{one.event_id}")
    assert re.search(r'<li class="bad"><span class="dot"></span>attempt 1', page)
