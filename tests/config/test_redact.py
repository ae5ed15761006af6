"""`redact`: paths are checked when the file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import ConfigError, load

TEXT = "sources:\n  s:\n    adapter: github\n    secrets: [some-long-secret]\n    redact: {}\n"


def loaded(folder: Path, redact: str) -> tuple[str, ...]:
    (folder / "config.yaml").write_text(TEXT.replace("{}", redact))
    return load(folder / "config.yaml", {}).sources["s"].redact


def test_paths_are_kept_once_each(tmp_path: Path) -> None:
    assert loaded(tmp_path, '[a.b, "**.c", headers.x-d, a.b]') == ("a.b", "**.c", "headers.x-d")


# what is written, what is said
WRONG = [
    ("a.b", "must be a list of paths, such as"),
    ("[1]", "not 1"),
    ("['a b']", "must hold paths such as"),
    ("['a..b']", "not 'a..b'"),
    ("['']", "must hold paths such as"),
    ("['**']", "'**' hides nothing by itself: write * behind it to hide everything"),
]


@pytest.mark.parametrize(("written", "said"), WRONG)
def test_what_is_no_path_is_refused(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"config.yaml:5: sources\.s\.redact: ") as refused:
        loaded(tmp_path, written)
    assert said in str(refused.value)
