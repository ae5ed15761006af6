"""Guesses at a token: how many wrong ones an address may send before it has to wait."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

MOST = 10
"""Wrong tokens from one address within PER; after them it is not listened to until some are that old."""

PER = 60.0
"""Seconds."""

ADDRESSES = 10_000
"""Addresses whose guesses are remembered; past that, the one that was quiet for longest is forgotten."""


class Guesses:
    """Wrong tokens of late, by the address that sent them. `now` is seconds of any clock."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, address: str, now: float) -> float:
        """Seconds until `address` may try again; 0: it may now."""
        times = self._recent(_network(address), now)
        return 0.0 if len(times) < MOST else max(0.0, times[-MOST] + PER - now)

    def wrong(self, address: str, now: float) -> None:
        """Count a wrong token."""
        network = _network(address)
        self._times[network] = [*self._recent(network, now), now][-MOST:]
        self._times.move_to_end(network)
        if len(self._times) > ADDRESSES:
            self._times.popitem(last=False)

    def _recent(self, network: str, now: float) -> list[float]:
        return [at for at in self._times.get(network, ()) if at > now - PER]


def _network(address: str) -> str:
    """What counts as one address: of IPv6 the /64, since whoever has one address there has all of them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else address
