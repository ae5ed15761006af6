"""The front desk of the dashboard: lets people in, asks the pages, sends what they answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.answer import Refused
from gateway.body import read_body
from gateway.config.api_token import Scope
from gateway.operate.access import LOCAL, Principal, audit, hostname, is_here
from gateway.operate.auditing import Act, Actor, note
from gateway.operate.guesses import Guesses
from gateway.store import StoreError
from gateway.store.audit import Outcome
from gateway.ui.access import COOKIE, LASTS, Door, is_same_site
from gateway.ui.rendering import render
from gateway.ui.visit import Answer, Done, Handler, NotThere, Page, Site, Visit, Wrong

LARGEST_FORM = 262_144
"""Bytes of a form: a thousand ids and more."""

MOST_FIELDS = 2000
PATIENCE = 10.0
"""Seconds for a form to arrive."""

SAID = "gateway_said"
"""The cookie that carries one sentence from a change to the page after it."""

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

Endpoint = Callable[[Request], Awaitable[Response]]


class _Shut(Exception):
    """403: this request may not be answered at all."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One request with its door; `cookie` is that of its session, empty where it has none; `who` is let in.

    `is_secure` says whether the browser spoke https: to us, or to the proxy that ends it for our public URL.
    """

    request: Request
    door: Door
    cookie: str
    who: Principal | None
    now: float
    is_secure: bool

    @property
    def address(self) -> str:
        """Who asks, as far as the connection tells."""
        return self.request.client.host if self.request.client else ""

    @property
    def is_let_in(self) -> bool:
        """Whether it may see pages."""
        return self.who is not None

    @property
    def may_change(self) -> bool:
        """Whether it may do more than look."""
        return self.who is not None and self.who.may("operate")

    @property
    def actor(self) -> Actor:
        """Who this is for the audit log."""
        who = self.who or Principal("somebody", "read")
        return Actor(who.name, who.scope if self.who else "", "ui", self.address)

    def set(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Give the browser a cookie that neither scripts nor other sites get at."""
        response.set_cookie(
            name, value, seconds, path="/ui", secure=self.is_secure, httponly=True, samesite="strict"
        )


