"""Who may do what over HTTP: tokens, their scopes, and what this machine itself may.

Without any token the gateway is open to this machine alone, as its command line is; what that means exactly
is in `is_open` and `is_local`. A token is compared by its SHA-256, all of them each time, so that the time
it takes tells nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.config import Settings
from gateway.config.api_token import ApiToken, Scope
from gateway.config.loopback import is_loopback
from gateway.config.settings import Server

SCOPES: tuple[Scope, ...] = ("read", "operate", "admin")
"""From the least to the most; who has one has those before it."""

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
        self.is_open = not self._tokens and is_open(server)

    def principal(self, token: str) -> Principal | None:
        """Who has this token; None: nobody."""
        digest = _digest(token)
        found = None
        for known, principal in self._tokens:
            if hmac.compare_digest(known, digest) and found is None:
                found = principal
        return found


def is_open(server: Server) -> bool:
    """Whether a server without a token may be open to this machine: nothing says that others reach it.

    Behind a public URL stands a proxy, and one that leaves no mark can't be told from a local program.
    """
    return server.is_loopback and server.public_url is None


def tokens_of(server: Server, api_tokens: Sequence[ApiToken]) -> list[tuple[str, Principal]]:
    """Every token of a config, and who has it."""
    every = [(server.admin_token, Principal("admin", "admin"))]
    for each in api_tokens:
        every.append((each.token, Principal(each.name, max(each.scopes, key=SCOPES.index))))
    return [(token.get_secret_value(), who) for token, who in every if token is not None]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


FORWARDED = (
    "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
    "cf-connecting-ip", "true-client-ip",
)  # fmt: skip
"""Headers by which a proxy or a tunnel says that somebody else asks."""


def is_here(client: str, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from this machine, and not through a proxy or by a name of another site.

    The address is a loopback one, so is the name that was asked for (a page of another site can have its own
    name point here), and no proxy has left its mark.
    """
    if not is_loopback(client) or any(name in headers for name in FORWARDED):
        return False
    return is_loopback(hostname(headers.get("host", "")))


def is_local(client: str, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a program of this machine: no page of another origin has sent it."""
    if not is_here(client, headers) or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = headers.get("origin")
    return origin is None or origin == f"http://{headers.get('host', '')}"


def hostname(netloc: str) -> str:
    """The host of `host:port`; empty where that is none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""
