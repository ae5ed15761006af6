"""Tokens for the API beside `server.admin_token`: who may do what, one entry for each person or program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.filling import Filling
from gateway.config.secret import Secret
from gateway.config.section import Section

Scope = Literal["read", "operate", "admin"]
"""What a token may do: look; also replay, cancel, pause and release; everything. Each has those before it."""

RESERVED = ("admin", "local")
"""Names in the audit log: who has `server.admin_token`, and who is on this machine where no token is set."""

SHORTEST = 16
"""Characters. A shorter token can be guessed."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_VISIBLE = re.compile(r"[!-~]+")


def sent_in_a_header(secret: Secret | None) -> Secret | None:
    """A token as the Authorization header can carry it. Raises ValueError."""
    if secret and not _VISIBLE.fullmatch(secret.get_secret_value()):
        raise ValueError("must be printable ASCII characters without spaces")
    return secret


def _long_enough(secret: Secret | None) -> Secret | None:
    if secret and len(secret.get_secret_value()) < SHORTEST:
        raise ValueError(f"must have at least {SHORTEST} characters; make one with: openssl rand -hex 32")
    return sent_in_a_header(secret)


def _fit_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("must be 1 to 64 characters, each a-z, 0-9, -, _ or ., the first a letter or digit")
    if name in RESERVED:
        raise ValueError(f"{name!r} is the gateway's own word in the audit log; choose another")
    return name


def _some(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    if not scopes:
        raise ValueError("must name at least one of read, operate, admin")
    return scopes


class ApiToken(Section):
    """One token: the name that the audit log has for it, and what it may do.

    `token` is None only where a command reads the config that needs no secret.
    """

    name: Annotated[str, AfterValidator(_fit_name)] = Field(examples=["grafana"])
    token: Annotated[Secret | None, AfterValidator(_long_enough)] = None
    scopes: Annotated[tuple[Scope, ...], AfterValidator(_some)] = ("read",)


def check_tokens(tokens: Sequence[ApiToken], filling: Filling) -> None:
    """Note tokens that are not set, and names or tokens that are there twice."""
    names: set[str] = set()
    values: set[str] = set()
    for index, each in enumerate(tokens):
        value = each.token.get_secret_value() if each.token else None
        if each.name in names:
            filling.wrong(("api_tokens", index, "name"), f"{each.name!r} is there twice: choose another")
        if value in values:
            filling.wrong(("api_tokens", index, "token"), "is another one's too: each needs its own")
        is_told = filling.mode == "optional" or filling.problems.under(("api_tokens", index, "token"))
        if value is None and not is_told:
            variable = each.name.upper().replace("-", "_").replace(".", "_")
            filling.wrong(("api_tokens", index), f"has no token; write token: ${{{variable}_TOKEN}}")
        names.add(each.name)
        values |= {value} if value is not None else set()
