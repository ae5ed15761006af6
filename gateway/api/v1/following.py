"""The operations for following: what happens as it happens, and handing an event to who follows."""

from __future__ import annotations

from typing import get_args

from gateway.api.v1.bodies import Hand
from gateway.api.v1.operation import Asked, Operation
from gateway.api.v1.problem import Problem, missing
from gateway.api.v1.questions import TailQuery
from gateway.operate import tail as rows
from gateway.operate.cursor import Cursor
from gateway.operate.following import Wanted
from gateway.operate.listening import hand_to, listeners_now
from gateway.store.tail import Kind, Listener


async def tail(asked: Asked) -> rows.Tailed:
    """What happens, as it happens: ask with `cursor`, and the answer comes once there is something.

    Give `next` as the `cursor` of the following request. Nothing is left out and nothing comes twice, also
    where a connection breaks: ask again with the same cursor. An empty answer means that nothing happened for
    `wait` ms. A delivery is told of when it has ended, 200 at a time.
    """
    query = asked.query_as(TailQuery)
    listener = None
    if query.listener is not None:
        listener = Listener(query.listener, asked.who.name, query.to, asked.opened.now)
        await asked.streams.attend(listener)
    kinds: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind in query.kinds.split(","))
    wanted = Wanted(kinds, query.source, query.name, query.bodies, query.limit, listener)
    following = asked.streams.following
    if query.cursor is None:
        begun = await following.begin(wanted, query.since)
        return rows.Tailed.model_construct(items=[], next=str(begun))
    ends = asked.opened.now + query.wait

    async def is_over() -> bool:
        return asked.streams.clock() * 1000 >= ends or await asked.is_gone()

    with asked.streams.seat():
        page = await following.page(wanted, Cursor.of(query.cursor), is_over)
    return rows.Tailed.written(page.text, str(page.cursor))


async def listeners(asked: Asked) -> rows.Listeners:
    """Who follows under a name right now, as `gateway listen` does."""
    found = await listeners_now(asked.opened)
    return rows.Listeners.model_construct(items=list(map(rows.ListenerRow.of, found)))


async def hand(asked: Asked) -> rows.Handed:
    """Send stored events to a listener, also those that it had. Where one id names nothing, none is sent."""
    done = await hand_to(asked.opened, asked.id, asked.body_as(Hand).ids)
    if done.missing:
        told = [f"there is no event {id!r}" for id in done.missing]
        errors = [{"at": "body.ids", "message": text} for text in told]
        raise Problem(404, "not_found", f"nothing was sent: {'; '.join(told[:3])}", errors)
    if not done.is_there:
        raise missing("listener", asked.id, "/listeners")
    return rows.Handed.model_construct(listener=asked.id, event_ids=list(done.event_ids))


OPERATIONS = (
    Operation(
        "tail", "GET", "/tail", "read", "What happens, as it happens", rows.Tailed, tail, query=TailQuery
    ),
    Operation("listListeners", "GET", "/listeners", "read", "Who listens", rows.Listeners, listeners),
    Operation(
        "hand", "POST", "/listeners/{name}/events", "operate", "Hand events to a listener", rows.Handed,
        hand, body=Hand, problems=(404,), tag="act",
    ),
)  # fmt: skip
