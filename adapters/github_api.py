"""GitHub's API: the deliveries of one webhook, which it keeps for some days.

Seen 2026-11-25: https://docs.github.com/en/rest/repos/webhooks, https://docs.github.com/en/rest/orgs/webhooks,
https://docs.github.com/en/rest/apps/webhooks,
https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/viewing-webhook-deliveries,
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx
import jwt

from adapters.errors import PayloadError
from adapters.events import ParsedEvent, short_text
from adapters.provider_api import ApiBusy, ApiError, CursorGone, EventsPage
from adapters.request import Headers, WebhookRequest
from adapters.times import DAY, event_time

BASE = "https://api.github.com"
PAGE = 100
"""Deliveries a page of GitHub's, the most that it gives, and a page of ours."""

TIMEOUT = 30.0
"""Seconds for each phase of a request."""

EXAMPLE = "repos/octo-org/hello/hooks/123456"

_NEXT = re.compile(r'<[^>]*[?&]cursor=([^&>]+)[^>]*>;\s*rel="next"')

Parse = Callable[[WebhookRequest], Sequence[ParsedEvent]]


def check_key(key: str, hook: str | None) -> None:
    """Raise ValueError where `key` can be no key for the deliveries of `hook`; the message never shows it."""
    if hook is None:
        raise ValueError(f"is of no use without the webhook to read: write hook: {EXAMPLE} beside adapter:")
    is_pem = key.lstrip().startswith("-----BEGIN ")
    if _app(key) is None if hook == "app/hook" else is_pem:
        raise ValueError(
            "must be a token (ghp_…, github_pat_…), or for hook: app/hook the app's client id, a colon and "
            "its private key: Iv1.abc:-----BEGIN RSA PRIVATE KEY-----…"
        )
    if hook != "app/hook" and not (key.isascii() and key.isprintable() and " " not in key):
        raise ValueError("must be a token (ghp_…, github_pat_…) without spaces")


def _app(key: str) -> tuple[str, str] | None:
    """An app's client id and its private key."""
    id, colon, pem = key.partition(":")
    return (id.strip(), pem.strip()) if colon and id and pem.lstrip().startswith("-----BEGIN ") else None


