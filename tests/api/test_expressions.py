"""Filters and order keys of events that are sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import load
from gateway.running import Running
from gateway.store.records import Query
from tests.api.conftest import CONFIG, Api

pytestmark = pytest.mark.anyio

RULES = 'events: ["order/**"], if: "event.data.total > 5", order_by: "event.data.customer",'


async def test_a_sent_event_is_filtered_and_gets_its_order_key(api: Api, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.replace('events: ["order/**"],', RULES))
    api.running = Running.of(load(tmp_path / "config.yaml", {}))
    sent = [{"name": "order/paid", "data": {"total": n, "customer": "c1"}} for n in (1, 9)]
    small, large = (await api.send(sent)).json()["ids"]
    [delivery] = await api.store.deliveries(Query())
    assert (delivery.event_id, delivery.order_key) == (large, "c1")
    assert [verdict.saw for verdict in await api.store.verdicts(small)] == ['{"event.data.total":1}']
