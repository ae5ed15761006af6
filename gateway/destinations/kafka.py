"""Delivering to Kafka: delivered is what all in-sync replicas of the partition have acknowledged."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.conn import create_conn  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    BrokerResponseError,
    KafkaConnectionError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
    RequestTimedOutError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.producer.sender import (  # type: ignore[import-untyped]
    Sender,
    SendProduceReqHandler,
)

from gateway.config import Subscription
from gateway.config.destinations.kafka import Kafka
from gateway.destinations.attempt import Refused
from gateway.destinations.broker import BrokerDestination, Place
from gateway.destinations.message import Message
from gateway.destinations.reason import reason
from gateway.destinations.tls import context
from gateway.expression import Expression
from gateway.store.records import Claimed

SHARE = 0.8
"""The part of the timeout after which the client gives up, so that it can say over what."""


class NotAcknowledged(Exception):
    """No acknowledgement in time. The text says what the broker answered meanwhile."""


class Producer(AIOKafkaProducer):  # type: ignore[misc]
    """An idempotent producer that remembers what a broker refused last, while it tries that again.

    aiokafka tries for ever, as an idempotent producer must, and tells only its log what is wrong.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(enable_idempotence=True, acks="all", **options)
        self.refusal: Exception | None = None
        self.requests: set[asyncio.Task[Any]] = set()
        self._sender.__class__ = _Telling
        self._sender.producer = self

    async def abandon(self) -> None:
        """Close it without sending what waits to be sent."""
        self._closed = True
        running = {*self.requests, *filter(None, [self._sender.sender_task])}
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        await self.client.close()


class _Telling(Sender):  # type: ignore[misc]
    """Hands its requests, and the refusals that they meet, to its producer."""

    async def _send_produce_req(self, node_id: Any, batches: Any) -> None:
        request = asyncio.current_task()
        self.producer.requests.add(request)
        try:
            await _Handler(self, batches).do(node_id)
        finally:
            self.producer.requests.discard(request)
        self._in_flight.remove(node_id)
        self._muted_partitions.difference_update(batches)

    def _fail_all(self, task: asyncio.Task[None]) -> None:
        """Without what aiokafka does here for transactions, which we have none of: it would raise."""
        if not task.cancelled() and (failed := task.exception()) is not None:
            self._message_accumulator.fail_all(failed)


class _Handler(SendProduceReqHandler):  # type: ignore[misc]
    def _can_retry(self, error: Exception, batch: Any) -> bool:
        self._sender.producer.refusal = error
        retried: bool = super()._can_retry(error, batch)
        return retried


class KafkaDestination(BrokerDestination[Producer]):
    """One topic. A success tells the partition and the offset."""

    def __init__(self, subscription: Subscription) -> None:
        assert isinstance(subscription.destination, Kafka)
        self._section = section = subscription.destination
        self._key = None if section.message_key is None else Expression(section.message_key)
        self.name = f"the Kafka servers {','.join(section.servers)}"
        super().__init__(subscription)

    async def open(self) -> Producer:
        """Get a producer id, and the partitions of the topic, so that a missing one is told apart."""
        producer = Producer(
            bootstrap_servers=list(self._section.servers),
            max_request_size=int(self._section.largest),
            client_id="webhook-gateway",
            **self._connecting(),
        )
        try:
            await producer.start()
            await producer.partitions_for(self._section.topic)
        except KafkaConnectionError:
            await self.end(producer)
            await self._probe()
            raise
        except BaseException:
            await self.end(producer)
            raise
        return producer

    async def end(self, connection: Producer) -> None:
        """Close it; what still waits is dropped."""
        await connection.abandon()

    def is_good(self, connection: Producer) -> bool:
        """Whether its sender runs: it ends when the broker has lost the order of what it sent."""
        task = connection._sender.sender_task
        return task is not None and not task.done()

    async def put(self, connection: Producer, message: Message, claimed: Claimed) -> Place:
        """Send, and wait for the acknowledgement of all in-sync replicas."""
        try:
            placed = await asyncio.wait_for(self._sent(connection, message, claimed), SHARE * self._timeout)
        except MessageSizeTooLargeError:
            if connection.refusal is not None:  # the broker's word, after which the order of numbers is lost
                raise
            most = f"{int(self._section.largest)} bytes"
            raise Refused(f"the message is over {most}; raise largest, and max.message.bytes") from None
        except (TimeoutError, KafkaTimeoutError):
            raise NotAcknowledged(self._late(connection.refusal)) from None
        return {"topic": placed.topic, "partition": placed.partition, "offset": placed.offset}

    async def _sent(self, connection: Producer, message: Message, claimed: Claimed) -> Any:
        sending = await connection.send(
            self._section.topic,
            message.body,
            key=self._message_key(claimed),
            timestamp_ms=claimed.event.ts,
            headers=[(name, value.encode()) for name, value in message.headers.items()],
        )
        return await sending

    def _late(self, refusal: Exception | None) -> str:
        said = (
            "" if refusal is None or isinstance(refusal, RequestTimedOutError) else f": {self.told(refusal)}"
        )
        return f"no acknowledgement within {SHARE * self._timeout:g} s{said}"

    def told(self, error: Exception) -> str:
        """What a broker answered, in words, with the way out of the common ones."""
        topic = self._section.topic
        if isinstance(error, NotAcknowledged):
            return str(error)
        if isinstance(error, SaslAuthenticationFailed):
            return "refused the login; are user, password and mechanism right?"
        if isinstance(error, UnknownTopicOrPartitionError):
            return f"has no topic {topic}; create it, or correct topic"
        if isinstance(error, TopicAuthorizationFailedError):
            return f"may not write to {topic}; allow the user to WRITE and DESCRIBE it, and IDEMPOTENT_WRITE"
        if isinstance(error, MessageSizeTooLargeError):
            return f"{topic} takes no message of this size; raise its max.message.bytes"
        if isinstance(error, NotEnoughReplicasError):
            return f"fewer replicas of {topic} are in sync than its min.insync.replicas asks for"
        if isinstance(error, BrokerResponseError):
            return f"refused it: {error.message} ({error.errno})"
        return reason(error)

    def _message_key(self, claimed: Claimed) -> bytes | None:
        """The key that the expression gives: text as it is, null as none, anything else as JSON."""
        if self._key is None:
            return None
        evaluated = self._key.of(claimed.event)
        if evaluated.error is not None:
            raise Refused(
                f"message_key gives no key for this event: {evaluated.error}; test for it with has()"
            )
        value = evaluated.value
        if isinstance(value, str | bytes | None):
            return value.encode() if isinstance(value, str) else value
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        except TypeError:
            return str(value).encode()

    def _connecting(self) -> dict[str, Any]:
        """How to connect, for a producer and for one connection."""
        section, tls = self._section, context(self._section)
        protocol = ("SASL_" if section.user else "") + ("SSL" if tls else "PLAINTEXT")
        options: dict[str, Any] = {
            "security_protocol": protocol,
            "ssl_context": tls,
            "request_timeout_ms": round(1000 * SHARE * self._timeout),
        }
        if section.user is not None and section.password is not None:
            options["sasl_mechanism"] = section.mechanism.upper()
            options["sasl_plain_username"] = section.user
            options["sasl_plain_password"] = section.password.get_secret_value()
        return options

    async def _probe(self) -> None:
        """Raise why no server can be connected to, which aiokafka tells only its log."""
        for server in self._section.servers:
            host, _, port = server.rpartition(":")
            connection = await create_conn(host.strip("[]"), int(port), **self._connecting())
            connection.close()