class GitHubApi:
    """The deliveries of one webhook: of a repository, an organisation or an app."""

    kept = 3.0 * DAY

    def __init__(self, key: str, base: str | None, hook: str, parse: Parse) -> None:
        self._key = key
        self._base = (base or BASE).rstrip("/")
        self._parse = parse
        self.url = f"{self._base}/{hook}/deliveries"
        self._is_app = hook == "app/hook"
        self._numbers: dict[str, int] = {}
        self._listed: list[ParsedEvent] = []
        self._http = httpx.AsyncClient(timeout=TIMEOUT, headers={"accept": "application/vnd.github+json"})

    async def start(self, since: float, undelivered: bool = False) -> EventsPage:
        """GitHub lists newest first, without payloads: the list is read back to `since`, then handed out."""
        self._listed = await self._list(lambda one: _at(one) < since * 1000, undelivered)
        return self._page()

    async def after(self, cursor: str, undelivered: bool = False) -> EventsPage:
        """The deliveries behind the event with the id `cursor`, from the list that was read or a new one."""
        ids = [event.id for event in self._listed]
        if cursor in ids:
            self._listed = self._listed[ids.index(cursor) + 1 :]
        else:
            found = False

            def is_there(one: Mapping[str, Any]) -> bool:
                nonlocal found
                found = found or (one.get("guid") == cursor and not one.get("redelivery"))
                return found

            self._listed = await self._list(is_there, undelivered)
            if not found:
                raise CursorGone("GitHub keeps the delivery of the cursor no more (3 days)")
        return self._page(cursor)

    async def whole(self, event: ParsedEvent) -> ParsedEvent:
        """A delivery of the list with its payload, as its webhook would have been understood."""
        detail = await self._asked(f"{self.url}/{self._numbers[event.id]}")
        try:
            sent = detail["request"]
            headers = {name: value for name, value in sent["headers"].items() if isinstance(value, str)}
            # A form is told as the JSON in it, so that its content type would say what is not so.
            raw = [
                (k.lower().encode(), v.encode()) for k, v in headers.items() if k.lower() != "content-type"
            ]
            body = json.dumps(sent["payload"]).encode()
            [made] = self._parse(WebhookRequest("POST", self.url, Headers(raw), body, 0.0))
        except (KeyError, TypeError, AttributeError, ValueError, PayloadError) as error:
            raise ApiError(f"{self.url} gave a delivery that is none: {error}") from error
        return made

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    def _page(self, cursor: str | None = None) -> EventsPage:
        page = self._listed[:PAGE]
        return EventsPage(page, page[-1].id if page else cursor, len(self._listed) > PAGE)

    async def _list(self, ends: Callable[[Mapping[str, Any]], bool], undelivered: bool) -> list[ParsedEvent]:
        """Every event before `ends` says so, oldest first, once each however often it was delivered."""
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {"per_page": str(PAGE)} | ({"cursor": cursor} if cursor else {})
            page, cursor = await self._asked_page(asked)
            kept = next((number for number, one in enumerate(page) if ends(one)), len(page))
            found += page[:kept]
            if kept < len(page) or cursor is None:
                return self._events(found[::-1], undelivered)

    def _events(self, oldest_first: Sequence[Mapping[str, Any]], undelivered: bool) -> list[ParsedEvent]:
        """A delivery that was sent again stands where it was sent first."""
        tries: dict[str, list[Mapping[str, Any]]] = {}
        for one in oldest_first:
            tries.setdefault(str(one.get("guid")), []).append(one)
        made = [each[0] for each in tries.values() if not undelivered or not any(map(_arrived, each))]
        try:
            self._numbers |= {str(one["guid"]): int(one["id"]) for one in made}
            return [_listed(one) for one in made]
        except (KeyError, TypeError, ValueError, PayloadError) as error:
            raise ApiError(f"{self.url} gave a delivery that is none: {error}") from error

    async def _asked_page(self, params: Mapping[str, str]) -> tuple[list[Mapping[str, Any]], str | None]:
        answer = await self._answer(self.url, params)
        found = _NEXT.search(answer.headers.get("link", ""))
        page = answer.json()
        if not isinstance(page, list):
            raise ApiError(f"{self.url} answered what is no list of deliveries")
        return page, found[1] if found else None

    async def _asked(self, url: str) -> Any:
        return (await self._answer(url, {})).json()

    async def _answer(self, url: str, params: Mapping[str, str]) -> httpx.Response:
        try:
            answer = await self._http.get(url, params=dict(params), headers=self._authorization())
        except httpx.HTTPError as error:
            raise ApiError(f"{self._base} can't be reached; check the network and its proxy") from error
        if answer.is_success:
            return answer
        raise self._refused(answer)

    def _authorization(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._app_token() if self._is_app else self._key}"}

    def _app_token(self) -> str:
        """An app proves itself by a token of its own making, for ten minutes at most."""
        app = _app(self._key)
        assert app is not None, "the key was checked"
        now = int(time.time())
        try:
            return jwt.encode({"iat": now - 60, "exp": now + 300, "iss": app[0]}, app[1], algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError) as error:
            raise ApiError("the app's private key can't be read; take the .pem that GitHub gave") from error

    def _refused(self, answer: httpx.Response) -> ApiError:
        status, left = answer.status_code, answer.headers.get("x-ratelimit-remaining")
        if status == 429 or (status == 403 and ("retry-after" in answer.headers or left == "0")):
            return ApiBusy(f"GitHub wants fewer requests ({status})", _retry_after(answer.headers))
        if status == 401:
            return ApiError(f"{self._base} does not accept the API key: check that it has not expired")
        if status in (403, 404):
            return ApiError(
                f"{self.url}: {status}: there is no such webhook, or the key may not see it. A classic token "
                "needs the scope read:repo_hook (of an organisation admin:org_hook), a fine-grained one "
                "Webhooks: read"
            )
        return ApiError(f"{self._base} failed ({status}); try again later")


def _listed(one: Mapping[str, Any]) -> ParsedEvent:
    """A delivery as the list has it: with everything but the payload."""
    type = ".".join(part for part in (one["event"], one.get("action")) if part)
    return ParsedEvent(short_text(one["guid"], "the guid"), short_text(type, "the event"), {}, ts=_at(one))


def _at(one: Mapping[str, Any]) -> int:
    """When it was delivered, or would have been. Unix ms."""
    at = event_time(one.get("delivered_at"))
    if at is None:
        raise ApiError("a delivery in GitHub's list has no time delivered_at")
    return at


def _arrived(one: Mapping[str, Any]) -> bool:
    status = one.get("status_code")
    return isinstance(status, int) and 200 <= status < 300


def _retry_after(headers: httpx.Headers) -> float | None:
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if after.isdigit():
        return float(after)
    return max(1.0, float(reset) - time.time()) if reset.isdigit() else None
