"""/api/v1 as an ASGI application: who asks, what for, and the answer as JSON."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.answer import RETRY_AFTER, Refused
from gateway.api.v1 import acting, event_types, following, looking, overseeing, provider_side, tending
from gateway.api.v1.openapi import document
from gateway.api.v1.operation import Asked, Asking, Nothing, Operation
from gateway.api.v1.problem import Problem, unfit
from gateway.api.v1.sign_in import SignIn
from gateway.api.v1.streams import Streams
from gateway.body import read_body
from gateway.operate.access import Principal, audit
from gateway.operate.auditing import Act, Actor, note, outcome_of
from gateway.operate.opened import Opened
from gateway.operate.rows import Row
from gateway.operate.sampling import Take
from gateway.operate.shown import shown
from gateway.running import Running
from gateway.store import Store, StoreError

PREFIX = "/api/v1/"
OPERATIONS: tuple[Operation, ...] = (
    looking.OPERATIONS
    + event_types.OPERATIONS
    + overseeing.OPERATIONS
    + following.OPERATIONS
    + acting.OPERATIONS
    + tending.OPERATIONS
    + provider_side.OPERATIONS
)

LARGEST_BODY = 1_048_576
"""Bytes of a request: a thousand ids are far less."""

PATIENCE = 10.0
"""Seconds that a body may take."""

SHOWN = 1000
"""Characters of a body that the audit log shows."""

log = logging.getLogger("gateway.api")


class Api:
    """The API of one process. `running` gives the config in force, `store` None before the start.

    `wake` hears for which subscriptions an action made deliveries, `take` receives a webhook as if it had
    been sent, and is None where this process receives none.
    """

    def __init__(
        self,
        running: Callable[[], Running],
        store: Callable[[], Store | None],
        wake: Callable[[Iterable[str]], None],
        take: Take | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._running, self._store, self._wake, self._clock = running, store, wake, clock
        self._take = take
        self._sign_in = SignIn()
        self._streams = Streams(lambda: shown(self._opened(), self._running().settings.redactions), clock)
        self._document = orjson.dumps(document(OPERATIONS))
        routes = [Route(f"{PREFIX}openapi.json", self._describe), *map(self._route, OPERATIONS)]
        handlers: Any = {HTTPException: _http_problem, Problem: _problem, Exception: _failure}
        self._app = Starlette(routes=routes, exception_handlers=handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as an ASGI application for every path under PREFIX."""
        await self._app(scope, receive, send)

    def stop(self) -> None:
        """Answer those who wait for something to happen, since the process is about to end."""
        self._streams.stop()

    async def _describe(self, _: Request) -> Response:
        return Response(self._document, media_type="application/json")

    def _route(self, operation: Operation) -> Route:
        async def answer(request: Request) -> Response:
            return await self._answer(operation, request)

        # An id may be a provider's and hold a slash, so it takes the rest of the path.
        path = PREFIX + operation.path[1:].replace("{id}", "{id:path}")
        return Route(path, answer, methods=[operation.method], name=operation.name)

    def _opened(self) -> Store:
        store = self._store()
        if store is None:
            raise _unavailable("the gateway is starting")
        return store

    async def _answer(self, operation: Operation, request: Request) -> Response:
        running = self._running()
        who = self._sign_in.principal(request, running.settings, self._clock())
        if not who.may(operation.scope):
            audit.warning("%s: 403", _action(operation, request, who))
            if operation.method != "GET":
                await self._note(operation, request, who, f"needs the scope {operation.scope}", 403)
            raise Problem(403, "forbidden", f"needs the scope {operation.scope}; {who.name} has {who.scope}")
        if operation.method == "GET":
            return await self._done(operation, request, running, who, Nothing())
        return await self._audited(operation, request, running, who)

    async def _audited(
        self, operation: Operation, request: Request, running: Running, who: Principal
    ) -> Response:
        """An action, with its line in the audit log whatever becomes of it."""
        body, status, said = b"", 500, ""
        try:
            body = await _body(request)
            response = await self._done(operation, request, running, who, _read_body(operation, body))
            status = response.status_code
        except Problem as problem:
            status, said = problem.status, f": {problem}"
            raise
        finally:
            audit.info("%s %s: %d", _action(operation, request, who), _shown(body), status)
            await self._note(operation, request, who, _shown(body) + said, status, body)
        return response

    async def _note(
        self,
        operation: Operation,
        request: Request,
        who: Principal,
        said: str,
        status: int,
        body: bytes = b"",
    ) -> None:
        """Keep in the store who asked for what, and what came of it."""
        store = self._store()
        if store is not None:
            actor = Actor(who.name, who.scope, "api", _address(request))
            act = Act(operation.name, " ".join([*_path_values(request), *_ids(body)]), said)
            await note(store, actor, act, outcome_of(status), round(self._clock() * 1000))

    async def _done(
        self, operation: Operation, request: Request, running: Running, who: Principal, body: Asking
    ) -> Response:
        query = _read_query(operation, request)
        opened = Opened(running.settings, self._opened(), running.router, round(self._clock() * 1000))
        parameter, is_gone = _parameter(operation, request), request.is_disconnected
        asked = Asked(
            who, opened, running, parameter, query, body, self._wake, self._streams, is_gone, self._take,
            request.scope.get("client"),
        )  # fmt: skip
        try:
            made = await operation.does(asked)
        except StoreError as error:
            log.error("%s was not done: %s", operation.name, error)
            raise _unavailable("the gateway can't use its store now") from error
        assert isinstance(made, Row)
        return Response(orjson.dumps(made.plain()), 200, {"cache-control": "no-store"}, "application/json")


