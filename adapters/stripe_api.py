"""Stripe's API through Stripe's own library: the events it keeps, and the webhook endpoints of the account.

Seen 2026-11-24: https://docs.stripe.com/api/events/list, https://docs.stripe.com/api/webhook_endpoints,
https://docs.stripe.com/rate-limits
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast, get_args

import stripe
from stripe.params import WebhookEndpointCreateParams

from adapters.errors import PayloadError
from adapters.events import ParsedEvent
from adapters.provider_api import EVERY, ApiBusy, ApiError, CursorGone, EventsPage, ProviderEndpoint
from adapters.times import DAY

BASE = "https://api.stripe.com"
PAGE = 100
"""Objects a page, the most that Stripe gives."""

TIMEOUT = 30.0
"""Seconds for one request; the library tries it twice more where that can do no harm."""

Asked = TypeVar("Asked")
Parse = Callable[[Mapping[str, Any]], ParsedEvent]


def check_key(key: str) -> None:
    """Raise ValueError where `key` can be no key of Stripe's API; the message never shows it."""
    if not key.startswith(("sk_", "rk_")) or not key.isascii() or not key.isprintable():
        raise ValueError(
            "must be a secret key (sk_…) or, better, a restricted key (rk_…) that may read events; "
            "whsec_… is an endpoint's signing secret and pk_… is public"
        )


class _Http(stripe.HTTPXClient):
    """Stripe's own client hands a form to httpx as `data`, of which httpx warns: a text is `content`."""

    def _get_request_args_kwargs(self, *asked: Any) -> Any:
        args, given = super()._get_request_args_kwargs(*asked)
        if isinstance(given.get("data"), str):
            given["content"] = given.pop("data")
        return args, given


