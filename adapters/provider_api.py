"""What a provider's own API offers beside its webhooks: the events it keeps, and the endpoints it sends to.

An adapter whose provider has such an API gives it by `Adapter.events_api` and `Adapter.endpoints_api`. Unlike
an adapter an API does I/O, so it is never asked on the hot path. Times are Unix seconds.

    ApiError              the provider refused, or can't be reached; the message names the way out
    ├── ApiBusy           too many requests: ask again after `retry_after` seconds
    └── CursorGone        the event that a cursor names is not kept any more
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from adapters.events import ParsedEvent

EVERY = "*"
"""The event type that stands for all of them."""


class ApiError(Exception):
    """The provider's API refused or could not be reached. The message never shows the key."""


class ApiBusy(ApiError):
    """The provider wants fewer requests; `retry_after` is seconds, None where it does not say."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CursorGone(ApiError):
    """The provider no longer keeps the event that a cursor names."""


@dataclass(frozen=True, slots=True)
class EventsPage:
    """Some events, oldest first, perhaps without their payloads.

    `cursor` is the id of the last event seen: what comes `after` it goes on. None: the provider has no event
    yet, and there is nothing to go on from.
    """

    events: Sequence[ParsedEvent]
    cursor: str | None
    more: bool


class EventsApi(Protocol):
    """The events that a provider keeps, read in the order in which they happened.

    `kept` is for how many seconds it keeps them, `url` where one is found by its id. Every method raises
    ApiError.
    """

    @property
    def kept(self) -> float: ...

    @property
    def url(self) -> str: ...

    async def start(self, since: float, undelivered: bool = False) -> EventsPage:
        """The first page of events not before `since`; it may be empty and yet have more behind it.

        `undelivered`: only those that some endpoint of the provider has not acknowledged.
        """
        ...

    async def after(self, cursor: str, undelivered: bool = False) -> EventsPage:
        """The page behind the event with the id `cursor`. Raises CursorGone."""
        ...

    async def whole(self, event: ParsedEvent) -> ParsedEvent:
        """An event of a page with its payload, where a list has none; asked only for one that is missing."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


@dataclass(frozen=True, slots=True)
class ProviderEndpoint:
    """One endpoint as the provider has it. `types` may be `*`; `version` None follows the account's.

    `secret` is only known right after it was made.
    """

    id: str
    url: str
    types: tuple[str, ...]
    version: str | None = None
    enabled: bool = True
    livemode: bool = True
    secret: str | None = field(default=None, repr=False)


class EndpointsApi(Protocol):
    """The endpoints that a provider sends webhooks to. Every method raises ApiError.

    `types` are the event types that this version knows: a pattern with a `*` can mean only these. `apart`
    are beginnings of types that the provider sends to no endpoint of this kind.
    """

    @property
    def types(self) -> Sequence[str]: ...

    @property
    def apart(self) -> tuple[str, ...]: ...

    async def endpoints(self) -> Sequence[ProviderEndpoint]:
        """All of them."""
        ...

    async def create(
        self, url: str, types: Sequence[str], version: str | None, connected: bool
    ) -> ProviderEndpoint:
        """Make one. `connected`: for what happens in connected accounts. Its secret is told only now."""
        ...

    async def set_types(self, id: str, types: Sequence[str]) -> ProviderEndpoint:
        """Have one send these types from now on."""
        ...

    async def delete(self, id: str) -> None:
        """Remove one."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...
