"""Streams of Redis, and of Valkey, which speaks the same."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.config.destinations.server import ServerSection
from gateway.config.problems import shown
from gateway.config.secret import Secret
from gateway.config.section import server_url
from gateway.config.units import Count

EXAMPLE = "redis://127.0.0.1:6379/0"

_DATABASE = re.compile(r"/?|/\d{1,5}", re.ASCII)


def _url(value: object) -> Secret:
    secret = server_url(value, ("redis", "rediss"), EXAMPLE)
    url = urlsplit(secret.get_secret_value())
    if not url.hostname:
        raise ValueError(f"must be a URL with a host, such as {EXAMPLE}")
    if not _DATABASE.fullmatch(url.path) or url.query or url.fragment:
        raise ValueError(f"must end with the number of a database, and have no ? and no #, as in {EXAMPLE}")
    return secret


def _stream(text: str) -> str:
    if not text.isprintable() or not 1 <= len(text) <= 512:
        raise ValueError(f"must be 1 to 512 printable characters, such as webhooks, not {shown(text)}")
    return text


class Redis(ServerSection):
    """A stream of one server or primary. `fsync` waits for its disk, `replicas` for so many replicas.

    `max_length` is about how many entries the stream keeps; None: all.
    """

    extra = "redis"
    package = "redis"

    type: Literal["redis"] = Field(examples=["redis"])
    url: Annotated[Secret, BeforeValidator(_url)] = Field(examples=[f'"{EXAMPLE}"'])
    stream: Annotated[str, AfterValidator(_stream)] = Field(examples=["webhooks"])
    fsync: bool = True
    replicas: Count = Field(0, ge=0, le=100)
    max_length: Count | None = Field(None, ge=1)

    @property
    def port(self) -> int:
        """The server's port."""
        return self._parts.port or 6379

    @property
    def database(self) -> int:
        """The number of the database."""
        return int(self._parts.path.strip("/") or 0)

    @property
    def login(self) -> tuple[str | None, str | None]:
        """User and password, from the URL or beside it."""
        if self.password is not None:
            return self.user, self.password.get_secret_value()
        user, password = (
            unquote(part) if part else None for part in (self._parts.username, self._parts.password)
        )
        return user, password

    @property
    def uses_tls(self) -> bool:
        return self._parts.scheme == "rediss"

    @property
    def tls_how(self) -> str:
        return "write a url that starts with rediss:"

    @property
    def summary(self) -> str:
        return f"redis {self.shown_url} {self.stream}"