def _unavailable(detail: str) -> Problem:
    retry = {"retry-after": RETRY_AFTER.decode()}
    return Problem(503, "store_unavailable", f"{detail}; try again", headers=retry)


def _parameter(operation: Operation, request: Request) -> str:
    value: str = request.path_params.get(operation.parameter or "", "")
    if operation.parameter and (not value or "\0" in value or len(value) > 256):
        raise Problem(404, "not_found", "an id has 1 to 256 characters, none of them a zero byte")
    return value


def _read_query(operation: Operation, request: Request) -> Asking:
    given = request.query_params.multi_items()
    twice = {name for name, _ in given if sum(name == other for other, _ in given) > 1}
    if twice:
        errors = [{"at": f"query.{name}", "message": "is given more than once"} for name in sorted(twice)]
        raise Problem(422, "invalid_request", f"{errors[0]['at']} {errors[0]['message']}", errors)
    try:
        return operation.query.model_validate(dict(given))
    except ValidationError as error:
        raise unfit("query", error) from None


async def _body(request: Request) -> bytes:
    """The raw body. A form of some web page is none: a browser sends JSON to its own origin only."""
    try:
        body = await read_body(request.scope, request.receive, LARGEST_BODY, PATIENCE)
    except Refused as refused:
        raise Problem(refused.status, refused.code, str(refused), headers={"connection": "close"}) from None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/json":
        raise Problem(415, "not_json", "send the body as content-type: application/json")
    return body


def _read_body(operation: Operation, raw: bytes) -> Asking:
    kind = operation.body
    if kind is None:
        if raw:
            raise Problem(400, "unexpected_body", "this takes no body")
        return Nothing()
    try:
        # Strict: what is a number in the document must be one here, not a text of digits.
        return kind.model_validate_json(raw or b"{}", strict=True)
    except ValidationError as error:
        if any(each["type"] == "json_invalid" for each in error.errors(include_url=False)):
            raise Problem(400, "not_json", "the body is not JSON") from None
        raise unfit("body", error) from None


def _action(operation: Operation, request: Request, who: Principal) -> str:
    """Who does what, from where, on one line: a path may hold line breaks."""
    return f"{who.name} from {_address(request)}: {operation.name} {orjson.dumps(request.url.path).decode()}"


def _address(request: Request) -> str:
    return request.client.host if request.client else "-"


def _path_values(request: Request) -> list[str]:
    return [str(value) for value in request.path_params.values()]


def _ids(body: bytes) -> list[str]:
    """What an action is on, as far as its body names it."""
    try:
        asked = orjson.loads(body) if body else {}
    except ValueError:
        return []
    if not isinstance(asked, dict):
        return []
    ids = asked.get("ids")
    named = [asked.get(name) for name in ("id", "source", "subscription")]
    return [one for one in [*(ids if isinstance(ids, list) else []), *named] if isinstance(one, str)]


def _shown(body: bytes) -> str:
    """A body for the log: JSON on one line and cut, or how long it was."""
    try:
        return orjson.dumps(orjson.loads(body)).decode()[:SHOWN] if body else "{}"
    except ValueError:
        return f"({len(body)} bytes that are no JSON)"


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response


async def _http_problem(_: Request, error: Exception) -> Response:
    """What the router refuses: a path or a method that is not there."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
    detail = f"{error.detail}; the operations are in {PREFIX}openapi.json"
    return Problem(error.status_code, code, detail, headers=dict(error.headers or {})).response


async def _failure(_: Request, error: Exception) -> Response:
    return Problem(500, "internal_error", "the gateway failed; its log says why").response
