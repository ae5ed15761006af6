"""Delivering to RabbitMQ: delivered is what it has confirmed and routed to a queue."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiormq import Connection
from aiormq.abc import AbstractChannel
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory
from aiormq.exceptions import (
    AuthenticationError,
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    DeliveryError,
    InvalidFrameError,
    ProbableAuthenticationError,
    PublishError,
)
from pamqp.commands import Basic
from yarl import URL

from gateway.config import Subscription
from gateway.config.destinations.rabbitmq import LONGEST, RabbitMq
from gateway.destinations.attempt import Refused
from gateway.destinations.broker import BrokerDestination, Place
from gateway.destinations.message import Message
from gateway.destinations.reason import first_line, reason
from gateway.destinations.routing import routed
from gateway.destinations.shared import CLOSING
from gateway.destinations.tls import context
from gateway.store.records import Claimed

HEARTBEAT = 10
"""Seconds. A server that is gone without a word is noticed after some of them, or by a timeout before."""

PERSISTENT = 2


class Kept(TransportFactory):
    """Makes aiormq's sockets, and keeps the last one so that it can be let go of whatever happens."""

    def __init__(self, factory: TransportFactory) -> None:
        self._factory = factory
        self._writer: asyncio.StreamWriter | None = None

    async def create(self, url: URL, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, self._writer = await self._factory.create(url, **kwargs)
        return reader, self._writer

    def abort(self) -> None:
        """Close it without sending what waits."""
        if self._writer is not None:
            self._writer.transport.abort()


@dataclass(slots=True, eq=False)
class Link:
    """A connection with its channel, and the ids under way on it.

    aiormq finds the message that the server returned by its id. So of two with one id, which a replay
    brings about, the second waits: else a return of the first would be taken for one of the second.
    """

    connection: Connection
    socket: Kept
    channel: AbstractChannel | None = None
    turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    wanted: Counter[str] = field(default_factory=Counter)

    @asynccontextmanager
    async def turn(self, id: str) -> AsyncIterator[None]:
        """The only message of this id."""
        self.wanted[id] += 1
        try:
            async with self.turns.setdefault(id, asyncio.Lock()):
                yield
        finally:
            self.wanted[id] -= 1
            if not self.wanted[id]:
                del self.wanted[id], self.turns[id]


class RabbitMqDestination(BrokerDestination[Link]):
    """One exchange. Publisher confirms and `mandatory`: what no queue takes is refused, and not dropped."""

    def __init__(self, subscription: Subscription) -> None:
        assert isinstance(subscription.destination, RabbitMq)
        self._section = subscription.destination
        self.name = f"the RabbitMQ server {self._section.shown_url}"
        super().__init__(subscription)

    async def open(self) -> Link:
        """Log in and look for the exchange, so that a missing one is told apart from a lost channel."""
        tls = context(self._section)
        socket = Kept(TLSTransportFactory() if tls else TCPTransportFactory())
        link = Link(Connection(self._url(), context=tls, transport_factory=socket), socket)
        try:
            await link.connection.connect()
            link.channel = await link.connection.channel(on_return_raises=True)
            if self._section.exchange:
                await link.channel.exchange_declare(self._section.exchange, passive=True)
        except BaseException:
            await self.end(link)
            raise
        return link

    async def end(self, connection: Link) -> None:
        """Close it; what a server that stands still has not read is dropped."""
        cut = asyncio.get_running_loop().call_later(CLOSING / 2, connection.socket.abort)
        try:
            if connection.connection.is_opened:  # aiormq waits for the socket, also where it is cancelled
                await connection.connection.close()
        finally:
            cut.cancel()
            connection.socket.abort()

    def is_good(self, connection: Link) -> bool:
        """Whether neither the connection nor its channel has been closed."""
        channel = connection.channel
        return channel is not None and not channel.is_closed and not connection.connection.is_closed

    async def put(self, connection: Link, message: Message, claimed: Claimed) -> Place:
        """Publish and wait for the confirmation."""
        key = routed(self._section.routing_key, message.name)
        if len(key.encode()) > LONGEST:
            raise Refused(f"the routing key {key[:40]}… has more than {LONGEST} bytes; shorten routing_key")
        assert connection.channel is not None
        try:
            async with connection.turn(message.id):
                confirmed = await connection.channel.basic_publish(
                    message.body,
                    exchange=self._section.exchange,
                    routing_key=key,
                    properties=_properties(message),
                    mandatory=True,
                )
        except PublishError:
            raise Refused(f"no queue takes the routing key {key}; bind one, or correct routing_key") from None
        except DeliveryError:
            raise Refused("did not keep it; is a queue full, with overflow reject-publish?") from None
        if not isinstance(confirmed, Basic.Ack):
            raise ConnectionError(f"no confirmation, but {confirmed!r}")
        return {"exchange": self._section.exchange, "routing_key": key}

    def told(self, error: Exception) -> str:
        """What RabbitMQ closes a channel or connection with, in words."""
        section = self._section
        if isinstance(error, AuthenticationError | ProbableAuthenticationError):
            return (
                "refused the login; are user and password right? guest may log in from its own machine only"
            )
        if isinstance(error, InvalidFrameError) and "Connection.Close" in str(error):
            host = section.virtual_host
            return f"does not open the virtual host {host}; does it exist, and may the user use it?"
        if isinstance(error, ChannelNotFoundEntity):
            return f"has no exchange {section.exchange}; declare it, or correct exchange"
        if isinstance(error, ChannelAccessRefused):
            return (
                f"may not publish to {section.exchange}: {first_line(error)}; allow the user to write to it"
            )
        return reason(error)

    def _url(self) -> URL:
        section = self._section
        user, password = section.login
        return URL.build(
            scheme="amqps" if section.uses_tls else "amqp",
            user=user,
            password=password,
            host=section.host,
            port=section.port,
            path="/" + section.virtual_host.replace("/", "%2F"),
            query={"heartbeat": str(HEARTBEAT)},
        )


def _properties(message: Message) -> Basic.Properties:
    """Persistent, with the event's id and name where AMQP has a place for them."""
    headers: dict[str, Any] = {**message.headers}
    return Basic.Properties(
        content_type=message.headers.get("content-type", "")[:LONGEST],
        delivery_mode=PERSISTENT,
        message_id=message.id,
        message_type=message.name[:LONGEST],
        app_id="webhook-gateway",
        headers=headers,
    )
