"""Who may come in: the admin token, signed session cookies, CSRF tokens, and the limit on guesses."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import urlsplit

from gateway.config.loopback import is_loopback
from gateway.config.settings import Server

COOKIE = "gateway_session"
LASTS = 12 * 3600
"""Seconds for which a session is good."""

GUESSES, PER = 10, 60.0
"""Wrong tokens that one address may send in so many seconds."""

REMEMBERED = 1024
"""Addresses whose wrong tokens are remembered; the oldest is forgotten first."""

FORWARDING = (
    "forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
    "cf-connecting-ip", "true-client-ip",
)  # fmt: skip
"""Headers of proxies and tunnels: with one of them a request to a loopback address came from elsewhere."""


@dataclass(frozen=True, slots=True)
class Door:
    """How one config lets people in. Without a token only this machine may, and is asked for nothing.

    Sessions are signed with a key made of the token: every process of the gateway takes them, and a new
    token ends them all.
    """

    token: str | None
    open: bool
    key: bytes

    @classmethod
    def of(cls, server: Server) -> Door:
        """The door of a server; shut to everyone where others can reach it and it has no token."""
        token = server.admin_token.get_secret_value() if server.admin_token else None
        key = hashlib.sha256(b"gateway dashboard\n" + (token or "").encode()).digest()
        return cls(token, token is None and server.is_loopback, key)

    def is_token(self, given: str) -> bool:
        """Whether `given` is the admin token, told in constant time."""
        return self.token is not None and hmac.compare_digest(self.token.encode(), given.encode())

    def begin(self, now: float) -> str:
        """The cookie of a new session; `now` is Unix seconds."""
        told = f"{round(now) + LASTS}.{token_urlsafe(24)}"
        return f"{told}.{self._sign('session', told)}"

    def holds(self, cookie: str, now: float) -> bool:
        """Whether `cookie` is one that `begin` made with this token and has not run out."""
        told, _, proof = cookie.rpartition(".")
        ends = told.partition(".")[0]
        is_ours = hmac.compare_digest(self._sign("session", told).encode(), proof.encode())
        return is_ours and ends.isdecimal() and now < int(ends) <= now + LASTS + 1

    def form_token(self, cookie: str) -> str:
        """What every form of this session carries, which no other site can know."""
        return self._sign("form", cookie)

    def is_form_token(self, cookie: str, given: str) -> bool:
        """Whether `given` belongs to the session of `cookie`."""
        return hmac.compare_digest(self.form_token(cookie).encode(), given.encode())

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.new(self.key, f"{purpose}\n{text}".encode(), "sha256").hexdigest()


@dataclass(slots=True)
class Guesses:
    """Wrong tokens of late, by the address that sent them."""

    _sent: dict[str, list[float]] = field(default_factory=dict)

    def wait(self, address: str, now: float) -> int:
        """Seconds after which `address` may try again; 0 where it may now. `now` is any clock's seconds."""
        recent = [at for at in self._sent.get(address, ()) if now - at < PER]
        return 0 if len(recent) < GUESSES else max(1, round(PER - (now - recent[0])))

    def wrong(self, address: str, now: float) -> None:
        """Count a wrong token."""
        recent = [at for at in self._sent.pop(address, ()) if now - at < PER]
        self._sent[address] = [*recent, now][-GUESSES:]
        while len(self._sent) > REMEMBERED:
            self._sent.pop(next(iter(self._sent)))


def comes_from_here(peer: str, headers: Mapping[str, str]) -> bool:
    """Whether a person at this machine asks: not a tunnel, and not another site by a name of its own."""
    return (
        is_loopback(peer)
        and is_loopback(hostname(headers.get("host", "")))
        and not any(name in headers for name in FORWARDING)
    )


def hostname(netloc: str) -> str:
    """The host of `host:port`; empty where that is none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def is_same_site(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that one of our own pages sent this; one that says nothing may have."""
    fetched, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if fetched not in (None, "same-origin", "none"):
        return False
    return origin is None or urlsplit(origin).netloc == headers.get("host")
