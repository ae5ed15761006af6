"""Providers' APIs as they stand in for a session: what they keep, by the address that a page names."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from tests import github_api, stripe_api

DAY = 86_400


class Opens(Protocol):
    """Opens a stand-in; its own URL."""

    def __call__(self) -> AbstractContextManager[str]: ...


@contextmanager
def stripe() -> Iterator[str]:
    """An account with five events of the last days: of three types, one of which nobody wants."""
    with stripe_api.serving() as server:
        server.now = int(time.time())
        types = ["customer.created", "customer.created", "invoice.paid", "payout.paid", "customer.created"]
        for number, type in enumerate(types, 1):
            server.add(f"evt_of_the_api_{number}", type, at=server.now - DAY + number, delivered=number > 1)
        yield server.url


@contextmanager
def github() -> Iterator[str]:
    """A webhook that tried two deliveries, the first of them in vain."""
    with github_api.serving() as server:
        now = int(time.time())
        hook = "repos/octo-org/hello/hooks/123456"
        server.add("72d3162e-cc78-11e3-81ab-4c9367dc0958", at=now - DAY, status=502, hook=hook)
        server.add("72d3162e-cc78-11e3-81ab-4c9367dc0959", at=now - DAY + 60, hook=hook)
        yield server.url


STAND_INS: Mapping[str, Opens] = {"https://api.stripe.com": stripe, "https://api.github.com": github}
"""By the address of the provider's own API."""
