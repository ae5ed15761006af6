"""What every row has in common, and the row of a wait."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.store.waits import Resolution, Wait


class Row(BaseModel):
    """A frozen row. A field that a newer gateway adds is let through."""

    model_config = ConfigDict(frozen=True)

    def plain(self) -> dict[str, Any]:
        """The row for orjson: the fields that it was made with."""
        return self.model_dump(exclude_unset=True)


class WaitRow(Row):
    """A wait of a delivery for another event, open or with its outcome. Every time is Unix ms."""

    step: str = Field(description="Empty for `waits:`; cancel_on and a number for that; else a function's.")
    patterns: list[str]
    match: str = Field(description="A CEL expression over event and async; empty: any event of these names.")
    ends: bool = Field(description="The event that fits cancels the delivery.")
    state: Resolution
    opened_at: int
    until: int | None
    resolved_at: int | None
    async_id: str | None = Field(description="The event_id of what came.")

    @staticmethod
    def of(wait: Wait) -> WaitRow:
        """The row of a wait."""
        values = {name: getattr(wait, name) for name in WaitRow.model_fields}
        return WaitRow.model_construct(**values | {"patterns": list(wait.patterns)})

    def record(self, delivery_id: str, event_id: str, subscription: str) -> Wait:
        """The wait again, of this delivery."""
        values = {name: getattr(self, name) for name in WaitRow.model_fields}
        patterns = tuple(self.patterns)
        return Wait(0, delivery_id, event_id, subscription, **values | {"patterns": patterns})
