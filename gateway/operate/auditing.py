"""Keeping the audit log: who does something by which door, and what came of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from gateway.event import new_id
from gateway.operate.rows import Row
from gateway.store import Store, StoreError
from gateway.store.audit import LONGEST, Entry, Outcome, Via

log = logging.getLogger("gateway.audit")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: the token's name and scope or the local user, by which door, from where."""

    name: str
    scope: str
    via: Via
    address: str


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does, and on what."""

    action: str
    target: str = ""
    detail: str = ""


async def note(store: Store, actor: Actor, act: Act, outcome: Outcome, now: int) -> None:
    """Keep what was done, at `now` (Unix ms). A store that can't is told of in the log, and stops nobody."""
    entry = Entry(
        new_id(now), now, actor.name, actor.scope, actor.via, actor.address, act.action[:64],
        act.target[:LONGEST], act.detail[:LONGEST], outcome,
    )  # fmt: skip
    try:
        await store.audit.note(entry)
    except StoreError as error:
        log.error("the audit log lacks %s by %s: %s", entry.action, entry.who, error)


def outcome_of(status: int) -> Outcome:
    """What an answer's status says of what was asked for."""
    if status < 400:
        return "done"
    return "refused" if status < 500 else "failed"


class AuditRow(Row):
    """One action of somebody; `scope` is what the token may do, empty for a signal to the server."""

    audit_id: str
    at: int
    who: str
    scope: str
    via: Via
    address: str
    action: str
    target: str
    detail: str
    outcome: Outcome

    @staticmethod
    def of(entry: Entry) -> AuditRow:
        """The row of an entry."""
        return AuditRow.model_construct(**{name: getattr(entry, name) for name in AuditRow.model_fields})

    def record(self, seq: int = 0) -> Entry:
        """The entry again."""
        return Entry(**self.model_dump(), seq=seq)
