"""`gateway top`, on the store and on a gateway elsewhere, and the counts behind it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.cli.top import lines
from gateway.operate import rates
from gateway.operate.rates import Rates, SourceRates, SubscriptionRates, read_rates
from gateway.running import Running
from tests.api.v1.conftest import READER, Served, serve, served  # noqa: F401 - fixtures
from tests.cli.conftest import HOUR, MINUTE, NOW, Home, event, rejection


def fill(home: Home, count: int = 3) -> None:
    home.accept(event("old", at=NOW - HOUR), *(event(f"evt_{n}", to=("app",)) for n in range(count)))
    home.accept(event("evt_1", at=NOW + 1))
    home.do(lambda store: store.reject(rejection(NOW)))
    home.do(lambda store: store.pause("mail", "deploying", NOW))


def counted(home: Home, at: int = NOW + 2) -> Rates:
    from gateway.config import load

    settings = load(home.config, {"STRIPE_SECRET": "whsec_" + "11" * 32, "BILLING_SECRET": "b" * 20})
    assert Running.of(settings)
    return home.do(lambda store: read_rates(store, settings, MINUTE, at))


def test_what_came_within_the_window_is_counted_by_source(home: Home) -> None:
    fill(home)
    found = counted(home)
    assert (found.events, found.duplicates, found.rejections, found.deliveries) == (3, 1, 1, 3)
    by_source = [(each.source, each.events, each.duplicates, each.rejections) for each in found.sources]
    assert by_source == [("stripe", 3, 1, 1), ("billing", 0, 0, 0)]
    assert [each.last_seen for each in found.sources] == [NOW, None]


def test_what_waits_and_for_how_long_is_told_by_subscription(home: Home) -> None:
    fill(home)
    [app_, mail] = counted(home, NOW + 5000).subscriptions
    assert (app_.made, app_.waiting, app_.due, app_.oldest_due, app_.paused) == (3, 3, 3, 5000, False)
    assert (mail.made, mail.waiting, mail.paused) == (0, 0, True)


def test_very_many_are_estimated_from_the_newest(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST", 2)
    fill(home, count=4)
    found = counted(home)
    assert (found.events, found.sources[0].events, found.subscriptions[0].made) == (4, 4, 4)


def test_it_is_one_snapshot_into_a_pipe(home: Home) -> None:
    fill(home)
    shown = home.gateway("top").stdout.splitlines()
    assert "events/s" in shown[0] and "3 waiting" in shown[0]
    assert [line.split()[0] for line in shown if line][1:] == [
        "SOURCE",
        "stripe",
        "billing",
        "SUBSCRIPTION",
        "app",
        "mail",
    ]
    assert shown[-1].endswith("paused")


def test_a_gateway_elsewhere_tells_the_same(served: Served) -> None:  # noqa: F811
    fill(served.home)
    here = json.loads(served.home.gateway("top", "--json", "--window", "1h").stdout)
    there = json.loads(
        CliRunner(env={"GATEWAY_TOKEN": READER})
        .invoke(app, ["top", "--json", "--window", "1h", "--url", served.url])
        .stdout
    )
    for one in (here, there):
        one["at"] = 0
        for row in one["subscriptions"]:
            assert row.pop("oldest_due") >= 0  # it grows while we look
    assert there == here


def test_rates_are_a_second() -> None:
    source = SourceRates(source="stripe", events=2460, duplicates=0, rejections=0, last_seen=None)
    made = dict(made=3, succeeded=0, failing=1, dead=0, waiting=9, due=2, oldest_due=4000, paused=False)
    rows = {"sources": [source], "subscriptions": [SubscriptionRates(subscription="app", **made)]}
    text = lines(Rates(at=NOW, window=MINUTE, events=2460, duplicates=3, rejections=0, deliveries=0, **rows))
    assert "41 events/s, 0.05 duplicates/s, 0 rejections/s" in text[0]
    assert text[3].split()[:3] == ["stripe", "41", "2,460"]
    assert text[6].split() == ["app", "0.05", "0", "1", "0", "9", "2", "4s", "-"]


@pytest.mark.parametrize("window", ["5", "soon"])
def test_a_window_is_a_duration(home: Home, window: str) -> None:
    result = home.gateway("top", "--window", window)
    assert result.exit_code == 2 and "--window" in result.stderr
