"""Where the id, the type and the time of an event stand in a request, as a declaration.

    Fields(id="body.id", type="body.type", time="body.created")
    Fields(id="header.X-Id|digest", type=("header.X-Event", "body.action"))
    Fields(id=("item.pspReference", "item.eventCode"), type="item.eventCode")       # joined with `:`
    Fields(id="digest:item.resource,item.at", type="=resource.changed")

`adapters.places` says how a place is written. Besides:

    digest                  (id) the SHA-256 of the body, in a batch of the item: the provider sends no id
    digest:body.a,header.B  (id) the SHA-256 of these places
    =order.changed          (type) always this text
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import ClassVar

import orjson

from adapters.base import MAX_TEXT, ParsedEvent, PayloadError, WebhookRequest, short_text
from adapters.naming import Words, event_type
from adapters.places import Constant, Document, Draft, Either, Place, compile_path, copy_document
from adapters.times import Unit, event_time, write_time

Places = str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Digest:
    """The SHA-256 of `places`; of the body, or of the item of a batch, where there are none."""

    places: tuple[Place, ...] = ()
    in_json: ClassVar[bool] = True

    def read(self, request: WebhookRequest, document: Document, item: Document | None = None) -> object:
        if not self.places and item is None:
            return sha256(request.body).hexdigest()
        values = [place.read(request, document, item) for place in self.places] or item
        try:
            return sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()
        except TypeError as error:  # nested deeper than can be written
            raise PayloadError(f"the event id cannot be made: {error}") from error

    def write(self, draft: Draft, value: object) -> None:
        if self.places:
            return self.places[0].write(draft, value)
        # The id cannot be chosen, but each sample has its own.
        (draft.item if draft.batch else draft.form if draft.form else draft.document)["sample"] = str(value)
        return None


@dataclass(frozen=True, slots=True)
class Joined:
    """Several places as one id, joined with `:`; one that is empty leaves its place between the colons."""

    places: tuple[Place, ...]
    in_json: ClassVar[bool] = True

    def read(self, request: WebhookRequest, document: Document, item: Document | None = None) -> object:
        parts = [_part(place.read(request, document, item)) for place in self.places]
        if not any(parts):
            return None
        text = ":".join(parts)
        # Several texts of the right length can be too long together; the id must not be lost for it.
        return text if len(text) <= MAX_TEXT else sha256(text.encode()).hexdigest()

    def write(self, draft: Draft, value: object) -> None:
        self.places[0].write(draft, value)


def _part(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value in (None, "") else short_text(value, "a part of the event id")


def id_path(text: Places) -> Place:
    """As `compile_path`, and `digest`, `digest:…`, and several places that make one id."""
    if not isinstance(text, str):
        return Joined(tuple(compile_path(part) for part in text)) if len(text) > 1 else id_path(text[0])
    if text == "digest":
        return Digest()
    if text.startswith("digest:"):
        return Digest(tuple(compile_path(part) for part in text.removeprefix("digest:").split(",")))
    if "|" in text:
        return Either(tuple(id_path(part) for part in text.split("|")))
    try:
        return compile_path(text)
    except ValueError as error:
        raise ValueError(f"{error}, or digest where the provider sends no id") from None


def type_path(text: str) -> Place:
    """As `compile_path`, and a constant: `=order.changed`."""
    if len(text) > 1 and text.startswith("="):
        return Constant(text[1:])
    if "|" in text:
        return Either(tuple(type_path(part) for part in text.split("|")))
    try:
        return compile_path(text)
    except ValueError as error:
        raise ValueError(f"{error}, or a constant such as =order.changed") from None


@dataclass(frozen=True)
class Fields:
    """Where a provider puts what the gateway needs of an event.

    `type` may be several places, joined with a dot; those after the first may be empty (GitHub's action).
    `type_prefix` is removed from the first of them, `words` says what becomes of the letters, `rename` has
    other words for some of the provider's (`{"Merge Request Hook": "merge_request"}`). `key` is the dedupe
    key where that is not the id. `attributes` are plain facts to keep next to the event, by name; an absent
    one is left out.
    """

    id: Places
    type: Places
    time: str = ""
    version: str = ""
    time_unit: Unit = "iso"
    """How the provider writes the time, for samples; every unit is read."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    key: Places = ""
    type_prefix: str | tuple[str, ...] = ()
    words: Words = "kept"
    rename: Mapping[str, str] = field(default_factory=dict)

    _id: Place = field(init=False, repr=False, compare=False)
    _type: tuple[Place, ...] = field(init=False, repr=False, compare=False)
    _time: Place | None = field(init=False, repr=False, compare=False)
    _version: Place | None = field(init=False, repr=False, compare=False)
    _key: Place | None = field(init=False, repr=False, compare=False)
    _attributes: tuple[tuple[str, Place], ...] = field(init=False, repr=False, compare=False)
    _prefixes: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _plain: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        types = [self.type] if isinstance(self.type, str) else self.type
        prefixes = (self.type_prefix,) if isinstance(self.type_prefix, str) else self.type_prefix
        compiled = {
            "_id": id_path(self.id),
            "_type": tuple(type_path(text) for text in types),
            "_time": compile_path(self.time) if self.time else None,
            "_version": compile_path(self.version) if self.version else None,
            "_key": id_path(self.key) if self.key else None,
            "_attributes": tuple((name, compile_path(text)) for name, text in self.attributes.items()),
            "_prefixes": prefixes,
            "_plain": not (prefixes or self.rename) and self.words == "kept",
        }
        if not types:
            raise ValueError("type: names no place")
        for name, value in compiled.items():
            object.__setattr__(self, name, value)

    def event(
        self, request: WebhookRequest, document: Document | None = None, item: Document | None = None
    ) -> ParsedEvent:
        """The event of a verified request; `document` is its payload where that is not the JSON body.

        In a batch `item` is the payload and `document` what it came in. Raises PayloadError naming the
        place where the id or the type is missing. A time that is missing or unreadable is none.
        """
        document = request.json if document is None else document
        version = self._version.read(request, document, item) if self._version else None
        return ParsedEvent(
            id=short_text(self._id.read(request, document, item), f"the event id at {_words(self.id)}"),
            type=self._read_type(request, document, item),
            payload=document if item is None else item,
            ts=event_time(self._time.read(request, document, item)) if self._time else None,
            version=version if isinstance(version, str) and version else None,
            key=self._read_key(request, document, item) if self._key else None,
            attributes={
                name: value
                for name, path in self._attributes
                if isinstance(value := path.read(request, document, item), (str, int))
            },
        )

    def draft(self, type: str, now: float, id: str, example: Document, item: Document | None = None) -> Draft:
        """A sample with `type`, `id` and the time `now` (Unix seconds), built on a copy of `example`.

        `item` is the example of an item, in a batch.
        """
        draft = Draft({}, copy_document(example), copy_document(item or {}), batch=item is not None)
        other = {word: text for text, word in self.rename.items()}
        for index, part in enumerate(type.split(".", len(self._type) - 1)):
            prefix = self._prefixes[0] if self._prefixes and not index else ""
            self._type[index].write(draft, other.get(part, prefix + part))
        self._id.write(draft, id)
        if self._time:
            iso = self.time_unit == "iso"
            stamp = datetime.fromtimestamp(now, UTC).isoformat() if iso else write_time(now, self.time_unit)
            self._time.write(draft, stamp if iso else int(stamp))
        return draft

    def _read_key(self, request: WebhookRequest, document: Document, item: Document | None) -> str:
        assert self._key, "asked for only where there is one"
        return short_text(self._key.read(request, document, item), f"the dedupe key at {_words(self.key)}")

    def _read_type(self, request: WebhookRequest, document: Document, item: Document | None) -> str:
        first, *others = (path.read(request, document, item) for path in self._type)
        what = f"the event type at {_words(self.type)}"
        parts = [
            short_text(part, what) for part in (first, *others) if part is first or part not in (None, "")
        ]
        return short_text(".".join(parts if self._plain else map(self._word, parts)), what)

    def _word(self, part: str) -> str:
        return self.rename.get(part) or event_type(part, self._prefixes, self.words)


def _words(places: Places) -> str:
    return places if isinstance(places, str) else " and ".join(places)


__all__ = ["Digest", "Draft", "Fields", "Joined", "Place", "compile_path", "id_path", "type_path"]
