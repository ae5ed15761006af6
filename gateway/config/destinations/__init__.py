"""The kinds of destination, by the `type` that config.yaml names them with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, get_args

from pydantic import Field

from gateway.config.destinations.base import DestinationSection
from gateway.config.destinations.http import Http
from gateway.config.destinations.lines import File, Stdout

__all__ = ["KINDS", "Destination", "DestinationSection"]

_Any = Http | File | Stdout

Destination = Annotated[_Any, Field(discriminator="type")]

KINDS: Mapping[str, type[DestinationSection]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(_Any)
}
"""The keys of each kind by its `type`."""
