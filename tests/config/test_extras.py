"""A kind of destination whose package is not installed is refused with the command that installs it."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.config.destinations import KINDS, Destination, base

NEEDY = [kind for kind, keys in KINDS.items() if keys.package]


@pytest.mark.parametrize("kind", NEEDY)
def test_a_missing_package_is_named_with_its_command(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "find_spec", lambda name: None)
    with pytest.raises(ValidationError) as raised:
        TypeAdapter[Destination](Destination).validate_python({"type": kind})
    command = f"pip install 'webhook-gateway[{KINDS[kind].extra}]'"
    assert f"needs the package {KINDS[kind].package}" in str(raised.value) and command in str(raised.value)
