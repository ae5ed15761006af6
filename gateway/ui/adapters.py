"""Adapters: every provider that a source could be of."""

from __future__ import annotations

import asyncio
import warnings
from functools import lru_cache
from pathlib import Path

import adapters
from adapters.page import Facts
from gateway.ui.visit import Answer, Page, Visit


async def listing(visit: Visit) -> Answer:
    """All adapters, those in use first."""
    every, broken = await asyncio.to_thread(_every, visit.settings.adapters_path)
    used = {source.adapter.name for source in visit.settings.sources.values()}
    wanted = (visit.asked("q") or "").lower()
    shown = [facts for facts in every if wanted in f"{facts.name} {facts.title} {facts.scheme}".lower()]
    values = {
        "title": "Adapters",
        "adapters": sorted(shown, key=lambda facts: (facts.name not in used, facts.title.lower())),
        "used": used,
        "broken": broken,
        "wanted": visit.asked("q") or "",
        "total": len(every),
    }
    return Page("adapters.html", values)


@lru_cache(maxsize=4)
def _every(path: Path | None) -> tuple[list[Facts], list[str]]:
    """The facts of every adapter, and what is wrong with those that do not load: slow the first time."""
    found, broken = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = adapters.names(path)
    for name in names:
        try:
            found.append(Facts.of(adapters.load(name, path)))
        except adapters.BrokenAdapter as error:
            broken.append(str(error))
    return found, broken
