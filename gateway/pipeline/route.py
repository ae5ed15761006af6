"""Who wants an event: a pure function of the event and the subscriptions' patterns and expressions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.event import SYSTEM, Event, compile_patterns
from gateway.expression import Expression, variables
from gateway.pipeline.conditions import Conditions, terms
from gateway.pipeline.keys import key_of, kind
from gateway.terms import Terms
from gateway.verdict import MOST, Verdict, verdict
from gateway.wait import NewWait, WaitRule

MAX_REMEMBERED = 4096
"""Event names whose answer is remembered; providers have hundreds, so past this something is wrong."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The expressions of a subscription: its filter `if:`, `order_by:`, and what its terms are made from.

    `waits` are what its deliveries wait for, and what ends them.
    """

    condition: Expression | None = None
    order: Expression | None = None
    conditions: Conditions | None = None
    waits: tuple[WaitRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Routed:
    """Who gets an event, the order keys of those that keep an order, and what expressions said otherwise.

    `terms` are those of subscriptions that have any. The deliveries of those in `waits` wait for another
    event.
    """

    subscriptions: tuple[str, ...]
    orders: Mapping[str, str] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    terms: Mapping[str, Terms] = field(default_factory=dict)
    waits: Mapping[str, tuple[NewWait, ...]] = field(default_factory=dict)


class Router:
    """Matches events against every subscription; made anew for every config."""

    def __init__(
        self, patterns: Mapping[str, Iterable[str]], rules: Mapping[str, Rules] | None = None
    ) -> None:
        """`patterns` are the `events:` of each subscription by its name; `rules` the expressions of some."""
        self._expressions = {name: compile_patterns(wanted) for name, wanted in patterns.items()}
        own = [one for each in patterns.values() for one in each if one.startswith(f"{SYSTEM}/")]
        self._system = compile_patterns(own)
        self._remembered: dict[str, Routed] = {}
        self._rules = rules or {}

    def names_system_event(self, event_name: str) -> bool:
        """Whether a pattern that begins with `gateway/` matches; a catch-all such as `**` does not count."""
        return self._system.fullmatch(event_name) is not None

    def match(self, event_name: str) -> tuple[str, ...]:
        """The names of the subscriptions whose patterns match, in the order of the config."""
        return self._named(event_name).subscriptions

    def route(self, event: Event) -> Routed:
        """Who gets `event`. Without expressions among those whose patterns match, this is one look-up."""
        named = self._named(event.name)
        if self._rules and not self._rules.keys().isdisjoint(named.subscriptions):
            return self._decide(event, named.subscriptions)
        return named

    def order_key(self, subscription: str, event: Event) -> str | None:
        """The order key that `event` has for a subscription, whatever its patterns and its filter say."""
        orders: dict[str, str] = {}
        _order(subscription, self._rules.get(subscription, Rules()).order, variables(event), orders)
        return orders.get(subscription)

    def waits(self, subscription: str, event: Event) -> tuple[NewWait, ...]:
        """What a delivery of `event` to a subscription begins with waiting for, whatever its filter says."""
        rules = self._rules.get(subscription, Rules())
        return tuple(rule.opened(event) for rule in rules.waits)

    @property
    def any_waits(self) -> bool:
        """Whether there is a subscription whose deliveries wait, or are ended by an event."""
        return any(rules.waits for rules in self._rules.values())

    def has_waits(self, subscription: str) -> bool:
        """Whether it is one of those."""
        return bool(self._rules.get(subscription, Rules()).waits)

    def _named(self, event_name: str) -> Routed:
        known = self._remembered.get(event_name)
        if known is not None:
            return known
        each = self._expressions.items()
        wanted = Routed(tuple(name for name, regex in each if regex.fullmatch(event_name)))
        if len(self._remembered) < MAX_REMEMBERED:
            self._remembered[event_name] = wanted
        return wanted

    def _decide(self, event: Event, names: Iterable[str]) -> Routed:
        """Evaluate every expression; one that fails speaks for its own subscription only."""
        seen = variables(event)
        wanted: list[str] = []
        orders: dict[str, str] = {}
        asked: dict[str, Terms] = {}
        verdicts: list[Verdict] = []
        for name in names:
            rules = self._rules.get(name, Rules())
            refused = _refused(name, rules.condition, seen)
            told = [] if refused is None else [refused]
            if refused is None:
                wanted.append(name)
                told = _order(name, rules.order, seen, orders)
                if rules.conditions is not None:
                    asked[name], failed = terms(name, rules.conditions, seen)
                    told += failed
            verdicts += told[:1]  # of an event and a subscription one is kept
        waits = {name: self.waits(name, event) for name in wanted if self.has_waits(name)}
        return Routed(tuple(wanted), orders, tuple(verdicts[:MOST]), asked, waits)


def _refused(name: str, condition: Expression | None, seen: Mapping[str, Any]) -> Verdict | None:
    """Why a filter keeps an event from a subscription; None where it lets it through."""
    if condition is None:
        return None
    got = condition.evaluate(seen)
    if got.value is True:
        return None
    error = got.error
    if error is None and got.value is not False:
        error = f"must be true or false, and is {kind(got.value)}"
    return verdict(name, "filter" if error is None else "error", condition.text, condition.saw(seen), error)


def _order(
    name: str, order: Expression | None, seen: Mapping[str, Any], orders: dict[str, str]
) -> list[Verdict]:
    """Note the key of an event in `orders`; what is no key is told."""
    if order is None:
        return []
    key = key_of(order, seen)
    if key.text is not None:
        orders[name] = key.text
    if key.error is None:
        return []
    return [verdict(name, "order", order.text, order.saw(seen), key.error)]
