"""How events are named: `domain/noun.verb`, the verb in the past tense: `order/invoice.paid`."""

from __future__ import annotations

import re
from functools import lru_cache

EXAMPLE = "order/invoice.paid"

_WORD = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")
_VERB = re.compile(r"((?:[a-z0-9]+[_-])*?)([a-z0-9]+)([_-](?:in|out|up|down|off|on|over|back))?")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_PAST = {
    "begin": "begun", "bind": "bound", "break": "broken", "bring": "brought", "build": "built",
    "buy": "bought", "catch": "caught", "choose": "chosen", "come": "come", "cut": "cut",
    "deal": "dealt", "do": "done", "draw": "drawn", "drive": "driven", "eat": "eaten", "fall": "fallen",
    "feed": "fed", "find": "found", "forget": "forgotten", "freeze": "frozen", "get": "got",
    "give": "given", "go": "gone", "grow": "grown", "hear": "heard", "hide": "hidden", "hit": "hit",
    "hold": "held", "keep": "kept", "know": "known", "lead": "led", "leave": "left", "lend": "lent",
    "let": "let", "lose": "lost", "make": "made", "mean": "meant", "meet": "met",
    "overdraw": "overdrawn", "override": "overridden", "pay": "paid", "put": "put", "quit": "quit",
    "read": "read", "rebuild": "rebuilt", "redo": "redone", "repay": "repaid", "resend": "resent",
    "reset": "reset", "rewrite": "rewritten", "ride": "ridden", "rise": "risen", "run": "run",
    "say": "said", "see": "seen", "seek": "sought", "sell": "sold", "send": "sent", "set": "set",
    "shut": "shut", "speak": "spoken", "spend": "spent", "split": "split", "stand": "stood",
    "steal": "stolen", "stick": "stuck", "take": "taken", "teach": "taught", "tell": "told",
    "think": "thought", "throw": "thrown", "undo": "undone", "unset": "unset", "upset": "upset",
    "win": "won", "withdraw": "withdrawn", "withhold": "withheld", "write": "written",
}  # fmt: skip
"""Verbs whose past has an irregular form."""

_NOT_PAST = frozenset(
    {
        "bed", "embed", "exceed", "feed", "need", "proceed", "seed", "speed", "succeed",
        "weed"
    }
)  # fmt: skip
"""Words that end as a past does, and are none."""

_STATES = {
    "checkout": "checked_out",
    "complete": "completed",
    "error": "failed",
    "failure": "failed",
    "login": "logged_in",
    "logout": "logged_out",
    "new": "created",
    "signup": "signed_up",
    "succeed": "succeeded",
    "success": "succeeded",
}
"""What people write where they mean that something happened."""

_DOUBLED = frozenset(
    {
        "cancel", "drop", "log", "map", "pin", "plan", "refer", "ship", "skip", "stop", "submit",
        "swap", "tag", "transfer", "trim"
    }
)  # fmt: skip
"""Verbs that double their last letter."""


@lru_cache(maxsize=4096)
def flaw(name: str) -> str | None:
    """What departs from the convention in an event's name, and a better one; None where nothing does."""
    domain, slash, rest = name.partition("/")
    if not slash:
        return f"has no domain; name it domain/noun.verb, such as {EXAMPLE}"
    if not all(_WORD.fullmatch(part) for part in (domain, *re.split(r"[/.]", rest))):
        better = _lowered(name)
        hint = f"such as {better}" if _is_lowered(better) else f"such as {EXAMPLE}"
        return f"has more in it than words of a-z, 0-9, _ and - between / and dots; write it {hint}"
    noun, dot, verb = rest.rpartition(".")
    if not dot:
        return f"has no noun and verb behind the /; name it domain/noun.verb, such as {EXAMPLE}"
    lead, word, rest_of_it = _verb(verb)
    if _is_past(word):
        return None
    better = f"{domain}/{noun}.{lead}{_past(word)}{rest_of_it}"
    return f"ends in no past tense; write what happened, such as {better}"


def _lowered(name: str) -> str:
    return re.sub(r"[\s:]+", ".", _HUMP.sub("_", name)).lower()


def _is_lowered(name: str) -> bool:
    return "/" in name and all(_WORD.fullmatch(part) for part in re.split(r"[/.]", name))


def _verb(text: str) -> tuple[str, str, str]:
    """What stands before the verb itself, the verb, and what belongs behind it: `re_`, `signed`, `_up`."""
    form = _VERB.fullmatch(text)
    assert form is not None
    return form[1], form[2], form[3] or ""


def _is_past(word: str) -> bool:
    return word in _PAST.values() or (word.endswith("ed") and word not in _NOT_PAST)


def _past(word: str) -> str:
    known = _STATES.get(word) or _PAST.get(word)
    if known:
        return known
    if word.endswith("e"):
        return f"{word}d"
    if re.search(r"[^aeiou]y$", word):
        return f"{word[:-1]}ied"
    return f"{word}{word[-1]}ed" if word in _DOUBLED else f"{word}ed"
