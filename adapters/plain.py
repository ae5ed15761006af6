"""An adapter that needs no code of its own: a scheme, the places of the fields, an example body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import orjson
from pydantic import Field, field_validator

from adapters.base import Adapter, Headers, Options, ParsedEvent, WebhookRequest
from adapters.fields import Fields, compile_path, id_path, type_path


class PlainAdapter(Adapter):
    """A provider whose requests carry one event each, with a JSON object as the body."""

    fields: Fields
    example: ClassVar[Mapping[str, Any]] = {}
    """A body as the provider sends it, for samples; id, type and time are filled in."""

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        return [self.fields.event(request)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        draft = self.fields.draft(type, now, id, self.example)
        return json_request(self.name, draft.document, now, draft.headers)


def json_request(
    adapter: str, document: Mapping[str, Any], now: float, headers: Mapping[str, str] | None = None
) -> WebhookRequest:
    """A sample: `document` posted as JSON to the source named like its adapter, received at `now`."""
    return WebhookRequest(
        method="POST",
        url=f"https://gateway.example/webhooks/{adapter}",
        headers=Headers.of({"Content-Type": "application/json", **(headers or {})}),
        body=orjson.dumps(document),
        received_at=now,
    )


class FieldOptions(Options):
    """The config keys that say where the event is, for adapters that know no provider."""

    id: str = Field("", validate_default=True)
    type: str | tuple[str, ...] = Field("", validate_default=True)
    time: str | None = None

    @field_validator("id")
    @classmethod
    def _check_id(cls, text: str) -> str:
        id_path(text)
        return text

    @field_validator("type")
    @classmethod
    def _check_type(cls, texts: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for text in [texts] if isinstance(texts, str) else texts or [""]:
            type_path(text)
        return texts

    @field_validator("time")
    @classmethod
    def _check_time(cls, text: str | None) -> str | None:
        if text is not None:
            compile_path(text)
        return text

    def fields(self) -> Fields:
        """The declaration that these keys amount to."""
        return Fields(id=self.id, type=self.type, time=self.time or "")
