"""An adapter whose requests hold many events, declared like a plain one.

    class SendGrid(BatchAdapter):
        items = "body"                                  # the body is a JSON array
        fields = Fields(id="item.sg_event_id", type="item.event", time="item.timestamp")
        example_item = {"email": "zoe@example.com"}

    items = "body.events"                               # an array in an object
    items = "body.entry.*.changes"                      # the arrays in the items of another

`item.x` is a field of the item, `body.x` one of what it came in, `header.X` a header. The payload of an event
is its item. An empty array is no event and no mistake: providers test with it, or say that they are alive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from adapters.base import Adapter, ParsedEvent, PayloadError, WebhookRequest
from adapters.fields import Fields
from adapters.places import put
from adapters.plain import example_of, json_request

MAX_ITEMS = 10_000
"""Items of one request; more are refused, since all of them are one transaction."""


class BatchAdapter(Adapter):
    """A provider whose requests carry any number of events. A batch is taken whole or not at all."""

    items: ClassVar[str]
    """Where the array of items is: `body`, `body.events`, `body.entry.*.changes`."""
    fields: Fields
    example: ClassVar[Mapping[str, Any]] = {}
    """What the items come in, for samples."""
    example_item: ClassVar[Mapping[str, Any]] = {}
    """An item as the provider sends it; id, type and time are filled in."""
    examples: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Other items, by the type that they are samples of; a key that ends with `*` is a beginning."""

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        document = request.document
        items = list(read_items(document, self.items))
        if len(items) > MAX_ITEMS:
            raise PayloadError(f"{self.items} holds {len(items)} items, {MAX_ITEMS} at most are taken")
        return [self.fields.event(request, document, item) for item in items]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        item = example_of(type, self.examples, self.example_item)
        draft = self.fields.draft(type, now, id, self.example, item)
        document = put_item(draft.document, self.items, draft.item)
        return json_request(self.name, document, now, draft.headers)


def read_items(document: Any, path: str) -> Iterator[Mapping[str, Any]]:
    """The objects in the array at `path` of `document`. Raises PayloadError where there is no array."""
    for value in _arrays([document], path.split(".")[1:]):
        if not isinstance(value, list):
            raise PayloadError(f"there is no array at {path}")
        for item in value:
            if not isinstance(item, dict):
                raise PayloadError(f"{path} holds something that is no object")
            yield item


def put_item(document: dict[str, Any], path: str, item: Mapping[str, Any]) -> Any:
    """`document` with `item` as the only one in the array at `path`."""
    keys = ["0" if key == "*" else key for key in path.split(".")[1:]]
    return put(document, [*keys, "0"], item) if keys else [item]


def _arrays(values: list[Any], keys: Sequence[str]) -> list[Any]:
    for key in keys:
        if key == "*":
            values = [item for value in values for item in (value if isinstance(value, list) else [None])]
        else:
            values = [value.get(key) if isinstance(value, dict) else None for value in values]
    return values
