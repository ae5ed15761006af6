"""Signing in with a token, and out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil

from starlette.responses import RedirectResponse

from gateway.ui.access import COOKIE
from gateway.ui.desk import Caller, Desk
from gateway.ui.visit import Answer, Page, Visit

_OURS = re.compile(r"/ui(/[\w/.-]*)?(\?[\w=&%+.*:-]*)?", re.ASCII)
"""A page of ours, to go on to; anything else is no address to send people to."""


async def form(desk: Desk, caller: Caller, _: Mapping[str, list[str]]) -> Answer:
    """The page that asks for the token."""
    to = _ours(caller.request.query_params.get("next", ""))
    return RedirectResponse(to, 303) if caller.is_let_in else _page(to)


async def submit(desk: Desk, caller: Caller, sent: Mapping[str, list[str]]) -> Answer:
    """Let in who sends the right token; who guesses too often has to wait."""
    to = _ours(next(iter(sent.get("next", ())), ""))
    if wait := desk.guesses.wait(caller.address, caller.now):
        return _page(to, f"Too many wrong tokens. Try again in {ceil(wait)} s.", 429)
    if who := caller.door.principal(next(iter(sent.get("admin_token", ())), "").strip()):
        return await desk.start_session(caller, who, to)
    desk.guesses.wrong(caller.address, caller.now)
    return _page(
        to, "This is no token of this gateway (server.admin_token or api_tokens in config.yaml).", 403
    )


async def sign_out(visit: Visit) -> Answer:
    """Forget the session in this browser."""
    response = RedirectResponse("/ui/sign-in", 303)
    response.delete_cookie(COOKIE, path="/ui")
    return response


def _page(to: str, problem: str = "", status: int = 200) -> Page:
    return Page("sign_in.html", {"title": "Sign in", "next": to, "problem": problem}, status)


def _ours(to: str) -> str:
    return to if _OURS.fullmatch(to) else "/ui"
