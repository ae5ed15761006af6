"""What no source can check alone: that the subscriptions its answers wait for are there, and can answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from gateway.config.ack import AckRule
from gateway.config.destinations.http import Http
from gateway.config.filling import Filling
from gateway.config.problems import KeyPath, shown
from gateway.config.settings import Source
from gateway.config.subscription import Subscription


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
    if rule.mode == "proxy" and not isinstance(subscription.destination, Http):
        filling.wrong(
            (*path, "mode"),
            f"proxy needs a subscription whose destination is of type http: {subscription.destination.type} "
            "gives no answer to hand on; write mode: delivered",
        )
