"""The send API on a real store, with a clock that stands where the test puts it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from gateway.api import Send
from gateway.config import load
from gateway.running import Running
from gateway.store import Store, open_store
from gateway.store.records import Query, Stored

NOW = 1_748_764_800_000
"""Unix ms of 2025-06-01T08:00:00Z, where the clock stands at first."""

HOUR, DAY = 3_600_000, 86_400_000
SHOP, CRM = "shop-key-0001", "crm-key-0002"
CONFIG = f"""
server: {{max_send_body: 4KiB, max_in_flight: 2, body_timeout: 200ms}}
event_keys: {{shop: {SHOP}, crm: {CRM}}}
sources: {{stripe: {{adapter: stripe, secrets: [whsec_a]}}}}
subscriptions:
  app: {{events: ["order/**"], destination: {{type: stdout}}}}
  told: {{events: ["gateway/duplicate.*"], destination: {{type: stdout}}}}
"""


@dataclass
class Api:
    """Sends to the API as `client` and looks into its `store`. `now` is Unix ms, `woken` who was woken."""

    store: Store
    running: Running
    now: int = NOW
    woken: list[str] = field(default_factory=list)
    client: httpx.AsyncClient = field(init=False)
    app: Send = field(init=False)

    def __post_init__(self) -> None:
        self.app = Send(lambda: self.running, self.store, self.woken.extend, lambda: self.now / 1000)
        transport = httpx.ASGITransport(self.app)  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url="http://gateway")

    async def send(self, body: Any, key: str = SHOP, **headers: str) -> httpx.Response:
        """POST `body`, which is bytes as they are or anything as JSON."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(f"/e/{key}", content=content, headers=named)

    async def events(self, **query: Any) -> list[Stored]:
        """What is stored, in the order it came."""
        return [*reversed(await self.store.events(Query(**query)))]


@pytest.fixture
async def api(tmp_path: Path, anyio_backend: str) -> AsyncIterator[Api]:
    """The API with two event keys."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    store = await open_store(tmp_path / "gateway.db")
    made = Api(store, Running.of(load(tmp_path / "config.yaml", {})))
    yield made
    await made.client.aclose()
    await made.app.close()
    await store.close()
