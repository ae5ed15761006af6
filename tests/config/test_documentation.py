"""docs/configuration.md says of every key what the code says: that it is there, and its default."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import adapters
from gateway.config import format_duration, load
from gateway.config.api_token import ApiToken
from gateway.config.backfill import Backfill
from gateway.config.breaker import Breaker
from gateway.config.destinations import KINDS
from gateway.config.destinations.base import DestinationSection
from gateway.config.gathering import Batch, Debounce, Idempotency
from gateway.config.limits import RateLimit, Throttle, Timeouts
from gateway.config.schemas import EventSchema
from gateway.config.settings import SourceKeys, TopLevel
from gateway.config.subscription import Subscription
from gateway.config.waits import Waits

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
DESTINATIONS = (Path(__file__).parents[2] / "docs" / "destinations.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in PAGE.splitlines() if row[:1] == "|"]
KEYS = {row[0].strip("| `"): row for row in ROWS}
LENT = {
    "api_tokens.*.token": "required",
    "sources.*.ack": "`stored`",
    "sources.*.secrets": "required",
    "sources.*.tolerance": "the provider's",
    "sources.*.public_url": "`server.public_url` and `/webhooks/{name}`",
}
"""Defaults that are not the model's: a source must have a secret, but not where a command only reads."""

SPELT = {"1d": "24h", "1048576": "1MiB", "524288": "512KiB", "False": "false", "True": "true"}
"""Defaults that a person writes otherwise than the code prints them."""


def keys(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key of a model and of the models inside it, dotted."""
    for name, field in model.model_fields.items():
        yield f"{above}{field.alias or name}", field
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, f"{above}{name}.")


ALL = [
    *[(key, field) for key, field in keys(TopLevel) if key not in ("server", "store", "dedupe")],
    *keys(EventSchema, "schemas.*."),
    *keys(ApiToken, "api_tokens.*."),
    *keys(SourceKeys, "sources.*."),
    *keys(Backfill, "sources.*.backfill."),
    *keys(Subscription, "subscriptions.*."),
    *keys(Waits, "subscriptions.*.waits."),
    *keys(Breaker, "subscriptions.*.breaker."),
    *keys(RateLimit, "subscriptions.*.rate_limit."),
    *keys(Throttle, "subscriptions.*.throttle."),
    *keys(Timeouts, "subscriptions.*.timeouts."),
    *keys(Idempotency, "subscriptions.*.idempotency."),
    *keys(Debounce, "subscriptions.*.debounce."),
    *keys(Batch, "subscriptions.*.batch."),
    *keys(DestinationSection, "subscriptions.*.destination."),
]
DESTINATION_KEYS = [
    (kind, key, field)
    for kind, model in KINDS.items()
    for key, field in model.model_fields.items()
    if key not in DestinationSection.model_fields
]
GENERAL = ("basic", "hmac", "standard_webhooks", "stripe", "token")
"""Adapters whose keys are on this page; the others' are on their own pages, docs/providers/."""

ADAPTER_KEYS = [
    (name, key, field) for name in GENERAL for key, field in adapters.load(name).Options.model_fields.items()
]


def written(field: FieldInfo, kind: str) -> str:
    """A default as config.yaml would have it."""
    value = field.default if field.default_factory is None else None
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ("", ()):
        return "required" if field.validate_default else "none"
    if isinstance(value, BaseModel):
        return "`30d`" if type(value).__name__ == "Retention" else "as below"
    if isinstance(value, tuple):
        return f"`[{', '.join(one if isinstance(one, str) else format_duration(one) for one in value)}]`"
    text = format_duration(value) if kind == "duration" else str(value)
    return f"`{SPELT.get(text, text)}`"


@pytest.mark.parametrize(("key", "field"), ALL, ids=lambda value: value if isinstance(value, str) else "")
def test_every_key_is_described_with_its_default(key: str, field: FieldInfo) -> None:
    _, kind, default, example, meaning = KEYS[key]
    assert default.replace("24h]", "1d]") == LENT.get(key, written(field, kind))
    assert kind and example.startswith("`") and meaning


@pytest.mark.parametrize(("adapter", "key", "field"), ADAPTER_KEYS)
def test_every_key_of_an_adapter_is_described_with_its_default(
    adapter: str, key: str, field: FieldInfo
) -> None:
    rows = [row for row in ROWS if f"`{adapter}`" in row[0].split(", ") and row[1] == f"`{key}`"]
    assert [row[3] for row in rows] == [written(field, "")]


@pytest.mark.parametrize(("kind", "key", "field"), DESTINATION_KEYS)
def test_every_key_of_a_destination_is_described_with_its_default(
    kind: str, key: str, field: FieldInfo
) -> None:
    rows = [row for row in ROWS if f"`{kind}`" in row[0].strip("| ").split(", ") and row[1] == f"`{key}`"]
    assert [row[3] for row in rows] == [written(field, rows[0][2] if rows else "")]


def test_every_kind_of_destination_is_named() -> None:
    assert all(f"`{kind}`" in KEYS["subscriptions.*.destination.type"][1] for kind in KINDS)


def test_no_key_is_described_that_is_not_there() -> None:
    plain = r"schemas|event_keys|adapters_path|api_tokens|functions"
    documented = {key for key in KEYS if re.fullmatch(rf"(\w+\.)+[\w.*]+|{plain}", key)}
    assert documented == {"schemas", *(key for key, _ in ALL)}


def test_every_kind_has_an_example() -> None:
    shown = {found[1] for found in re.finditer(r"\btype: (\w+)", DESTINATIONS)}
    assert shown >= KINDS.keys() - {"http", "stdout"}


def test_the_example_of_the_page_loads(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "config.yaml").write_text(text)
    env = {"STRIPE_WEBHOOK_SECRET": "a", "GITHUB_WEBHOOK_SECRET": "b", "WELCOME_SECRET": "sixteen-letters-"}
    assert list(load(tmp_path / "config.yaml", env).sources) == ["stripe", "github"]
