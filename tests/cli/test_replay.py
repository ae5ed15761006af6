"""`gateway replay`."""

from __future__ import annotations

import pytest

from tests.cli.conftest import NOW, SECOND, Home, event

SINCE = ("--failed", "--since", "2025-06-01T08:00:00Z")


def _replays(home: Home) -> list[tuple[str, str, str | None]]:
    """(event, subscription, replay of) of the deliveries that wait, the first made first."""
    return [(d.id, d.subscription, d.replay_of) for d in home.deliveries(state="pending")[::-1]]


def test_an_event_goes_to_every_subscription_that_wants_it_now(home: Home) -> None:
    home.accept(event("evt_1"))
    result = home.gateway("replay", "evt_1")
    assert (result.exit_code, result.stderr) == (0, "made 2 new deliveries\n")
    assert _replays(home) == [("evt_1", "app", None), ("evt_1", "mail", None)]


def test_the_new_deliveries_are_due_at_once_and_printed(home: Home) -> None:
    home.accept(event("evt_1"))
    rows = home.gateway("replay", "evt_1").stdout.splitlines()[1:]
    made = home.deliveries(state="pending")
    assert sorted(row.split()[0] for row in rows) == sorted(d.delivery_id for d in made)
    assert all(d.due_at == d.created_at for d in made)


def test_an_event_goes_to_the_subscription_that_is_named(home: Home) -> None:
    home.accept(event("evt_1", name="github/push", source="billing"))
    assert home.gateway("replay", "evt_1", "--subscription", "mail").exit_code == 0
    assert _replays(home) == [("evt_1", "mail", None)]


def test_a_delivery_goes_to_its_own_subscription(home: Home) -> None:
    home.accept(event("evt_1", to=("app", "mail")))
    home.end("succeeded")
    [of] = home.deliveries(subscription="mail")
    assert home.gateway("replay", of.delivery_id).exit_code == 0
    assert _replays(home) == [("evt_1", "mail", of.delivery_id)]


def test_a_delivery_id_means_the_delivery_and_not_what_was_told_of_it(home: Home) -> None:
    home.accept(event("evt_1", to=("app",)))
    [of] = home.deliveries()
    home.accept(event(of.delivery_id, source="gateway", name="gateway/delivery.failed"))
    assert home.gateway("replay", of.delivery_id).exit_code == 0
    assert ("evt_1", "app", of.delivery_id) in _replays(home)


def test_several_ids_are_replayed_once_each(home: Home) -> None:
    home.accept(event("evt_1"), event("evt_2"))
    home.gateway("replay", "evt_1", "evt_2", "evt_1", "--subscription", "app")
    assert _replays(home) == [("evt_1", "app", None), ("evt_2", "app", None)]


def test_a_dry_run_makes_nothing(home: Home) -> None:
    home.accept(event("evt_1"))
    result = home.gateway("replay", "evt_1", "--dry-run")
    assert result.exit_code == 0
    assert result.stderr == "would make 2 new deliveries\n"
    assert len(result.stdout.splitlines()) == 3
    assert _replays(home) == []


def test_one_id_that_is_not_there_stops_all(home: Home) -> None:
    home.accept(event("evt_1"))
    result = home.gateway("replay", "evt_1", "evt_9")
    missing = "there is no event or delivery 'evt_9'; list them with: gateway events"
    assert (result.exit_code, result.stderr) == (1, f"{missing}\nnothing was replayed\n")
    assert _replays(home) == []


def test_an_event_that_nobody_wants(home: Home) -> None:
    [outcome] = home.accept(event("evt_1", name="github/push", source="billing"))
    result = home.gateway("replay", "evt_1")
    why = f"{outcome.event_id}: no subscription wants github/push; name one with --subscription"
    assert (result.exit_code, result.stderr) == (1, f"{why}\nnothing was replayed\n")


def test_a_subscription_that_is_not_there(home: Home) -> None:
    home.accept(event("evt_1"))
    result = home.gateway("replay", "evt_1", "--subscription", "mial")
    message = "there is no subscription 'mial'; did you mean 'mail'? there are: app, mail"
    assert (result.exit_code, result.stderr) == (2, f"{home.config}: {message}\n")


def test_a_delivery_whose_subscription_is_gone(home: Home) -> None:
    home.accept(event("evt_1", to=("old",)))
    [of] = home.deliveries()
    result = home.gateway("replay", of.delivery_id)
    assert result.exit_code == 1
    assert (
        "there is no subscription 'old'; there are: app, mail; choose one with --subscription"
        in result.stderr
    )
    assert home.gateway("replay", of.delivery_id, "--subscription", "app").exit_code == 0
    assert ("evt_1", "app", of.delivery_id) in _replays(home)


def test_a_pending_delivery_is_told(home: Home) -> None:
    home.accept(event("evt_1", to=("app",)))
    [of] = home.deliveries()
    result = home.gateway("replay", of.delivery_id)
    assert f"{of.delivery_id} is still pending and due at " in result.stderr
    assert f"to end that one: gateway cancel {of.delivery_id}" in result.stderr


def test_a_paused_subscription_is_told(home: Home) -> None:
    home.accept(event("evt_1"))
    home.do(lambda store: store.pause("app", "410", NOW))
    stderr = home.gateway("replay", "evt_1").stderr
    assert "app is paused (410); its deliveries wait until: gateway resume app\n" in stderr


