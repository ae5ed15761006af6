"""`gateway store key` and `reencrypt`: keys are made, rotated, and named where they are missing."""

from __future__ import annotations

import os
from base64 import b64decode

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.store.keyring import key_id
from tests import forked
from tests.cli.conftest import Home, event

OLD, NEW = "b2" * 21 + "8=", "bm" * 21 + "4="


@pytest.fixture
def keyed(home: Home) -> Home:
    """A store whose config has two keys, either of them only where its variable is set."""
    text = home.config.read_text().replace(
        'gateway.db"}', 'gateway.db", encrypt: ["${NEW_KEY}", "${OLD_KEY}"]}'
    )
    home.config.write_text(text)
    return home


def id_of(key: str) -> str:
    return key_id(b64decode(key))


def test_a_new_key_is_32_bytes_and_new() -> None:
    keys = {CliRunner().invoke(app, ["store", "key"]).stdout.strip() for _ in range(2)}
    assert [len(b64decode(key)) for key in keys] == [32, 32]


def test_keys_are_rotated(keyed: Home) -> None:
    keyed.accept(event())
    first = keyed.gateway("store", "reencrypt", NEW_KEY=OLD)
    assert first.exit_code == 0 and f"every body is under the key {id_of(OLD)} now" in first.stdout
    both = keyed.gateway("store", "reencrypt", NEW_KEY=NEW, OLD_KEY=OLD)
    assert "events                  1" in both.stdout
    assert keyed.gateway("event", "evt_1", NEW_KEY=NEW).exit_code == 0


def test_a_missing_key_is_named(keyed: Home) -> None:
    keyed.accept(event())
    keyed.gateway("store", "reencrypt", NEW_KEY=NEW)
    refused = keyed.gateway("events")
    assert refused.exit_code == 3
    assert f"encrypted with the key {id_of(NEW)}, and store.encrypt has none" in refused.stderr


def test_there_is_a_way_back(keyed: Home) -> None:
    keyed.accept(event())
    keyed.gateway("store", "reencrypt", NEW_KEY=NEW)
    assert "nothing is encrypted now" in keyed.gateway("store", "reencrypt", "--plain", NEW_KEY=NEW).stdout
    assert keyed.gateway("event", "evt_1").exit_code == 0


def test_without_a_key_it_says_so(keyed: Home) -> None:
    refused = keyed.gateway("store", "reencrypt")
    assert refused.exit_code == 2 and "store.encrypt has no key that is set" in refused.stderr


def test_a_server_does_not_start_without_a_key_that_the_store_needs(keyed: Home) -> None:
    keyed.gateway("store", "reencrypt", NEW_KEY=NEW)
    secrets = {"STRIPE_SECRET": "whsec_" + "11" * 32, "BILLING_SECRET": "b" * 20}
    keys = {"NEW_KEY": OLD, "OLD_KEY": OLD[:-4] + "AAA="}
    refused = forked.run(["serve"], keyed.path, {**os.environ, **secrets, **keys})
    assert refused.returncode == 3
    assert f"encrypted with the key {id_of(NEW)}" in refused.stderr