class Desk:
    """Makes endpoints of handlers. Every answer has the headers of HEADERS, an error is a page too."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.guesses = Guesses()

    def reads(self, handler: Handler) -> Endpoint:
        """A page for those who are let in; others are sent to sign in."""

        async def answer(caller: Caller) -> Response:
            if not caller.is_let_in:
                return _to_sign_in(caller.request)
            return await self._answer(handler, caller, {})

        return self._endpoint(answer)

    def changes(self, handler: Handler, action: str = "", needs: Scope = "operate") -> Endpoint:
        """A change, for a form of our own pages in a session whose token has the scope.

        The audit log has it as `action`, or as what the form says that it is.
        """

        async def answer(caller: Caller) -> Response:
            form = await _form(caller)
            if not caller.cookie or caller.who is None:
                raise _Shut("this needs a session; sign in, or open the page anew, and try again")
            given = _sent(form, "token")
            is_ours = caller.door.is_form_token(caller.cookie, given)
            if not is_ours or not is_same_site(caller.request.headers):
                raise _Shut("the form is not of this session; go back, load the page anew and try again")
            act = Act(action or _sent(form, "action"), _target(caller.request, form))
            try:
                if not caller.who.may(needs):
                    raise _Shut(f"{caller.who.name} may only look: that takes a token with the scope {needs}")
                return await self._answer(handler, caller, form, act)
            except (_Shut, NotThere, Wrong) as error:
                await self._note(caller, replace(act, detail=str(error)), "refused")
                raise
            except StoreError as error:
                await self._note(caller, replace(act, detail=str(error)), "failed")
                raise

        return self._endpoint(answer)

    async def _note(self, caller: Caller, act: Act, outcome: Outcome) -> None:
        said = " ".join((act.detail or act.action).split())  # on one line, whatever somebody sent
        audit.info("%s by %s at %s: %s", said, caller.actor.name, caller.address, outcome)
        await note(self._site.store(), caller.actor, act, outcome, round(caller.now * 1000))

    def open_to_all(
        self, handler: Callable[[Desk, Caller, Mapping[str, list[str]]], Awaitable[Answer]]
    ) -> Endpoint:
        """A page that asks for no session: the sign-in itself."""

        async def answer(caller: Caller) -> Response:
            form: Mapping[str, list[str]] = {}
            if caller.request.method == "POST":
                form = await _form(caller)
                if not is_same_site(caller.request.headers):
                    raise _Shut("another site sent this form")
            return self._response(await handler(self, caller, form), caller)

        return self._endpoint(answer)

    def _endpoint(self, answer: Callable[[Caller], Awaitable[Response]]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            caller = self._caller(request)
            try:
                if caller.door.open and not is_here(caller.address, request.headers):
                    raise _Shut(
                        "this dashboard asks for no sign-in and so answers only on the machine itself, by a "
                        "name such as 127.0.0.1; to reach it from elsewhere set server.admin_token"
                    )
                if caller.door.is_shut:
                    raise _Shut("other machines can reach this address; set server.admin_token")
                response = await answer(caller)
            except (_Shut, NotThere, Wrong, Refused, StoreError) as error:
                response = self._response(_failed(error), caller)
            response.headers.update(HEADERS)
            return response

        return endpoint

    def _caller(self, request: Request) -> Caller:
        settings = self._site.running().settings
        server, now, cookie = settings.server, self._site.clock(), request.cookies.get(COOKIE, "")
        door = Door.of(server, settings.api_tokens)
        who = door.holder(cookie, now)
        public = urlsplit(server.public_url or "")
        is_public = public.scheme == "https" and public.hostname == hostname(request.headers.get("host", ""))
        is_secure = request.url.scheme == "https" or is_public
        cookie = "" if who is None else cookie
        return Caller(request, door, cookie, LOCAL if door.open else who, now, is_secure)

    async def _answer(
        self, handler: Handler, caller: Caller, form: Mapping[str, list[str]], act: Act | None = None
    ) -> Response:
        site, now = self._site, round(caller.now * 1000)
        assert caller.who is not None
        answer = await handler(
            Visit(site, caller.request, site.running(), site.store(), now, caller.who, form)
        )
        said = "" if isinstance(answer, Response) else answer.said
        if act is not None and (said or not isinstance(answer, Page)):
            await self._note(caller, replace(act, detail=said), "done")
        return self._response(answer, caller)

    def _response(self, answer: Answer, caller: Caller) -> Response:
        if isinstance(answer, Response):
            return answer
        if isinstance(answer, Done):
            # What htmx sent in the background takes the whole page along.
            is_htmx = caller.request.headers.get("hx-request") == "true"
            response = Response(headers={"hx-redirect": answer.to}) if is_htmx else _see(answer.to)
            caller.set(response, SAID, quote(answer.said), 60)
            return response
        cookie = caller.cookie or (caller.door.begin(LOCAL, caller.now) if caller.door.open else "")
        response = HTMLResponse(render(answer.template, self._values(answer, caller, cookie)), answer.status)
        if cookie != caller.cookie:
            caller.set(response, COOKIE, cookie, LASTS)
        if SAID in caller.request.cookies:
            response.delete_cookie(SAID, path="/ui")
        return response

    def _values(self, page: Page, caller: Caller, cookie: str) -> dict[str, Any]:
        return {
            "now": round(caller.now * 1000),
            "path": caller.request.url.path,
            "is_let_in": caller.is_let_in,
            "may_change": caller.may_change,
            "who": caller.who,
            "is_open": caller.door.open,
            "token": caller.door.form_token(cookie) if cookie else "",
            "said": unquote(caller.request.cookies.get(SAID, "")),
            **page.values,
        }

    async def start_session(self, caller: Caller, who: Principal, to: str) -> Response:
        """Send a caller who proved to be `who` to the page `to`, with a session of his own."""
        response = RedirectResponse(to, 303)
        caller.set(response, COOKIE, caller.door.begin(who, caller.now), LASTS)
        await self._note(replace(caller, who=who), Act("sign_in"), "done")
        return response


def _see(to: str) -> Response:
    return RedirectResponse(to, 303)


def _sent(form: Mapping[str, list[str]], name: str) -> str:
    return next(iter(form.get(name, ())), "")


def _target(request: Request, form: Mapping[str, list[str]]) -> str:
    """What a form is about: what the path names, and the deliveries or the subscription of its fields."""
    named = [str(value) for value in request.path_params.values()]
    fields = ("delivery", "subscription", "type")
    return " ".join([*named, *(value for field in fields for value in form.get(field, ()) if value)])


def _to_sign_in(request: Request) -> Response:
    """To the sign-in and back. What htmx asked for in the background takes the whole page there."""
    query = f"?{request.url.query}" if request.url.query else ""
    to = f"/ui/sign-in?next={quote(request.url.path + query, safe='')}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"hx-redirect": "/ui/sign-in"})
    return RedirectResponse(to, 303)


async def _form(caller: Caller) -> Mapping[str, list[str]]:
    request = caller.request
    body = await read_body(request.scope, request.receive, LARGEST_FORM, PATIENCE)
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Wrong("the form can't be read; load the page anew and try again") from error


def _failed(error: Exception) -> Page:
    match error:
        case NotThere():
            status, title = 404, "Not here"
        case Wrong():
            status, title = 400, "That can't be"
        case _Shut():
            status, title = 403, "Not allowed"
        case Refused():
            status, title = error.status, "That can't be"
        case _:
            status, title = 503, "The store can't be used now"
    return Page("error.html", {"title": title, "message": str(error)}, status)
