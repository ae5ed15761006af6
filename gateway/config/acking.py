"""What no source can check alone: that the subscriptions its answers wait for are there, and can answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from gateway.config.ack import STORED, AckRule
from gateway.config.destinations.http import Http
from gateway.config.filling import Filling
from gateway.config.problems import KeyPath, shown
from gateway.config.settings import Source
from gateway.config.subscription import Subscription
from gateway.config.units import format_duration


def check_acks(
    sources: Mapping[str, Source],
    subscriptions: Mapping[str, Subscription],
    named: Collection[str],
    filling: Filling,
) -> None:
    """Note what is wrong with the `ack` of every source. `named` are all subscriptions, broken ones too."""
    for source in sources.values():
        for index, rule in enumerate(source.ack):
            path: KeyPath = ("sources", source.name, "ack", index)
            if rule.subscription is None:
                continue
            if rule.subscription not in named:
                filling.wrong((*path, "subscription"), _unknown(rule.subscription, named))
            elif rule.subscription in subscriptions:
                _check_answers(rule, subscriptions[rule.subscription], path, filling)


def _unknown(name: str, named: Collection[str]) -> str:
    near = get_close_matches(name, named, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(named) or 'none'}"
    return f"there is no subscription {shown(name)}; {hint}"


def _check_answers(rule: AckRule, subscription: Subscription, path: KeyPath, filling: Filling) -> None:
    wrong = _cannot_answer(rule, subscription)
    if wrong is not None:
        filling.wrong((*path, "mode"), wrong)


def _cannot_answer(rule: AckRule, subscription: Subscription) -> str | None:
    """Why no answer can wait for this subscription as the rule wants it."""
    batch = subscription.batch
    if subscription.debounce is not None and rule.mode != STORED:
        return (
            f"{rule.mode} can't wait for {rule.subscription}, which has debounce: an event that gives way to "
            "a later one is never delivered; write mode: stored, or name another subscription"
        )
    if rule.mode == "proxy" and not isinstance(subscription.destination, Http):
        return (
            f"proxy needs a subscription whose destination is of type http: {subscription.destination.type} "
            "gives no answer to hand on; write mode: delivered"
        )
    if rule.mode == "proxy" and batch is not None:
        return (
            f"proxy can't hand on the answer of {rule.subscription}, which has batch: it answers many events "
            "at once; write mode: delivered"
        )
    if rule.mode == "delivered" and batch is not None and batch.timeout >= rule.timeout:
        return (
            f"delivered waits for {format_duration(rule.timeout)}, and a batch of {rule.subscription} for "
            f"{format_duration(batch.timeout)}: most would hear 503; make batch.timeout the shorter one"
        )
    return None
