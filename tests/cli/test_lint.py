"""`gateway events lint`, and that `gateway events` is still a list."""

from __future__ import annotations

from tests.cli.conftest import DAY, NOW, Home, event


def sent(home: Home) -> None:
    """Three events by two names that were sent, and one of a provider."""
    home.accept(
        event("1", source="api", name="order/create", at=NOW - DAY),
        event("2", source="api", name="order/create"),
        event("3", source="api", name="order/invoice.paid"),
        event("4", source="stripe", name="stripe/ping"),
    )


def test_lint_names_the_sent_names_that_depart_and_fails(home: Home) -> None:
    sent(home)
    result = home.gateway("events", "lint")
    assert result.exit_code == 1
    header, row = result.stdout.splitlines()
    assert (header.split(), row.split()[:2]) == (["NAME", "EVENTS", "PROBLEM"], ["order/create", "2"])
    assert result.stderr == "1 of 2 event names depart from the convention\n"


def test_lint_counts_since(home: Home) -> None:
    sent(home)
    since = "2025-06-01T00:00:00Z"
    assert home.gateway("events", "lint", "--since", since, "--json").stdout.startswith(
        '{"name":"order/create","events":1,"problem":"has no noun and verb'
    )


def test_lint_is_content_with_names_that_keep_to_it(home: Home) -> None:
    home.accept(event(source="api", name="order/invoice.paid"))
    result = home.gateway("events", "lint")
    assert (result.exit_code, result.stdout) == (0, "")


def test_names_that_are_given_need_no_store(empty: Home) -> None:
    result = empty.gateway("events", "lint", "order/invoice.pay", "order/invoice.paid")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1].startswith("order/invoice.pay ")
    assert "such as order/invoice.paid" in result.stdout


def test_options_before_lint_are_not_dropped(home: Home) -> None:
    result = home.gateway("events", "--source", "stripe", "lint")
    assert result.exit_code == 2
    assert result.stderr == "write the options behind lint: gateway events lint --json\n"


def test_the_config_may_stand_before_lint(home: Home) -> None:
    from typer.testing import CliRunner

    from gateway.cli import app

    sent(home)
    result = CliRunner().invoke(app, ["events", "--config", str(home.config), "lint"])
    assert "order/create" in result.stdout


def test_events_still_lists_and_knows_the_source_api(home: Home) -> None:
    assert home.gateway("events", "--source", "api").exit_code == 0
    sent(home)
    assert [row["id"] for row in home.lines("events", "--source", "api")] == ["3", "2", "1"]
