"""Delivering to a stream of Redis: delivered is what is on its disk, unless the config asks for less."""

from __future__ import annotations

from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis, SSLConnection
from redis.asyncio.connection import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AskError,
    AuthenticationError,
    NoPermissionError,
    ReadOnlyError,
    ResponseError,
)

from gateway.config import Subscription
from gateway.config.destinations.redis import Redis as Section
from gateway.destinations.attempt import Refused
from gateway.destinations.broker import BrokerDestination, Place
from gateway.destinations.message import Message
from gateway.destinations.reason import first_line, reason
from gateway.destinations.tls import context
from gateway.store.records import Claimed

_LOGIN = "are user and password right?"
_PRIMARY = "is the address that of the primary?"
_NO_FSYNC = "set appendonly yes in it, which needs version 7.2, or fsync: false in the config"


class NotKept(Exception):
    """The entry is in the stream and not where it has to be: the next attempt adds it once more."""


class WrongNode(Exception):
    """This server takes no entries, and the address may lead to another one at the next connection."""


class RedisDestination(BrokerDestination[Redis]):
    """One stream. A success tells the id that Redis gave the entry.

    At most as many connections as the subscription has deliveries at one time: WAITAOF holds each up, and
    counts what its own connection wrote.
    """

    def __init__(self, subscription: Subscription) -> None:
        assert isinstance(subscription.destination, Section)
        self._section = subscription.destination
        self._concurrency = subscription.concurrency
        self.name = f"the Redis server {self._section.shown_url}"
        super().__init__(subscription)

    async def open(self) -> Redis:
        """Log in, and see that the server can do what the config asks for before anything is added."""
        client = Redis(connection_pool=self._pool())
        try:
            await self._checked(client)
        except BaseException:
            await self.end(client)
            raise
        return client

    async def end(self, connection: Redis) -> None:
        """Close all its connections."""
        await connection.connection_pool.disconnect(inuse_connections=True)

    def is_good(self, connection: Redis) -> bool:
        """As far as known: it fails whoever uses it once the server is gone."""
        return True

    async def put(self, connection: Redis, message: Message, claimed: Claimed) -> Place:
        """Add the entry and wait for the disk in one go, on one connection."""
        async with connection.pipeline(transaction=False) as pipeline:
            pipeline.execute_command(*self._add(message))
            if self._wait:
                pipeline.execute_command(*self._wait)
            added, *waited = await pipeline.execute(raise_on_error=False)
        if isinstance(added, ResponseError):
            raise self._not_added(added) from None
        if isinstance(added, Exception):
            raise added
        for kept in waited:
            self._judge(kept)
        return {"stream": self._section.stream, "id": added.decode()}

    def told(self, error: Exception) -> str:
        """What Redis says of a login, in the gateway's words; else as the socket or Redis says it."""
        if isinstance(error, AuthenticationError):
            return f"refused the login: {first_line(error)}; {_LOGIN}"
        if isinstance(error, NotKept | WrongNode):
            return first_line(error)
        return reason(error)

    @property
    def _wait(self) -> tuple[str | int, ...]:
        """The command that waits, none where the server's answer is enough."""
        section, most = self._section, round(900 * self._timeout)  # ms; Redis looks every 100
        if section.fsync:
            return "WAITAOF", 1, section.replicas, most
        return ("WAIT", section.replicas, most) if section.replicas else ()

    def _add(self, message: Message) -> list[str | bytes | int]:
        """The XADD: headers as fields, then the body, which no header of a provider's takes the place of."""
        fields: dict[str, str | bytes] = {**message.headers, "body": message.body}
        trim = ("MAXLEN", "~", self._section.max_length) if self._section.max_length else ()
        command = ["XADD", self._section.stream, *trim, "*"]
        return command + [part for field in fields.items() for part in field]

    def _judge(self, kept: Any) -> None:
        """Raise NotKept where WAIT or WAITAOF counted fewer than asked for."""
        if isinstance(kept, Exception):
            raise NotKept(f"added the entry, but cannot say that it is kept: {first_line(kept)}")
        disks, replicas = kept if isinstance(kept, list) else (1, kept)
        wanted = self._section.replicas
        if disks < 1:
            raise NotKept("added the entry, but has not written it to its disk in time; see its appendfsync")
        if replicas < wanted:
            raise NotKept(f"added the entry, but only {replicas} of {wanted} replicas have it in time")

    async def _checked(self, client: Redis) -> None:
        await client.execute_command("PING")  # type: ignore[no-untyped-call]
        if self._section.fsync:
            try:
                await client.execute_command("WAITAOF", 1, 0, 1)  # type: ignore[no-untyped-call]
            except ResponseError as error:
                said = f"cannot wait for its disk: {first_line(error)}"
                raise Refused(f"{said}; {_PRIMARY if 'replica' in said else _NO_FSYNC}") from None

    def _not_added(self, error: ResponseError) -> Exception:
        """Refused, or where another server may be the right one now, what makes the gateway connect anew."""
        said = first_line(error)
        if isinstance(error, ReadOnlyError):
            return WrongNode(f"is a read-only replica: {said}; {_PRIMARY}")
        if isinstance(error, AskError):
            return WrongNode(f"has this stream on another node of its cluster: {said}; write its address")
        if isinstance(error, NoPermissionError):
            return Refused(
                f"may not add to {self._section.stream}: {said}; allow +xadd, +waitaof and the key"
            )
        return Refused(f"did not add to {self._section.stream}: {said}")

    def _pool(self) -> BlockingConnectionPool:
        section, (user, password) = self._section, self._section.login
        tls: dict[str, Any] = {}
        if context(section) is not None:  # which names a file that cannot be used, as redis-py does not
            tls = {
                "ssl_ca_certs": section.ca,
                "ssl_certfile": section.certificate,
                "ssl_keyfile": section.key,
            }
        return BlockingConnectionPool(
            connection_class=SSLConnection if tls else Connection,
            max_connections=self._concurrency,
            timeout=None,
            host=section.host,
            port=section.port,
            db=section.database,
            username=user,
            password=password,
            protocol=2,
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(NoBackoff(), 0),
            client_name="webhook-gateway",
            **tls,
        )
