"""What is wrong with a config file: every problem at once, each with its line, key and the way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

KeyPath = tuple[str | int, ...]
"""Where a value stands in the file: `("sources", "stripe", "secrets", 0)`."""


class Filled(str):
    """Text that came from the environment, at least in part. Messages never show it."""

    __slots__ = ("origin",)
    origin: str

    @classmethod
    def of(cls, text: str, origin: str) -> Filled:
        """`origin` is what stands in the file in its place, e.g. `${PORT}`."""
        filled = cls(text)
        filled.origin = origin
        return filled


def shown(value: object) -> str:
    """`value` as an error message may show it, cut at 60 characters."""
    if isinstance(value, Filled):
        return f"the value of {value.origin}"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}…"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list | tuple) else "this"


def dotted(path: KeyPath) -> str:
    """`("retry", "schedule", 0)` -> `retry.schedule[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to fix. `line` counts from 1; 0 and an empty `key` mean the file as a whole."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.key, self.message) if part)


class ConfigError(Exception):
    """The config file cannot be used. `problems` holds every reason, in the order of their lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass
class Problems:
    """Collects the problems of one file; the first one of a key wins, later ones would only repeat it."""

    file: Path
    found: dict[tuple[KeyPath, int], Problem] = field(default_factory=dict)

    def add(self, line: int, path: KeyPath, message: str, key: str | None = None) -> None:
        """Note that the value at `path` is wrong; `key` is what to print where that is not the path."""
        name = dotted(path) if key is None else key
        self.found.setdefault((path, line), Problem(str(self.file), line, name, message))

    def under(self, path: KeyPath) -> bool:
        """Whether a problem is known at `path` or inside it."""
        return any(known[: len(path)] == path for known, _ in self.found)

    def around(self, path: KeyPath) -> bool:
        """Whether a problem is known at `path` or at something that holds it."""
        return any(path[: len(known)] == known for known, _ in self.found)

    def stop(self, line: int, message: str) -> NoReturn:
        """Raise ConfigError for a problem of the whole file that leaves nothing more to look at."""
        self.add(line, (), message)
        raise self.error()

    def error(self) -> ConfigError:
        """Everything found so far, in the order of the lines."""
        return ConfigError(tuple(sorted(self.found.values(), key=lambda problem: problem.line)))

    def stop_if_any(self) -> None:
        """Raise ConfigError with everything found so far."""
        if self.found:
            raise self.error()
