"""Topics of Kafka, and of what speaks its protocol."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from gateway.config.destinations.tls import TlsSection
from gateway.config.problems import shown
from gateway.config.secret import Secret
from gateway.config.units import Size
from gateway.expression import Expression

EXAMPLE = "127.0.0.1:9092"

_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


def _server(text: str) -> str:
    wrong = ValueError(f"must be a host and a port, such as {EXAMPLE}, not {shown(text)}")
    if "@" in text:
        raise ValueError("must be a host and a port; write user and password beside it")
    try:
        url = urlsplit(f"//{text}")
        sound = bool(url.hostname) and bool(url.port) and url.netloc == text and " " not in text
    except ValueError:
        raise wrong from None
    if not sound:
        raise wrong
    return text


def _some(servers: tuple[str, ...]) -> tuple[str, ...]:
    if not servers:
        raise ValueError(f"must name at least one server, such as [{EXAMPLE!r}]")
    return servers


def _topic(text: str) -> str:
    if not _TOPIC.fullmatch(text) or text in (".", ".."):
        raise ValueError(
            f"must be 1 to 249 letters, digits, dots, - and _, such as webhooks, not {shown(text)}"
        )
    return text


def _expression(text: str) -> str:
    Expression(text)
    return text


class Kafka(TlsSection):
    """A topic. `message_key` is a CEL expression over `event`: messages of one key keep their order."""

    extra = "kafka"
    package = "aiokafka"

    type: Literal["kafka"] = Field(examples=["kafka"])
    servers: Annotated[tuple[Annotated[str, AfterValidator(_server)], ...], AfterValidator(_some)] = Field(
        examples=[f'["{EXAMPLE}"]']
    )
    topic: Annotated[str, AfterValidator(_topic)] = Field(examples=["webhooks"])
    message_key: Annotated[str, AfterValidator(_expression)] | None = None
    largest: Size = Size(1_048_576)
    user: str | None = None
    password: Secret | None = None
    mechanism: Literal["plain", "scram-sha-256", "scram-sha-512"] = "plain"
    tls: bool = False

    @model_validator(mode="after")
    def _one_login(self) -> Kafka:
        if (self.user is None) != (self.password is None):
            raise ValueError("has a user or a password; write both, or neither")
        return self

    @property
    def uses_tls(self) -> bool:
        return self.tls

    @property
    def summary(self) -> str:
        return f"kafka {','.join(self.servers)} {self.topic}"

    @property
    def shown_secrets(self) -> tuple[str, ...]:
        """Its password, masked."""
        return (self.password.masked,) if self.password else ()
