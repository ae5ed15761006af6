"""Who may do what over HTTP: tokens, their scopes, and how often somebody may guess.

Without any token the gateway is open to this machine alone, as its command line is; what that means exactly
is in `is_local`. A token is compared by its SHA-256, all of them each time, so that the time it takes tells
nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.config import Settings
from gateway.config.api_token import ApiToken, Scope
from gateway.config.loopback import is_loopback
from gateway.config.settings import Server

SCOPES: tuple[Scope, ...] = ("read", "operate", "admin")
"""From the least to the most; who has one has those before it."""

FAILURES = 10
"""Wrong tokens from one address within WINDOW; after them it is not listened to until some are that old."""

WINDOW = 60.0
"""Seconds."""

ADDRESSES = 10_000
"""Addresses whose failures are remembered; past that, the one that was quiet for longest is forgotten."""

audit = logging.getLogger("gateway.audit")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, by the name of the token, and the highest scope that it has."""

    name: str
    scope: Scope

    def may(self, needed: Scope) -> bool:
        """Whether the scope is enough."""
        return SCOPES.index(self.scope) >= SCOPES.index(needed)


LOCAL = Principal("local", "admin")
"""Whoever is on this machine, where no token is set."""


class Access:
    """The tokens of one config."""

    def __init__(self, settings: Settings) -> None:
        server = settings.server
        self._tokens = [(_digest(token), who) for token, who in tokens_of(server, settings.api_tokens)]
        self.is_open = not self._tokens and server.is_loopback and server.public_url is None

    def principal(self, token: str) -> Principal | None:
        """Who has this token; None: nobody."""
        digest = _digest(token)
        found = None
        for known, principal in self._tokens:
            if hmac.compare_digest(known, digest) and found is None:
                found = principal
        return found


def tokens_of(server: Server, api_tokens: Sequence[ApiToken]) -> list[tuple[str, Principal]]:
    """Every token of a config, and who has it."""
    every = [(server.admin_token, Principal("admin", "admin"))]
    for each in api_tokens:
        every.append((each.token, Principal(each.name, max(each.scopes, key=SCOPES.index))))
    return [(token.get_secret_value(), who) for token, who in every if token is not None]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers by which a proxy says that somebody else asks."""


def is_local(client: str, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a program of this machine, and not through a proxy or a browser's page.

    The address is a loopback one, so is the name that was asked for (a page of another site can have its own
    name point here), no proxy has left its mark, and no page of another origin has sent it.
    """
    if not is_loopback(client) or any(name in headers for name in FORWARDED):
        return False
    if not is_loopback(_host(headers.get("host", ""))):
        return False
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = headers.get("origin")
    return origin is None or origin == f"http://{headers.get('host', '')}"


def _host(header: str) -> str:
    """The host of a Host header, without its port."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


class Failures:
    """Wrong tokens by address, for the limit on guessing. One a process."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, client: str, now: float) -> float:
        """Seconds until `client` may try again; 0: it may now. `now` in seconds of any clock."""
        times = self._recent(_network(client), now)
        return 0.0 if len(times) < FAILURES else max(0.0, times[-FAILURES] + WINDOW - now)

    def add(self, client: str, now: float) -> None:
        """Note a wrong token."""
        network = _network(client)
        self._times[network] = [*self._recent(network, now), now][-FAILURES:]
        self._times.move_to_end(network)
        if len(self._times) > ADDRESSES:
            self._times.popitem(last=False)

    def _recent(self, network: str, now: float) -> list[float]:
        return [at for at in self._times.get(network, ()) if at > now - WINDOW]


def _network(client: str) -> str:
    """What counts as one address: of IPv6 the /64, since whoever has one address there has all of them."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else client
