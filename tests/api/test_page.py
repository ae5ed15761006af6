"""docs/send.md says what the gateway does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway.api.events import MAX_EVENTS
from gateway.config import load
from gateway.config.settings import Server
from gateway.event import MAX_NAME
from gateway.event_rules import MAX_ID, MAX_V, RESERVED, RULES
from tests.api.conftest import Api

PAGE = (Path(__file__).parents[2] / "docs" / "send.md").read_text(encoding="utf-8")
FIELDS = dict(
    re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (.*) \|$", PAGE.partition("## An event")[2], re.MULTILINE)
)


@pytest.mark.anyio
async def test_the_refusal_on_the_page_is_what_is_answered(api: Api) -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    answer = await api.send([{"name": "order/invoice.paid"}, {}])
    assert answer.json() == json.loads(shown)


def test_the_config_on_the_page_loads(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "config.yaml").write_text(f"{shown}sources: {{s: {{adapter: github, secrets: [abc]}}}}\n")
    env = {"SHOP_EVENT_KEY": "a", "CRM_EVENT_KEY": "b"}
    assert [key.name for key in load(tmp_path / "config.yaml", env).event_keys] == ["shop", "crm"]


def test_every_field_has_its_rule() -> None:
    named = {field for cell in FIELDS for field in re.findall(r"`(\w+)`", cell)}
    assert named >= RULES.keys()
    assert f"1 to {MAX_NAME} " in FIELDS["`name`"] and all(
        f"`{each}`" in FIELDS["`name`"] for each in RESERVED
    )
    assert f"up to {MAX_ID} " in FIELDS["`id`"] and f"up to {MAX_V} " in FIELDS["`v`"]


def test_the_limits_are_those_of_the_code() -> None:
    assert f"up to {MAX_EVENTS:,}, in up to {Server().max_send_body // 1024} KiB" in PAGE
