"""The parts of a PostgreSQL store that have a contract of their own."""

from __future__ import annotations

from gateway.store.postgres.audit import Audit
from gateway.store.postgres.batches import PostgresBatches
from gateway.store.postgres.claims import Floors
from gateway.store.postgres.encryption import PostgresEncryption
from gateway.store.postgres.event_types import PostgresEventTypes
from gateway.store.postgres.flow import PostgresFlow
from gateway.store.postgres.groups import Groups
from gateway.store.postgres.health import PostgresHealth
from gateway.store.postgres.pool import Pool
from gateway.store.postgres.rates import Rates
from gateway.store.postgres.steps import PostgresSteps
from gateway.store.postgres.tail import Tail
from gateway.store.postgres.waits import PostgresWaits


class Parts:
    """Keeps the contract of `gateway.store.parts.Parts`."""

    def __init__(self, groups: Groups, pool: Pool, floors: Floors) -> None:
        self.health = PostgresHealth(groups, pool, floors)
        self.flow = PostgresFlow(groups, pool, floors)
        self.steps = PostgresSteps(groups, pool)
        self.waits = PostgresWaits(pool, groups)
        self.event_types = PostgresEventTypes(pool)
        self.batches = PostgresBatches(pool)
        self.audit = Audit(pool)
        self.tail = Tail(pool)
        self.rates = Rates(pool)
        self.encryption = PostgresEncryption(pool)
