"""`gateway backfill` against a server that answers as Stripe does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Home
from tests.stripe_api import KEY, RESTRICTED, StripeServer, serving


@pytest.fixture
def stripe(home: Home) -> Iterator[StripeServer]:
    """A stand-in of Stripe that the config names."""
    with serving() as server:
        server.now = int(time.time())
        text = home.config.read_text()
        more = f'quarantine: true, backfill: {{api_key: "${{STRIPE_API_KEY}}", api_base: "{server.url}"}}}}'
        home.config.write_text(text.replace("quarantine: true}", more, 1))
        yield server


def test_it_tells_what_the_webhook_had_missed(home: Home, stripe: StripeServer) -> None:
    for n in range(3):
        stripe.add(f"evt_{n}", at=stripe.now - 3600 + n)
    stripe.add("evt_3", "invoice.paid", at=stripe.now - 60)
    result = home.gateway("backfill", "stripe", "--since", "1d", STRIPE_API_KEY=KEY)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "stripe: 4 events read, 0 had come already, 0 that no subscription wants, 4 missed and taken in",
        "       3  stripe/customer.created",
        "       1  stripe/invoice.paid",
    ]
    assert len(home.deliveries(state="pending")) == 3 * 2 + 1
    again = home.gateway("backfill", "stripe", "--since", "1d", STRIPE_API_KEY=KEY)
    assert again.stdout.startswith("stripe: 4 events read, 4 had come already")


def test_without_since_it_goes_on_where_it_ended(home: Home, stripe: StripeServer) -> None:
    stripe.add("evt_1", at=stripe.now - 3600)
    [first] = _json(home)
    stripe.add("evt_2", at=stripe.now - 3000)
    [second] = _json(home)
    assert (first["ids"], second["ids"], second["read"]) == (["evt_1"], ["evt_2"], 1)


def _json(home: Home, *more: str) -> list[dict[str, object]]:
    result = home.gateway("backfill", "stripe", "--json", *more, STRIPE_API_KEY=KEY)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_dry_run_takes_nothing_in(home: Home, stripe: StripeServer) -> None:
    stripe.add("evt_1", at=stripe.now - 3600)
    [report] = _json(home, "--dry-run")
    assert (report["ids"], report["dry_run"]) == (["evt_1"], True)
    assert home.events("**") == []


def test_one_connected_account(home: Home, stripe: StripeServer) -> None:
    stripe.add("evt_1", at=stripe.now - 3600, account="acct_1")
    [report] = _json(home, "--account", "acct_1")
    assert (report["account"], report["ids"]) == ("acct_1", ["evt_1"])


def test_what_was_not_delivered(home: Home, stripe: StripeServer) -> None:
    stripe.add("evt_1", at=stripe.now - 3600)
    stripe.add("evt_2", at=stripe.now - 3600, delivered=False)
    [report] = _json(home, "--undelivered")
    assert (report["read"], report["ids"]) == (1, ["evt_2"])


def test_thirty_days_is_the_most_and_is_said(home: Home, stripe: StripeServer) -> None:
    result = home.gateway("backfill", "stripe", "--since", "45d", STRIPE_API_KEY=KEY)
    assert result.exit_code == 0
    assert "Stripe keeps events for 30d" in result.stderr


REFUSED = [
    # arguments, key -> exit code, what is said
    (
        ["stripe"],
        None,
        2,
        "there is no key for the API of Stripe: set STRIPE_API_KEY, or write sources.stripe",
    ),
    (["stripe"], "whsec_1", 2, "restricted key (rk_…)"),
    (["stripe"], "sk_test_wrong", 1, "does not accept the API key"),
    (["stripe"], RESTRICTED, 1, "give the restricted key the permission 'Events: Read'"),
    (["billing"], KEY, 2, "there is no key for the API of GitHub: set GITHUB_TOKEN"),
    (["strip"], KEY, 2, "did you mean 'stripe'?"),
]


@pytest.mark.parametrize(("args", "key", "code", "said"), REFUSED)
def test_what_is_refused(
    home: Home, stripe: StripeServer, args: list[str], key: str | None, code: int, said: str
) -> None:
    result = home.gateway("backfill", *args, STRIPE_API_KEY=key)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
