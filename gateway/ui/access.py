"""Who may come in: tokens, signed session cookies, and CSRF tokens."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from urllib.parse import urlsplit

from gateway.config.api_token import ApiToken
from gateway.config.settings import Server
from gateway.operate.access import LOCAL, Principal, is_open, tokens_of

COOKIE = "gateway_session"
LASTS = 12 * 3600
"""Seconds for which a session is good."""


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
        if not keys and is_open(server):
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


def is_same_site(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that one of our own pages sent this; one that says nothing may have."""
    fetched, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if fetched not in (None, "same-origin", "none"):
        return False
    return origin is None or urlsplit(origin).netloc == headers.get("host")
