"""What the adapters declare, as the API tells it."""

from __future__ import annotations

import asyncio
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import adapters
from adapters.page import Facts
from gateway.api.v1.operation import Asked
from gateway.operate import answers, rows


def only(row: type[rows.Row], values: dict[str, Any]) -> dict[str, Any]:
    """Those of the values that a row has, lists as lists."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if name in row.model_fields
    }


async def adapters_(asked: Asked) -> answers.Adapters:
    """Every adapter that a source may name: its proof, what makes a duplicate, where it is documented."""
    facts = await asyncio.to_thread(_facts, asked.opened.settings.adapters_path)
    found = [answers.AdapterRow(**only(answers.AdapterRow, asdict(each))) for each in facts]
    return answers.Adapters.model_construct(items=found)


def _facts(folder: Path | None) -> list[Facts]:
    """In a thread, since the first time imports them all. A broken one is left out."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in adapters.names(folder):
            try:
                found.append(Facts.of(adapters.load(name, folder)))
            except adapters.BrokenAdapter:
                continue
    return found
