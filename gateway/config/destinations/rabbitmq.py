"""Exchanges of RabbitMQ."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gateway.config.destinations.server import ServerSection
from gateway.config.problems import shown
from gateway.config.secret import Secret
from gateway.config.section import server_url

EXAMPLE = "amqp://127.0.0.1:5672/"

LONGEST = 255
"""Bytes of the name of an exchange or a routing key: a short string of AMQP 0-9-1."""


def _url(value: object) -> Secret:
    secret = server_url(value, ("amqp", "amqps"), EXAMPLE)
    url = urlsplit(secret.get_secret_value())
    if not url.hostname:
        raise ValueError(f"must be a URL with a host, such as {EXAMPLE}")
    if "/" in url.path[1:] or url.query or url.fragment:
        raise ValueError("must end with the virtual host, a / in it written %2F, and have no ? and no #")
    return secret


def _short(text: str) -> str:
    if len(text.encode()) > LONGEST or not (text.isprintable() or not text):
        raise ValueError(f"must be at most {LONGEST} bytes of printable text, not {shown(text)}")
    return text


class RabbitMq(ServerSection):
    """An exchange; `{name}` in the routing key is the event's name with dots. The exchange "" is by queue."""

    extra = "rabbitmq"
    package = "aiormq"

    type: Literal["rabbitmq"] = Field(examples=["rabbitmq"])
    url: Annotated[Secret, BeforeValidator(_url)] = Field(examples=[f'"{EXAMPLE}"'])
    exchange: Annotated[str, AfterValidator(_short)] = Field(examples=["webhooks"])
    routing_key: Annotated[str, AfterValidator(_short)] = "{name}"

    @model_validator(mode="after")
    def _whole_login(self) -> RabbitMq:
        if self.user is None and self.password is not None:
            raise ValueError("has a password without user; write both")
        return self

    @property
    def port(self) -> int:
        """The server's port."""
        return self._parts.port or (5671 if self.uses_tls else 5672)

    @property
    def virtual_host(self) -> str:
        """The virtual host, `/` where the URL names none."""
        return unquote(self._parts.path[1:]) or "/"

    @property
    def login(self) -> tuple[str, str]:
        """User and password, from the URL or beside it; without any those of a new RabbitMQ."""
        if self.user is not None and self.password is not None:
            return self.user, self.password.get_secret_value()
        return unquote(self._parts.username or "guest"), unquote(self._parts.password or "guest")

    @property
    def uses_tls(self) -> bool:
        return self._parts.scheme == "amqps"

    @property
    def tls_how(self) -> str:
        return "write a url that starts with amqps:"

    @property
    def summary(self) -> str:
        return f"rabbitmq {self.shown_url} {self.exchange or self.routing_key}"
