"""Listeners: who follows under a name, and handing them an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.operate.opened import Opened
from gateway.store.tail import Listener

PRESENT = 60_000
"""ms after which a listener that was not heard of counts as gone: it asks again at least twice as often."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a listener was handed. Where ids are `missing`, or it is not there, it is nothing."""

    event_ids: Sequence[str] = ()
    missing: Sequence[str] = ()
    is_there: bool = True


async def listeners_now(opened: Opened) -> Sequence[Listener]:
    """Those who listen at the moment, by name."""
    return await opened.store.tail.listeners(opened.now - PRESENT)


async def hand_to(opened: Opened, listener: str, ids: Sequence[str]) -> Done:
    """Hand stored events, by their event_ids or providers' ids, to one who listens now."""
    found = {id: await opened.store.event(id) for id in dict.fromkeys(ids)}
    missing = [id for id, stored in found.items() if stored is None]
    if missing:
        return Done(missing=missing)
    if listener not in {one.name for one in await listeners_now(opened)}:
        return Done(is_there=False)
    event_ids = [stored.event.event_id for stored in found.values() if stored is not None]
    for event_id in event_ids:
        if not await opened.store.tail.hand(listener, event_id):
            return Done(is_there=False)
    return Done(event_ids)
