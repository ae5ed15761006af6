"""`gateway purge`."""

from __future__ import annotations

import time

from tests.cli.conftest import HOUR, Home, event, rejection


def _filled(home: Home) -> int:
    """An event, a duplicate and a rejection of 10 days ago, and an event of now with a duplicate."""
    now = round(time.time() * 1000)
    long_ago = now - 240 * HOUR
    home.accept(event("old", at=long_ago), event("old", at=long_ago + 1), *[event("new", at=now)] * 2)
    home.do(lambda store: store.reject(rejection(long_ago)))
    return now


def test_what_is_older_goes(home: Home) -> None:
    _filled(home)
    result = home.gateway("purge", "--older-than", "9d")
    counts = "1 events, 1 duplicates, 1 rejections, 1 dedupe keys"
    assert (result.exit_code, result.stdout) == (0, f"purged {counts}\n")
    assert [line["id"] for line in home.lines("events")] == ["new"]
    assert [line["id"] for line in home.lines("duplicates")] == ["new"]


def test_a_dry_run_counts_and_removes_nothing(home: Home) -> None:
    _filled(home)
    result = home.gateway("purge", "--older-than", "9d", "--dry-run")
    assert result.stdout == "would purge 1 events, 1 duplicates, 1 rejections, 1 dedupe keys\n"
    assert len(home.lines("events")) == 2


def test_retention_decides_unless_an_age_is_given(home: Home) -> None:
    _filled(home)
    assert (
        home.gateway("purge", "--dry-run").stdout
        == "would purge 0 events, 0 duplicates, 0 rejections, 1 dedupe keys\n"
    )
    home.config.write_text(home.config.read_text().replace('gateway.db"}', 'gateway.db", retention: 9d}'))
    assert (
        home.gateway("purge", "--dry-run").stdout
        == "would purge 1 events, 1 duplicates, 1 rejections, 1 dedupe keys\n"
    )
    assert home.gateway("purge").exit_code == 0
    assert [line["id"] for line in home.lines("events")] == ["new"]


def test_nothing_to_purge_is_done_all_the_same(home: Home) -> None:
    result = home.gateway("purge")
    counts = "0 events, 0 duplicates, 0 rejections, 0 dedupe keys"
    assert (result.exit_code, result.stdout) == (0, f"purged {counts}\n")


def test_an_event_with_a_pending_delivery_stays(home: Home) -> None:
    home.accept(event(to=("app",)))
    assert home.gateway("purge", "--older-than", "1d", "--dry-run").stdout.startswith("would purge 0 events")
    assert home.gateway("purge", "--older-than", "1d").stdout.startswith("purged 0 events")


def test_one_event_goes_with_all_that_belongs_to_it(home: Home) -> None:
    first, *_ = home.accept(event(to=("app",)), event(), event("evt_2"))
    result = home.gateway("purge", "--event", "evt_1")
    what = f"the event {first.event_id} (stripe/customer.created), 1 deliveries, 1 duplicates"
    assert (result.exit_code, result.stdout) == (0, f"purged {what}; its dedupe key stays\n")
    assert [line["id"] for line in home.lines("events")] == ["evt_2"]
    assert home.accept(event())[0].duplicate is not None


def test_a_dry_run_leaves_the_event(home: Home) -> None:
    home.accept(event())
    assert home.gateway("purge", "--event", "evt_1", "--dry-run").stdout.startswith("would purge the event ")
    assert len(home.lines("events")) == 1


def test_an_event_that_is_not_there(home: Home) -> None:
    result = home.gateway("purge", "--event", "evt_9")
    assert result.exit_code == 1
    assert result.stderr == "there is no event 'evt_9'; list them with: gateway events\n"
