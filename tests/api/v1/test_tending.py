"""What the API does for the gateway itself: purge, erase, backfill, samples, counts over time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.client import GatewayError
from tests.api.v1.conftest import ADMIN, OPERATOR, READER, TOKENS, Serve, Served
from tests.api.v1.test_client import elsewhere
from tests.cli.conftest import DAY, HOUR, SECOND, event, rejection
from tests.cli.test_quarantine import _refuse, _webhook
from tests.stripe_api import KEY, StripeServer, serving


def _now() -> int:
    return round(time.time() * 1000)


# what only an admin may, what an operator may, and nobody else
SCOPES = [
    ("/purges", {"dry_run": True}, 403),
    ("/purges/event", {"id": "evt_1", "dry_run": True}, 403),
    ("/reload", None, 403),
    ("/sources/stripe/samples", {}, 200),
]


@pytest.mark.parametrize(("path", "body", "operator"), SCOPES)
def test_who_may_tend_it(served: Served, path: str, body: dict[str, object] | None, operator: int) -> None:
    served.home.accept(event("evt_1"))
    assert served.ask("POST", path, READER, json=body).status_code == 403
    assert served.ask("POST", path, OPERATOR, json=body).status_code == operator
    assert served.ask("POST", path, ADMIN, json=body).status_code in (200, 409)


def test_what_is_older_is_counted_and_goes(served: Served) -> None:
    now = _now()
    served.home.accept(
        event("old", at=now - 9 * DAY), event("old", at=now - 9 * DAY + 1), event("new", at=now)
    )
    served.home.do(lambda store: store.reject(rejection(now - 9 * DAY)))
    counts = {"events": 1, "duplicates": 1, "rejections": 1, "keys": 1}
    with served.client() as gateway:
        counted = gateway.purge(8 * DAY, dry_run=True)
        assert (counted.plain(), len(list(gateway.events()))) == (
            counts | {"dry_run": True, "more": False},
            2,
        )
        assert gateway.purge(8 * DAY).plain() == counts | {"dry_run": False, "more": False}
        assert [one.id for one in gateway.events()] == ["new"]
        assert gateway.purge().events == 0  # nothing is past the retention of the config


def test_one_event_goes_and_the_audit_log_names_it(served: Served) -> None:
    [first, _] = served.home.accept(event("evt_1", to=("app",)), event("evt_2"))
    with served.client() as gateway:
        gone = gateway.erase("evt_1")
        assert (gone.event_id, gone.deliveries, gone.duplicates) == (first.event_id, 1, 0)
        assert [one.id for one in gateway.events()] == ["evt_2"]
        assert [(one.action, one.target) for one in gateway.audit(action="erase")] == [("erase", "evt_1")]


def test_a_sample_goes_in_like_a_webhook(served: Served) -> None:
    with served.client(OPERATOR) as gateway:
        first, copy = gateway.send_sample("stripe", "customer.updated", id="evt_7", copies=2)
        assert (first.status, first.duplicates, copy.duplicates) == (200, 0, 1)
        assert first.event_ids == copy.event_ids
        assert gateway.event(first.event_ids[0]).name == "stripe/customer.updated"


def test_there_is_no_sample_of_what_the_provider_does_not_send(served: Served) -> None:
    answer = served.post("/sources/billing/samples", type="\u20ac")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_sample")


def test_a_gateway_without_a_run_file_is_not_reloaded(served: Served) -> None:
    answer = served.ask("POST", "/reload")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_reloaded")


def test_counts_over_time(served: Served) -> None:
    now = _now()
    served.home.accept(event("a", at=now - 3 * HOUR, to=("app",)), event("b", at=now), event("b", at=now))
    with served.client(READER) as gateway:
        told = gateway.history(4 * HOUR, 4)
    assert (told.width, len(told.items)) == (HOUR, 4)
    assert [sum(getattr(one, kind) for one in told.items) for kind in ("events", "duplicates")] == [2, 1]
    assert (told.items[-1].events, told.items[0].events, told.items[0].deliveries) == (1, 1, 1)


def test_a_release_goes_on_behind_what_is_still_refused(served: Served) -> None:
    _refuse(
        served.home, *(_webhook(f"evt_{n}", secret="whsec_" + "33" * 32) for n in range(2)), _webhook("evt_2")
    )
    with served.client(OPERATOR) as gateway:
        first = gateway.release("stripe", limit=2)
        assert (first.let_in, first.refused, first.more) == (0, {"bad_signature": 2}, True)
        second = gateway.release("stripe", limit=2, cursor=first.next)
        assert (second.let_in, second.more, second.next) == (1, False, None)


# A backfill


@pytest.fixture
def stripe(serve: Serve) -> Iterator[tuple[StripeServer, Served]]:
    """A stand-in of Stripe, and a gateway whose config names it."""
    with serving() as server:
        server.now = round(time.time())
        source = f'backfill: {{api_key: "{KEY}", api_base: "{server.url}"}}'
        yield server, serve(server=f"admin_token: {ADMIN}", more=TOKENS, source=source)


def test_a_backfill_takes_in_what_no_webhook_brought(stripe: tuple[StripeServer, Served]) -> None:
    server, served = stripe
    for n in range(3):
        server.add(f"evt_{n}", at=server.now - 3600 + n)
    with served.client(OPERATOR) as gateway:
        counted = gateway.backfill("stripe", dry_run=True)
        assert (counted.missed, list(gateway.events())) == ({"stripe/customer.created": 3}, [])
        done = gateway.backfill("stripe")
        assert (done.read, done.had, done.ids, done.more) == (3, 0, ["evt_0", "evt_1", "evt_2"], False)
        assert gateway.backfill("stripe", since=_now() - HOUR - SECOND).had == 3


def test_a_backfill_that_takes_long_is_asked_for_again(
    stripe: tuple[StripeServer, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, served = stripe
    monkeypatch.setattr("gateway.api.v1.tending.AT_LENGTH", 0.0)
    for n in range(250):
        server.add(f"evt_{n}", at=server.now - 3600 + n)
    result = elsewhere(served, "backfill", "stripe", "--json", "--rate", "10000")
    assert result.stderr == ""
    told = json.loads(result.stdout)
    assert (result.exit_code, told["read"], told["had"], len(told["ids"])) == (0, 250, 0, 250)
    anew = json.loads(elsewhere(served, "backfill", "stripe", "--json", "--since", "2h").stdout)
    assert anew["had"] == anew["read"] >= 250


def test_a_provider_that_refuses_is_told_of(serve: Serve) -> None:
    served = serve(server=f"admin_token: {ADMIN}")
    answer = served.post("/backfills", source="stripe")
    assert (answer.status_code, answer.json()["code"]) == (409, "provider_refused")
    assert "sources.stripe.backfill.api_key is missing" in answer.json()["detail"]


# Both sides


def test_an_endpoint_is_made_and_both_sides_are_compared(stripe: tuple[StripeServer, Served]) -> None:
    server, served = stripe
    url = "https://hooks.example.com"
    with served.client() as gateway:
        wanted = gateway.connect("stripe", url, dry_run=True)
        assert (wanted.done, server.endpoints) == ("would create", [])
        made = gateway.connect("stripe", url)
        assert (made.done, made.types) == ("created", server.endpoints[0]["enabled_events"])
        assert made.secret_file and "whsec_" in Path(made.secret_file).read_text()
        assert "whsec_" not in str(made.plain())
        found = gateway.diagnosis("stripe", f"{url}/webhooks/stripe")
        assert {one.verdict for one in found} >= {"ok", "off"}  # the config does not name the new secret
        with pytest.raises(GatewayError) as refused:
            gateway.connect("stripe", url)
        assert refused.value.code == "not_connected"
        assert gateway.connect("stripe", url, update=True).done == "changed"
        assert [one.outcome for one in gateway.audit(action="connect")].count("refused") == 1
    assert served.get("/sources/stripe/diagnosis", READER).status_code == 403


# The command line elsewhere


def test_a_purge_elsewhere(served: Served) -> None:
    served.home.accept(event("old", at=_now() - 9 * DAY), event("new", at=_now()))
    age = ("purge", "--older-than", "8d")
    told = "purge 1 events, 0 duplicates, 0 rejections, 1 dedupe keys\n"
    assert elsewhere(served, *age, "--dry-run").stdout == f"would {told}"
    assert elsewhere(served, *age).stdout == told.replace("purge", "purged", 1)
    assert elsewhere(served, "purge", "--event", "new").stdout.startswith("purged the event ")
    gone = elsewhere(served, "purge", "--event", "new")
    assert (gone.exit_code, gone.stderr) == (1, "there is no event 'new'; list them with: gateway events\n")


def test_pausing_and_resuming_elsewhere(served: Served) -> None:
    served.home.accept(event("evt_1", to=("app",)))
    assert elsewhere(served, "pause", "app", "--reason", "deploying").stdout == "paused app: 1 waiting\n"
    assert "paused since" in elsewhere(served, "subscriptions").stdout
    assert elsewhere(served, "pause", "app").exit_code == 1
    assert elsewhere(served, "resume", "app").stdout == "resumed app: 1 delivery waited\n"
    assert elsewhere(served, "resume", "app").exit_code == 1


def test_a_quarantine_elsewhere(served: Served) -> None:
    wrong = "whsec_" + "33" * 32
    _refuse(served.home, _webhook("evt_1"), _webhook("evt_2", secret=wrong), _webhook("evt_3"))
    assert len(elsewhere(served, "quarantine", "list", "--json").stdout.splitlines()) == 3
    release = ("quarantine", "release", "--source", "stripe")
    told = ["genuine, would be let in: 2", "still refused: 1 (bad_signature 1)"]
    assert elsewhere(served, *release, "--dry-run").stdout.splitlines() == told
    told = ["let in: 2", "duplicates: 0", "still refused: 1 (bad_signature 1)"]
    assert elsewhere(served, *release).stdout.splitlines() == told
    assert elsewhere(served, *release).exit_code == 1


def test_a_sample_elsewhere(served: Served) -> None:
    sent = elsewhere(served, "trigger", "stripe", "customer.created", "--id", "evt_1", "--copies", "2")
    assert [line.split("  ")[0::2] for line in sent.stdout.splitlines()] == [
        ["200", "duplicates 0"],
        ["200", "duplicates 1"],
    ]
    assert elsewhere(served, "trigger", "github", "push").exit_code == 0  # billing has that adapter
    wrong = elsewhere(served, "trigger", "strpe", "x")
    assert (wrong.exit_code, "did you mean 'stripe'?" in wrong.stderr) == (2, True)
    assert elsewhere(served, "trigger", "stripe", "x", "--secret", "y").exit_code == 2


LOCAL = [["migrate"], ["check"], ["store", "key"], ["verify"], ["serve"]]


@pytest.mark.parametrize("args", LOCAL, ids=" ".join)
def test_what_works_on_its_own_machine_alone_says_so(served: Served, args: list[str]) -> None:
    result = elsewhere(served, *args)
    assert (result.exit_code, "run it there, without --url" in result.stderr) == (2, True)
