"""Records sealed and opened, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from gateway.event import Event
from gateway.store.encryption import ATTRIBUTES
from gateway.store.keyring import Keyring, Unreadable
from gateway.store.records import Attempt, Candidate, Claimed, Delivery, Duplicate, Reception, Stored
from gateway.store.rejections import Rejection
from gateway.store.watch import KeptAnswer
from gateway.terms import Terms
from gateway.verdict import Verdict

Attributes = Mapping[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Sealing:
    """A keyring at work on the records of a store. What opens raises Unreadable."""

    keyring: Keyring

    def candidate(self, candidate: Candidate) -> Candidate:
        """An event that asks to be stored. `read` lets the engine tell in what a copy of it differs."""
        event, reception = candidate.event, candidate.reception
        data = self.keyring.seal(event.data, "data")
        return replace(
            candidate,
            event=replace(event, data=data, attributes=self._attributes(event.attributes)),
            reception=None if reception is None else self._reception(reception),
            verdicts=tuple(map(self._verdict, candidate.verdicts)),
            terms={name: self._terms(each) for name, each in candidate.terms.items()},
            read=self._read,
        )

    def _read(self, data: str) -> str:
        """Data as the engine compares it; what can't be opened differs as a whole."""
        try:
            return self.keyring.open(data, "data")
        except Unreadable:
            return data

    def _attributes(self, attributes: Attributes) -> Attributes:
        if not attributes:
            return attributes
        return {"sealed": self.keyring.seal(orjson.dumps(dict(attributes)).decode(), ATTRIBUTES)}

    def _reception(self, reception: Reception) -> Reception:
        return replace(
            reception,
            headers=self.keyring.seal(reception.headers, "headers"),
            url=self.keyring.seal(reception.url, "url"),
            body=None if reception.body is None else self.keyring.seal_bytes(reception.body, "body"),
        )

    def _verdict(self, verdict: Verdict) -> Verdict:
        saw = self.keyring.seal(verdict.saw, "saw")
        return replace(verdict, saw=saw, error=self._text(verdict.error, "error"))

    def _terms(self, terms: Terms) -> Terms:
        """What an engine would tell of a repetition; keys are looked for, and stay readable."""
        if terms.once is None:
            return terms
        return replace(terms, once=replace(terms.once, repeated=self._verdict(terms.once.repeated)))

    def opened_verdict(self, verdict: Verdict) -> Verdict:
        """What an expression said."""
        saw = self.keyring.open(verdict.saw, "saw")
        return replace(verdict, saw=saw, error=self._opened(verdict.error, "error"))

    def event(self, event: Event) -> Event:
        """An event opened."""
        attributes: Attributes = event.attributes
        if set(attributes) == {"sealed"}:
            attributes = orjson.loads(self.keyring.open(str(attributes["sealed"]), ATTRIBUTES))
        return replace(event, data=self.keyring.open(event.data, "data"), attributes=attributes)

    def _body(self, event: Event, body: bytes) -> bytes:
        """A raw body opened: its own, or the data where that is exactly the body."""
        if body == event.data.encode():
            return self.keyring.open(event.data, "data").encode()
        return self.keyring.open_bytes(body, "body")

    def stored(self, stored: Stored) -> Stored:
        """A stored event opened."""
        reception = stored.reception
        if reception is not None:
            reception = replace(
                reception,
                headers=self.keyring.open(reception.headers, "headers"),
                url=self.keyring.open(reception.url, "url"),
                body=None if reception.body is None else self.keyring.open_bytes(reception.body, "body"),
            )
        body = self._body(stored.event, stored.body)
        return replace(stored, event=self.event(stored.event), reception=reception, body=body)

    def claimed(self, claimed: Claimed) -> Claimed:
        """A claimed delivery opened."""
        return replace(
            claimed,
            delivery=self.delivery(claimed.delivery),
            event=self.event(claimed.event),
            headers=self.keyring.open(claimed.headers, "headers"),
            body=self._body(claimed.event, claimed.body),
            waits=[replace(one, event=one.event and self.event(one.event)) for one in claimed.waits],
        )

    def duplicate(self, copy: Duplicate) -> Duplicate:
        """A duplicate opened."""
        headers = self.keyring.open(copy.headers, "headers")
        return replace(copy, headers=headers, data=self._opened(copy.data, "data"))

    def rejection(self, rejection: Rejection) -> Rejection:
        """A refused request, with its body where it is kept."""
        return replace(
            rejection,
            headers=self.keyring.seal(rejection.headers, "headers"),
            url=self.keyring.seal(rejection.url, "url"),
            body=None if rejection.body is None else self.keyring.seal_bytes(rejection.body, "body"),
        )

    def opened_rejection(self, rejection: Rejection) -> Rejection:
        """A rejection opened."""
        return replace(
            rejection,
            headers=self.keyring.open(rejection.headers, "headers"),
            url=self.keyring.open(rejection.url, "url"),
            body=None if rejection.body is None else self.keyring.open_bytes(rejection.body, "body"),
        )

    def attempt(self, attempt: Attempt) -> Attempt:
        """What a subscriber answered, and why an attempt failed."""
        response = self._text(attempt.response, "response") or ""
        return replace(attempt, error=self._text(attempt.error, "error"), response=response)

    def opened_attempt(self, attempt: Attempt) -> Attempt:
        """An attempt opened."""
        response = self.keyring.open(attempt.response, "response")
        return replace(attempt, error=self._opened(attempt.error, "error"), response=response)

    def delivery(self, delivery: Delivery) -> Delivery:
        """A delivery opened: the error of its last attempt."""
        return replace(delivery, last_error=self._opened(delivery.last_error, "error"))

    def answer(self, kept: KeptAnswer) -> KeptAnswer:
        """An answer that a provider waits for."""
        body = None if kept.body is None else self.keyring.seal_bytes(kept.body, "body")
        return replace(kept, headers=self.keyring.seal(kept.headers, "headers"), body=body)

    def opened_answer(self, kept: KeptAnswer) -> KeptAnswer:
        """A kept answer opened."""
        body = None if kept.body is None else self.keyring.open_bytes(kept.body, "body")
        return replace(kept, headers=self.keyring.open(kept.headers, "headers"), body=body)

    def _text(self, text: str | None, kind: str) -> str | None:
        return self.keyring.seal(text, kind) if text else text

    def _opened(self, text: str | None, kind: str) -> str | None:
        return self.keyring.open(text, kind) if text else text
