"""Who asks: the bearer token of a request, or this machine itself where no token is set."""

from __future__ import annotations

from math import ceil

from starlette.requests import Request

from gateway.api.v1.problem import Problem
from gateway.config import Settings
from gateway.operate.access import LOCAL, Access, Principal, audit, is_local
from gateway.operate.guesses import Guesses

CHALLENGE = {"www-authenticate": 'Bearer realm="gateway"'}


class SignIn:
    """Tells callers apart, and stops listening to one who guesses."""

    def __init__(self) -> None:
        self._guesses = Guesses()
        self._settings: Settings | None = None
        self._access: Access | None = None

    def principal(self, request: Request, settings: Settings, now: float) -> Principal:
        """Who asks (`now` in seconds). Raises Problem 401 or 429.

        A wrong token is refused also where none would be needed.
        """
        access = self._of(settings)
        client = request.client.host if request.client else ""
        wait = self._guesses.wait(client, now)
        if wait:
            retry = {"retry-after": str(ceil(wait))}
            raise Problem(429, "too_many_failures", "too many wrong tokens from this address", headers=retry)
        header = request.headers.get("authorization")
        if header is not None:
            return self._of_header(access, header, client, now)
        if access.is_open and is_local(client, request.headers):
            return LOCAL
        way_out = "set server.admin_token, and send it" if access.is_open else "send a token"
        detail = f"who asks? {way_out} as: Authorization: Bearer …"
        raise Problem(401, "unauthorized", detail, headers=CHALLENGE)

    def _of_header(self, access: Access, header: str, client: str, now: float) -> Principal:
        kind, _, token = header.partition(" ")
        found = access.principal(token.strip()) if kind.lower() == "bearer" else None
        if found is None:
            self._guesses.wrong(client, now)
            audit.warning("somebody from %s: a wrong token: 401", client or "-")
            raise Problem(401, "unauthorized", "nobody has this token", headers=CHALLENGE)
        return found

    def _of(self, settings: Settings) -> Access:
        """The tokens of the config in force; a reload brings other settings."""
        if self._access is None or self._settings is not settings:
            self._settings, self._access = settings, Access(settings)
        return self._access
