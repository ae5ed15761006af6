"""A server that publishes as Google Cloud Pub/Sub's REST API does, as far as its documentation tells.

https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish and …/PubsubMessage, seen
2026-11-24. There is no Pub/Sub that a package would bring. Tokens are checked as Google does: signed by the
key that the service account has.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

EMAIL = "gateway@my-project.iam.gserviceaccount.com"
TOPIC = "projects/my-project/topics/events"
FORBIDDEN = "projects/my-project/topics/forbidden"
SCOPE = "https://www.googleapis.com/auth/pubsub"
GRANTED = "ya29.granted"
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PEM = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
_PUBLIC = _KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def service_account(token_uri: str = "https://oauth2.googleapis.com/token", **other: str) -> str:
    """The JSON of the service account's key, as Google hands it out."""
    key = {"type": "service_account", "project_id": "my-project", "private_key_id": "1"}
    return json.dumps(key | {"private_key": _PEM, "client_email": EMAIL, "token_uri": token_uri} | other)


class PubSub:
    """Two topics; `published` is what came, `strict` whether it wants a token as Google does."""

    def __init__(self, strict: bool = True) -> None:
        self.published: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.strict = strict
        self.url = ""
        self.grants = 0
        routes = [
            Route("/v1/{topic:path}:publish", self._publish, methods=["POST"]),
            Route("/token", self._grant, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes)

    async def _publish(self, request: Request) -> JSONResponse:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.tokens.append(token)
        if self.strict and not _is_ours(token):
            return _refused(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        topic = request.path_params["topic"]
        if topic == FORBIDDEN:
            return _refused(403, "PERMISSION_DENIED", "User not authorized to perform this action.")
        if topic != TOPIC:
            return _refused(404, "NOT_FOUND", f"Resource not found (resource={topic.split('/')[-1]}).")
        messages = (await request.json())["messages"]
        if not all(map(_is_sound, messages)):
            return _refused(400, "INVALID_ARGUMENT", "You have passed an invalid argument to the service.")
        self.published += messages
        first = len(self.published) - len(messages)
        return JSONResponse({"messageIds": [str(number) for number in range(first, len(self.published))]})

    async def _grant(self, request: Request) -> JSONResponse:
        form = dict(part.split("=", 1) for part in (await request.body()).decode().split("&"))
        claims = jwt.decode(form["assertion"], certs=_PUBLIC, verify=True)
        assert claims["scope"] == SCOPE
        self.grants += 1
        token = f"{GRANTED}-{self.grants}"
        return JSONResponse({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})


def _is_ours(token: str) -> bool:
    if token.startswith(GRANTED):
        return True
    try:
        claims = jwt.decode(token, certs=_PUBLIC, verify=True)
    except ValueError:
        return False
    return bool(claims["iss"] == claims["sub"] == EMAIL and claims.get("scope") == SCOPE)


def _is_sound(message: dict[str, Any]) -> bool:
    attributes = message.get("attributes", {})
    base64.b64decode(message.get("data", ""), validate=True)
    return (
        message.keys() <= {"data", "attributes", "orderingKey"}
        and bool(message.get("data") or attributes)
        and len(attributes) <= 100
        and all(len(name) <= 256 and not name.startswith("goog") for name in attributes)
        and all(isinstance(value, str) and len(value.encode()) <= 1024 for value in attributes.values())
    )


def _refused(code: int, status: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, "status": status}}, code)