class StripeApi:
    """One account's API. `account` names a connected account to read instead; `base` is for a proxy of it."""

    kept = 30.0 * DAY
    apart = ("v1.", "v2.")
    """Thin events: https://docs.stripe.com/event-destinations, seen 2026-11-24."""

    def __init__(self, key: str, base: str | None, account: str | None, parse: Parse) -> None:
        check_key(key)
        self._base = (base or BASE).rstrip("/")
        self._account = account
        self.url = f"{self._base}/v1/events"
        self._parse = parse
        self._http = _Http(timeout=TIMEOUT)
        self._client = stripe.StripeClient(
            key,
            stripe_account=account,
            base_addresses={"api": self._base},
            http_client=self._http,
            max_network_retries=2,
        )

    @property
    def types(self) -> Sequence[str]:
        """The types that this release of Stripe's library knows."""
        (literal,) = get_args(WebhookEndpointCreateParams.__annotations__["enabled_events"])
        return [type for type in get_args(literal) if type != EVERY]

    async def start(self, since: float, undelivered: bool = False) -> EventsPage:
        """Stripe lists newest first, so the event right before `since` is looked up to go on from there."""
        first = int(since)
        before, _ = await self._list(created={"lt": first}, limit=1)
        if before:
            return EventsPage((), str(before[0]["id"]), more=True)
        return await self._oldest(first, undelivered)

    async def _oldest(self, first: int, undelivered: bool) -> EventsPage:
        """The oldest page, where nothing older is kept: found by going back through all the others."""
        narrowed: dict[str, Any] = {"created": {"gte": first}, **_state(undelivered)}
        page, more = await self._list(**narrowed)
        newer: list[Mapping[str, Any]] = []
        while more and page:
            newer = page
            page, more = await self._list(**narrowed, starting_after=page[-1]["id"])
        if not page:
            return EventsPage((), None, more=False)
        return self._page(page[::-1], more=bool(newer), cursor="")

    async def after(self, cursor: str, undelivered: bool = False) -> EventsPage:
        """Stripe gives the page right before `cursor` in its list, newest first."""
        found, more = await self._list(ending_before=cursor, **_state(undelivered))
        return self._page(found[::-1], more, cursor)

    async def whole(self, event: ParsedEvent) -> ParsedEvent:
        """Stripe's list has events as a whole."""
        return event

    async def _list(self, **params: Any) -> tuple[list[Mapping[str, Any]], bool]:
        """A page as Stripe wrote it, and whether there are more in its direction."""
        given = cast(Any, {"limit": PAGE, **params})
        page = await self._asked(self._client.v1.events.list_async(given), "Events: Read")
        response = page.last_response
        assert response is not None, "a list is always an answer"
        document = json.loads(response.body)
        return document["data"], bool(document["has_more"])

    def _page(self, found: Sequence[Mapping[str, Any]], more: bool, cursor: str) -> EventsPage:
        try:
            events = [self._of_account(self._parse(document)) for document in found]
        except PayloadError as error:
            raise ApiError(f"{self.url} gave an event that is none: {error}") from error
        return EventsPage(events, events[-1].id if events else cursor, more and bool(events))

    def _of_account(self, event: ParsedEvent) -> ParsedEvent:
        """Within a connected account Stripe need not say whose event it is, as it does in a webhook."""
        if self._account is None or "account" in event.attributes:
            return event
        return replace(event, attributes={**event.attributes, "account": self._account})

    async def endpoints(self) -> Sequence[ProviderEndpoint]:
        """All webhook endpoints, also those that were made in the dashboard."""
        found: list[ProviderEndpoint] = []
        more = True
        while more:
            after = {"starting_after": found[-1].id} if found else {}
            given = cast(Any, {"limit": PAGE, **after})
            asked = self._client.v1.webhook_endpoints.list_async(given)
            page = await self._asked(asked, "Webhook Endpoints: Read")
            found += [_endpoint(each) for each in page.data]
            more = page.has_more and bool(page.data)
        return found

    async def create(
        self, url: str, types: Sequence[str], version: str | None, connected: bool
    ) -> ProviderEndpoint:
        """Make one; see EndpointsApi."""
        given: dict[str, Any] = {"url": url, "enabled_events": list(types), "description": "gateway"}
        if version is not None:
            given["api_version"] = version
        if connected:
            given["connect"] = True
        asked = self._client.v1.webhook_endpoints.create_async(cast(Any, given))
        return _endpoint(await self._asked(asked, "Webhook Endpoints: Write"))

    async def set_types(self, id: str, types: Sequence[str]) -> ProviderEndpoint:
        """Change what one sends."""
        given = cast(Any, {"enabled_events": list(types)})
        asked = self._client.v1.webhook_endpoints.update_async(id, given)
        return _endpoint(await self._asked(asked, "Webhook Endpoints: Write"))

    async def delete(self, id: str) -> None:
        """Remove one."""
        asked = self._client.v1.webhook_endpoints.delete_async(id)
        await self._asked(asked, "Webhook Endpoints: Write")

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def _asked(self, asked: Awaitable[Asked], permission: str) -> Asked:
        """An answer of Stripe's, its refusals in our words: Stripe's own may show a part of the key."""
        try:
            return await asked
        except stripe.RateLimitError as error:
            raise ApiBusy("Stripe wants fewer requests (429)", _retry_after(error)) from error
        except stripe.AuthenticationError as error:
            raise ApiError(
                f"{self._base} does not accept the API key: check that it was not rolled"
            ) from error
        except stripe.PermissionError as error:
            raise ApiError(
                f"the API key may not do this: give the restricted key the permission {permission!r}, and "
                "for connected accounts the same in Connect"
            ) from error
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing" and error.param in ("ending_before", "starting_after"):
                raise CursorGone("Stripe keeps the event of the cursor no more (30 days)") from error
            raise ApiError(f"Stripe refused the request: {error.user_message or error}") from error
        except stripe.APIConnectionError as error:
            raise ApiError(f"{self._base} can't be reached; check the network and its proxy") from error
        except stripe.StripeError as error:
            raise ApiError(f"{self._base} failed ({error.http_status}); try again later") from error


def _state(undelivered: bool) -> dict[str, Any]:
    return {"delivery_success": False} if undelivered else {}


def _retry_after(error: stripe.StripeError) -> float | None:
    told = (error.headers or {}).get("retry-after", "")
    return float(told) if told.isdecimal() else None


def _endpoint(each: stripe.WebhookEndpoint) -> ProviderEndpoint:
    return ProviderEndpoint(
        id=each.id,
        url=each.url,
        types=tuple(each.enabled_events),
        version=each.api_version,
        enabled=each.status == "enabled",
        livemode=each.livemode,
        secret=getattr(each, "secret", None),
    )
