"""Patterns of event names, as config.yaml states them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from gateway.config.problems import shown
from gateway.event import MAX_NAME

_PATTERN = re.compile(r"[!-~]+")


def pattern(value: object) -> str:
    """`value` as a pattern of event names. Raises ValueError saying what would be one."""
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


def _some(patterns: tuple[str, ...]) -> tuple[str, ...]:
    if not patterns:
        raise ValueError('must name at least one pattern, such as ["stripe/*"]; ** is every event')
    return patterns


Pattern = Annotated[str, BeforeValidator(pattern)]
Patterns = Annotated[tuple[Pattern, ...], AfterValidator(_some)]
