"""What the servers that one URL names have in common: the login, in the URL or beside it."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import model_validator

from gateway.config.destinations.tls import TlsSection
from gateway.config.secret import Secret
from gateway.config.section import without_credentials


class ServerSection(TlsSection):
    """A server or a primary, over TLS where the scheme of its URL says so."""

    url: Secret
    user: str | None = None
    password: Secret | None = None

    @model_validator(mode="after")
    def _one_login(self) -> ServerSection:
        if self._parts.password and self.password is not None:
            raise ValueError("has a password in its url and beside it; write one of them")
        if self.user is not None and self.password is None:
            raise ValueError("has a user without password; write both")
        return self

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url.get_secret_value())

    @property
    def host(self) -> str:
        """The server's name or address."""
        return self._parts.hostname or ""

    @property
    def shown_url(self) -> str:
        """The URL without user and password."""
        return without_credentials(self.url)

    @property
    def shown_secrets(self) -> tuple[str, ...]:
        """Its password, masked."""
        if self.password is not None:
            return (self.password.masked,)
        return (Secret(unquote(self._parts.password)).masked,) if self._parts.password else ()
