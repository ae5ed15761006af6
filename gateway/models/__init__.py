"""Models for people's code, written from JSON Schemas: Python's TypedDict, pydantic, TypeScript. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from gateway.models.pydantic import pydantic
from gateway.models.typeddict import typeddict
from gateway.models.typescript import typescript

FORMATS: Mapping[str, Callable[[Mapping[str, Mapping[str, Any]]], str]] = {
    "python-typeddict": typeddict,
    "pydantic": pydantic,
    "typescript": typescript,
}
"""What can be written: from event names with the schema of their data, a whole file."""

__all__ = ["FORMATS"]
