"""A server that takes events as Inngest's event API does: routes, rules, answers and their odd content type.

pkg/api/api.go, pkg/eventstream/eventstream.go and pkg/event/event.go of https://github.com/inngest/inngest at
253303c, seen 2026-11-23.
"""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from ulid_transform import bytes_to_ulid, ulid_now

KEY = "evt-key-for-tests-0001"
EARLIEST, LATEST = 315_532_800_000, 4_102_444_800_000
KINDS = {"id": str, "name": str, "ts": int, "v": str, "data": dict, "user": dict}


class EventApi:
    """One environment with one event key; `events` is what came, `ids` its own ids of them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.url = ""
        self.ids: list[str] = []
        self.app = Starlette(routes=[Route("/e/{key}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        if request.path_params["key"] != KEY:
            return _answer(401, {"status": 401, "message": "", "error": "Event key not found"})
        body = await request.body()
        try:
            event = json.loads(body)
        except ValueError as error:
            return _answer(400, {"ids": [""], "status": 400, "error": str(error)})
        if problem := _problem(event, body):
            return _answer(400, {"ids": [""], "status": 400, "error": problem})
        self.events.append(event)
        self.ids.append(_id(request.headers.get("x-inngest-event-id-seed")))
        return _answer(200, {"ids": [self.ids[-1]], "status": 200})


def _problem(event: Any, body: bytes) -> str | None:
    if not isinstance(event, dict):
        return "Request body must contain an event object or an array of event objects"
    if len(body) > 3 * 1024 * 1024:
        return "Event is too large"
    for name, kind in KINDS.items():
        if name in event and not isinstance(event[name], kind):
            return f"json: cannot unmarshal into Go struct field raw.{name}"
    if not event.get("name"):
        return "event name is empty"
    if event["name"].lower().startswith("inngest/"):
        return f"event name is reserved for internal use: {event['name']}"
    in_range = EARLIEST <= event.get("ts", EARLIEST) <= LATEST
    return None if in_range else "timestamp is before Jan 1, 1980"


def _id(seed: str | None) -> str:
    """From the seed: its time, and its ten bytes with 1, the event's number, added to the last four."""
    if seed is None:
        return ulid_now()
    ms, text = seed.split(",")
    random = b64decode(text, validate=True)
    assert len(random) == 10
    last = (int.from_bytes(random[6:]) + 1) % 2**32
    return bytes_to_ulid(int(ms).to_bytes(6) + random[:6] + last.to_bytes(4))


def _answer(status: int, said: dict[str, Any]) -> Response:
    headers = {"content-type": "text/plain; charset=utf-8", "x-inngest-server-kind": "cloud"}
    return Response(json.dumps(said), status, headers)
