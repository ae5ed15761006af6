"""The keys with which others send events of their own: a list of secrets, or a mapping of names to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.config.filling import EVENT_KEYS, Filling
from gateway.config.problems import KeyPath
from gateway.config.secret import Secret

_URL_SAFE = re.compile(r"[A-Za-z0-9._~-]+")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True)
class EventKey:
    """One event key. `name` is kept with the events that were sent with it; the secret never is."""

    name: str
    secret: Secret


def named_keys(raw: Any, filling: Filling) -> tuple[EventKey, ...]:
    """The keys as the file states them; those of a list are `key-1`, `key-2` … by their place among the set.

    Problems are noted.
    """
    keys: list[EventKey] = []
    for path, name, secret in _entries(raw):
        if not _NAME.fullmatch(name):
            rule = "a name is 1 to 64 characters, each a-z, 0-9, - or _, the first a letter or digit"
            filling.wrong(path, rule)
        elif not _URL_SAFE.fullmatch(secret.get_secret_value()):
            filling.wrong_value(path, "an event key is part of a URL; use letters, digits and . _ ~ - only")
        elif secret in [key.secret for key in keys]:
            filling.wrong_value(path, "is the same key as another one; give each sender a key of its own")
        else:
            keys.append(EventKey(name, secret))
    return tuple(keys)


def _entries(raw: Any) -> Iterator[tuple[KeyPath, str, Secret]]:
    if isinstance(raw, dict):
        for name, secret in raw.items():
            if isinstance(secret, Secret):
                yield (*EVENT_KEYS, name), name, secret
    for index, secret in enumerate(raw if isinstance(raw, list) else ()):
        yield (*EVENT_KEYS, index), f"key-{index + 1}", secret
