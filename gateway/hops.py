"""How many gateways an event has come through: two that send each other the same names would never end.

Each HTTP request that delivers an event says it in a header, which is kept with what the event came by.
"""

from __future__ import annotations

import re

HEADER = "gateway-hops"
MOST = 8
"""Gateways that an event may come through."""

TOO_MANY = f"the event has come through {MOST} gateways: do two of them send each other the same events?"

_KEPT = re.compile(rf'\["{HEADER}","(\d{{1,6}})"\]')


def hops(headers: str) -> int:
    """How many gateways stand before this one, by the kept `headers` (JSON text) of an event; 0 for none."""
    found = _KEPT.search(headers) if HEADER in headers else None
    return int(found[1]) if found else 0


def next_hop(headers: str) -> dict[str, str]:
    """The header for whom the event is delivered to."""
    return {HEADER: str(hops(headers) + 1)}
