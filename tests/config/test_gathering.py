"""`idempotency`, `debounce` and `batch`: what they come to, and what is said where they can't be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.cli.check import lines
from gateway.config import Settings, describe
from gateway.running import router
from gateway.terms import Batch, Debounce
from tests.contract.conftest import candidate

HTTP = 'destination: {type: http, url: "http://x/hooks"}'
TEXT = """\
sources:
  stripe: {{adapter: stripe, secrets: [some-secret], ack: {ack}}}
subscriptions:
  app: {{events: ["**"], {keys}}}
"""

Load = Callable[..., Settings]


def text(keys: str, ack: str = "stored", to: str = HTTP) -> str:
    return TEXT.format(keys=f"{keys}, {to}", ack=ack)


def test_the_short_form_of_idempotency_has_a_window_of_a_day(settings: Load) -> None:
    for keys in ("idempotency: event.id", "idempotency: {key: event.id, window: 24h}"):
        said = settings(text(keys)).subscriptions["app"].idempotency
        assert said is not None and said.key is not None
        assert (said.key.text, said.window) == ("event.id", 86_400)


# keys of a subscription -> what becomes of an event's terms
@pytest.mark.parametrize(
    ("keys", "gathers"),
    [
        ("debounce: {period: 30s}", Debounce("", 30_000)),
        ("debounce: {period: 30s, key: event.id, timeout: 5m}", Debounce("evt_1", 30_000, 300_000)),
        ("batch: {size: 100, timeout: 5s}", Batch("", 100, 5000, 1_048_576)),
        ("batch: {size: 9, timeout: 1m, key: event.v, max_body: 1KiB}", Batch("v1", 9, 60_000, 1024)),
    ],
)
def test_the_terms_of_an_event(settings: Load, keys: str, gathers: Debounce | Batch) -> None:
    routed = router(settings(text(keys))).route(candidate().event)
    assert routed.terms["app"].gathers == gathers


def test_check_tells_what_they_come_to(settings: Load) -> None:
    keys = "idempotency: event.id, debounce: {period: 30s, key: event.v, timeout: 5m}"
    made = settings(text(keys))
    report = lines(made.file, describe(made))
    assert "    idempotency  the first of event.id in 1d" in report
    latest = "the latest of event.v once none came for 30s, at the latest 5m after the first"
    assert f"    debounce     {latest}" in report
    made = settings(text("batch: {size: 9, timeout: 5s}"))
    whole = "up to 9 events or 1.0MiB of all in one call, 5s after the first at the latest"
    assert f"    batch        {whole}" in lines(made.file, describe(made))


APP = "subscriptions.app"

# keys of a subscription -> what is said of them
REFUSED = [
    ("idempotency: customer", f"{APP}.idempotency.key: column 1: there is no 'customer'"),
    ("idempotency: {window: 1h}", f"{APP}.idempotency.key: is missing; write for example key: event.data"),
    ("idempotency: {key: event.id, window: 0s}", "window: must be longer than 0s"),
    ("idempotency: {key: event.id, window: 400d}", "window: must be at most 365d, not 400d"),
    ("idempotency: 7", f"{APP}.idempotency.key: must be a CEL expression in quotes"),
    ("debounce: {key: event.id}", f"{APP}.debounce.period: is missing; write for example period: 30s"),
    ("debounce: {period: 8d}", "debounce.period: must be at most 7d, not 8d"),
    ("debounce: {period: 1m, timeout: 30s}", "debounce: timeout: must be at least the period, 1m, not 30s"),
    ("debounce: {period: 1m, tiemout: 2m}", "debounce.tiemout: unknown key; did you mean 'timeout'?"),
    ("batch: {timeout: 5s}", "batch.size: is missing; write for example size: 100"),
    ("batch: {size: 1, timeout: 5s}", "batch.size: must be at least 2, not 1"),
    ("batch: {size: 5, timeout: 2d}", "batch.timeout: must be at most 1d, not 2d"),
    ("batch: {size: 5, timeout: 5s, max_body: 1GiB}", "batch.max_body: must be at most 16MiB, not 1.0GiB"),
    ("batch: {size: 5, timeout: 5s}, debounce: {period: 1s}", "batch: can't be combined with debounce:"),
    ("batch: {size: 5, timeout: 5s}, order_by: event.id", "batch: can't be combined with order_by:"),
    (
        "batch: {size: 5, timeout: 5s}, rate_limit: {limit: 1, period: 1s}",
        "can't be combined with rate_limit:",
    ),
    (
        "batch: {size: 5, timeout: 5s}, throttle: {limit: 1, period: 1s, key: event.id}",
        "throttle.key: one call",
    ),
    (
        "batch: {size: 5, timeout: 5s}, timeouts: {start: 5s}",
        "batch: timeout: must be shorter than timeouts.start",
    ),
    (
        "debounce: {period: 1m}, timeouts: {start: 30s}",
        "debounce: period: must be shorter than timeouts.start, 30s",
    ),
    ("batch: {size: 5, timeout: 5s}, format: raw", "batch: can't send the provider's own bodies"),
]


@pytest.mark.parametrize(("keys", "said"), REFUSED)
def test_what_cant_be(problems: Callable[..., list[str]], keys: str, said: str) -> None:
    [problem] = problems(text(keys))
    assert said in problem


def test_only_http_takes_a_batch(problems: Callable[..., list[str]]) -> None:
    [problem] = problems(text("batch: {size: 5, timeout: 5s}", to="destination: {type: stdout}"))
    assert "batch: needs a destination of type http: stdout takes one event at a time" in problem


# keys of a subscription, what the answer waits for -> what is said, None where it can be
TO_APP = "subscription: app}"
ACKS = [
    ("debounce: {period: 1s}", f"{{mode: delivered, {TO_APP}", "delivered can't wait for app"),
    ("debounce: {period: 1s}", f"{{mode: proxy, {TO_APP}", "proxy can't wait for app"),
    ("batch: {size: 5, timeout: 1s}", f"{{mode: proxy, {TO_APP}", "proxy can't hand on the answer"),
    ("batch: {size: 5, timeout: 10s}", f"{{mode: delivered, {TO_APP}", "make batch.timeout the shorter one"),
    ("batch: {size: 5, timeout: 1s}", f"{{mode: delivered, {TO_APP}", None),
    ("idempotency: event.id", f"{{mode: delivered, {TO_APP}", None),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "ack", "said"), ACKS)
def test_answers_that_wait(
    problems: Callable[..., list[str]], settings: Load, keys: str, ack: str, said: str | None
) -> None:
    if said is None:
        assert settings(text(keys, ack)).sources["stripe"].ack
        return
    [problem] = problems(text(keys, ack))
    assert "sources.stripe.ack[0].mode: " in problem and said in problem
