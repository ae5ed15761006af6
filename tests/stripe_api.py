"""A stand-in of Stripe's API as a real HTTP server: the events it keeps and the webhook endpoints it has.

It answers as https://docs.stripe.com/api/pagination, /events/list, /webhook_endpoints and /errors say (seen
2026-11-24), to the degree that Stripe's own library and ours can tell: keys, permissions, cursors in both
directions, `created`, `type`, `delivery_success`, connected accounts, refusals in Stripe's shape, 429.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.serving import Handler
from tests.serving import serving as listening

KEY = "sk_test_the_whole_account"
RESTRICTED = "rk_test_may_do_nothing"
KEPT = 30 * 86_400


class Refusal(Exception):
    """An answer with an error, in Stripe's shape."""

    def __init__(self, status: int, type: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": type, "message": message, **more}}


@dataclass
class StripeServer:
    """What it keeps, and what it was asked. `events` are in the order in which they happened, by account.

    `busy` is how many of the next requests it answers with 429. Events older than 30 days before `now` (Unix
    seconds) are not there.
    """

    url: str = ""
    now: int = 1_800_000_000
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    undelivered: set[str] = field(default_factory=set)
    endpoints: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    busy: int = 0
    version: str = "2026-09-30.clover"

    def add(
        self, id: str, type: str = "customer.created", *, at: int, account: str = "", delivered: bool = True
    ) -> dict[str, Any]:
        """One more event, created at `at` (Unix seconds)."""
        event: dict[str, Any] = {
            "id": id,
            "object": "event",
            "api_version": self.version,
            "created": at,
            "data": {"object": {"id": "cus_1", "object": "customer"}},
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": None, "idempotency_key": None},
            "type": type,
        }
        self.events.setdefault(account, []).append(event)
        if not delivered:
            self.undelivered.add(id)
        return event

    def queries(self, path: str = "/v1/events") -> list[dict[str, str]]:
        """The parameters of the requests to `path`, in order."""
        return [query for _, asked, query in self.asked if asked == path]

    def answer(self, method: str, path: str, form: dict[str, Any], headers: Any) -> dict[str, Any]:
        """The answer to one request. Raises Refusal."""
        self._check_key(headers.get("authorization", ""))
        if self.busy:
            self.busy -= 1
            raise Refusal(429, "invalid_request_error", "Too many requests", code="rate_limit")
        account = headers.get("stripe-account", "")
        match (method, path.split("/")[2:]):
            case "GET", ["events"]:
                return self._events(form, account)
            case "GET", ["webhook_endpoints"]:
                return _page(self.endpoints[::-1], form, "/v1/webhook_endpoints")
            case "POST", ["webhook_endpoints"]:
                return self._create(form)
            case "POST", ["webhook_endpoints", id]:
                endpoint = self._endpoint(id)
                endpoint.update(enabled_events=_list(form, "enabled_events") or endpoint["enabled_events"])
                return endpoint
            case "DELETE", ["webhook_endpoints", id]:
                self.endpoints.remove(self._endpoint(id))
                return {"id": id, "object": "webhook_endpoint", "deleted": True}
        raise Refusal(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).")

    def _check_key(self, authorization: str) -> None:
        key = authorization.removeprefix("Bearer ")
        if key == RESTRICTED:
            raise Refusal(403, "invalid_request_error", "The provided key 'rk_test_*thing' does not have it.")
        if key != KEY:
            raise Refusal(401, "invalid_request_error", f"Invalid API Key provided: ****{key[-4:]}")

    def _events(self, form: dict[str, Any], account: str) -> dict[str, Any]:
        kept = [e for e in self.events.get(account, []) if e["created"] > self.now - KEPT]
        bounds = {name[8:-1]: int(value) for name, value in form.items() if name.startswith("created[")}
        found = [
            e
            for e in sorted(kept, key=lambda e: e["created"])
            if bounds.get("gte", 0) <= e["created"] <= bounds.get("lte", 1 << 40)
            and bounds.get("gt", -1) < e["created"] < bounds.get("lt", 1 << 40)
            and fnmatchcase(e["type"], form.get("type", "*"))
            and (
                "delivery_success" not in form
                or (form["delivery_success"] == "false") == (e["id"] in self.undelivered)
            )
        ]
        ids = {e["id"]: e for e in kept}
        for direction in ("starting_after", "ending_before"):
            if direction in form and form[direction] not in ids:
                message = f"No such event: '{form[direction]}'"
                raise Refusal(404, "invalid_request_error", message, code="resource_missing", param=direction)
            if direction in form and ids[form[direction]] not in found:
                found = sorted([*found, {**ids[form[direction]], "hidden": True}], key=lambda e: e["created"])
        return _page(found[::-1], form, "/v1/events")

    def _create(self, form: dict[str, Any]) -> dict[str, Any]:
        types = _list(form, "enabled_events")
        if not form.get("url") or not types:
            raise Refusal(400, "invalid_request_error", "Missing required param: url.", param="url")
        number = len(self.endpoints) + 1
        endpoint = {
            "id": f"we_{number}",
            "object": "webhook_endpoint",
            "api_version": form.get("api_version"),
            "application": None,
            "created": self.now,
            "description": form.get("description"),
            "enabled_events": types,
            "livemode": False,
            "metadata": {},
            "status": "enabled",
            "url": form["url"],
        }
        self.endpoints.append(endpoint)
        return {**endpoint, "secret": f"whsec_of_endpoint_{number}_which_is_long"}

    def _endpoint(self, id: str) -> dict[str, Any]:
        for endpoint in self.endpoints:
            if endpoint["id"] == id:
                return endpoint
        raise Refusal(
            404, "invalid_request_error", f"No such webhook endpoint: '{id}'", code="resource_missing"
        )


def _list(form: dict[str, Any], name: str) -> list[str]:
    return [value for key, value in form.items() if key.startswith(f"{name}[")]


def _page(newest_first: list[dict[str, Any]], form: dict[str, Any], url: str) -> dict[str, Any]:
    """One page of a list that is newest first, in the direction that the cursor says."""
    limit = int(form.get("limit", 10))
    ids = [each["id"] for each in newest_first]
    if "ending_before" in form:
        end = ids.index(form["ending_before"])
        page, more = newest_first[max(0, end - limit) : end], end > limit
    else:
        start = ids.index(form["starting_after"]) + 1 if "starting_after" in form else 0
        page, more = newest_first[start : start + limit], len(newest_first) > start + limit
    shown = [each for each in page if not each.get("hidden")]
    return {"object": "list", "data": shown, "has_more": more, "url": url}


@contextmanager
def serving() -> Iterator[StripeServer]:
    """A stand-in that listens on a free port."""
    stripe = StripeServer()

    class Answers(Handler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            form = dict(parse_qsl(parts.query)) | dict(parse_qsl(body))
            stripe.asked.append((self.command, parts.path, form))
            status, more = 200, {}
            try:
                answer = stripe.answer(self.command, parts.path, form, self.headers)
            except Refusal as refusal:
                status, answer = refusal.status, refusal.body
                more = {"retry-after": "1"} if status == 429 else {}
            written = json.dumps(answer, indent=2).encode()
            self.send_response(status)
            for name, value in {
                "content-length": str(len(written)),
                "content-type": "application/json",
                **more,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(written)

    with listening(Answers) as server:
        stripe.url = f"http://127.0.0.1:{server.server_port}"
        yield stripe
