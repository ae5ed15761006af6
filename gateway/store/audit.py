"""The audit log: who did what, when, from where, on what, and what came of it.

Every time is Unix ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Via = Literal["api", "ui", "cli", "server"]
"""By which door somebody came: the API, the dashboard, the command line; or a signal to the server."""

Outcome = Literal["done", "refused", "failed"]
"""It was done; it was not allowed or could not be; or it broke off and may be done in part."""

LONGEST = 4000
"""Characters of a target or a detail that are kept."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One action of somebody.

    `who` is the name of the token or of the local user, `scope` what it may do ("" for a signal), `address`
    where the request came from or the machine of the user. `target` names what the action was on, `detail`
    what was asked for and answered, in words or as JSON; neither holds a secret.
    """

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
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Which:
    """Which entries a list wants, newest first. `before` is the `seq` after which the next page starts."""

    who: str | None = None
    action: str | None = None
    since: int | None = None
    before: int | None = None
    limit: int = 100


class Audit(Protocol):
    """The part of a store that keeps the audit log."""

    async def note(self, entry: Entry) -> None:
        """Keep an entry; on disk when it returns. Its `seq` has no meaning yet."""
        ...

    async def entries(self, which: Which) -> Sequence[Entry]:
        """A page of entries, newest first."""
        ...

    async def purge(self, before: int, limit: int = 500) -> int:
        """Remove up to `limit` entries from before that time. Returns how many went."""
        ...
