"""Errors as problem details, RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457, seen 2026-11-24)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel, Field, ValidationError
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with a request: `at` says where, as in `query.limit` or `body.ids.0`."""

    at: str
    message: str


class ProblemDetails(BaseModel):
    """Why a request was refused. `code` is for programs and does not change; `detail` is for people."""

    type: str = Field("about:blank", description="Always about:blank: `code` tells the kinds apart.")
    title: str
    status: int
    code: str
    detail: str
    errors: list[Fault] | None = None


class Problem(Exception):
    """A request that is answered with problem details."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.errors, self.headers = status, code, errors, headers or {}

    @property
    def response(self) -> Response:
        """The answer."""
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": str(self),
        }
        if self.errors:
            content["errors"] = self.errors
        return Response(orjson.dumps(content), self.status, self.headers, MEDIA_TYPE)


def unfit(place: str, error: ValidationError) -> Problem:
    """What pydantic found in the `place` (query, body) of a request; the values are not repeated."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    errors = [{"at": ".".join([place, *map(str, each["loc"])]), "message": each["msg"]} for each in found]
    told = "; ".join(f"{each['at']}: {each['message']}" for each in errors[:3])
    return Problem(422, "invalid_request", told, errors)


def missing(what: str, id: str, listed_at: str) -> Problem:
    """There is no such thing."""
    return Problem(404, "not_found", f"there is no {what} {id!r}; list them with GET {listed_at}")
