"""The operations that tell of event names."""

from __future__ import annotations

from gateway.api.v1.operation import Asked, look
from gateway.api.v1.problem import missing
from gateway.api.v1.questions import TypeQuery, TypesQuery
from gateway.operate import answers
from gateway.operate.event_types import TypePage, TypeRow, type_counts, type_page


async def event_types(asked: Asked) -> answers.EventTypes:
    """The names of the newest events: how many have it, how many a day, when last, which versions."""
    query, opened = asked.query_as(TypesQuery), asked.opened
    found = await type_counts(opened.store, query.name, query.last)
    return answers.EventTypes.model_construct(items=[TypeRow.of(each, opened.now) for each in found])


async def event_type(asked: Asked) -> TypePage:
    """One event name with what its data looks like: a JSON Schema that its newest 100 events keep, and the
    newest of them.
    """
    opened = asked.opened
    counted = await opened.store.event_types.counted(asked.query_as(TypeQuery).last, asked.id)
    page = await type_page(opened.store, counted[0], opened.now) if counted else None
    if page is None:
        raise missing("event name", asked.id, "/event-types")
    return page


OPERATIONS = (
    look("listEventTypes", "/event-types", event_types, answers.EventTypes, "Event types", query=TypesQuery),
    look(
        "getEventType",
        "/event-types/{id}",
        event_type,
        TypePage,
        "One event type",
        query=TypeQuery,
        problems=(404,),
    ),
)
