"""The parts of a SQLite store that have a contract of their own."""

from __future__ import annotations

from gateway.store.sqlite.audit import Audit
from gateway.store.sqlite.batches import SqliteBatches
from gateway.store.sqlite.connection import Read
from gateway.store.sqlite.encryption import SqliteEncryption
from gateway.store.sqlite.event_types import SqliteEventTypes
from gateway.store.sqlite.flow import SqliteFlow
from gateway.store.sqlite.health import SqliteHealth
from gateway.store.sqlite.rates import Rates
from gateway.store.sqlite.steps import SqliteSteps
from gateway.store.sqlite.tail import Tail
from gateway.store.sqlite.waits import SqliteWaits
from gateway.store.sqlite.writer import Writer


class Parts:
    """Keeps the contract of `gateway.store.parts.Parts`."""

    def __init__(self, writer: Writer, read: Read) -> None:
        self.health = SqliteHealth(writer, read)
        self.steps = SqliteSteps(writer, read)
        self.waits = SqliteWaits(read, writer)
        self.event_types = SqliteEventTypes(read)
        self.batches = SqliteBatches(read)
        self.audit = Audit(writer, read)
        self.tail = Tail(writer, read)
        self.rates = Rates(read)
        self.encryption = SqliteEncryption(writer, read)
        self.flow = SqliteFlow(writer, read)
