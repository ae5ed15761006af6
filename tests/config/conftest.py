"""What the config tests share: a config.yaml in a folder of its own, and its problems as lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.config import ConfigError, Settings, load


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "config.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


@pytest.fixture
def settings(write: Callable[[str], Path]) -> Callable[..., Settings]:
    """Loads a text."""

    def settings(text: str, env: Mapping[str, str] | None = None, **how: Any) -> Settings:
        return load(write(text), env or {}, **how)

    return settings


@pytest.fixture
def problems(write: Callable[[str], Path]) -> Callable[..., list[str]]:
    """The problems of a text as they are printed, without the folder."""

    def problems(text: str, env: Mapping[str, str] | None = None, **how: Any) -> list[str]:
        file = write(text)
        with pytest.raises(ConfigError) as caught:
            load(file, env or {}, **how)
        text = str(caught.value).replace(f"{file.parent}/", "").replace(str(file.parent), ".")
        return text.split("\n")

    return problems
