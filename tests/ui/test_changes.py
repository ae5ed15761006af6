"""What the dashboard changes: replays, cancellations, pauses. Each after a look, none without its token."""

from __future__ import annotations

import logging
import re

import pytest

from gateway.store.audit import Which
from gateway.store.records import Query
from tests.ui.conftest import Dashboard, filled, recent


def ids(dashboard: Dashboard) -> list[str]:
    return [one.delivery_id for one in dashboard.do(lambda store: store.deliveries(Query()))]


def test_an_event_is_replayed_to_all_that_want_it(dashboard: Dashboard) -> None:
    [one] = dashboard.accept(recent())
    page = dashboard.post(f"/events/{one.event_id}/replay")
    assert "to app, mail" in page.text
    assert dashboard.states() == ["pending", "pending"]


def test_an_event_is_replayed_to_one(dashboard: Dashboard) -> None:
    [one] = dashboard.accept(recent("push_1", source="billing", name="github/push"))
    assert dashboard.post(f"/events/{one.event_id}/replay").status_code == 400
    dashboard.post(f"/events/{one.event_id}/replay", subscription="mail")
    assert dashboard.states() == ["pending"]
    assert dashboard.post(f"/events/{one.event_id}/replay", subscription="gone").status_code == 400


def test_ticked_deliveries_are_replayed_after_a_look_at_them(dashboard: Dashboard) -> None:
    filled(dashboard)
    chosen = ids(dashboard)[:2]
    page = dashboard.post("/deliveries/confirm", action="replay", delivery=chosen)
    assert "Replay 2 deliveries?" in page.text and len(dashboard.states()) == 3
    page = dashboard.post("/deliveries/do", action="replay", delivery=chosen, state="dead")
    assert "Replayed 2 deliveries" in page.text and page.url.params["state"] == "dead"
    assert dashboard.states() == ["pending", "pending", "dead", "dead", "dead"]


def test_all_dead_deliveries_are_offered_once(dashboard: Dashboard) -> None:
    filled(dashboard)
    page = dashboard.post("/deliveries/confirm", action="replay", scope="all", state="dead")
    assert "Replay 3 deliveries?" in page.text
    dashboard.post("/deliveries/do", action="replay", delivery=ids(dashboard))
    page = dashboard.post("/deliveries/confirm", action="replay", scope="all", state="dead")
    assert "Replay 0 deliveries?" in page.text


def test_pending_deliveries_are_cancelled_and_others_left_out(dashboard: Dashboard) -> None:
    filled(dashboard)
    dashboard.accept(recent("evt_5", to=("app",)))
    page = dashboard.post("/deliveries/confirm", action="cancel", delivery=ids(dashboard))
    assert "Cancel 1 delivery?" in page.text and "3 of them are left out" in page.text
    dashboard.post("/deliveries/do", action="cancel", delivery=ids(dashboard))
    assert dashboard.states() == ["cancelled", "dead", "dead", "dead"]
    assert dashboard.do(lambda store: store.events(Query(name="gateway/delivery.cancelled")))


def test_many_are_replayed_a_batch_at_a_time_and_each_page_says_how_far_it_came(dashboard: Dashboard) -> None:
    dashboard.accept(*(recent(f"evt_{number}", to=("app",)) for number in range(250)))
    for _ in range(3):  # a hundred at a time
        dashboard.end("dead", status=500)
    page = dashboard.post("/deliveries/confirm", action="replay", scope="all", state="dead", since="1h")
    assert "Replay 250 deliveries?" in page.text
    said = []
    while "Replay 250 deliveries" in page.text:
        page = dashboard.send(page)
        said += re.findall(r'role="status">([^<]*)<', page.text)
    told = ["100 replayed, 150 deliveries left.", "200 replayed, 50 deliveries left."]
    assert said == [*told, "Replayed 250 deliveries."]
    assert page.url.params["state"] == "dead" and page.url.params["since"] == "1h"
    assert dashboard.count("pending") == 250
    replays = dashboard.do(lambda store: store.audit.entries(Which(action="replay")))
    assert [one.detail for one in reversed(replays)] == [f"replayed {n} deliveries" for n in (100, 200, 250)]


def test_a_form_that_is_sent_twice_replays_once(dashboard: Dashboard) -> None:
    filled(dashboard)
    page = dashboard.post("/deliveries/confirm", action="replay", scope="all", state="dead")
    assert "Replayed 3 deliveries" in dashboard.send(page).text
    assert dashboard.send(page).status_code == 400
    assert dashboard.count("pending") == 3


def test_of_a_filter_only_what_ended_since_its_time_is_offered(dashboard: Dashboard) -> None:
    filled(dashboard)
    form = {"action": "replay", "scope": "all", "state": "dead"}
    assert "Replay 3 deliveries?" in dashboard.post("/deliveries/confirm", **form, since="1h").text
    later = dashboard.post("/deliveries/confirm", **form, since="2999-01-01")
    assert later.status_code == 400 or "Replay 0 deliveries?" in later.text
    assert dashboard.post("/deliveries/confirm", **form, since="soon").status_code == 400


def test_what_a_script_sent_is_led_on_by_a_header(dashboard: Dashboard) -> None:
    filled(dashboard)
    form = {"token": dashboard.token(), "action": "replay", "delivery": ids(dashboard)}
    answer = dashboard.client.post("/ui/deliveries/do", data=form, headers={"hx-request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/ui/deliveries")


@pytest.mark.parametrize(
    "form", [{"action": "replay"}, {"action": "erase", "delivery": "x"}, {"action": "replay", "scope": "all"}]
)
def test_a_form_that_says_too_little_is_refused(dashboard: Dashboard, form: dict[str, str]) -> None:
    assert dashboard.post("/deliveries/confirm", **form).status_code == 400


def test_a_subscription_is_paused_and_resumed_with_its_system_events(dashboard: Dashboard) -> None:
    assert "Paused mail" in dashboard.post("/subscriptions/mail/pause").text
    assert [pause.subscription for pause in dashboard.do(lambda store: store.paused())] == ["mail"]
    assert dashboard.post("/subscriptions/mail/pause").status_code == 400
    assert "Resumed mail" in dashboard.post("/subscriptions/mail/resume").text
    assert dashboard.do(lambda store: store.paused()) == []
    events = dashboard.do(lambda store: store.events(Query(source="gateway")))
    told = ["gateway/subscription.resumed", "gateway/subscription.paused"]
    assert [one.event.name for one in events] == told


def test_what_was_done_is_said_once(dashboard: Dashboard) -> None:
    dashboard.post("/subscriptions/mail/pause")
    assert "Paused mail" not in dashboard.text("/subscriptions")


def test_every_change_is_in_the_audit_log(dashboard: Dashboard, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "gateway.audit"):
        dashboard.post("/subscriptions/mail/pause")
    assert [r.getMessage() for r in caplog.records if r.name == "gateway.audit"] == [
        "paused mail by local at 127.0.0.1: done"
    ]
