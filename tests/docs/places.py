"""The places that pages name, and where they are in a session: free ports, its own gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PORTS = ("8080", "9000", "9001", "3000")
"""The ports of the pages: the gateway, subscribers, a program on a laptop."""

ELSEWHERE = "https://hooks.example.com"
"""A gateway elsewhere. In a session it is the one that runs there."""


@dataclass(frozen=True)
class Places:
    """Where the places of the pages are: ports by the port that is written, other texts by their own."""

    folder: Path
    ports: Mapping[str, str]
    others: Mapping[str, str]

    def real(self, text: str) -> str:
        """A command, or what it shows, as it is here."""
        for written, real in {ELSEWHERE: "http://127.0.0.1:8080", **self.others}.items():
            text = text.replace(written, real)
        text = re.sub(r"\b(\w+)=…", r"\1=$\1", text)
        return re.sub(rf"\b({'|'.join(self.ports)})\b", lambda found: self.ports[found[0]], text)

    def shown(self, text: str) -> str:
        """What a command says, with the folder as `…`."""
        return text.replace(str(self.folder), "…")
