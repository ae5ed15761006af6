"""Every long command has a bar on a terminal and none elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.cli.conftest import NOW, Home, event, rejection

SECRETS = {"STRIPE_SECRET": "whsec_" + "11" * 32, "BILLING_SECRET": "b" * 20}

KEY = "bm" * 21 + "4="

# a long command -> what its bar says
LONG = [
    (["replay", "--since", "2025-06-01T07:00:00Z"], "replaying"),
    (["replay", "--failed", "--since", "2025-06-01T07:00:00Z"], "looking"),
    (["purge"], "purging"),
    (["purge", "--dry-run"], "counting"),
    (["migrate"], "migrating"),
    (["store", "reencrypt"], "encrypting"),
    (["events", "types"], "looking"),
    (["events", "lint"], "looking"),
    (["backfill", "stripe", "--since", "1h"], "reading"),
    (["quarantine", "release", "--source", "stripe"], "verifying"),
    (["adapters", "test", "github"], "checking"),
    (["verify", "--batch", "batch.jsonl"], "verifying"),
]


@pytest.mark.parametrize(("args", "words"), LONG, ids=lambda value: " ".join(value))
def test_a_long_command_shows_how_far_it_is(
    home: Home, args: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.path)
    nobody = 'backfill: {api_key: sk_test_x, api_base: "http://127.0.0.1:9"}'
    text = home.config.read_text().replace("quarantine: true", f"quarantine: true, {nobody}")
    home.config.write_text(text.replace('gateway.db"', f'gateway.db", encrypt: ["{KEY}"]'))
    home.accept(event("evt_1", to=("app",)), event("old", at=NOW - 10))
    home.do(lambda store: store.reject(rejection(body=b"{}")))
    line = {"provider": "github", "method": "POST", "url": "http://x", "headers": [], "body": "{}"}
    Path("batch.jsonl").write_text(json.dumps(line))
    config = ["--config", str(home.config)]
    # FORCE_COLOR has rich take any stream for a terminal
    shown = CliRunner(env=SECRETS | {"FORCE_COLOR": "1"}).invoke(app, [*args, *config])
    plain = CliRunner(env=SECRETS).invoke(app, [*args, *config])
    assert words in shown.stderr
    assert words not in plain.stderr
