"""Google Cloud Pub/Sub topics."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import orjson
from pydantic import AfterValidator, Field

from gateway.config.destinations.base import DestinationSection
from gateway.config.problems import shown
from gateway.config.secret import Secret
from gateway.config.section import web_url

EXAMPLE = "projects/my-project/topics/events"
KEY_FIELDS = ("type", "client_email", "private_key", "token_uri")
"""What the JSON of a service account's key must have."""

_TOPIC = re.compile(r"projects/[a-z0-9.:-]{1,100}/topics/(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}")


def _topic(text: str) -> str:
    if not _TOPIC.fullmatch(text):
        raise ValueError(f"must be the full name of a topic, such as {EXAMPLE}, not {shown(text)}")
    return text


def _endpoint(text: str) -> str:
    url = web_url(text, "https://europe-west1-pubsub.googleapis.com")
    if url.path.strip("/") or url.query or url.fragment:
        raise ValueError("must have nothing after the host and port")
    return text.rstrip("/")


def _ordering_key(text: str) -> str:
    if not text.isprintable() or not 1 <= len(text.encode()) <= 1024:
        raise ValueError("must have 1 to 1024 bytes of printable text, such as orders or '{source}'")
    if rest := re.search(r"[{}]", text.replace("{source}", "").replace("{name}", "")):
        raise ValueError(f"can hold {{source}} and {{name}}; there is another {rest[0]} in it")
    return text


def _credentials(secret: Secret) -> Secret:
    try:
        key = orjson.loads(secret.get_secret_value())
    except ValueError:
        key = None
    if not isinstance(key, dict) or key.get("type") != "service_account":
        raise ValueError("must be the JSON of a service account's key, as in file:/run/secrets/gcp.json")
    missing = [name for name in KEY_FIELDS if not isinstance(key.get(name), str)]
    if missing:
        raise ValueError(f"is a service account's key without {' and '.join(missing)}; make a new one")
    return secret


class GcpPubSub(DestinationSection):
    """A topic. Without `credentials`: Google's application default credentials.

    An `endpoint_url` in plain http and without `credentials` is an emulator, which wants none.
    """

    extra = "gcp"
    package = "google.auth"

    type: Literal["gcp_pubsub"] = Field(examples=["gcp_pubsub"])
    topic: Annotated[str, AfterValidator(_topic)] = Field(examples=[EXAMPLE])
    ordering_key: Annotated[str, AfterValidator(_ordering_key)] | None = None
    credentials: Annotated[Secret, AfterValidator(_credentials)] | None = None
    endpoint_url: Annotated[str, AfterValidator(_endpoint)] = "https://pubsub.googleapis.com"

    @property
    def is_emulator(self) -> bool:
        """Whether nobody there asks who we are."""
        return self.credentials is None and self.endpoint_url.startswith("http:")

    @property
    def summary(self) -> str:
        return f"gcp_pubsub {self.topic}"

    @property
    def shown_secrets(self) -> tuple[str, ...]:
        return ("service account key ****",) if self.credentials else ()
