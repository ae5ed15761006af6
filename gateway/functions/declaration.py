"""`@function`: a function that says itself which events it wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__gateway_function__"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What stands in the brackets of `@function`: a subscription's name and its keys, not yet checked.

    `retries` is how many, or the schedule itself as durations (`["5s", "1m"]`).
    """

    id: str
    keys: Mapping[str, Any]
    retries: int | Sequence[str] | None = None
    timeout: str | None = None


def function(
    *,
    events: Sequence[str],
    id: str | None = None,
    if_: str | None = None,
    retries: int | Sequence[str] | None = None,
    timeout: str | None = None,
    **keys: Any,
) -> Callable[[F], F]:
    """Make a function the destination of a subscription. Its module has to be named in `functions:`.

    `id` names the subscription; without it the function's own name does, `-` in the place of `_`. `events`,
    `if_` and `**keys` (`concurrency`, `order_by` …) are those of a subscription in config.yaml. `retries` is
    how many retries a failure has, or the waits between them (`["5s", "1m"]`); `timeout` (`"30s"`) is the
    time of one attempt. All of it is checked where the config is loaded. The function stays what it was.
    """

    def mark(code: F) -> F:
        own = {"events": [events] if isinstance(events, str) else list(events), **keys}
        named = id or getattr(code, "__name__", "").strip("_").replace("_", "-")
        wanted = own if if_ is None else {**own, "if": if_}
        setattr(code, _MARK, Declaration(named, wanted, retries, timeout))
        return code

    return mark


def declared_in(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any], Declaration]]:
    """Every declared function that `module` names, each once: the name, the function, what it says."""
    seen: set[int] = set()
    for name, value in vars(module).items():
        said = getattr(value, _MARK, None) if callable(value) else None
        if isinstance(said, Declaration) and id(value) not in seen:
            seen.add(id(value))
            yield name, value, said
