"""The operations that look at the gateway as a whole: who did what, and how much goes through."""

from __future__ import annotations

from gateway.api.v1.operation import Asked, Operation
from gateway.api.v1.questions import AuditQuery, HistoryQuery, RatesQuery
from gateway.operate import answers
from gateway.operate.auditing import AuditRow
from gateway.operate.history import History, read_history
from gateway.operate.rates import Rates, read_rates


async def audit(asked: Asked) -> answers.AuditPage:
    """Who did what, newest first: over the API, in the dashboard, with the command line."""
    query = asked.query_as(AuditQuery)
    found = await asked.opened.store.audit.entries(query.which())
    kept = found[: query.limit]
    next = str(kept[-1].seq) if len(found) > len(kept) else None
    return answers.AuditPage.model_construct(items=list(map(AuditRow.of, kept)), next=next)


async def rates(asked: Asked) -> Rates:
    """How much came and went of late, by source and by subscription, and what waits: `gateway top`."""
    opened = asked.opened
    return await read_rates(opened.store, opened.settings, asked.query_as(RatesQuery).window, opened.now)


async def history(asked: Asked) -> History:
    """What came, went and died over a stretch of time, in spans: the charts of the dashboard."""
    query, opened = asked.query_as(HistoryQuery), asked.opened
    return await read_history(opened.store, query.length, query.spans, opened.now)


OPERATIONS = (
    Operation(
        "listAudit", "GET", "/audit", "read", "The audit log", answers.AuditPage, audit, query=AuditQuery
    ),
    Operation("rates", "GET", "/rates", "read", "Rates and backlogs", Rates, rates, query=RatesQuery),
    Operation("history", "GET", "/history", "read", "Counts over time", History, history, query=HistoryQuery),
)
