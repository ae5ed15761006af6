"""One operation of the API as data: the route, the scope, what goes in, what comes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from gateway.api.v1.streams import Streams
from gateway.config.api_token import Scope
from gateway.operate.access import Principal
from gateway.operate.opened import Opened
from gateway.operate.sampling import Take
from gateway.running import Running


class Asking(BaseModel):
    """What a caller states, in the query or as JSON. A field it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Nothing(Asking):
    """No parameters."""


Made = TypeVar("Made", bound=Asking)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that was let in: who asks, its path parameter, its query, its body, and what it works on.

    `wake` hears for which subscriptions there are new deliveries, `is_gone` says whether the caller is.
    `take` receives a webhook as if it had been sent, None where this process receives none; `client` is the
    caller's address as ASGI has it.
    """

    who: Principal
    opened: Opened
    running: Running
    id: str
    query: Asking
    body: Asking
    wake: Callable[[Iterable[str]], None]
    streams: Streams
    is_gone: Callable[[], Awaitable[bool]]
    take: Take | None
    client: tuple[str, int] | None

    def query_as(self, kind: type[Made]) -> Made:
        """The query, which the operation declared to be of this kind."""
        assert isinstance(self.query, kind)
        return self.query

    def body_as(self, kind: type[Made]) -> Made:
        """The body, which the operation declared to be of this kind."""
        assert isinstance(self.body, kind)
        return self.body


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route does. `does` answers a model of the kind `answer`; `path` may hold one `{id}` or `{name}`.

    `problems` are the statuses it answers beside those that any operation may.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    scope: Scope
    summary: str
    answer: type[BaseModel]
    does: Callable[[Asked], Awaitable[BaseModel]]
    query: type[Asking] = Nothing
    body: type[Asking] | None = None
    problems: tuple[int, ...] = ()
    tag: str = "look"

    @property
    def parameter(self) -> str | None:
        """The name of the path's parameter."""
        return self.path.partition("{")[2].partition("}")[0] or None

    def documentation(self) -> str:
        """What the operation promises, from the docstring of what does it."""
        return " ".join((self.does.__doc__ or self.summary).split())


def look(
    name: str,
    path: str,
    does: Callable[[Asked], Awaitable[BaseModel]],
    answer: type[BaseModel],
    summary: str,
    **more: Any,
) -> Operation:
    """An operation that only looks."""
    return Operation(name, "GET", path, "read", summary, answer, does, **more)
