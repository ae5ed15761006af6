"""How far somebody who follows has come, as a text that he keeps and gives back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gateway.store.tail import Kind

MOST_OPEN = 200
"""Deliveries whose end a cursor waits for at most; the oldest are given up first."""

LETTERS: Mapping[str, Kind] = {"e": "events", "d": "duplicates", "r": "rejections", "y": "deliveries"}

PATTERN = (
    rf"^e[0-9]{{1,18}}\.d[0-9]{{1,18}}\.r[0-9]{{1,18}}\.y[0-9]{{1,18}}\.h[0-9]{{1,18}}"
    rf"(\.o[0-9]{{1,18}}(_[0-9]{{1,18}}){{0,{MOST_OPEN - 1}}})?$"
)
"""What the text of a cursor looks like."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place that was read last of each kind, and of what a listener was handed.

    `open` are the places of deliveries that are to be told of when they end.
    """

    places: Mapping[Kind, int]
    handed: int = 0
    open: tuple[int, ...] = field(default=())

    def __str__(self) -> str:
        parts = [f"{letter}{self.places.get(kind, 0)}" for letter, kind in LETTERS.items()]
        parts.append(f"h{self.handed}")
        if self.open:
            parts.append("o" + "_".join(map(str, self.open)))
        return ".".join(parts)

    @staticmethod
    def of(text: str) -> Cursor:
        """The cursor that wrote `text`. Raises ValueError where none did."""
        if not re.fullmatch(PATTERN, text):
            raise ValueError("is no cursor: leave it out to begin now")
        found = {part[0]: part[1:] for part in text.split(".")}
        places = {kind: int(found[letter]) for letter, kind in LETTERS.items()}
        open = tuple(map(int, found["o"].split("_"))) if "o" in found else ()
        return Cursor(places, int(found["h"]), open)

    def at(self, kind: Kind, place: int) -> Cursor:
        """The same with another place."""
        return replace(self, places={**self.places, kind: place})

    def awaiting(self, places: tuple[int, ...]) -> Cursor:
        """The same with these deliveries open, the newest MOST_OPEN of them."""
        return replace(self, open=places[-MOST_OPEN:])
