"""Which values of a source's webhooks are hidden from those who look."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from gateway.redaction import PATH

EXAMPLE = "data.object.email, data.object.card.*, **.phone or headers.x-secret"


def _paths(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list of paths, such as [{EXAMPLE}]")
    for path in value:
        if not isinstance(path, str) or not PATH.fullmatch(path):
            raise ValueError(f"must hold paths such as {EXAMPLE}, not {path!r}")
        if set(path.split(".")) <= {"**"}:
            raise ValueError(f"{path!r} hides nothing by itself: write * behind it to hide everything")
    return tuple(dict.fromkeys(value))


Redact = Annotated[tuple[str, ...], BeforeValidator(_paths)]
