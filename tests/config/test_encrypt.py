"""`store.encrypt`: keys of the right size, from where secrets come from; never none by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import ConfigError, load

KEY, OTHER = "a" * 43 + "=", "b" * 43 + "="
TEXT = "store: {encrypt: KEYS}\nsources: {s: {adapter: github, secrets: [some-long-secret]}}\n"


def keys(folder: Path, written: str, **how: object) -> tuple[bytes, ...]:
    (folder / "config.yaml").write_text(TEXT.replace("KEYS", written))
    env = {"KEY": KEY, "EMPTY": ""}
    return load(folder / "config.yaml", env, **how).store.keys  # type: ignore[arg-type]


def test_keys_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{OTHER}\n")
    assert [len(key) for key in keys(tmp_path, '["${KEY}", "file:key", "${OLD:-}"]')] == [32, 32]
    assert keys(tmp_path, "[]", secrets="optional") == ()


# what is written, what is said
WRONG = [
    ('["${MISSING}"]', "store.encrypt: the environment variable MISSING is not set"),
    (
        '["${EMPTY:-}"]',
        "store.encrypt: has no key that is set; set one, or leave the line out; make one with",
    ),
    ("[]", "store.encrypt: has no key that is set"),
    ("[c2hvcnQ=]", "key 1 must be 32 bytes in base64; make one with: gateway store key"),
    ('["${KEY}", "no base64"]', "key 2 must be 32 bytes in base64"),
    ('["${KEY}", "${KEY}"]', "must not hold the same key twice"),
    ("key", 'must be a list; write encrypt: ["${NAME}"]'),
]


@pytest.mark.parametrize(("written", "said"), WRONG)
def test_what_cannot_be_is_refused(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        keys(tmp_path, written)
    assert said in str(refused.value) and KEY[:8] not in str(refused.value)


def test_a_command_that_only_reads_may_lack_a_key(tmp_path: Path) -> None:
    assert keys(tmp_path, '["${MISSING}"]', secrets="optional") == ()
