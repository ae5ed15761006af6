"""What the destinations at AWS have in common: one client each, its credentials, AWS's refusals as text."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import cache
from typing import Any, ClassVar

from aiobotocore.config import AioConfig  # type: ignore[import-untyped]
from aiobotocore.session import get_session  # type: ignore[import-untyped]
from aiohttp import ClientError as BrokenConnection
from botocore.exceptions import (  # type: ignore[import-untyped]
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.loaders import Loader, create_loader  # type: ignore[import-untyped]

from gateway.config import Subscription
from gateway.config.destinations.aws import AwsSection
from gateway.destinations.attempt import Refused, answered, failure, first_line
from gateway.destinations.contract import Answer
from gateway.store.records import Claimed

LARGEST = 1_048_576
"""Bytes of a message with its attributes that SQS, SNS and EventBridge take at most: 1 MiB.

Sources: SendMessage, Publish and PutEvents in the service models of botocore 1.43.117, and
https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html, seen 2026-11-24. A queue or topic may
be set to less, a topic is to 256 KiB unless told otherwise; AWS itself then refuses.
"""

_KEYS = "are access_key and secret_key right, or the credentials of this machine?"
_CLOCK = "renew the credentials, and check the clock of this machine"
_NEW_CREDENTIALS = "set access_key and secret_key, or give this machine credentials"

_WAYS_OUT = {
    "InvalidClientTokenId": _KEYS,
    "UnrecognizedClientException": _KEYS,
    "InvalidAccessKeyId": _KEYS,
    "SignatureDoesNotMatch": _KEYS,
    "InvalidSignatureException": _KEYS,
    "MissingAuthenticationToken": _KEYS,
    "ExpiredToken": _CLOCK,
    "ExpiredTokenException": _CLOCK,
    "RequestExpired": _CLOCK,
}
"""What helps against AWS's common errors, by code.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html, seen 2026-11-24.
"""


class AwsDestination:
    """One queue, topic or bus, behind one client that is made by the first delivery.

    The client tries once, waits as long as the subscription does, and opens as many connections as the
    subscription has deliveries at one time, so that none ever waits in a queue of the library's.
    """

    service: ClassVar[str]
    action: ClassVar[str]
    """The permission that a delivery needs, as IAM writes it."""
    ways_out: ClassVar[dict[str, str]] = {}
    """What helps against the service's own errors, by code."""

    def __init__(self, subscription: Subscription) -> None:
        assert isinstance(subscription.destination, AwsSection)
        self._section = subscription.destination
        self._format = subscription.format
        self._concurrency = subscription.concurrency
        self._client: Any = None
        self._opening = asyncio.Lock()
        self._opened = AsyncExitStack()

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """Put it there; AWS answers when it has stored the message on several machines."""
        return await answered(self._section.timeout, self._tried(claimed))

    async def close_unused(self) -> None:
        """The library closes idle connections itself, after 12 s."""

    async def close(self) -> None:
        """Close the client with its connections; a later delivery would open another."""
        self._client = None
        await self._opened.aclose()

    async def put(self, client: Any, claimed: Claimed) -> dict[str, str]:
        """Where AWS put it. Raises Refused, or what the client raises."""
        raise NotImplementedError

    async def _tried(self, claimed: Claimed) -> dict[str, str]:
        try:
            return await self.put(await self._connected(), claimed)
        except ClientError as error:
            raise self._refused(error) from None
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise Refused(f"{failure(error)}; {_NEW_CREDENTIALS}") from None
        except (BotoCoreError, BrokenConnection, OSError, ValueError) as error:
            raise Refused(failure(error)) from None

    async def _connected(self) -> Any:
        async with self._opening:
            if self._client is None:
                self._client = await self._open()
            return self._client

    async def _open(self) -> Any:
        """A client whose credentials are there: one without would not look for them again."""
        session = get_session()
        session.register_component("data_loader", _models())
        keys = self._section.credentials
        if not keys and await session.get_credentials() is None:
            raise NoCredentialsError()
        config = AioConfig(
            connect_timeout=self._section.timeout,
            read_timeout=self._section.timeout,
            max_pool_connections=self._concurrency,
            retries={"total_max_attempts": 1},
        )
        where = {"region_name": self._section.region_name, "endpoint_url": self._section.endpoint_url}
        client = session.create_client(self.service, config=config, **where, **keys)
        return await self._opened.enter_async_context(client)

    def _refused(self, error: Any) -> Refused:
        """Only the first line of AWS's text: those after it can hold the request with its session token."""
        told = error.response.get("Error", {})
        code, text = str(told.get("Code", "")), first_line(str(told.get("Message", "")))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        allow = f"is {self.action} allowed, and are the credentials right?" if status in (401, 403) else None
        way_out = self.ways_out.get(code) or _WAYS_OUT.get(code) or allow
        said = f"AWS refused it: {code}: {text}".rstrip(": ")
        return Refused(f"{said}; {way_out}" if way_out else said)


@cache
def _models() -> Loader:
    """The descriptions of AWS's services, read once: that takes 40 ms, making a client from them 2."""
    return create_loader()
