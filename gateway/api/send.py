"""POST /e/{event_key}: events that others send, answered as Inngest's event API answers.

Its routes and answers: pkg/api/api.go and pkg/coreapi/apiutil of https://github.com/inngest/inngest at
253303c, seen 2026-11-23. The official packages read `status`, `ids` and `error` in the body, and try again
after a 5xx.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Iterable, Sequence

import orjson
from starlette.types import Receive, Scope
from starlette.types import Send as Sender

from gateway.admitting import admit
from gateway.answer import Answer, Refused
from gateway.api.candidates import Sending, candidates, kept_headers, window
from gateway.api.events import BadEvents, read_events
from gateway.api.seed import HEADER, read_seed
from gateway.body import read_body
from gateway.config import EventKey
from gateway.conforming import Warnings
from gateway.convention import flaw
from gateway.event import API, new_id
from gateway.examining import remote_addr
from gateway.hops import MOST, TOO_MANY, hops
from gateway.receiving import stored
from gateway.rejecting import Rejecting
from gateway.running import Running
from gateway.store import Store, StoreError
from gateway.store.records import Candidate, Reception
from gateway.store.rejections import Rejection
from gateway.telemetry.process import Telemetry

PREFIX = "/e/"

MAX_WARNED = 1000
"""Names that the log warns about at most, each once: past it somebody makes names from data."""

_ANYBODY = (b"access-control-allow-origin", b"*")
"""A page may send from a browser: what it needs to know is the event key, and no cookie counts."""

_PREFLIGHT = Answer(
    200,
    b"",
    (
        _ANYBODY,
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", b"*"),
        (b"access-control-max-age", b"3600"),
    ),
)

log = logging.getLogger("gateway.api")


class Send:
    """Receives events. `running` gives the config in force; `wake` hears which subscriptions got events."""

    def __init__(
        self,
        running: Callable[[], Running],
        store: Store,
        wake: Callable[[Iterable[str]], None],
        clock: Callable[[], float] = time.time,
        telemetry: Telemetry | None = None,
    ) -> None:
        self._running = running
        self._store = store
        self._wake = wake
        self._clock = clock
        self._telemetry = telemetry or Telemetry()
        self._counts = self._telemetry.counts.source(API)
        self._in_flight = 0
        self._rejecting = Rejecting(store)
        self._warned: set[str] = set()
        self._warnings = Warnings()

    async def __call__(self, scope: Scope, receive: Receive, send: Sender) -> None:
        """One request, as an ASGI application for every path under PREFIX."""
        if scope["method"] == "OPTIONS":
            return await _PREFLIGHT.send(send)
        self._in_flight += 1
        try:
            answer = await self._answer(scope, receive)
            if answer.status >= 300:
                self._counts.answered(answer.status, 0.0)
        finally:
            self._in_flight -= 1
        await answer.send(send)

    async def close(self) -> None:
        """Leave nothing half done; call it when no request is under way any more."""
        await self._rejecting.close()

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        """What goes wrong is an answer too."""
        body = b""
        try:
            index, key = self._admit(scope)
            server = self._running().settings.server
            body = await read_body(scope, receive, int(server.max_send_body), server.body_timeout)
            return await self._take(scope, body, index, key)
        except Refused as refused:
            if refused.status in (400, 401, 408, 413, 503, 508):
                self._counts.rejected(refused.code)
            if refused.status in (400, 401, 408, 413, 508):
                self._rejecting.record(_rejection(scope, body, refused, round(self._clock() * 1000)))
            return _refusal(refused)
        except StoreError as error:
            log.error("nothing acknowledged: %s", error)
            return _refusal(Refused(503, "store_unavailable", "the gateway can't store now; send it again"))
        except Exception:
            log.exception("nothing acknowledged: the gateway failed")
            return _refusal(Refused(500, "internal_error", "the gateway failed; send it again"))

    def _admit(self, scope: Scope) -> tuple[int, EventKey]:
        """The event key of a request and its index. Raises Refused before anybody looks into the body."""
        settings = self._running().settings
        if scope["method"] != "POST":
            raise Refused(405, "method_not_allowed", "events are sent by POST", ((b"allow", b"POST"),))
        found = _found(settings.event_keys, scope["path"][len(PREFIX) :])
        if found is None:
            raise Refused(401, "unknown_event_key", "Event key not found")
        if self._in_flight > settings.server.max_in_flight:
            raise Refused(503, "overloaded", "too many requests at once; send it again")
        return found

    async def _take(self, scope: Scope, body: bytes, index: int, key: EventKey) -> Answer:
        """From the whole request to its answer, all of its events on disk."""
        began = time.perf_counter()
        running, now = self._running(), round(self._clock() * 1000)
        sent = read_events(body, running.settings.contract)
        url = f"{running.settings.server.public_url or ''}{PREFIX}****"
        headers = kept_headers(scope["headers"])
        if hops(headers) > MOST:
            raise Refused(508, "too_many_hops", TOO_MANY)
        reception = Reception(remote_addr(scope), url, headers, index)
        seed = read_seed(_header(scope, HEADER))
        sending = Sending(key.name, reception, seed, now, window(running.settings))
        asking = candidates(sent, sending, running.router)
        outcomes = await admit(self._store, asking, running.router, self._wake) if asking else ()
        stored(self._telemetry, API, asking, outcomes, self._clock)
        self._counts.answered(200, time.perf_counter() - began)
        self._warn(asking)
        if running.settings.contract is not None:
            self._warnings.tell(asking, self._counts)
        return _answered(200, {"ids": [outcome.event_id for outcome in outcomes], "status": 200})

    def _warn(self, stored: Sequence[Candidate]) -> None:
        """Tell once of each name that departs from the convention."""
        for name in {candidate.event.name for candidate in stored} - self._warned:
            problem = flaw(name)
            if problem is None or len(self._warned) >= MAX_WARNED:
                continue
            self._warned.add(name)
            log.warning("the event name %s %s; all of them: gateway events lint", name, problem)


def _found(keys: Sequence[EventKey], given: str) -> tuple[int, EventKey] | None:
    """The key that was given. Every one is compared, whole, so that the time tells nothing."""
    found = None
    for index, key in enumerate(keys):
        if hmac.compare_digest(key.secret.get_secret_value().encode(), given.encode(errors="replace")):
            found = index, key
    return found


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for header, value in scope["headers"] if header == name), b"")


def _answered(status: int, content: dict[str, object], more: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
    headers = [(b"content-type", b"application/json"), _ANYBODY, *more]
    return Answer(status, orjson.dumps(content), headers)


def _refusal(refused: Refused) -> Answer:
    """As Inngest says it, with `code`, and with every problem of every bad event in `errors`."""
    content: dict[str, object] = {"status": refused.status, "error": str(refused), "code": refused.code}
    if refused.status == 401:
        content["message"] = ""
    else:
        content["ids"] = []
    if isinstance(refused, BadEvents):
        content["errors"] = [
            {"index": each.index, "field": each.field, "reason": each.reason} for each in refused.problems
        ]
    more = [header for header in refused.answer.headers if header[0] != b"content-type"]
    return _answered(refused.status, content, more)


def _rejection(scope: Scope, body: bytes, refused: Refused, now: int) -> Rejection:
    """The record of a refused request, without its body and its key."""
    return Rejection(
        rejection_id=new_id(now),
        source=API,
        reason=refused.code,
        detail=str(refused)[:500],
        received_at=now,
        remote_addr=remote_addr(scope),
        method=scope["method"],
        url=f"{PREFIX}****",
        headers=kept_headers(scope["headers"]),
        body_size=len(body),
        body_sha256=hashlib.sha256(body).hexdigest(),
    )
