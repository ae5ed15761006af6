"""A table of a PostgreSQL database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.config.destinations.base import DestinationSection
from gateway.config.problems import shown
from gateway.config.secret import Secret
from gateway.config.section import server_url, without_credentials
from gateway.config.units import Count

EXAMPLE_URL = "postgresql://user@db.example.com/app"

KEY = "event_id"
"""The field by which a row is there or is not."""

FIELDS = (KEY, "id", "name", "source", "ts", "v", "data", "received_at")
"""What of an event can go into a column."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_RULE = "1 to 63 letters, digits and _, the first no digit"


def _table(text: str) -> str:
    parts = text.split(".")
    if len(parts) > 2 or not all(map(_NAME.fullmatch, parts)):
        raise ValueError(
            f"must be the name of a table, such as webhook_events or app.events, each part {_RULE}, "
            f"not {shown(text)}"
        )
    return text


def _columns(columns: Mapping[str, str]) -> Mapping[str, str]:
    for field, column in columns.items():
        if field not in FIELDS:
            raise ValueError(f"names {shown(field)}, which no event has; there are {', '.join(FIELDS)}")
        if not _NAME.fullmatch(column):
            raise ValueError(f"{field}: must be the name of a column, {_RULE}, not {shown(column)}")
    if KEY not in columns:
        raise ValueError(f"must have {KEY}, by which a repetition is told; write for example {KEY}: {KEY}")
    if twice := sorted({column for column in columns.values() if [*columns.values()].count(column) > 1}):
        raise ValueError(f"has the column {twice[0]} twice; give each field a column of its own")
    return columns


def _url(value: object) -> Secret:
    return server_url(value, ("postgresql", "postgres"), EXAMPLE_URL)


class Postgres(DestinationSection):
    """A table that gets one row for every event. Names are taken as they stand, capitals too."""

    extra = "postgres"
    package = "asyncpg"
    formats = ("event",)
    takes_two = False

    type: Literal["postgres"] = Field(examples=["postgres"])
    url: Annotated[Secret, BeforeValidator(_url)] = Field(examples=[EXAMPLE_URL])
    password: Secret | None = None
    table: Annotated[str, AfterValidator(_table)] = Field(examples=["webhook_events"])
    columns: Annotated[dict[str, str], AfterValidator(_columns)] = Field(
        default_factory=lambda: {name: name for name in FIELDS}
    )
    connections: Count = Field(4, ge=1, le=100)

    @property
    def summary(self) -> str:
        return f"postgres {without_credentials(self.url)} {self.table}"

    @property
    def shown_secrets(self) -> tuple[str, ...]:
        return (self.password.masked,) if self.password else ()
