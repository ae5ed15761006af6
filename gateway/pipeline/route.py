"""Who wants an event: a pure function of its name and the subscriptions' patterns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.event import SYSTEM, compile_patterns

MAX_REMEMBERED = 4096
"""Event names whose answer is remembered; providers have hundreds, so past this something is wrong."""


class Router:
    """Matches event names against the patterns of every subscription; made anew for every config."""

    def __init__(self, patterns: Mapping[str, Iterable[str]]) -> None:
        """`patterns` are the `events:` of each subscription by its name."""
        self._expressions = {name: compile_patterns(wanted) for name, wanted in patterns.items()}
        own = [one for each in patterns.values() for one in each if one.startswith(f"{SYSTEM}/")]
        self._system = compile_patterns(own)
        self._remembered: dict[str, tuple[str, ...]] = {}

    def names_system_event(self, event_name: str) -> bool:
        """Whether a pattern that begins with `gateway/` matches; a catch-all such as `**` does not count."""
        return self._system.fullmatch(event_name) is not None

    def match(self, event_name: str) -> tuple[str, ...]:
        """The names of the subscriptions that want `event_name`, in the order of the config."""
        known = self._remembered.get(event_name)
        if known is not None:
            return known
        wanted = tuple(name for name, regex in self._expressions.items() if regex.fullmatch(event_name))
        if len(self._remembered) < MAX_REMEMBERED:
            self._remembered[event_name] = wanted
        return wanted
