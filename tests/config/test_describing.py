"""What `gateway check` says of a file, and which changes a reload cannot apply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import Settings, describe, restart_needed

TEXT = """\
server: {host: 127.0.0.1, port: 8080}
store: {url: "sqlite:///data/gateway.db", retention: 30d}
sources:
  stripe: {adapter: stripe, secrets: ["a-secret-for-stripe", short], tolerance: 1m}
  github: {adapter: github, secrets: [short], quarantine: true}
subscriptions:
  app:
    events: ["stripe/*"]
    destination: {type: http, url: "http://x/hooks?token=hidden", secrets: ["a-secret-for-the-app"]}
    retry: {schedule: [5s, 1m, 1h]}
"""

Load = Callable[..., Settings]


def test_a_source_as_it_resolves(settings: Load) -> None:
    stripe, github = describe(settings(TEXT)).sources
    assert (stripe.name, stripe.path, stripe.adapter) == ("stripe", "/webhooks/stripe", "stripe")
    assert (stripe.window, stripe.key_kept, stripe.tolerance) == ("3d", "3d", "1m")
    assert stripe.secrets == ("****ripe", "****")
    assert (github.tolerance, github.quarantine, github.keep_rejections) == (None, True, 1000)
    assert "event id" in stripe.dedupe_key


def test_a_subscription_as_it_resolves(settings: Load) -> None:
    (app,) = describe(settings(TEXT)).subscriptions
    assert (app.name, app.events, app.format) == ("app", ("stripe/*",), "event")
    assert app.destination == "http http://x/hooks?…"
    assert (app.schedule, app.total) == (("5s", "1m", "1h"), "1h1m5s")
    assert (app.secrets, app.timeout, app.concurrency) == (("****-app",), "15s", 16)


CHANGES = [
    ("port: 8080", "port: 8081", ["server.port"]),
    ("host: 127.0.0.1", "host: localhost", ["server.host"]),
    ("data/gateway.db", "data/other.db", ["store.url"]),
    # left to the default, which is the same
    ('url: "sqlite:///data/gateway.db", ', "", []),
    # what a reload can apply
    ("port: 8080", "port: 8080, max_in_flight: 5", []),
    ("30d", "31d", []),
    ("short", "longer", []),
    ("stripe/*", "github/*", []),
]


@pytest.mark.parametrize(("old", "new", "keys"), CHANGES)
def test_what_a_reload_cannot_apply(settings: Load, old: str, new: str, keys: list[str]) -> None:
    before = settings(TEXT)
    assert restart_needed(before, settings(TEXT.replace(old, new))) == keys


def test_another_way_to_write_the_same_path_needs_no_restart(settings: Load, tmp_path: Path) -> None:
    before = settings(TEXT)
    assert restart_needed(before, settings(TEXT.replace("///data", f"///{tmp_path}/data"))) == []


def test_several_changes_are_all_named(settings: Load) -> None:
    before, after = settings(TEXT), settings(TEXT.replace("8080", "1").replace("127.0.0.1", "localhost"))
    assert restart_needed(before, after) == ["server.host", "server.port"]
