"""The text of each part of a JSON document, to the letter.

A number with more digits than a float has, or with a zero at its end, would not survive being read and
written again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]

Members = dict[str, str]
"""The text of each member of an object by its name; of two with one name the last, as every reader has it."""

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = JSONDecoder(parse_int=str, parse_float=str)


def objects(text: str) -> list[Members]:
    """The members of an object, or of each object of an array, in order.

    `text` has to be valid JSON, and an object or an array of objects. Raises RecursionError where it is
    nested deeper than Python goes.
    """
    at = _skip(text, 0)
    if text[at] == "{":
        return [_object(text, at)[0]]
    return list(_array(text, at))


def _array(text: str, at: int) -> Iterator[Members]:
    at = _skip(text, at + 1)
    while text[at] != "]":
        members, at = _object(text, at)
        yield members
        at = _next(text, at)


def _object(text: str, at: int) -> tuple[Members, int]:
    """The members of the object that begins at `at`, and where it ends."""
    members = {}
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = scanstring(text, at + 1, True)
        begin = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, begin)
        members[name] = text[begin:end]
        at = _next(text, end)
    return members, at + 1


def _next(text: str, at: int) -> int:
    """Where the next element begins, past the comma, or where the closing bracket is."""
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space is not None
    return space.end()
