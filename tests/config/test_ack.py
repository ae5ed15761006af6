"""`ack` and `expect` of a source: what they come to, and what is said where they can't be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.cli.early_acks import early_acks
from gateway.config import Settings, describe

TEXT = """\
sources:
  stripe: {{adapter: stripe, secrets: [some-secret], {keys}}}
subscriptions:
  app: {{events: [{events}], destination: {{type: http, url: "http://x/hooks", secrets: [long-enough]}}}}
  lines: {{events: ["**"], destination: {{type: stdout}}}}
"""

Load = Callable[..., Settings]


def text(keys: str, events: str = "github/*") -> str:
    return TEXT.format(keys=keys, events=events)


def test_rules_of_ack_in_the_order_of_the_file(settings: Load) -> None:
    rules = "ack: [{events: [a/b], mode: stored}, {mode: proxy, subscription: app, timeout: 3s}]"
    first, second = settings(text(rules)).sources["stripe"].ack
    assert (first.events, first.mode, first.subscription) == (("a/b",), "stored", None)
    assert (second.events, second.mode, second.subscription) == (("**",), "proxy", "app")
    assert (first.timeout, second.timeout) == (10, 3)


# what is written for ack, and how many rules that is
@pytest.mark.parametrize(
    ("ack", "count"), [("stored", 0), ("{mode: delivered, subscription: app}", 1), ("[]", 0)]
)
def test_short_forms_of_ack(settings: Load, ack: str, count: int) -> None:
    assert len(settings(text(f"ack: {ack}")).sources["stripe"].ack) == count


# keys of a source, and what is said of them
@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("ack: proxy", "sources.stripe.ack: must be stored, or rules such as"),
        ("ack: [{mode: delivered}]", "sources.stripe.ack[0]: subscription is missing"),
        ("ack: [{mode: stored, subscription: app}]", "ack[0]: mode stored waits for no subscription"),
        (
            "ack: [{mode: deliverd, subscription: app}]",
            "ack[0].mode: must be 'stored', 'delivered' or 'proxy'",
        ),
        ("ack: [{mode: proxy, subscription: ap}]", "there is no subscription 'ap'; did you mean 'app'?"),
        ("ack: [{mode: proxy, subscription: lines}]", "ack[0].mode: proxy needs a subscription whose"),
        ("ack: [{mode: proxy, subscription: app, timeout: 61s}]", "timeout: must be at most 1m, not 1m1s"),
        (
            "ack: [{mode: proxy, subscription: app, timout: 6s}]",
            "timout: unknown key; did you mean 'timeout'",
        ),
        ("ack: [{mode: proxy, subscription: app, events: []}]", "must name at least one pattern"),
        ("expect: 1h", "sources.stripe.expect: must be every and a duration, such as every 1h, not '1h'"),
        ("expect: every hour", "sources.stripe.expect: must be a duration such as"),
        ("expect: every 10s", "sources.stripe.expect: must be every 1m or more, not 'every 10s'"),
    ],
)
def test_what_cannot_be_is_refused(problems: Callable[..., list[str]], keys: str, said: str) -> None:
    [problem] = problems(text(keys))
    assert said in problem
    assert problem.startswith("config.yaml:2:")


def test_check_says_what_they_come_to(settings: Load) -> None:
    keys = "expect: every 1h30m, ack: [{mode: delivered, subscription: app}, {events: [a/b], mode: stored}]"
    [source] = describe(settings(text(keys))).sources
    assert source.expect == "every 1h30m"
    assert source.acks == ("**: once delivered to app within 10s, else 503", "a/b: once stored")


# keys of the source, what app wants, and which events a warning names
@pytest.mark.parametrize(
    ("keys", "events", "warned"),
    [
        ("", '"stripe/invoice.*"', ["stripe/invoice.created"]),
        ("", '"stripe/customer.*"', []),  # nothing that Stripe acts on
        ("ack: [{events: [stripe/invoice.created], mode: stored}]", '"stripe/invoice.*"', []),  # it is meant
        ("ack: {mode: delivered, subscription: app}", '"stripe/*"', []),
        (
            "ack: [{events: [github/*], mode: stored}]",
            '"stripe/*"',
            ["stripe/invoice.created", "stripe/issuing_authorization.request"],
        ),
    ],
)
def test_check_warns_where_a_provider_acts_on_an_early_answer(
    settings: Load, keys: str, events: str, warned: list[str]
) -> None:
    loaded = settings(text(keys, events).replace('["**"]', "[github/*]"))
    said = list(early_acks(loaded))
    assert [line.split()[1] for line in said] == warned
    assert all("before app has it" in line for line in said)
