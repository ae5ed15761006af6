"""Rejections: how often each source refused and why, and the last few requests."""

from __future__ import annotations

from dataclasses import replace

from gateway.ui.looking import PAGE, link, moment, number, query
from gateway.ui.verification import proofs, should_cover
from gateway.ui.visit import Answer, Page, Visit

ADVICE = {
    "bad_signature": "The secret is not the one that the provider signs with, or something on the way "
    "changed the body or the URL. Compare the secret in config.yaml with the provider's.",
    "stale_timestamp": "The signed time is too far off: a replayed request, or a clock that is wrong.",
    "malformed_payload": "The proof was right, but the body is not what the provider documents.",
    "body_too_large": "Raise server.max_body if the provider sends such bodies.",
    "unknown_source": "Nobody may post there: the URL at the provider has another name than the source.",
}
"""What to do about a reason, where there is something to say."""


async def rejections(visit: Visit) -> Answer:
    """Counts since ever, and a page of those that are kept."""
    asked = {name: visit.asked(name) or "" for name in ("source", "since")}
    wanted = replace(
        query(visit), since=moment(visit, "since"), before=number(visit, "before"), limit=PAGE + 1
    )
    found = await visit.store.rejections(wanted)
    counts = await visit.store.rejection_counts()
    before = found[PAGE - 1].seq if len(found) > PAGE else None
    values = {
        "title": "Rejections",
        "counts": [one for one in counts if asked["source"] in ("", one.source)],
        "rejections": found[:PAGE],
        "asked": asked,
        "older": before and link("/ui/rejections", asked | {"before": before}),
        "sources": list(visit.settings.sources),
        "advice": ADVICE,
        "proofs": proofs(visit),
        "covers": {one.rejection_id: should_cover(visit, one) for one in found[:PAGE]},
        "is_filtered": any(asked.values()),
    }
    return Page("rejections.html", values)
