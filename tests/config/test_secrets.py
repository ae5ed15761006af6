"""Secrets: when one is missing, where one is mounted, and that none is ever shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from string import ascii_letters
from traceback import format_exception

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import ConfigError, Secret, Settings, describe, load

TWO = """\
sources:
  stripe: {adapter: stripe, secrets: ["${NEW}", "${OLD:-}"]}
subscriptions:
  app: {events: ["**"], destination: {type: http, url: "http://x", secrets: ["${APP}"]}}
"""
EVERYWHERE = """\
server: {admin_token: "${S}", host: "${HOST:-127.0.0.1}"}
event_keys: ["${S}"]
sources:
  stripe: {adapter: stripe, secrets: ["${S}"]}
subscriptions:
  app:
    events: ["**"]
    destination: {type: http, url: "http://x", secrets: ["${S}"], headers: {X-Key: "a ${S}"}}
"""
MARK = "ZQXJ"
"""Stands in every secret, and in no message."""

APP_KEY = "a-key-of-the-app-itself"

Load = Callable[..., Settings]


def texts(secrets: tuple[Secret, ...]) -> list[str]:
    return [secret.get_secret_value() for secret in secrets]


def test_a_secret_without_a_value_is_left_out_beside_another(settings: Load) -> None:
    assert texts(settings(TWO, {"NEW": "abc", "APP": APP_KEY}).sources["stripe"].secrets) == ["abc"]


def test_several_secrets_stay_in_order(settings: Load) -> None:
    env = {"NEW": "abc", "OLD": "def", "APP": APP_KEY}
    assert texts(settings(TWO, env).sources["stripe"].secrets) == ["abc", "def"]


def test_commands_that_only_read_need_no_secret(settings: Load) -> None:
    read = settings(
        TWO + "event_keys: [${KEY}]\nserver: {host: 0.0.0.0, admin_token: ${T}}", secrets="optional"
    )
    assert (read.sources["stripe"].secrets, read.subscriptions["app"].destination.secrets) == ((), ())
    assert (read.event_keys, read.server.admin_token) == ((), None)
    assert read.unset_secrets == ("sources.stripe", "subscriptions.app")


def test_a_mounted_secret_that_cannot_be_read_is_left_out_where_none_is_needed(settings: Load) -> None:
    text = "sources: {s: {adapter: github, secrets: ['file:nowhere']}}"
    assert settings(text, secrets="optional").sources["s"].secrets == ()


def test_generated_secrets_stand_in_for_those_that_are_missing(settings: Load) -> None:
    made = {"sources.stripe": "whsec_dev", "subscriptions.app": APP_KEY, "sources.other": "unused"}
    dev = settings(TWO, secrets="generated", generated=made)
    assert texts(dev.sources["stripe"].secrets) == ["whsec_dev"]
    assert dev.subscriptions["app"].destination.signing_keys == (APP_KEY.encode(),)
    assert dev.unset_secrets == ()


def test_a_secret_that_is_set_wins_over_a_generated_one(settings: Load) -> None:
    dev = settings(TWO, {"OLD": "abc"}, secrets="generated", generated={"sources.stripe": "whsec_dev"})
    assert texts(dev.sources["stripe"].secrets) == ["abc"]
    assert dev.unset_secrets == ("subscriptions.app",)


def test_a_destination_that_wants_no_secret_gets_none(settings: Load) -> None:
    dev = settings(TWO.replace('["${APP}"]', "[]"), secrets="generated")
    assert dev.unset_secrets == ("sources.stripe",)


def test_other_secrets_are_needed_in_development_too(problems: Callable[..., list[str]]) -> None:
    (message,) = problems(TWO + "event_keys: [${KEY}]", secrets="generated")
    assert message.startswith("config.yaml:5: event_keys: the environment variable KEY is not set")


@pytest.mark.parametrize("content", ["abc", "abc\n", "abc\r\n"])
def test_a_mounted_secret_loses_one_newline(settings: Load, tmp_path: Path, content: str) -> None:
    (tmp_path / "stripe").write_bytes(content.encode())
    text = "sources: {s: {adapter: stripe, secrets: ['file:stripe', 'file:${DIR}/stripe', '${FROM}']}}"
    secrets = settings(text, {"DIR": str(tmp_path), "FROM": "file:stripe"}).sources["s"].secrets
    assert texts(secrets) == ["abc"] * 3


def test_a_mounted_secret_keeps_its_spaces(settings: Load, tmp_path: Path) -> None:
    (tmp_path / "github").write_text(" a b \n")
    text = "sources: {s: {adapter: github, secrets: ['file:github']}}"
    assert texts(settings(text).sources["s"].secrets) == [" a b "]


BAD_FILES = [
    # nothing
    (b"", "is empty"),
    # a newline is nothing
    (b"\n", "is empty"),
    # not text
    (b"\xff", "is not UTF-8 text"),
    # a wrong path
    (b"x" * 65_537, "is larger than 65536 bytes; is the path right?"),
]


@pytest.mark.parametrize(("content", "reason"), BAD_FILES)
def test_a_mounted_secret_that_is_none(
    problems: Callable[..., list[str]], tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "stripe").write_bytes(content)
    text = "sources: {s: {adapter: stripe, secrets: ['file:stripe']}}"
    assert problems(text) == [f"config.yaml:1: sources.s.secrets: the secret file stripe {reason}"]


MASKS = [
    ("", "****"),
    ("15-characters--", "****"),
    ("16-characters-ab", "****s-ab"),
    ("whsec_" + "x" * 28, "****xxxx"),
]


@pytest.mark.parametrize(("text", "masked"), MASKS)
def test_a_mask_shows_four_characters_of_a_long_secret(text: str, masked: str) -> None:
    assert Secret(text).masked == masked


@given(rest=st.text(min_size=16) | st.text(ascii_letters, min_size=16))
def test_no_secret_is_shown(rest: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "everywhere.yaml"
    file.write_text(EVERYWHERE)
    try:
        settings = load(file, {"S": f"{MARK}{rest}"})
        told = f"{settings!r} {settings!s} {describe(settings)!r} {settings.server.model_dump_json()}"
    except ConfigError as error:
        told = f"{error!r} {error.problems!r} {''.join(format_exception(error))}"
    assert MARK not in told


def test_a_value_in_the_wrong_place_is_not_shown_either(write: Callable[[str], Path]) -> None:
    text = "server: {port: ${V}, host: ${V}, max_body: ${V}, body_timeout: ${V}, public_url: ${V}}\n"
    text += "store: {url: ${V}, retention: ${V}}\n"
    text += "sources:\n  s: {adapter: ${V}, secrets: ${V}, twins: ${V}}\n"
    text += "  t: {adapter: stripe, secrets: [a], twins: ${V}, quarantine: ${V}}\n  u: ${V}\n"
    text += "  v: {adapter: hmac, secrets: [a], header: ${V}, signed: '${V}{', id: ${V}, type: [${V}]}\n"
    text += "  w: {adapter: token, secrets: [a], id: body.id, type: body.type, prefix: ${V}, basic: true}\n"
    text += "subscriptions:\n  a: {events: [${V}], retry: ${V}}\n"
    text += "  b: {events: ${V}, destination: {type: ${V}, url: ${V}, headers: ${V}}}\n"
    with pytest.raises(ConfigError) as caught:
        load(write(text), {"V": "whsec ZQXJ"})
    assert len(caught.value.problems) > 12
    assert MARK not in str(caught.value)


LITERALS = [
    # YAML takes the start of a text for its own
    "[*ZQXJabc]", "[&ZQXJabc]", "[&ZQXJ a, &ZQXJ b]", "[!ZQXJ!abc]", "[!ZQXJ]", "[@ZQXJ]", "[%ZQXJ]",
    # a forgotten list, quote or bracket
    "ZQXJ", '["ZQXJ]', '["\\ZQXJ"]', "[ZQXJ", "{ZQXJ: ZQXJ}", "ZQXJ: a: b", "${ZQXJ abc}", "[${ZQXJ-abc}]",
]  # fmt: skip


@pytest.mark.parametrize("written", LITERALS)
def test_a_secret_in_the_file_is_not_shown_in_an_error(write: Callable[[str], Path], written: str) -> None:
    file = write(f"sources:\n  s:\n    adapter: stripe\n    secrets: {written}\n")
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert MARK not in "".join(format_exception(caught.value))
