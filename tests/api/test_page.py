"""docs/send.md says what the gateway does."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.api.events import MAX_EVENTS
from gateway.config.settings import Server
from gateway.event import MAX_NAME
from gateway.event_rules import MAX_ID, MAX_V, RESERVED, RULES

PAGE = (Path(__file__).parents[2] / "docs" / "send.md").read_text(encoding="utf-8")
FIELDS = dict(
    re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (.*) \|$", PAGE.partition("## An event")[2], re.MULTILINE)
)


def test_every_field_has_its_rule() -> None:
    named = {field for cell in FIELDS for field in re.findall(r"`(\w+)`", cell)}
    assert named >= RULES.keys()
    assert f"1 to {MAX_NAME} " in FIELDS["`name`"] and all(
        f"`{each}`" in FIELDS["`name`"] for each in RESERVED
    )
    assert f"up to {MAX_ID} " in FIELDS["`id`"] and f"up to {MAX_V} " in FIELDS["`v`"]


def test_the_limits_are_those_of_the_code() -> None:
    assert f"up to {MAX_EVENTS:,}, in up to {Server().max_send_body // 1024} KiB" in PAGE
