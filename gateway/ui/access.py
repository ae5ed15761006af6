"""Who may come in: tokens, signed session cookies, CSRF tokens, and the limit on guesses."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import urlsplit

from gateway.config.api_token import ApiToken
from gateway.config.loopback import is_loopback
from gateway.config.settings import Server
from gateway.operate.access import LOCAL, Principal, tokens_of

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

    A session is signed with a key made of the token that opened it: every process of the gateway takes it,
    and a token that is changed or taken out ends its sessions.
    """

    keys: Mapping[str, tuple[Principal, bytes]]
    open: bool

    @classmethod
    def of(cls, server: Server, api_tokens: Sequence[ApiToken] = ()) -> Door:
        """The door of a config; shut to everyone where others can reach it and it has no token."""
        known = tokens_of(server, api_tokens)
        keys = {who.name: (who, _key(token)) for token, who in known}
        if not keys and server.is_loopback:
            return cls({LOCAL.name: (LOCAL, _key(""))}, True)
        return cls(keys, False)

    @property
    def is_shut(self) -> bool:
        """Whether nobody can get in."""
        return not self.keys

    def principal(self, given: str) -> Principal | None:
        """Whose token `given` is, told in constant time. An open door has none."""
        key, found = _key(given), None
        for who, known in self.keys.values():
            if hmac.compare_digest(known, key) and not self.open:
                found = found or who
        return found

    def begin(self, who: Principal, now: float) -> str:
        """The cookie of a new session; `now` is Unix seconds."""
        told = f"{round(now) + LASTS}.{token_urlsafe(24)}.{who.name}"
        return f"{told}.{self._sign(who.name, 'session', told)}"

    def holder(self, cookie: str, now: float) -> Principal | None:
        """Whose session `cookie` is; None where no token of now made it, or it ran out."""
        told, _, proof = cookie.rpartition(".")
        ends, _, rest = told.partition(".")
        name = rest.partition(".")[2]
        if name not in self.keys:
            return None
        is_ours = hmac.compare_digest(self._sign(name, "session", told).encode(), proof.encode())
        is_good = is_ours and ends.isdecimal() and now < int(ends) <= now + LASTS + 1
        return self.keys[name][0] if is_good else None

    def form_token(self, cookie: str) -> str:
        """What every form of this session carries, which no other site can know."""
        return self._sign(cookie.rpartition(".")[0].partition(".")[2].partition(".")[2], "form", cookie)

    def is_form_token(self, cookie: str, given: str) -> bool:
        """Whether `given` belongs to the session of `cookie`."""
        return hmac.compare_digest(self.form_token(cookie).encode(), given.encode())

    def _sign(self, name: str, purpose: str, text: str) -> str:
        return hmac.new(self.keys[name][1], f"{purpose}\n{text}".encode(), "sha256").hexdigest()


def _key(token: str) -> bytes:
    return hashlib.sha256(b"gateway dashboard\n" + token.encode()).digest()


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
