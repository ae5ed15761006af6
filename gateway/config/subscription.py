"""Subscriptions as config.yaml states them: which events, where to, in which form, how to retry."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.config.problems import shown
from gateway.config.secret import Secret
from gateway.config.section import Section, web_url
from gateway.config.units import Count, Delay, Duration, Share
from gateway.event import MAX_NAME

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

_PATTERN = re.compile(r"[!-~]+")
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


def _pattern(value: object) -> str:
    if not isinstance(value, str) or not _PATTERN.fullmatch(value) or len(value) > MAX_NAME:
        raise ValueError(
            f"must be a pattern such as stripe/customer.created, github/* or **: printable ASCII without "
            f"spaces, not {shown(value)}"
        )
    if "***" in value or not all(value.split("/")):
        raise ValueError(
            f"must be segments divided by one /, with * inside a segment and ** across them, "
            f"such as stripe/*, not {shown(value)}"
        )
    return str(value)


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


class Destination(Section):
    """Where a subscription delivers. `timeout` in seconds for one attempt; no secrets: unsigned."""

    type: Literal["http"] = Field(examples=["http"])
    url: Annotated[str, BeforeValidator(_destination_url)] = Field(examples=[EXAMPLE_URL])
    secrets: tuple[Annotated[Secret, AfterValidator(_can_sign)], ...] = ()
    timeout: Duration = 15.0
    headers: Headers = Field(default_factory=dict)

    @property
    def signing_keys(self) -> tuple[bytes, ...]:
        """The keys to sign with, in the order of `secrets`."""
        return tuple(signing_key(secret.get_secret_value()) for secret in self.secrets)


class Retry(Section):
    """When a failed delivery is tried again: seconds after the first, second … failed attempt.

    `jitter` 0.2 moves each delay by up to a fifth.
    """

    schedule: Annotated[tuple[Delay, ...], Field(max_length=100)] = (
        5.0,
        60.0,
        600.0,
        3600.0,
        10_800.0,
        21_600.0,
        43_200.0,
        86_400.0,
    )
    jitter: Share = Field(0.2, ge=0, le=1)

    @property
    def total(self) -> float:
        """Seconds from the first attempt to the dead letter, without jitter and the attempts' own time."""
        return sum(self.schedule)


def _some(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if not patterns:
        raise ValueError('must name at least one pattern, such as ["stripe/*"]; ** is every event')
    return patterns


Patterns = Annotated[tuple[Annotated[str, BeforeValidator(_pattern)], ...], AfterValidator(_some)]


class Subscription(Section):
    """A subscriber's standing order; its name is its key in `Settings.subscriptions`."""

    events: Patterns = Field(examples=['["stripe/*"]'])
    destination: Destination = Field(examples=[f'{{type: http, url: "{EXAMPLE_URL}"}}'])
    format: Literal["event", "raw", "cloudevents"] = "event"
    retry: Retry = Retry()
    concurrency: Count = Field(16, ge=1, le=1000)
