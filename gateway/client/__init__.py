"""A gateway elsewhere, over its API: `from gateway.client import Gateway`.

    with Gateway("https://hooks.example.com", token) as gateway:
        for event in gateway.events(name="stripe/customer.*"):
            print(event.event_id, event.data)
        gateway.replay(["evt_1"])

Lists are iterators that ask for the next page when it is needed. Whatever goes wrong is a GatewayError.
"""

from __future__ import annotations

from gateway.client.acting import Acting
from gateway.client.connection import GatewayError
from gateway.client.looking import Looking

__all__ = ["Gateway", "GatewayError"]


class Gateway(Looking, Acting):
    """One gateway, by its URL and a token. Not for several threads at once."""
