"""`breaker`, `rate_limit`, `throttle`, `priority` and `timeouts`: what they come to, and what can't be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.cli.check import lines
from gateway.config import describe
from gateway.running import router
from gateway.verdict import Verdict
from tests.config.test_gathering import Load, text
from tests.contract.conftest import candidate

APP = "subscriptions.app"

OPENS = "opens when 50% of at least 20 attempts within 1m fail; one is tried after 30s"
EACH = "100 in 1s, 10 at one time for each event.v"
WITHIN = "started within 1h, finished within 1d, else cancelled"

# keys of a subscription -> the line of `gateway check`
TOLD = [
    ("breaker: {}", f"breaker      {OPENS}"),
    ("rate_limit: {limit: 1, period: 24h}", "rate limit   1 in 1d; what is over it is cancelled"),
    ("throttle: {limit: 10, period: 1s}", "throttle     10 in 1s, 1 at one time"),
    ("throttle: {limit: 100, period: 1s, key: event.v}", f"throttle     {EACH}"),
    ("throttle: {limit: 10, period: 1s, burst: 5}", "throttle     10 in 1s, 5 at one time"),
    ("priority: event.data.a", "priority     event.data.a, in seconds"),
    ("timeouts: {start: 1h, finish: 24h}", f"timeouts     {WITHIN}"),
]


@pytest.mark.parametrize(("keys", "line"), TOLD)
def test_check_tells_what_it_comes_to(settings: Load, keys: str, line: str) -> None:
    made = settings(text(keys))
    assert f"    {line}" in lines(made.file, describe(made))


# keys of a subscription -> what is said of them
REFUSED = [
    ("breaker: {failures: 0}", "breaker.failures: must be more than 0.0, not 0"),
    ("breaker: {failures: 2}", "breaker.failures: must be at most 1.0, not 2"),
    ("breaker: {of: 0}", "breaker.of: must be at least 1, not 0"),
    ("breaker: {wait: 30}", "breaker.wait: needs a unit"),
    ("breaker: {wiat: 30s}", "breaker.wiat: unknown key; did you mean 'wait'?"),
    ("rate_limit: {period: 1m}", "rate_limit.limit: is missing; write for example limit: 100"),
    ("rate_limit: {limit: 5}", "rate_limit.period: is missing; write for example period: 1m"),
    ("rate_limit: {limit: 0, period: 1m}", "rate_limit.limit: must be at least 1, not 0"),
    ("rate_limit: {limit: 5, period: 60d}", "rate_limit.period: must be between 100ms and 30d, not 60d"),
    ("rate_limit: {limit: 5, period: 1m, key: customer}", "rate_limit.key: column 1: there is no 'customer'"),
    ("throttle: {limit: 5, period: 1m, burst: 0}", "throttle.burst: must be at least 1, not 0"),
    ("timeouts: {}", "timeouts: must have start: or finish:, such as {start: 1h, finish: 24h}"),
    ("timeouts: {start: 2h, finish: 1h}", "timeouts: finish: 1h must not be shorter than start: 2h"),
    ("priority: 5", "priority: must be a CEL expression in quotes"),
    ("priority: event.data.a, debounce: {period: 1s}", "priority: can't be combined with debounce:"),
]


@pytest.mark.parametrize(("keys", "said"), REFUSED)
def test_what_cant_be(problems: Callable[..., list[str]], keys: str, said: str) -> None:
    [problem] = problems(text(keys))
    assert said in problem


# the event's data -> its priority in ms, and what is told
PRIORITIES = [
    ('{"p": 60}', 60_000, None),
    ('{"p": -1.5}', -1_500, None),
    ('{"p": 9000}', 600_000, None),  # no more than ten minutes
    ('{"p": -9000}', -600_000, None),
    ('{"p": null}', 0, None),
    ('{"p": "high"}', 0, "must be a number of seconds, and is text"),
    ('{"p": true}', 0, "must be a number of seconds, and is true or false"),
    ("{}", 0, "there is no"),
]


@pytest.mark.parametrize(("data", "priority", "error"), PRIORITIES)
def test_the_priority_of_an_event(settings: Load, data: str, priority: int, error: str | None) -> None:
    event = replace(candidate().event, data=data)
    routed = router(settings(text("priority: event.data.p"))).route(event)
    assert routed.terms["app"].priority == priority
    told: tuple[Verdict, ...] = routed.verdicts
    assert [each.reason for each in told] == ([] if error is None else ["priority"])
    assert error is None or error in str(told[0].error)
