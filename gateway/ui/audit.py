"""The audit log: who did what, newest first."""

from __future__ import annotations

from gateway.store.audit import Which
from gateway.ui.looking import PAGE, link, moment, number
from gateway.ui.visit import Answer, Page, Visit

FIELDS = ("who", "action", "since")


async def audit(visit: Visit) -> Answer:
    """A page of what was done."""
    asked = {field: visit.asked(field) or "" for field in FIELDS}
    who, action, since = asked["who"] or None, asked["action"] or None, moment(visit, "since")
    found = await visit.store.audit.entries(Which(who, action, since, number(visit, "before"), PAGE + 1))
    rows = found[:PAGE]
    values = {
        "title": "Audit",
        "asked": asked,
        "entries": rows,
        "older": len(found) > PAGE and link("/ui/audit", asked | {"before": rows[-1].seq}),
        "is_filtered": any(asked.values()),
    }
    return Page("audit.html", values)
