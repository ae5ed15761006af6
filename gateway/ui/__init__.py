"""The dashboard at /ui: pages that are made here, and read without JavaScript."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gateway.ui import (
    adapters,
    audit,
    bulk,
    deliveries,
    duplicates,
    event,
    events,
    overview,
    rejections,
    sign_in,
    sources,
    subscriptions,
)
from gateway.ui.desk import Desk
from gateway.ui.visit import Site

__all__ = ["Site", "routes"]


def routes(site: Site) -> list[BaseRoute]:
    """Every path of the dashboard."""
    desk = Desk(site)
    reads, changes = desk.reads, desk.changes
    pages = [
        Route("/ui", reads(overview.overview)),
        Route("/ui/events", reads(events.events)),
        Route("/ui/events/{id}", reads(event.event)),
        Route("/ui/events/{id}/body", reads(event.body)),
        Route("/ui/events/{id}/replay", changes(event.replay, "replay"), methods=["POST"]),
        Route("/ui/duplicates", reads(duplicates.duplicates)),
        Route("/ui/duplicates/{id}", reads(duplicates.copies)),
        Route("/ui/rejections", reads(rejections.rejections)),
        Route("/ui/deliveries", reads(deliveries.deliveries)),
        Route("/ui/deliveries/confirm", changes(bulk.confirm), methods=["POST"]),
        Route("/ui/deliveries/do", changes(bulk.do), methods=["POST"]),
        Route("/ui/subscriptions", reads(subscriptions.subscriptions)),
        Route("/ui/subscriptions/{name}/pause", changes(subscriptions.pause, "pause"), methods=["POST"]),
        Route("/ui/subscriptions/{name}/resume", changes(subscriptions.resume, "resume"), methods=["POST"]),
        Route("/ui/sources", reads(sources.sources)),
        Route("/ui/sources/{name}", reads(sources.source)),
        Route("/ui/sources/{name}/sample", changes(sources.sample, "sample"), methods=["POST"]),
        Route("/ui/adapters", reads(adapters.listing)),
        Route("/ui/audit", reads(audit.audit)),
        Route("/ui/sign-in", desk.open_to_all(sign_in.form)),
        Route("/ui/sign-in", desk.open_to_all(sign_in.submit), methods=["POST"]),
        Route("/ui/sign-out", changes(sign_in.sign_out, "sign_out", "read"), methods=["POST"]),
    ]
    static = Mount("/ui/static", StaticFiles(packages=[("gateway.ui", "static")]))
    return [*pages, static, Route("/ui/{rest:path}", reads(overview.nothing))]
