"""HTTP destinations as config.yaml states them: a URL, what to sign with, headers of one's own."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.config.destinations.base import DestinationSection
from gateway.config.secret import Secret
from gateway.config.section import web_url

EXAMPLE_URL = "http://127.0.0.1:9000/hooks"

PREFIX = "whsec_"
"""A Standard Webhooks secret: this, then base64 of the key."""

KEY_BYTES = range(8, 129)
"""How many bytes a key may have. The standard asks for 24 to 64, but subscribers exist that took others."""

SHORTEST_KEY = 8
"""Characters of a secret that is not in the whsec_ form and is used as it stands."""

RESERVED_HEADERS = frozenset(
    {"connection", "content-length", "content-type", "host", "transfer-encoding"}
    | {"webhook-id", "webhook-timestamp", "webhook-signature"}
)
"""Lower-case names of the headers that the gateway itself sends."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


def signing_key(secret: str) -> bytes:
    """The key that a destination's secret stands for: `whsec_…` decoded, any other text as it stands.

    Raises ValueError where it is too short or not base64; the message does not show it.
    """
    if not secret.startswith(PREFIX):
        if len(secret) < SHORTEST_KEY:
            raise ValueError(f"a secret must be whsec_… or have at least {SHORTEST_KEY} characters")
        return secret.encode()
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if len(key) not in KEY_BYTES:
        raise ValueError(
            "a secret that starts with whsec_ must go on with base64 of 24 to 64 bytes "
            "(8 to 128 are accepted)"
        )
    return key


def _can_sign(secret: Secret) -> Secret:
    signing_key(secret.get_secret_value())
    return secret


def _destination_url(value: object) -> str:
    if web_url(value, EXAMPLE_URL).fragment:
        raise ValueError("must not have a #fragment: it is never sent")
    return str(value)


def _header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise ValueError("is not a header name; use letters, digits and - as in X-Api-Key")
    if name.lower() in RESERVED_HEADERS:
        raise ValueError("is a header that the gateway itself sends; choose another name")
    return name


def _header_value(value: Secret) -> Secret:
    if not _HEADER_VALUE.fullmatch(value.get_secret_value()):
        raise ValueError("must be printable ASCII, with no space at either end")
    return value


Headers = dict[Annotated[str, AfterValidator(_header_name)], Annotated[Secret, AfterValidator(_header_value)]]


class Http(DestinationSection):
    """A subscriber's URL. No secrets: unsigned."""

    signs = True
    batches = True

    type: Literal["http"] = Field(examples=["http"])
    url: Annotated[str, BeforeValidator(_destination_url)] = Field(examples=[EXAMPLE_URL])
    secrets: tuple[Annotated[Secret, AfterValidator(_can_sign)], ...] = ()
    headers: Headers = Field(default_factory=dict)

    @property
    def signing_keys(self) -> tuple[bytes, ...]:
        """The keys to sign with, in the order of `secrets`."""
        return tuple(signing_key(secret.get_secret_value()) for secret in self.secrets)

    @property
    def summary(self) -> str:
        """Without the query: receivers put tokens into it."""
        return f"http {self.url.partition('?')[0]}" + ("?…" if urlsplit(self.url).query else "")

    @property
    def shown_secrets(self) -> tuple[str, ...]:
        """What it signs with, masked."""
        return tuple(secret.masked for secret in self.secrets)
