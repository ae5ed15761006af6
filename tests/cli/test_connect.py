"""`gateway connect` and `gateway doctor` against a server that answers as Stripe does."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from gateway.config import load
from tests.cli.conftest import NOW, SECOND, Home, event, rejection
from tests.stripe_api import KEY, RESTRICTED, StripeServer, serving

URL = "https://hooks.example.com/webhooks/stripe"


@pytest.fixture
def stripe(home: Home) -> Iterator[StripeServer]:
    """A stand-in of Stripe that the config names; subscriptions want two types of it."""
    with serving() as server:
        server.now = int(time.time())
        text = home.config.read_text()
        more = f'quarantine: true, backfill: {{api_key: "${{STRIPE_API_KEY}}", api_base: "{server.url}"}}}}'
        text = text.replace("quarantine: true}", more, 1)
        text = text.replace('["stripe/*"]', '["stripe/invoice.paid"]').replace(
            "customer.*", "customer.created"
        )
        home.config.write_text(text)
        yield server


def connect(home: Home, *more: str, url: str = "https://hooks.example.com", key: str = KEY) -> Result:
    return home.gateway("connect", "stripe", "--url", url, *more, STRIPE_API_KEY=key)


def doctor(home: Home, *more: str, **env: str) -> Result:
    return home.gateway("doctor", "stripe", "--url", URL, *more, STRIPE_API_KEY=KEY, **env)


def test_it_makes_an_endpoint_with_exactly_the_wanted_types(home: Home, stripe: StripeServer) -> None:
    result = connect(home)
    assert result.exit_code == 0, result.output
    [made] = stripe.endpoints
    assert (made["url"], made["enabled_events"]) == (URL, ["customer.created", "invoice.paid"])
    assert result.stdout.splitlines()[:2] == [
        f"created we_1: {URL}",
        "  2 event types: customer.created, invoice.paid",
    ]


def test_its_secret_is_kept_for_this_user_alone_and_not_shown(home: Home, stripe: StripeServer) -> None:
    result = connect(home)
    file = home.path / "data" / "secrets" / "stripe-we_1"
    assert file.read_text() == "whsec_of_endpoint_1_which_is_long"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "whsec_" not in result.output


def test_the_line_that_it_prints_is_one_for_the_config(home: Home, stripe: StripeServer) -> None:
    [line] = re.findall(r'secrets: \["file:.*\]', connect(home).stdout)
    text = home.config.read_text().replace('secrets: ["${STRIPE_SECRET}"]', line)
    home.config.write_text(text)
    env = {"STRIPE_API_KEY": KEY, "BILLING_SECRET": "x"}
    [secret] = load(home.config, env).sources["stripe"].secrets
    assert secret.get_secret_value() == "whsec_of_endpoint_1_which_is_long"


def test_a_second_one_is_not_made_by_accident(home: Home, stripe: StripeServer) -> None:
    connect(home)
    again = connect(home)
    assert (again.exit_code, len(stripe.endpoints)) == (1, 1)
    assert f"we_1 sends to {URL} already; set its event types with --update" in again.stderr


def test_update_changes_the_types_of_what_is_there(home: Home, stripe: StripeServer) -> None:
    connect(home)
    home.config.write_text(home.config.read_text().replace("stripe/invoice.paid", "stripe/*"))
    result = connect(home, "--update")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, f"changed we_1: {URL}")
    assert [each["enabled_events"] for each in stripe.endpoints] == [["*"]]


def test_a_dry_run_makes_nothing(home: Home, stripe: StripeServer) -> None:
    result = connect(home, "--dry-run")
    assert result.stdout.startswith(f"would create {URL}\n")
    assert stripe.endpoints == []


def test_an_endpoint_of_connect_with_a_version(home: Home, stripe: StripeServer) -> None:
    connect(home, "--connected", "--api-version", "2026-09-30.clover", url="https://a.example/in/stripe")
    [(_, _, form)] = [asked for asked in stripe.asked if asked[0] == "POST"]
    assert (form["connect"], form["api_version"]) == ("true", "2026-09-30.clover")
    assert form["url"] == "https://a.example/in/stripe"


def test_where_the_secret_cannot_be_kept_nothing_is_made(home: Home, stripe: StripeServer) -> None:
    (home.path / "data" / "secrets").write_text("in the way")
    result = connect(home)
    assert (result.exit_code, stripe.endpoints) == (1, [])
    assert "cannot be written" in result.stderr


REFUSED = [
    # url, key -> exit code, what is said
    ("hooks.example.com", KEY, 2, "--url must be a URL such as https://hooks.example.com"),
    ("https://a.example/?x=1", KEY, 2, "--url must end with the host or a path"),
    ("https://a.example", "", 2, "there is no key for the API of Stripe"),
    ("https://a.example", RESTRICTED, 1, "the permission 'Webhook Endpoints: Read'"),
]


@pytest.mark.parametrize(("url", "key", "code", "said"), REFUSED)
def test_what_is_refused(home: Home, stripe: StripeServer, url: str, key: str, code: int, said: str) -> None:
    result = connect(home, url=url, key=key)
    assert (result.exit_code, result.stdout, stripe.endpoints) == (code, "", [])
    assert said in result.stderr


def test_a_thin_event_is_told(home: Home, stripe: StripeServer) -> None:
    home.config.write_text(home.config.read_text().replace("stripe/invoice.paid", "stripe/v2.core.*"))
    result = connect(home)
    assert "stripe/v2.core.*: a thin event; set up an event destination" in result.stderr
    assert stripe.endpoints[0]["enabled_events"] == ["customer.created"]


def _configured(home: Home) -> dict[str, str]:
    """The environment in which the secret that was kept is configured."""
    return {"STRIPE_SECRET": (home.path / "data" / "secrets" / "stripe-we_1").read_text()}


def test_the_doctor_finds_nothing_after_connect(home: Home, stripe: StripeServer) -> None:
    connect(home)
    result = doctor(home, **_configured(home))
    assert result.exit_code == 0, result.output
    assert " off " not in result.stdout


def test_the_doctor_names_every_difference(home: Home, stripe: StripeServer) -> None:
    connect(home)
    stripe.endpoints[0]["enabled_events"] = ["customer.created", "charge.failed"]
    result = doctor(home, **_configured(home))
    assert result.exit_code == 1
    assert "  off   wanted and not enabled: invoice.paid" in result.stdout.splitlines()
    assert "  off   enabled and wanted by nobody: charge.failed" in result.stdout.splitlines()


def test_the_doctor_looks_at_what_came(home: Home, stripe: StripeServer) -> None:
    connect(home)
    stripe.endpoints[0]["api_version"] = "v2"
    home.accept(event("evt_1"))
    home.do(lambda store: store.reject(rejection(NOW + SECOND)))
    lines = [json.loads(line) for line in doctor(home, "--json", **_configured(home)).stdout.splitlines()]
    told = [line["text"] for line in lines if line["verdict"] == "off"]
    assert any("API version v2, and the last webhook that came had v1" in text for text in told)
    assert any("the last request was refused (bad_signature)" in text for text in told)


def test_the_doctor_tells_of_a_secret_whose_endpoint_is_gone(home: Home, stripe: StripeServer) -> None:
    connect(home)
    stripe.endpoints.clear()
    result = doctor(home, **_configured(home))
    assert (result.exit_code, result.stderr) == (1, "")
    assert "the secret of we_1 is in the config, but there is no such endpoint" in result.stdout
    assert f"no endpoint sends to {URL}; there are: none at all" in result.stdout


def test_the_doctor_asks_of_every_source_that_can_be_asked(home: Home, stripe: StripeServer) -> None:
    result = home.gateway("doctor", STRIPE_API_KEY=KEY)
    assert result.stdout.splitlines()[0] == "stripe"
    assert "billing" not in result.stdout


def test_the_doctor_needs_no_store(home: Home, stripe: StripeServer) -> None:
    connect(home)
    secret = _configured(home)
    os.unlink(Path(home.database))
    assert doctor(home, **secret).exit_code == 0
