"""An adapter that needs no code of its own: a scheme, the places of the fields, an example body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from pydantic import Field, field_validator

from adapters.base import Adapter, Headers, Options, ParsedEvent, WebhookRequest
from adapters.fields import Fields, compile_path, id_path, type_path


class PlainAdapter(Adapter):
    """A provider whose requests carry one event each: a JSON object, or the fields of a form.

    Of a form, the payload is an object of its fields; `body.X` reads them, a field that came more than once
    is a list.
    """

    fields: Fields
    form: ClassVar[bool] = False
    """Whether the body is urlencoded."""
    example: ClassVar[Mapping[str, Any]] = {}
    """A body as the provider sends it, for samples; id, type and time are filled in."""
    examples: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Other bodies, by the type that they are samples of; a key that ends with `*` is a beginning."""

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        return [self.fields.event(request, form_document(request) if self.form else None)]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        draft = self.fields.draft(type, now, id, example_of(type, self.examples, self.example))
        if self.form or draft.form:
            return form_request(self.name, {**draft.document, **draft.form}, now, draft.headers)
        return json_request(self.name, draft.document, now, draft.headers)


def example_of(
    type: str, examples: Mapping[str, Mapping[str, Any]], otherwise: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The example for `type`: its own, else the first whose beginning fits, else `otherwise`."""
    if type in examples:
        return examples[type]
    fitting = (body for key, body in examples.items() if key.endswith("*") and type.startswith(key[:-1]))
    return next(fitting, otherwise)


def form_document(request: WebhookRequest) -> dict[str, Any]:
    """The fields of an urlencoded body as one object. Raises PayloadError where it is no form."""
    return {name: values[0] if len(values) == 1 else values for name, values in request.form.items()}


def json_request(
    adapter: str, document: object, now: float, headers: Mapping[str, str] | None = None
) -> WebhookRequest:
    """A sample: `document` posted as JSON to the source named like its adapter, received at `now`."""
    return _post(adapter, "application/json", orjson.dumps(document), now, headers)


def form_request(
    adapter: str, fields: Mapping[str, Any], now: float, headers: Mapping[str, str] | None = None
) -> WebhookRequest:
    """A sample: `fields` posted as a form; a list is a field that is repeated."""
    body = urlencode(fields, doseq=True).encode()
    return _post(adapter, "application/x-www-form-urlencoded", body, now, headers)


def _post(
    adapter: str, content_type: str, body: bytes, now: float, headers: Mapping[str, str] | None
) -> WebhookRequest:
    return WebhookRequest(
        method="POST",
        url=f"https://gateway.example/webhooks/{adapter}",
        headers=Headers.of({"Content-Type": content_type, **(headers or {})}),
        body=body,
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
