"""What a page works with, and what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.config import Settings
from gateway.operate.access import Principal
from gateway.operate.opened import Opened
from gateway.operate.sampling import Take
from gateway.operate.shown import shown
from gateway.running import Running
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class Site:
    """What the dashboard looks at and acts on.

    `store` raises StoreError while none is open; `wake` hears which subscriptions got deliveries; `take`
    receives a webhook as if it had been sent, and is None where this process receives none.
    """

    running: Callable[[], Running]
    store: Callable[[], Store]
    wake: Callable[[Iterable[str]], None]
    take: Take | None
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that was let in. `now` is Unix ms; `form` is what it sent, in the order of the fields.

    `who` is whose session it is of.
    """

    site: Site
    request: Request
    running: Running
    whole: Store
    now: int
    who: Principal
    form: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """The store as people see it, without what sources hide; `whole` is for what acts on events."""
        return shown(self.whole, self.settings.redactions)

    @property
    def settings(self) -> Settings:
        """The config in force."""
        return self.running.settings

    @property
    def opened(self) -> Opened:
        """What operations work with."""
        return Opened(self.settings, self.whole, self.running.router, self.now)

    def asked(self, name: str) -> str | None:
        """A parameter of the URL without spaces around it; None where it is empty or missing."""
        return self.request.query_params.get(name, "").strip() or None

    def sent(self, name: str) -> str:
        """A field of the form, empty where it is missing."""
        return next(iter(self.form.get(name, ())), "")


@dataclass(frozen=True, slots=True)
class Page:
    """A template and what stands in it. `said` is what was done meanwhile, where something was."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    said: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """Something was done: go to the page `to`, which says so."""

    to: str
    said: str


class NotThere(Exception):
    """404: the message names what there is none of, and where to look."""


class Wrong(Exception):
    """400: the message says what to do instead."""


Answer = Page | Done | Response
Handler = Callable[[Visit], Awaitable[Answer]]
