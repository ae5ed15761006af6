"""Development secrets: made once, kept for their owner only, given to whatever has none."""

from __future__ import annotations

import os
import stat
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.config import ConfigError
from gateway.dev_secrets import DevSecretsError, load_for_development

TEXT = """\
sources:
  stripe: {adapter: stripe, secrets: ["${STRIPE}"]}
  github: {adapter: github}
subscriptions:
  app: {events: ["**"], destination: {type: http, url: "http://x", secrets: ["${APP}"]}}
  open: {events: ["**"], destination: {type: http, url: "http://x"}}
"""

HMAC = "header: X-Signature, secret_encoding: hex, id: body.id, type: body.type"

Write = Callable[[str], Path]


@pytest.fixture
def open_umask() -> Iterator[None]:
    """The worst case: nothing takes permissions away but we."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_the_first_start_makes_what_is_missing(write: Write) -> None:
    first = load_for_development(write(TEXT), {})
    assert list(first.new) == ["sources.stripe", "sources.github", "subscriptions.app"]
    assert first.settings.sources["stripe"].secrets == (first.new["sources.stripe"],)
    assert first.settings.subscriptions["app"].destination.secrets == (first.new["subscriptions.app"],)
    assert first.settings.subscriptions["open"].destination.secrets == ()


def test_later_starts_use_them_again(write: Write) -> None:
    first, second = (load_for_development(write(TEXT), {}) for _ in range(2))
    assert second.new == {}
    assert second.settings.sources == first.settings.sources
    assert second.settings.subscriptions == first.settings.subscriptions


def test_a_source_added_later_gets_one_and_the_others_keep_theirs(write: Write) -> None:
    first = load_for_development(write(TEXT), {})
    longer = TEXT.replace("  github", "  more: {adapter: github}\n  github")
    assert list(load_for_development(write(longer), {}).new) == ["sources.more"]
    third = load_for_development(write(longer), {})
    assert third.new == {}
    assert third.settings.sources["github"] == first.settings.sources["github"]


def test_a_destination_signs_by_the_standard(write: Write) -> None:
    secret = load_for_development(write(TEXT), {}).new["subscriptions.app"].get_secret_value()
    assert secret.startswith("whsec_")
    assert len(b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


@pytest.mark.usefixtures("open_umask")
def test_nobody_else_can_read_them(write: Write) -> None:
    file = load_for_development(write(TEXT), {}).file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert os.listdir(file.parent) == ["dev-secrets.json"]


@pytest.mark.usefixtures("open_umask")
def test_nobody_else_can_read_them_after_a_later_one_either(write: Write, tmp_path: Path) -> None:
    load_for_development(write(TEXT), {})
    (tmp_path / "data" / "dev-secrets.json").chmod(0o644)
    file = load_for_development(write(TEXT.replace("github:", "other:")), {}).file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_was_there_keeps_its_mode(write: Write, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    load_for_development(write(TEXT), {})
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o755


def test_nothing_is_written_where_nothing_is_missing(write: Write) -> None:
    text = TEXT.replace("{adapter: github}", "{adapter: github, secrets: [abc]}")
    development = load_for_development(write(text), {"STRIPE": "whsec_a", "APP": "a-key-of-the-app-itself"})
    assert (development.new, development.file.exists()) == ({}, False)


def test_a_source_that_changes_its_adapter_gets_a_secret_that_fits(write: Write) -> None:
    load_for_development(write("sources: {s: {adapter: stripe}}"), {})
    changed = load_for_development(write(f"sources: {{s: {{adapter: hmac, {HMAC}}}}}"), {})
    assert list(changed.new) == ["sources.s"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sources.stripe": 1}', "\x00"])
def test_a_damaged_file_is_named_with_the_way_out(write: Write, tmp_path: Path, content: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dev-secrets.json").write_text(content)
    with pytest.raises(DevSecretsError, match="dev-secrets.json is damaged; delete it, and new secrets"):
        load_for_development(write(TEXT), {})


def test_a_folder_that_cannot_be_made_is_named(write: Write, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in the way")
    with pytest.raises(DevSecretsError, match="dev-secrets.json cannot be read: Not a directory"):
        load_for_development(write(TEXT), {})


def test_an_adapter_that_can_make_none_is_named(write: Write, tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(
        "from adapters.base import Adapter\n"
        "class Acme(Adapter):\n    name = 'acme'\n    title = 'Acme'\n    docs = 'https://acme.example'\n"
        "adapter = Acme\n"
    )
    with pytest.raises(DevSecretsError, match="the adapter acme cannot make a secret; set sources.s.secrets"):
        load_for_development(write("adapters_path: .\nsources: {s: {adapter: acme}}"), {})


def test_every_other_problem_of_the_file_is_told_first(write: Write, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="servr: unknown key"):
        load_for_development(write(TEXT + "servr: {}"), {})
    assert not (tmp_path / "data").exists()
