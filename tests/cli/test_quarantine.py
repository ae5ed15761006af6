"""`gateway quarantine`: a mistyped secret becomes a replay, not a loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import adapters
from adapters.base import WebhookRequest
from gateway.config import load
from gateway.operate.releasing import oldest_first
from gateway.rejecting import rejection as refused
from gateway.running import Running
from gateway.store import open_store
from gateway.store.records import Query
from gateway.store.rejections import Rejection
from tests.cli.conftest import NOW, SECOND, Home, event
from tests.cli.conftest import rejection as refused_now

RIGHT = "whsec_" + "11" * 32
WRONG = "whsec_" + "22" * 32


def _webhook(id: str, at: int = NOW, secret: str = RIGHT, body: bytes | None = None) -> WebhookRequest:
    """A request that Stripe signed with `secret` at `at` (Unix ms)."""
    stripe = adapters.load("stripe")()
    sample = stripe.sample("customer.created", at / 1000, id)
    url = "http://127.0.0.1:8080/webhooks/stripe"
    request = WebhookRequest("POST", url, sample.headers, body or sample.body, at / 1000)
    return stripe.sign(request, secret, at / 1000)


def _refuse(home: Home, *requests: WebhookRequest) -> None:
    """Put requests into quarantine, as the gateway does that has the wrong secret."""
    settings = load(home.config, {"STRIPE_SECRET": WRONG}, secrets="optional")
    endpoint = Running.of(settings).endpoints["stripe"]

    for request in requests:
        kept = refused(endpoint, request, "192.0.2.7", "bad_signature", "no secret matches")
        home.do(lambda store, kept=kept: store.reject(kept))  # type: ignore[misc]


def _release(home: Home, *options: str, secret: str | None = RIGHT) -> tuple[int, list[str]]:
    result = home.gateway("quarantine", "release", "--source", "stripe", *options, STRIPE_SECRET=secret)
    return result.exit_code, result.stdout.splitlines()


def _rejections(home: Home) -> list[Rejection]:
    return list(home.do(lambda store: store.rejections(Query())))


def test_the_genuine_ones_go_in(home: Home) -> None:
    _refuse(home, _webhook("evt_1"), _webhook("evt_2", at=NOW + SECOND))
    assert _release(home) == (0, ["let in: 2", "duplicates: 0", "still refused: 0"])
    events = home.lines("events")
    assert [line["id"] for line in events] == ["evt_2", "evt_1"]  # the oldest went in first
    assert [line["received_at"] for line in events] == [NOW + SECOND, NOW]
    assert sorted(d.subscription for d in home.deliveries(state="pending")) == ["app", "app", "mail", "mail"]


def test_what_went_in_is_marked_and_does_not_go_in_again(home: Home) -> None:
    _refuse(home, _webhook("evt_1"))
    _release(home)
    [kept] = _rejections(home)
    assert kept.released_at is not None and kept.released_at > NOW
    assert _release(home) == (0, [])
    assert home.gateway("quarantine", "list").stdout == ""


def test_the_same_event_twice_is_a_duplicate(home: Home) -> None:
    _refuse(home, _webhook("evt_1"), _webhook("evt_1", at=NOW + SECOND))
    assert _release(home) == (0, ["let in: 1", "duplicates: 1", "still refused: 0"])
    assert all(kept.released_at for kept in _rejections(home))


def test_one_that_came_again_with_the_right_secret_is_a_duplicate(home: Home) -> None:
    _refuse(home, _webhook("evt_1"))
    home.accept(event("evt_1", at=NOW + SECOND))
    assert _release(home) == (0, ["let in: 0", "duplicates: 1", "still refused: 0"])
    assert [line["gap"] for line in home.lines("duplicates")] == [-SECOND]


def test_what_is_not_genuine_stays_out_with_its_reason(home: Home) -> None:
    forged = _webhook("evt_2", secret=WRONG)
    no_event = _webhook("evt_3", body=b"[]")
    stale = _webhook("evt_4", at=NOW - 600 * SECOND)
    late = WebhookRequest(stale.method, stale.url, stale.headers, stale.body, NOW / 1000)
    _refuse(home, _webhook("evt_1"), forged, forged, no_event, late)
    code, lines = _release(home)
    reasons = "bad_signature 2, malformed_payload 1, stale_timestamp 1"
    assert (code, lines) == (0, ["let in: 1", "duplicates: 0", f"still refused: 4 ({reasons})"])
    assert sum(kept.released_at is None for kept in _rejections(home)) == 4


def test_all_refused_says_what_to_check(home: Home) -> None:
    _refuse(home, _webhook("evt_1"))
    result = home.gateway("quarantine", "release", "--source", "stripe", STRIPE_SECRET=WRONG)
    assert result.exit_code == 1
    check = "none of them went in: check the secrets of sources.stripe in the config"
    list = "and see what was refused with: gateway rejections --source stripe"
    assert result.stderr == f"{check}, {list}\n"


def test_a_dry_run_lets_nothing_in(home: Home) -> None:
    _refuse(home, _webhook("evt_1"), _webhook("evt_2", secret=WRONG))
    lines = ["genuine, would be let in: 1", "still refused: 1 (bad_signature 1)"]
    assert _release(home, "--dry-run") == (0, lines)
    assert home.gateway("events").stdout == ""
    assert all(kept.released_at is None for kept in _rejections(home))


def test_only_what_came_since(home: Home) -> None:
    _refuse(home, _webhook("evt_1"), _webhook("evt_2", at=NOW + SECOND))
    code, lines = _release(home, "--since", "2025-06-01T08:00:01Z")
    assert (code, lines[0]) == (0, "let in: 1")
    assert [line["id"] for line in home.lines("events")] == ["evt_2"]


def test_more_than_a_page(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.operate.releasing.PAGE", 2)
    _refuse(home, *(_webhook(f"evt_{n}", at=NOW + n) for n in range(5)))
    assert _release(home)[1][0] == "let in: 5"
    assert [line["id"] for line in home.lines("events")] == [f"evt_{n}" for n in (4, 3, 2, 1, 0)]


@pytest.mark.anyio
async def test_one_that_is_released_meanwhile_takes_no_other_ones_place(empty: Home) -> None:
    store = await open_store(empty.database)
    kept = [refused_now(NOW + n, body=b"{}") for n in range(3)]
    for each in kept:
        await store.reject(each)
    seen = []
    async for rejection in oldest_first(store, "stripe", None):
        seen.append(rejection.rejection_id)
        await store.mark_released(kept[1].rejection_id, NOW)
    await store.close()
    assert seen == [kept[0].rejection_id, kept[2].rejection_id]


def test_the_secret_that_dev_made_is_used(home: Home) -> None:
    made = home.database.parent / "dev-secrets.json"
    made.write_text(json.dumps({"sources.stripe": RIGHT}))
    _refuse(home, _webhook("evt_1"))
    assert _release(home, secret=None)[1][0] == "let in: 1"


def test_the_secret_must_be_set(home: Home) -> None:
    _refuse(home, _webhook("evt_1"))
    result = home.gateway("quarantine", "release", "--source", "stripe", STRIPE_SECRET=None)
    assert result.exit_code == 2
    assert f"{home.config}:4: sources.stripe.secrets: " in result.stderr
    assert "STRIPE_SECRET is not set" in result.stderr


def test_the_source_must_be_there(home: Home) -> None:
    result = home.gateway("quarantine", "release", "--source", "strip")
    message = "there is no source 'strip'; did you mean 'stripe'? there are: billing, stripe"
    assert (result.exit_code, result.stderr) == (2, f"{home.config}: {message}\n")


def test_the_list_has_only_what_can_be_released(home: Home, tmp_path: Path) -> None:
    _refuse(home, _webhook("evt_1"), _webhook("evt_2", secret=WRONG))
    home.gateway("quarantine", "release", "--source", "stripe", STRIPE_SECRET=RIGHT)
    lines = home.lines("quarantine", "list", "--source", "stripe")
    assert [(line["quarantined"], line["released_at"]) for line in lines] == [(True, None)]
    assert "body kept" in home.gateway("quarantine", "list").stdout
