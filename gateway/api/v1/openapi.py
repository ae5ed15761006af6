"""The OpenAPI document, made from the operations: https://spec.openapis.org/oas/v3.1.1, seen 2026-11-24."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gateway import __version__
from gateway.api.v1.operation import Operation
from gateway.api.v1.problem import MEDIA_TYPE, ProblemDetails

JSON = "application/json"
SCHEMAS = "#/components/schemas/"

SAID = {
    400: "The body is not JSON.",
    401: "No token, or one that nobody has.",
    403: "The token's scopes are not enough.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "The state of things forbids it.",
    413: "The body is too large.",
    415: "The body is not declared as application/json.",
    422: "A parameter or field is wrong; `errors` says which.",
    429: "Too many wrong tokens from this address, or too many follow; Retry-After says when to try again.",
    500: "The gateway failed; its log says why.",
    503: "The store can't be used now; Retry-After says when to try again.",
}
"""What each status of a problem means."""

ALWAYS = (401, 403, 422, 429, 500, 503)
WITH_BODY = (400, 408, 413, 415)

ABOUT = """Look at a gateway and operate it. Every time is Unix ms, every duration ms, unless said otherwise.

Send a token as `Authorization: Bearer …`. Lists come newest first, a page at a time: give `next` of one page
as `cursor` to get the one after it. Errors are problem details (RFC 9457), told apart by `code`."""


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The whole document."""
    kept, schemas = models_json_schema(_models(operations), ref_template=SCHEMAS + "{model}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "webhook-gateway", "version": __version__, "description": ABOUT},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "tags": [
            {"name": "look", "description": "What there is and what became of it."},
            {"name": "act", "description": "Replay, cancel, pause, release. The audit log has each."},
        ],
        "paths": {each.path: {each.method.lower(): _operation(each, kept)} for each in operations},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _models(operations: Sequence[Operation]) -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    found: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ProblemDetails, "serialization")]
    for each in operations:
        found.append((each.answer, "serialization"))
        if each.body is not None:
            found.append((each.body, "validation"))
    return list(dict.fromkeys(found))


Kept = Mapping[Any, dict[str, Any]]
"""The reference to each model's schema, by (model, mode)."""


def _operation(operation: Operation, kept: Kept) -> dict[str, Any]:
    statuses = sorted({*ALWAYS, *operation.problems, *(WITH_BODY if operation.method == "POST" else ())})
    problem = {MEDIA_TYPE: {"schema": kept[ProblemDetails, "serialization"]}}
    answer = {JSON: {"schema": kept[operation.answer, "serialization"]}}
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.documentation(),
        "tags": [operation.tag],
        "security": [{"token": [operation.scope]}],
        "parameters": list(_parameters(operation)),
        "responses": {
            "200": {"description": "Done.", "content": answer},
            **{str(status): {"description": SAID[status], "content": problem} for status in statuses},
        },
    }
    if operation.body is not None:
        schema = kept[operation.body, "validation"]
        needed = any(field.is_required() for field in operation.body.model_fields.values())
        told["requestBody"] = {"required": needed, "content": {JSON: {"schema": schema}}}
    return told


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    if operation.parameter is not None:
        schema = {"type": "string", "minLength": 1, "maxLength": 256}
        yield {"name": operation.parameter, "in": "path", "required": True, "schema": schema}
    for name, schema in operation.query.model_json_schema().get("properties", {}).items():
        yield {"name": name, "in": "query", "required": False, **_queried(schema)}


def _queried(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out can't be null in a query, so that half of its schema goes."""
    [kind, *_] = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    kept = {key: value for key, value in kind.items() if key not in ("title", "description")}
    said = {"description": schema["description"]} if "description" in schema else {}
    return {"schema": kept, **said}
