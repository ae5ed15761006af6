"""`${NAME}` and `${NAME:-default}` in the text of a config file; `$${…}` stands for a literal `${…}`.

Each is hidden behind a token on the same line before YAML sees the text, and filled in afterwards, so
that no value can change the structure and a placeholder needs no quotes inside `{…}` or `[…]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

OPEN, CLOSE = "\ue000", "\ue001"
"""Private-use characters around a placeholder's number; the file itself must not hold them."""

_PLACEHOLDER = re.compile(r"(?P<escape>\$?)\$\{(?P<body>[^{}\n]*)(?P<end>\}?)")
_BODY = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?P<default>.*))?")
_TOKEN = re.compile(f"{OPEN}([0-9]+){CLOSE}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One `${…}` of the file: a variable, a literal (the escaped form), or neither and then broken."""

    line: int
    name: str = ""
    default: str | None = None
    literal: str | None = None

    @property
    def is_broken(self) -> bool:
        """Whether what stands between the braces is not `NAME` or `NAME:-default`."""
        return not self.name and self.literal is None

    def value(self, env: Mapping[str, str]) -> str | None:
        """What to put in its place; None: the variable is not set and there is no default.

        As in a shell, the default also stands in for a variable that is set but empty.
        """
        if self.literal is not None:
            return self.literal
        return env.get(self.name) or self.default if self.default is not None else env.get(self.name)


def hide(text: str) -> tuple[str, list[Placeholder]]:
    """`text` with a token for each `${…}`, and what the tokens stand for, by number."""
    found: list[Placeholder] = []

    def token(match: re.Match[str]) -> str:
        found.append(_read(match, 1 + text.count("\n", 0, match.start())))
        return f"{OPEN}{len(found) - 1}{CLOSE}"

    return _PLACEHOLDER.sub(token, text), found


def _read(match: re.Match[str], line: int) -> Placeholder:
    if match["escape"]:
        return Placeholder(line, literal=match[0].removeprefix("$"))
    body = _BODY.fullmatch(match["body"]) if match["end"] else None
    return Placeholder(line, body["name"], body["default"]) if body else Placeholder(line)


def within(text: str, placeholders: Sequence[Placeholder]) -> list[Placeholder]:
    """The placeholders whose tokens `text` holds, in order."""
    return [placeholders[int(number)] for number in _TOKEN.findall(text)]


def fill(text: str, placeholders: Sequence[Placeholder], env: Mapping[str, str]) -> str:
    """`text` with every token replaced, once: what a value holds is not looked at again."""
    return _TOKEN.sub(lambda match: placeholders[int(match[1])].value(env) or "", text)
