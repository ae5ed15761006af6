"""Delivering to NATS JetStream: a message is delivered when its stream has acknowledged it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from nats.aio.client import Client
from nats.errors import AuthorizationError, MaxPayloadError
from nats.errors import Error as NatsError
from nats.js.api import PubAck
from nats.js.errors import APIError, NoStreamResponseError

from gateway.config import Subscription
from gateway.config.destinations.nats import Nats
from gateway.destinations.attempt import Refused
from gateway.destinations.broker import BrokerDestination, Place
from gateway.destinations.message import Message
from gateway.destinations.reason import first_line, reason
from gateway.destinations.routing import routed
from gateway.destinations.tls import context
from gateway.store.records import Claimed

CONTROL = "nats-"
"""How the headers begin that tell the server what to do, Nats-Rollup for one: none comes from a provider."""

_SUBJECT = re.compile(r"[!-~]+")
_LOGIN = "are user and password, or token, right?"


class Unsurprised(Client):
    """A client that sends no password in the clear because a server says that it needs no TLS.

    nats-py does TLS when the server's first line asks for it, and else goes on without, whatever it was told.
    """

    def __init__(self, needs_tls: bool) -> None:
        super().__init__()
        self._needs_tls = needs_tls

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:
        if initial_connection and self._needs_tls and not info.get("tls_required"):
            raise Refused("does not ask for TLS, and the config does; set tls in both, or in neither")
        await super()._process_info(info, initial_connection)


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """A client, what is set as soon as its connection is lost, and its requests under way."""

    client: Client
    lost: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    asked: set[asyncio.Task[PubAck]] = field(default_factory=set)


class NatsDestination(BrokerDestination[Connection]):
    """One subject, or one for each name of event. A success tells the stream and the place in it."""

    def __init__(self, subscription: Subscription) -> None:
        assert isinstance(subscription.destination, Nats)
        self._section = subscription.destination
        self.name = f"the NATS server {','.join(self._section.servers)}"
        super().__init__(subscription)

    async def open(self) -> Connection:
        """One attempt at each server. The library does not reconnect by itself: it would send late."""
        connection, section = Connection(Unsurprised(self._section.uses_tls)), self._section
        said: list[Exception] = []

        async def lost() -> None:
            if not connection.lost.done():
                connection.lost.set_result(None)

        async def heard(error: Exception) -> None:
            said.append(error)

        try:
            await connection.client.connect(
                list(section.servers),
                name="webhook-gateway",
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=self._timeout,  # type: ignore[arg-type]
                user=section.user,
                password=section.password.get_secret_value() if section.password else None,
                token=section.token.get_secret_value() if section.token else None,
                tls=context(section),
                closed_cb=lost,
                error_cb=heard,
            )
        except BaseException as error:
            _abandon(connection.client)
            raise (said[-1] if said and isinstance(error, NatsError) else error) from None
        return connection

    async def end(self, connection: Connection) -> None:
        """Close it; what a server that stands still has not read is dropped."""
        for asked in connection.asked:  # once more: nats-py catches it where it waits to send
            asked.cancel()
        try:
            await connection.client.close()
        finally:
            _abandon(connection.client)

    def is_good(self, connection: Connection) -> bool:
        """Whether it has not been lost."""
        return connection.client.is_connected

    async def put(self, connection: Connection, message: Message, claimed: Claimed) -> Place:
        """Publish; the stream keeps a message once for an id within its duplicate window."""
        ack = await self._acknowledged(connection, self._subject(message), message)
        return {"stream": ack.stream, "seq": ack.seq, "duplicate": bool(ack.duplicate)}

    def told(self, error: Exception) -> str:
        """As nats-py says it, where the socket itself is in order."""
        if isinstance(error, AuthorizationError) or "authorization violation" in str(error).lower():
            return f"refused the login; {_LOGIN}"
        return reason(error)

    def _subject(self, message: Message) -> str:
        subject = routed(self._section.subject, message.name)
        if not _SUBJECT.fullmatch(subject) or {"*", ">", ""} & {*subject.split(".")}:
            raise Refused(
                f"{subject!r} is no subject: the event's name has an empty word, * or > between dots"
            )
        return subject

    async def _acknowledged(self, connection: Connection, subject: str, message: Message) -> PubAck:
        """The stream's acknowledgement. Raises as soon as the connection is lost, as nats-py would not."""
        headers = {name: value for name, value in message.headers.items() if not _is_control(name)}
        stream = connection.client.jetstream(timeout=2 * self._timeout).publish(  # ours comes first
            subject, message.body, stream=self._section.stream, headers=headers | {"Nats-Msg-Id": message.id}
        )
        asked = asyncio.create_task(stream)
        connection.asked.add(asked)
        asked.add_done_callback(connection.asked.discard)
        try:
            await asyncio.wait((asked, connection.lost), return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise ConnectionResetError("connection lost before the acknowledgement")
            return asked.result()
        except NoStreamResponseError:
            raise Refused(f"no stream takes the subject {subject}; add one, or correct subject") from None
        except MaxPayloadError:
            most = connection.client.max_payload
            raise Refused(
                f"takes messages of up to {most} bytes, and this one is larger; raise max_payload"
            ) from None
        except APIError as error:
            raise Refused(_refusal(error)) from None
        finally:
            asked.cancel()


def _is_control(name: str) -> bool:
    return name.lower().startswith(CONTROL)


def _refusal(error: APIError) -> str:
    """What JetStream says: a stream that is full, another one than expected, no leader …"""
    way_out = (
        "; does the stream that has this subject have the name in stream?" if error.err_code == 10060 else ""
    )
    return f"JetStream refused it: {first_line(error.description or error)} ({error.err_code}){way_out}"


def _abandon(client: Client) -> None:
    """Let go of the socket of a client that could not be closed in good order; nats-py keeps it to itself."""
    writer = getattr(client._transport, "_io_writer", None)
    if writer is not None:
        writer.transport.abort()
