"""Where `gateway check` warns that a provider acts on an answer which says only that the event is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.naming import event_name
from gateway.config import Settings, Source
from gateway.event import compile_patterns


def early_acks(settings: Settings) -> Iterator[str]:
    """A sentence for each event of a source that a subscription gets and that no rule of `ack` names.

    A rule of mode `stored` that names it says that this is meant.
    """
    for source in settings.sources.values():
        for type, what in source.adapter.acts_on_answer.items():
            name = event_name(source.adapter.name, type)
            wanting = _wanting(settings, name)
            if wanting and not _has_rule(source, name):
                yield (
                    f"sources.{source.name}: {name} is answered before {wanting[0]} has it, and "
                    f"{source.adapter.title} acts on the answer: {what}; name it in a rule of ack, with mode "
                    "delivered or proxy, or with mode stored if this is meant"
                )


def _wanting(settings: Settings, name: str) -> list[str]:
    return [one for one, each in settings.subscriptions.items() if _overlap(each.events, name)]


def _has_rule(source: Source, name: str) -> bool:
    return any(_overlap(rule.events, name) for rule in source.ack)


def _overlap(patterns: tuple[str, ...], name: str) -> bool:
    """Whether `patterns` match `name`, or `name`, which may itself be a pattern, matches one of them."""
    named: re.Pattern[str] = compile_patterns([name])
    return bool(compile_patterns(patterns).fullmatch(name)) or any(map(named.fullmatch, patterns))
