"""Every page: there, with what it is for, the same with nothing and with hostile data in the store."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import orjson
import pytest

import adapters
from gateway.app import Role
from gateway.store.records import Query
from gateway.ui.charts import HEIGHT, bars
from gateway.ui.steps import steps
from tests.ui.conftest import Dashboard, Open, filled, now, recent, refused

PAGES = ["", "/events", "/duplicates", "/rejections", "/deliveries", "/subscriptions", "/sources",
         "/sources/stripe", "/adapters"]  # fmt: skip
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_gateway_has_every_page(dashboard: Dashboard, path: str) -> None:
    assert "<h1" in dashboard.text(path)


@pytest.mark.parametrize(
    "path", [*PAGES, "/events?live=1", "/events?name=stripe/*&since=1h", "/deliveries?state=dead"]
)
def test_every_page_shows_what_there_is(dashboard: Dashboard, path: str) -> None:
    filled(dashboard)
    assert "<h1" in dashboard.text(path)


def test_who_is_failing_needs_attention_first(dashboard: Dashboard) -> None:
    dashboard.do(lambda store: store.health.tell_failing("app", "5 of 5 attempts failed", 1, []))
    dashboard.do(lambda store: store.health.open("mail", "circuit breaker: 9 of 9", 1, 2, []))
    page = dashboard.text("")
    assert "app is failing: 5 of 5 attempts failed" in page
    assert "mail is paused: circuit breaker: 9 of 9, 0 deliveries wait" in page
    assert "One delivery is tried from" in dashboard.text("/subscriptions")


@pytest.mark.parametrize(
    ("path", "next_step"),
    [
        ("", "gateway trigger stripe"),
        ("/events", "/ui/sources"),
        ("/duplicates", "--copies 2"),
        ("/rejections", "--secret wrong"),
        ("/deliveries", "/ui/subscriptions"),
    ],
)
def test_an_empty_page_teaches_the_next_step(dashboard: Dashboard, path: str, next_step: str) -> None:
    assert next_step in dashboard.text(path)


@pytest.mark.parametrize(
    "path", ["/nope", "/events/none", "/events/none/body", "/duplicates/none", "/sources/none", "/a/b/c"]
)
def test_what_is_not_there_is_a_404_that_names_it(dashboard: Dashboard, path: str) -> None:
    answer = dashboard.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "query", ["/events?since=yesterday", "/events?before=x", "/deliveries?state=lost", "/duplicates?since=1w"]
)
def test_a_wrong_filter_is_a_400_that_says_what_would_be_right(dashboard: Dashboard, query: str) -> None:
    answer = dashboard.get(query)
    assert answer.status_code == 400 and "such as" in answer.text or "must be" in answer.text


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", {"evt_1", "evt_2", "push_1"}),
        ("?source=billing", {"push_1"}),
        ("?name=stripe/customer.*", {"evt_1", "evt_2"}),
        ("?name=github/*&source=stripe", set()),
        ("?since=1h", {"evt_1", "evt_2", "push_1"}),
        ("?until=1h", set()),
        ("?since=2001-01-01&until=2001-01-02", set()),
    ],
)
def test_events_are_found_by_source_name_and_time(dashboard: Dashboard, query: str, ids: set[str]) -> None:
    filled(dashboard)
    assert set(re.findall(r"<code>(\w+_\d)</code>", dashboard.text(f"/events{query}"))) == ids


def test_an_id_leads_to_its_event(dashboard: Dashboard) -> None:
    event_id = filled(dashboard)
    answer = dashboard.get("/events?id=evt_1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/ui/events/{event_id}")
    assert "There is no event evt_7" in dashboard.text("/events?id=evt_7")


def test_older_events_are_on_the_next_page(dashboard: Dashboard) -> None:
    dashboard.accept(*(recent(f"evt_{number}") for number in range(60)))
    first = dashboard.text("/events?source=stripe")
    older = re.search(r'href="/ui(/events\?[^"]*before=\d+)"', first)
    assert older and "source=stripe" in older[1]
    second = dashboard.text(older[1].replace("&amp;", "&"))
    both = [*re.findall(r"<code>(evt_\d+)</code>", first), *re.findall(r"<code>(evt_\d+)</code>", second)]
    assert both == [f"evt_{number}" for number in reversed(range(60))]


def test_duplicates_are_grouped_by_the_first_event_with_what_differs(dashboard: Dashboard) -> None:
    event_id = filled(dashboard)
    page = dashboard.text("/duplicates")
    assert f"/ui/duplicates/{event_id}" in page and "changed" in page and "window 3d" in page
    copies = dashboard.text(f"/duplicates/{event_id}")
    row = re.search(r"<td><code>a</code></td>.*?<code>(.*?)</code>.*?<code>(.*?)</code>", copies)
    assert row and row.groups() == ("1", "2")
    assert "same event id" in copies


def test_a_rejection_says_what_its_proof_should_be(dashboard: Dashboard) -> None:
    headers = '[["Stripe-Signature", "t=1795578190,v1=00"]]'.lower()
    dashboard.refuse(refused(detail="no secret matches", headers=headers))
    dashboard.refuse(refused(detail="no signature at all"))
    page = dashboard.text("/rejections")
    assert re.findall("It should have covered</dt><dd><code[^>]*>([^<]*)", page) == ["1795578190.{body}"]
    assert "bad_signature" in page and "Stripe-Signature" in page and "no secret matches" in page
    assert "whsec_test_secret" not in page


@pytest.mark.parametrize("path", [*PAGES, "/sources/billing"])
def test_no_page_shows_a_secret(dashboard: Dashboard, path: str) -> None:
    assert not re.search("whsec_test_secret|a-long-github-secret", dashboard.text(path))


def test_the_overview_says_first_what_needs_attention(dashboard: Dashboard) -> None:
    filled(dashboard)
    dashboard.do(lambda store: store.pause("mail", "410", 1))
    page = dashboard.text("")
    for concern in ["mail is paused", "3 deliveries died", "stripe refused requests", "another body"]:
        assert concern in page
    assert "<rect" in page and 'aria-label="Dead letters: 3 in all' in page


def test_hostile_data_stays_text_everywhere(dashboard: Dashboard) -> None:
    data = orjson.dumps({HOSTILE: [HOSTILE, {"x": HOSTILE}]}).decode()
    name = f"stripe/{HOSTILE}"
    [one, _] = dashboard.accept(
        recent(HOSTILE, name=name, data=data, to=("app",)), recent(HOSTILE, name=name, data=HOSTILE)
    )
    dashboard.end("dead", error=HOSTILE, response=HOSTILE)
    headers = orjson.dumps([[HOSTILE, HOSTILE]]).decode()
    texts = dict.fromkeys(["detail", "url", "reason", "remote_addr", "method"], HOSTILE)
    dashboard.refuse(refused(headers=headers, **texts))
    paths = [*PAGES, f"/events/{one.event_id}", f"/duplicates/{one.event_id}", f"/events?id=no{HOSTILE}",
             f"/events?name={HOSTILE}&source={HOSTILE}", f"/adapters?q={HOSTILE}"]  # fmt: skip
    for path in paths:
        page = dashboard.text(path)
        assert "<script>alert" not in page and "<img src=x" not in page, path
    assert "&lt;script&gt;" in dashboard.text(f"/events/{one.event_id}")


def test_a_sample_goes_through_the_same_door_as_a_webhook(dashboard: Dashboard) -> None:
    page = dashboard.post("/sources/stripe/sample", type="invoice.paid")
    assert page.status_code == 200 and "Received a signed sample from stripe" in page.text
    [stored] = dashboard.do(lambda store: store.events(Query()))
    assert stored.event.name == "stripe/invoice.paid" and stored.reception and stored.reception.secret == 0


def test_a_node_that_receives_nothing_says_so(dashboard_of: Open) -> None:
    worker = dashboard_of(role=Role(ingests=False, delivers=False))
    assert "receives no webhooks" in worker.text("/sources/stripe")
    assert worker.post("/sources/stripe/sample").status_code == 400


def test_the_set_up_steps_of_the_provider_are_on_the_page_of_its_source(dashboard: Dashboard) -> None:
    page = dashboard.text("/sources/stripe")
    assert "<strong>Workbench</strong>" in page and "http://127.0.0.1:8080/webhooks/stripe" in page


def test_every_page_is_the_same_over_postgresql(dashboard_of: Open, database: str) -> None:
    shared = dashboard_of(store=database)
    event_id = filled(shared)
    for path in [*PAGES, f"/events/{event_id}", f"/duplicates/{event_id}", "/events?name=stripe/*&since=1h"]:
        assert "<h1" in shared.text(path)
    assert "3 deliveries died" in shared.text("") and "evt_2" in shared.text("/events?source=stripe")
    shared.post("/deliveries/confirm", action="replay", scope="all", state="dead")
    assert shared.post(f"/events/{event_id}/replay", subscription="app").status_code == 200


def test_html_on_the_page_of_a_provider_stays_text(tmp_path: Path) -> None:
    page = "# X\n\n## Set-up\n\n<script>alert(1)</script> [a](../b.md) [c](javascript:x)\n\n## Events\n\nno\n"
    (tmp_path / "x.md").write_text(page)
    made = steps("x", tmp_path)
    assert made is not None and "&lt;script&gt;" in made and " a c" in made and "no" not in made
    assert "<script" not in made and "javascript" not in made
    assert steps("y", tmp_path) is None


def test_the_set_up_steps_end_before_what_is_made_for_the_page() -> None:
    every = {name: steps(name) or "" for name in adapters.names()}
    assert [name for name, made in every.items() if not made or "&lt;!--" in made] == []


def test_something_is_never_as_low_as_nothing_in_a_chart() -> None:
    few, none, many = bars([1, 0, 100_000], 0, 60_000)
    assert few.height >= 2 and none.height == 0 and many.height == HEIGHT
    assert many.start == 120_000 and bars([], 0, 1) == []


def test_events_are_searched_by_a_field_of_their_payload(dashboard: Dashboard) -> None:
    dashboard.accept(recent("evt_a", data='{"x":{"y":"z"}}'), recent("evt_b"))
    found = dashboard.text("/events?payload=x.y%3Dz")
    assert "evt_a" in found and "evt_b" not in found and 'value="x.y=z"' in found
    assert dashboard.get("/events?payload=x").status_code == 400


def test_a_subscription_shows_how_long_it_takes(dashboard: Dashboard) -> None:
    dashboard.accept(recent(to=("app",)))
    dashboard.end("succeeded", status=200)
    shown = dashboard.text("/subscriptions")
    assert "p50 12ms, p95 12ms, p99 12ms of 1 attempt" in shown and "from reception to success" in shown


def test_a_source_that_is_silent_needs_attention_and_says_since_when(dashboard_of: Open) -> None:
    watched = dashboard_of(expect=", expect: every 1h")
    assert "after 1h without a webhook" in watched.text("/sources")
    with sqlite3.connect(watched.target) as db:  # as if it had been looked at for two hours
        row = {"since": now() - 7_200_000, "now": now()}
        db.execute("REPLACE INTO source_watch VALUES ('billing', NULL, :since, :now, :now)", row)
    assert "billing is silent: nothing for 2h, expected every 1h" in watched.text("")
    for path in ["/sources", "/sources/billing"]:
        page = watched.text(path)
        assert re.search(r"silent</span> since <time[^>]*>20[^<]*UTC</time>, expected every 1h", page)
    assert "expect: every 1h" in watched.text("/sources/stripe")


def test_a_subscription_shows_its_rate_and_the_state_of_its_breaker(dashboard_of: Open) -> None:
    broken = dashboard_of(more="\n    breaker: {of: 5}")
    broken.accept(recent("evt_1", to=("app",)), recent("evt_2", to=("app",)))
    broken.end("succeeded", status=200)
    page = broken.text("/subscriptions")
    assert "0.03 a minute over the last hour: 2 deliveries, 2 succeeded" in page
    assert "closed</span> opens when 50% of at least 5" in page and "none: failures alone" in page
    broken.do(lambda store: store.health.open("app", "circuit breaker: 5 of 5", now(), now() + 1, []))
    assert "open</span> opens when 50% of at least 5" in broken.text("/subscriptions")