@pytest.fixture
def dead(home: Home) -> Home:
    """A store with two dead deliveries, one that succeeded and one that died long before."""
    home.accept(event("old", at=NOW - 9 * SECOND, to=("app",)))
    home.end("dead", at=NOW - 8 * SECOND)
    home.accept(event("good", to=("app",)))
    home.end("succeeded")
    home.accept(event("evt_1", to=("app", "mail")))
    home.end("dead", at=NOW + SECOND)
    return home


def test_failed_are_the_dead_that_ended_since(dead: Home) -> None:
    of = {d.subscription: d.delivery_id for d in dead.deliveries(state="dead", since=NOW)}
    assert dead.gateway("replay", *SINCE).exit_code == 0
    assert sorted(_replays(dead)) == [("evt_1", "app", of["app"]), ("evt_1", "mail", of["mail"])]


def test_failed_of_one_subscription(dead: Home) -> None:
    dead.gateway("replay", *SINCE, "--subscription", "mail")
    assert [(id, name) for id, name, _ in _replays(dead)] == [("evt_1", "mail")]


def test_failed_twice_delivers_once(dead: Home) -> None:
    dead.gateway("replay", *SINCE)
    again = dead.gateway("replay", *SINCE)
    assert again.exit_code == 1
    assert again.stderr.startswith("no dead delivery ended since ")
    assert len(_replays(dead)) == 2


def test_failed_again_after_the_replay_died_is_one_delivery_each(dead: Home) -> None:
    dead.gateway("replay", *SINCE)
    dead.end("dead", at=max(d.due_at for d in dead.deliveries(state="pending")))
    dead.gateway("replay", *SINCE)
    assert [(id, name) for id, name, _ in sorted(_replays(dead))] == [("evt_1", "app"), ("evt_1", "mail")]


def test_failed_leaves_out_subscriptions_that_are_gone(dead: Home) -> None:
    text = dead.config.read_text().replace("  mail:", "  post:")
    dead.config.write_text(text)
    result = dead.gateway("replay", *SINCE)
    assert "left out what died there: " in result.stderr and "no subscription 'mail'" in result.stderr
    assert [(id, name) for id, name, _ in _replays(dead)] == [("evt_1", "app")]


AROUND = ("--since", "2025-06-01T08:00:00Z", "--until", "2025-06-01T08:00:10Z")


@pytest.fixture
def several(home: Home) -> Home:
    """A store with events before, within and after a time, of two sources."""
    home.accept(event("before", at=NOW - SECOND), event("evt_1", at=NOW), event("evt_2", at=NOW + 9 * SECOND))
    home.accept(event("push", at=NOW, name="github/push", source="billing"))
    home.accept(event("told", at=NOW, name="gateway/delivery.cancelled", source="gateway"))
    home.accept(event("after", at=NOW + 10 * SECOND))
    return home


def test_events_of_a_time_go_to_all_who_want_them_oldest_first(several: Home) -> None:
    result = several.gateway("replay", *AROUND)
    assert (result.exit_code, result.stderr) == (0, "made 4 new deliveries\n")
    assert [(id, name) for id, name, _ in _replays(several)] == [
        ("evt_1", "app"), ("evt_1", "mail"), ("evt_2", "app"), ("evt_2", "mail"),
    ]  # fmt: skip


FILTERS = [
    # options -> (event, subscription)
    (["--subscription", "app"], {("evt_1", "app"), ("evt_2", "app"), ("push", "app")}),
    (["--source", "billing", "--subscription", "app"], {("push", "app")}),
    (["--name", "gateway/*"], {("told", "mail")}),
    (["--name", "stripe/*", "--subscription", "mail"], {("evt_1", "mail"), ("evt_2", "mail")}),
]


@pytest.mark.parametrize(("options", "expected"), FILTERS)
def test_filters_say_which(several: Home, options: list[str], expected: set[tuple[str, str]]) -> None:
    assert several.gateway("replay", *AROUND, *options).exit_code == 0
    assert {(id, name) for id, name, _ in _replays(several)} == expected


def test_a_filter_that_nothing_matches(several: Home) -> None:
    result = several.gateway("replay", *AROUND, "--name", "stripe/invoice.*")
    assert result.exit_code == 1
    assert result.stderr.startswith("no event since ")


def test_a_replay_by_filter_names_the_delivery_that_it_replays(home: Home) -> None:
    home.accept(event("evt_1", to=("app",)))
    home.end("succeeded")
    [of] = home.deliveries()
    home.gateway("replay", *AROUND, "--subscription", "app")
    assert _replays(home) == [("evt_1", "app", of.delivery_id)]


def test_many_become_due_one_after_the_other(several: Home) -> None:
    several.gateway("replay", *AROUND, "--rate", "2")
    made = several.deliveries(state="pending")[::-1]
    assert [d.due_at - made[0].due_at for d in made] == [0, 500, 1000, 1500]


def test_a_dry_run_counts_first(several: Home) -> None:
    result = several.gateway("replay", *AROUND, "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "would make 4 new deliveries\n")
    assert _replays(several) == []


def test_failed_until(dead: Home) -> None:
    dead.gateway("replay", "--failed", "--since", "2025-06-01", "--until", "2025-06-01T08:00:00Z")
    assert [(id, name) for id, name, _ in _replays(dead)] == [("old", "app")]
