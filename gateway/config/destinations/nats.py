"""Streams of NATS JetStream."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from gateway.config.destinations.tls import TlsSection
from gateway.config.problems import shown
from gateway.config.secret import Secret
from gateway.config.section import shown_url

EXAMPLE = "nats://127.0.0.1:4222"

_STREAM = re.compile(r"[^\s.*>/\\]+")
_SUBJECT = re.compile(r"[^\s.*>]+(\.[^\s.*>]+)*")


def _server(text: str) -> str:
    wrong = ValueError(f"must be the URL of a server, such as {EXAMPLE}, not {shown_url(text)}")
    try:
        url = urlsplit(text)
        sound = url.scheme in ("nats", "tls") and bool(url.hostname) and url.port != 0
    except ValueError:
        raise wrong from None
    if "@" in url.netloc:
        raise ValueError("must not hold a user or password: it is printed; use user and password, or token")
    if not sound or url.path.strip("/") or url.query or url.fragment or not text.isprintable() or " " in text:
        raise wrong
    return text


def _some(servers: tuple[str, ...]) -> tuple[str, ...]:
    if not servers:
        raise ValueError(f"must name at least one server, such as [{EXAMPLE!r}]")
    return servers


def _subject(text: str) -> str:
    if not _SUBJECT.fullmatch(text):
        raise ValueError(
            f"must be words divided by dots, without spaces, * and >, such as webhooks.{{name}}, "
            f"not {shown(text)}"
        )
    return text


def _stream(text: str) -> str:
    if not _STREAM.fullmatch(text):
        raise ValueError(f"must be the name of a stream, such as WEBHOOKS, not {shown(text)}")
    return text


class Nats(TlsSection):
    """A subject that a stream of JetStream collects; `{name}` in it is the event's name with dots.

    `stream` is the one that must take it; without it any.
    """

    extra = "nats"
    package = "nats"

    type: Literal["nats"] = Field(examples=["nats"])
    servers: Annotated[tuple[Annotated[str, AfterValidator(_server)], ...], AfterValidator(_some)] = Field(
        examples=[f'["{EXAMPLE}"]']
    )
    subject: Annotated[str, AfterValidator(_subject)] = Field(examples=['"webhooks.{name}"'])
    stream: Annotated[str, AfterValidator(_stream)] | None = None
    user: str | None = None
    password: Secret | None = None
    token: Secret | None = None
    tls: bool = False

    @model_validator(mode="after")
    def _one_login(self) -> Nats:
        if self.token is not None and self.user is not None:
            raise ValueError("has a user and a token; write user and password, or token alone")
        if self.password is not None and self.user is None:
            raise ValueError("has a password without user; write both, or token alone")
        return self

    @property
    def uses_tls(self) -> bool:
        return self.tls or any(server.startswith("tls:") for server in self.servers)

    @property
    def summary(self) -> str:
        return f"nats {','.join(self.servers)} {self.subject}"

    @property
    def shown_secrets(self) -> tuple[str, ...]:
        """Its password or token, masked."""
        return tuple(secret.masked for secret in (self.password, self.token) if secret is not None)
