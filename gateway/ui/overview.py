"""The first page: what happened lately, and what needs attention first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import RedirectResponse

from gateway.config import format_duration
from gateway.operate.history import History, read_history
from gateway.store.health import Health
from gateway.store.records import Pause, Query
from gateway.store.rejections import RejectionCount
from gateway.ui.charts import Chart, bars
from gateway.ui.looking import link
from gateway.ui.rendering import count
from gateway.ui.sources import silent
from gateway.ui.visit import Answer, NotThere, Page, Visit

RANGES = {"1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000}
"""How far back the page can look, in ms."""

SPANS = 48
"""Bars of a chart."""

LATEST = 500
"""Duplicates that are looked at for changed bodies."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that waits for a person: what, and where to see to it. `tone` is bad or warn."""

    text: str
    href: str
    action: str
    tone: str = "warn"


async def overview(visit: Visit) -> Answer:
    """Charts, sources, subscriptions, concerns."""
    chosen = visit.asked("range") or "24h"
    length = RANGES.get(chosen, RANGES["24h"])
    history = await read_history(visit.store, length, SPANS, visit.now)
    since = history.items[0].at
    charts = _charts(history, chosen)
    waiting, paused = await visit.store.waiting(), {p.subscription: p for p in await visit.store.paused()}
    healths = {each.subscription: each for each in await visit.store.health.all()}
    counts = await visit.store.rejection_counts()
    silences = await silent(visit)
    values = {
        "title": "Overview",
        "charts": charts,
        "range": chosen if chosen in RANGES else "24h",
        "ranges": list(RANGES),
        "is_empty": not any(chart.total for chart in charts),
        "sources": await _sources(visit, counts, silences),
        "waiting": waiting,
        "paused": paused,
        "healths": healths,
        "concerns": [
            *_subscribers(paused, healths),
            *_silent(visit, silences),
            *await _concerns(visit, since, sum(one.dead for one in history.items), waiting, counts),
        ],
        "settings": visit.settings,
    }
    return Page("overview.html", values)


async def nothing(visit: Visit) -> Answer:
    """No page has this address."""
    if visit.request.url.path == "/ui/":
        return RedirectResponse("/ui", 308)
    raise NotThere(f"there is no page {visit.request.url.path}; the menu has all there are")


def _charts(history: History, chosen: str) -> list[Chart]:
    """A chart of each kind, with the way to what it counts."""
    kinds = {
        "events": ("Events", f"/ui/events?since={chosen}", "plain"),
        "duplicates": ("Duplicates", f"/ui/duplicates?since={chosen}", "warn"),
        "rejections": ("Rejections", f"/ui/rejections?since={chosen}", "warn"),
        "deliveries": ("Deliveries", f"/ui/deliveries?since={chosen}", "plain"),
        "dead": ("Dead letters", f"/ui/deliveries?state=dead&since={chosen}", "bad"),
    }
    spans, since = history.items, history.items[0].at
    return [
        Chart(title, href, bars([getattr(one, kind) for one in spans], since, history.width), tone)
        for kind, (title, href, tone) in kinds.items()
    ]


async def _sources(
    visit: Visit, counts: Sequence[RejectionCount], silences: Mapping[str, int]
) -> list[dict[str, object]]:
    """Each source with its state, and when it was last seen and last refused."""
    seen = await visit.store.last_seen(list(visit.settings.sources))
    refused: dict[str, RejectionCount] = {}
    for one in sorted(counts, key=lambda each: each.last_at):
        refused[one.source] = one
    return [
        {
            "name": name,
            "adapter": source.adapter.title,
            "seen": seen.get(name),
            "refused": refused.get(name),
            "state": _state(seen.get(name), refused.get(name), name in silences),
        }
        for name, source in visit.settings.sources.items()
    ]


def _state(seen: int | None, refused: RejectionCount | None, is_silent: bool) -> tuple[str, str]:
    """How a source fares, in a word, and the tone of the word."""
    if is_silent:
        return "silent", "dead"
    if refused is not None and refused.last_at > (seen or 0):
        return "refused", "pending"
    return ("active", "succeeded") if seen else ("never seen", "cancelled")


def _silent(visit: Visit, silences: Mapping[str, int]) -> list[Concern]:
    """Which sources should have sent something, and did not."""
    found = []
    for name, since in silences.items():
        quiet = format_duration(max(0, visit.now - since) // 60_000 * 60)
        expected = format_duration(visit.settings.sources[name].expect or 0)
        text = f"{name} is silent: nothing for {quiet}, expected every {expected}"
        found.append(Concern(text, f"/ui/sources/{quote(name)}", "See", "bad"))
    return found


def _subscribers(paused: Mapping[str, Pause], healths: Mapping[str, Health]) -> list[Concern]:
    """Who gets nothing now, and who may soon: those come first."""
    found = [
        Concern(
            f"{name} is paused: {one.reason}, {count(one.waiting, 'delivery waits', 'deliveries wait')}",
            "/ui/subscriptions",
            "See",
            "bad",
        )
        for name, one in paused.items()
    ]
    for name, one in healths.items():
        if one.failing is not None:
            href = link("/ui/deliveries", {"state": "pending", "subscription": name})
            found.append(Concern(f"{name} is failing: {one.failing}", href, "See", "bad"))
    return found


async def _concerns(
    visit: Visit, since: int, dead: int, waiting: Mapping[str, int], counts: Sequence[RejectionCount]
) -> list[Concern]:
    """What else needs attention, the worst first."""
    found: list[Concern] = []
    if dead:
        text = f"{count(dead, 'delivery', 'deliveries')} died"
        found.append(Concern(text, "/ui/deliveries?state=dead", "See and replay", "bad"))
    for name in sorted(waiting.keys() - visit.settings.subscriptions.keys()):
        text = f"{count(waiting[name], 'delivery', 'deliveries')} wait for {name}, which is not in the config"
        found.append(Concern(text, link("/ui/deliveries", {"state": "pending", "subscription": name}), "See"))
    for one in (each for each in counts if each.last_at >= since):
        text = f"{one.source} refused requests: {one.reason}, {one.count:,} so far"
        found.append(Concern(text, link("/ui/rejections", {"source": one.source}), "See why"))
    copies = await visit.store.duplicates(Query(limit=LATEST))
    if changed := sum(copy.differs and copy.received_at >= since for copy in copies):
        text = f"{count(changed, 'copy', 'copies')} came with another body than the first event"
        found.append(Concern(text, "/ui/duplicates", "Compare"))
    return found
