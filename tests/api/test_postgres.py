"""What a sender may write that a PostgreSQL store must take, or hear of as refused."""

from __future__ import annotations

import pytest

from gateway.store.postgres import PostgresStore
from tests.api.conftest import NOW, Api

pytestmark = pytest.mark.anyio

# an event -> the status of its answer
ODD = [
    (
        b'{"name": "order/invoice.paid", "data": {"a": "\\u0000"}, "user": {"a": "\\u0000"}}',
        200,
    ),  # NUL as JSON
    (
        b'{"name": "order/invoice.paid", "id": "%s"}' % "".join(map(chr, range(0x20000, 0x20200))).encode(),
        200,
    ),  # 2 KiB of a key
    (b'{"name": "order/invoice.paid", "id": "a\\u0000"}', 400),  # NUL in a column of its own
    (b'{"name": "order/invoice.paid", "v": "\\u0000"}', 400),
    (b'{"name": "order/invoice.paid", "\\u0000": 1}', 400),  # NUL in the detail of a rejection
]


async def test_odd_text_is_stored_or_refused(api: Api, database: str) -> None:
    store = await PostgresStore.open(database, clock="caller")
    other = Api(store, api.running, NOW)
    for body, status in ODD:
        assert (await other.send(body)).status_code == status, body
    await other.app.close()
    assert len(await other.events()) == sum(status == 200 for _, status in ODD)
    assert sum(count.count for count in await store.rejection_counts()) == 3
    await other.client.aclose()
    await store.close()
