"""A gateway elsewhere, over its API: `from gateway.client import Gateway`.

    with Gateway("https://hooks.example.com", token) as gateway:
        for event in gateway.events(name="stripe/customer.*"):
            print(event.event_id, event.data)
        gateway.replay(["evt_1"])

Lists are iterators that ask for the next page when it is needed. Whatever goes wrong is a GatewayError.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import orjson
from pydantic import ValidationError

from gateway.operate import answers
from gateway.operate.answers import Page
from gateway.operate.auditing import AuditRow
from gateway.operate.event_page import EventPage
from gateway.operate.event_types import TypePage, TypeRow
from gateway.operate.rates import Rates
from gateway.operate.reasons import WhyRow
from gateway.operate.rows import (
    DeliveryRow,
    DuplicateRow,
    EventRow,
    PauseRow,
    RejectionCountRow,
    RejectionRow,
    Row,
    TriedRow,
)
from gateway.operate.tail import Handed, ListenerRow, Listeners, Tailed
from gateway.store.records import State

LARGEST_PAGE = 500
"""Rows that the API gives at a time at most."""

Item = TypeVar("Item", bound=Row)
Answer = TypeVar("Answer", bound=Row)


class GatewayError(Exception):
    """The gateway refused or could not be asked. `status` and `code` are its answer's, None without one."""

    def __init__(self, message: str, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Gateway:
    """One gateway, by its URL. Not for several threads at once.

    `timeout` is seconds for each phase of a request; `transport` replaces the network.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Raises GatewayError where the URL or the token can't be used."""
        self.url = url.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            self._http = httpx.Client(
                base_url=f"{self.url}/api/v1/", headers=headers, timeout=timeout, transport=transport
            )
        except (httpx.InvalidURL, UnicodeEncodeError, ValueError) as error:
            raise GatewayError(f"this can't be asked: {error}") from None
        if self._http.base_url.scheme not in ("http", "https") or not self._http.base_url.host:
            raise GatewayError(f"{url!r} is no URL of a gateway, such as https://hooks.example.com")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    # What there is

    def sources(self) -> list[answers.SourceRow]:
        """The sources of the config."""
        return self._get(answers.Sources, "sources").items

    def subscriptions(self) -> answers.Subscriptions:
        """The subscriptions of the config, and what waits for others."""
        return self._get(answers.Subscriptions, "subscriptions")

    def adapters(self) -> list[answers.AdapterRow]:
        """Every adapter that a source may name."""
        return self._get(answers.Adapters, "adapters").items

    def events(
        self, *, source: str | None = None, name: str | None = None, since: int | None = None
    ) -> Iterator[EventRow]:
        """Events, newest first. `name` is a pattern, `since` Unix ms."""
        return self.every(answers.Events, "events", source=source, name=name, since=since)

    def event(self, id: str) -> EventPage:
        """One event with all that belongs to it; by its event_id or the provider's id."""
        return self._get(EventPage, f"events/{quote(id, safe='')}")

    def why(self, id: str) -> list[WhyRow]:
        """Of each subscription why it got an event, or why not."""
        return self._get(answers.Whys, f"why/{quote(id, safe='')}").items

    def event_types(self, *, name: str | None = None, last: int | None = None) -> list[TypeRow]:
        """The names of the newest `last` events, or those that a pattern matches: how often, when last."""
        return self._get(answers.EventTypes, "event-types", name=name, last=last).items

    def event_type(self, name: str, *, last: int | None = None) -> TypePage:
        """One event name, with the JSON Schema of its data and its newest event."""
        return self._get(TypePage, f"event-types/{quote(name, safe='')}", last=last)

    def duplicates(
        self, *, source: str | None = None, name: str | None = None, since: int | None = None
    ) -> Iterator[DuplicateRow]:
        """Duplicates, newest first."""
        return self.every(answers.Duplicates, "duplicates", source=source, name=name, since=since)

    def duplicate_groups(
        self, *, source: str | None = None, name: str | None = None, since: int | None = None
    ) -> Iterator[answers.GroupRow]:
        """The first events that came again, the one with the newest copy first."""
        return self.every(answers.Groups, "duplicate-groups", source=source, name=name, since=since)

    def copies(self, id: str) -> answers.Copies:
        """The copies of one event; by its event_id, a provider's id or a duplicate_id."""
        return self._get(answers.Copies, f"duplicates/{quote(id, safe='')}")

    def rejections(
        self, *, source: str | None = None, since: int | None = None, quarantined: bool = False
    ) -> Iterator[RejectionRow]:
        """Refused requests, newest first; or only those that can be verified again."""
        path = "quarantine" if quarantined else "rejections"
        return self.every(answers.Rejections, path, source=source, since=since)

    def rejection_counts(self) -> list[RejectionCountRow]:
        """How often each source refused since ever, by reason."""
        return self._get(answers.RejectionCounts, "rejection-counts").items

    def deliveries(
        self,
        *,
        state: State | None = None,
        subscription: str | None = None,
        source: str | None = None,
        name: str | None = None,
        since: int | None = None,
        event_id: str | None = None,
    ) -> Iterator[DeliveryRow]:
        """Deliveries, newest first; with `event_id` only an event's own."""
        which = {"state": state, "subscription": subscription, "source": source, "name": name}
        return self.every(answers.Deliveries, "deliveries", **which, since=since, event_id=event_id)

    def delivery(self, delivery_id: str) -> TriedRow:
        """One delivery with its attempts."""
        return self._get(TriedRow, f"deliveries/{quote(delivery_id, safe='')}")

    def tail(
        self, cursor: str | None = None, *, kinds: str = "events", wait: int = 20_000, **query: Any
    ) -> Tailed:
        """What happened behind the cursor, or the cursor of now. `query`: what else GET /tail takes."""
        return self._get(Tailed, "tail", cursor=cursor, kinds=kinds, wait=wait, **query)

    def rates(self, window: int = 60_000) -> Rates:
        """How much came and went within the last `window` ms, and what waits."""
        return self._get(Rates, "rates", window=window)

    def audit(
        self, *, who: str | None = None, action: str | None = None, since: int | None = None
    ) -> Iterator[AuditRow]:
        """Who did what, newest first."""
        return self.every(answers.AuditPage, "audit", who=who, action=action, since=since)

    def listeners(self) -> list[ListenerRow]:
        """Who listens under a name now."""
        return self._get(Listeners, "listeners").items

    # What to do

    def hand(self, listener: str, ids: Sequence[str]) -> Handed:
        """Send stored events to a listener."""
        return self._post(Handed, f"listeners/{quote(listener, safe='')}/events", ids=list(ids))

    def replay(
        self,
        ids: Sequence[str],
        *,
        subscription: str | None = None,
        rate: int | None = None,
        dry_run: bool = False,
    ) -> answers.Replayed:
        """Deliver events and deliveries anew: at once, or `rate` a second."""
        more = {"subscription": subscription, "rate": rate, "dry_run": dry_run}
        return self._post(answers.Replayed, "replays", ids=list(ids), **more)

    def replay_dead(self, *, limit: int = 1000, dry_run: bool = False, **which: Any) -> answers.Replayed:
        """Deliver dead letters anew; where `more` is true, others are left.

        `which` has `since`, `until` (Unix ms), `source`, `name`, `subscription`, and `rate`, a second.
        """
        return self._post(answers.Replayed, "replays/dead", **which, limit=limit, dry_run=dry_run)

    def replay_events(self, *, limit: int = 1000, dry_run: bool = False, **which: Any) -> answers.Replayed:
        """Deliver the events of a time anew, to who wants them now. More than `limit` deliveries are refused.

        `which` as in `replay_dead`; `since` must be there, and `subscription` gets all of them.
        """
        return self._post(answers.Replayed, "replays/events", **which, limit=limit, dry_run=dry_run)

    def cancel(self, ids: Sequence[str], *, dry_run: bool = False) -> answers.Cancelled:
        """End pending deliveries, named by their ids or those of their events."""
        return self._post(answers.Cancelled, "cancellations", ids=list(ids), dry_run=dry_run)

    def cancel_pending(self, *, limit: int = 1000, dry_run: bool = False, **which: Any) -> answers.Cancelled:
        """End the pending deliveries that match; where `more` is true, others are left.

        `which` has `since` (Unix ms), `subscription`, `source` and `name`.
        """
        return self._post(answers.Cancelled, "cancellations/pending", **which, limit=limit, dry_run=dry_run)

    def pause(self, subscription: str, reason: str | None = None) -> PauseRow:
        """Hold a subscription's deliveries back."""
        return self._post(PauseRow, f"subscriptions/{quote(subscription, safe='')}/pause", reason=reason)

    def resume(self, subscription: str) -> answers.Resumed:
        """Let a paused subscription's deliveries go."""
        return self._post(answers.Resumed, f"subscriptions/{quote(subscription, safe='')}/resume")

    def release(
        self, source: str, *, since: int | None = None, limit: int = 100, dry_run: bool = False
    ) -> answers.Released:
        """Verify quarantined requests again, and let the genuine ones in."""
        return self._post(
            answers.Released, "quarantine/release", source=source, since=since, limit=limit, dry_run=dry_run
        )

    # How it is asked

    def every(self, kind: type[Page[Item]], path: str, **query: Any) -> Iterator[Item]:
        """Every row of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.page(kind, path, cursor, LARGEST_PAGE, **query)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def page(
        self, kind: type[Page[Item]], path: str, cursor: str | None, limit: int, **query: Any
    ) -> Page[Item]:
        """One page of a list."""
        return self._get(kind, path, cursor=cursor, limit=min(limit, LARGEST_PAGE), **query)

    def _get(self, kind: type[Answer], path: str, **query: Any) -> Answer:
        return self._ask(kind, "GET", path, params={k: v for k, v in query.items() if v is not None})

    def _post(self, kind: type[Answer], path: str, **body: Any) -> Answer:
        given = {name: value for name, value in body.items() if value is not None}
        return self._ask(kind, "POST", path, json=given) if given else self._ask(kind, "POST", path)

    def _ask(self, kind: type[Answer], method: str, path: str, **how: Any) -> Answer:
        try:
            answer = self._http.request(method, path, **how)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise GatewayError(f"{self.url} can't be asked: {error or type(error).__name__}") from error
        if not answer.is_success:
            raise self._refused(answer)
        try:
            return kind.model_validate(orjson.loads(answer.content))
        except (orjson.JSONDecodeError, ValidationError) as error:
            raise GatewayError(f"{self.url} answered what is no answer of a gateway's API") from error

    def _refused(self, answer: httpx.Response) -> GatewayError:
        try:
            problem = orjson.loads(answer.content)
            detail, code = str(problem["detail"]), str(problem["code"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return GatewayError(f"{self.url} answered {answer.status_code}", answer.status_code)
        return GatewayError(f"{self.url}: {detail}", answer.status_code, code)
