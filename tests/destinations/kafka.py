"""A stand-in for a Kafka broker: `python kafka.py PORT FOLDER [ADVERTISED]`; user me, password right.

No package ships a broker that knows idempotent producers. It has the requests that one makes, checks the CRC
and the sequence of every batch, and keeps what it acknowledged in FOLDER. Some topics go wrong: see FAULTS.
https://kafka.apache.org/protocol, seen 2026-11-24.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

PARTITIONS = 3
UNKNOWN_TOPIC, NOT_LEADER, TOO_LARGE, NOT_ENOUGH_REPLICAS, UNAUTHORIZED = 3, 6, 10, 19, 29
OUT_OF_ORDER, UNSUPPORTED_MECHANISM, LOGIN_FAILED, CORRUPT = 45, 33, 58, 2
TOPICS = ("hooks", "moves", "dies", "thin", "small", "closed")
FAULTS = {"thin": NOT_ENOUGH_REPLICAS, "small": TOO_LARGE, "closed": UNAUTHORIZED}
"""Topics whose batches are always refused. `moves` has another leader first; `dies` ends the broker once."""

APIS = {0: (3, 3), 3: (1, 1), 17: (1, 1), 18: (0, 0), 22: (0, 0), 36: (0, 0)}
"""Produce, Metadata, SaslHandshake, ApiVersions, InitProducerId, SaslAuthenticate: key -> versions."""

CASTAGNOLI = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)
    CASTAGNOLI.append(_byte)


def crc32c(data: bytes) -> int:
    """The checksum of a batch."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CASTAGNOLI[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


class Reading:
    """Takes values off a request, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, form: str) -> int:
        """A number of this struct format."""
        (value,) = struct.unpack_from(">" + form, self._data, self._at)
        self._at += struct.calcsize(form)
        return int(value)

    def take(self, size: int) -> bytes | None:
        """So many bytes; None for -1."""
        self._at += max(size, 0)
        return None if size < 0 else self._data[self._at - size : self._at]

    def text(self) -> str | None:
        """A nullable string."""
        taken = self.take(self.number("h"))
        return None if taken is None else taken.decode()

    def varint(self) -> int:
        """A zigzag varint, as records have them."""
        value = shift = 0
        while (byte := self.number("B")) & 128:
            value, shift = value | (byte & 127) << shift, shift + 7
        value |= byte << shift
        return value >> 1 ^ -(value & 1)


def records(batch: bytes) -> tuple[int, int, int, list[Any]] | None:
    """Producer, epoch, sequence and records of a batch of magic 2; None where its CRC is wrong."""
    read = Reading(batch)
    assert (read.number("q"), read.number("i")) == (0, len(batch) - 12)
    read.number("i")
    assert read.number("b") == 2
    if read.number("I") != crc32c(batch[21:]):
        return None
    assert read.number("h") == 0, "compressed"
    for form in "iqq":
        read.number(form)
    producer, epoch, sequence, count = (read.number(form) for form in "qhii")
    return producer, epoch, sequence, [_record(read) for _ in range(count)]


def _record(read: Reading) -> tuple[str | None, str, dict[str, str]]:
    read.varint(), read.number("b"), read.varint(), read.varint()
    key, value = read.take(read.varint()), read.take(read.varint())
    pairs = [(read.take(read.varint()), read.take(read.varint())) for _ in range(read.varint())]
    headers = {(name or b"").decode(): (text or b"").decode() for name, text in pairs}
    return key if key is None else key.decode(), base64.b64encode(value or b"").decode(), headers


def text(value: str | None) -> bytes:
    """A nullable string."""
    return struct.pack(">h", -1) if value is None else struct.pack(">h", len(value)) + value.encode()


def array(items: list[bytes]) -> bytes:
    """An array."""
    return struct.pack(">i", len(items)) + b"".join(items)


class Broker:
    """Node 1, the leader of everything. Its log has a line for every batch that it took."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port, self._folder = port, folder
        self._log = (folder / "log.jsonl").open("a+b")
        self._log.seek(0)
        self._next: dict[tuple[str, int, int], int] = {}
        self._last: dict[tuple[str, int, int], tuple[int, int]] = {}
        self._end: dict[tuple[str, int], int] = {}
        for line in self._log.read().splitlines(keepends=True):
            if line.endswith(b"\n"):
                self._took(**json.loads(line))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                read = Reading(await reader.readexactly(size))
                key, version, correlation = read.number("h"), read.number("h"), read.number("i")
                read.text()
                low, high = APIS[key]
                assert low <= version <= high, f"request {key} of version {version}"
                answer = struct.pack(">i", correlation) + self._answer(key, read)
                writer.write(struct.pack(">i", len(answer)) + answer)
                await writer.drain()
        writer.close()

    def _answer(self, key: int, read: Reading) -> bytes:
        if key == 18:
            return struct.pack(">h", 0) + array([struct.pack(">hhh", api, *APIS[api]) for api in APIS])
        if key == 17:
            wrong = UNSUPPORTED_MECHANISM if read.text() != "PLAIN" else 0
            return struct.pack(">h", wrong) + array([text("PLAIN")])
        if key == 36:
            given = read.take(read.number("i"))
            wrong = 0 if given in (b"\0me\0right", b"me\0me\0right") else LOGIN_FAILED
            return struct.pack(">h", wrong) + text("Authentication failed") + struct.pack(">i", 0)
        if key == 22:
            return struct.pack(">ihqh", 0, 0, int.from_bytes(os.urandom(4), "big"), 0)
        return self._metadata(read) if key == 3 else self._produce(read)

    def _metadata(self, read: Reading) -> bytes:
        asked = [read.text() or "" for _ in range(max(read.number("i"), 0))]
        node = struct.pack(">i", 1) + text("127.0.0.1") + struct.pack(">i", self._port) + text(None)
        return array([node]) + struct.pack(">i", 1) + array([self._topic(name) for name in asked])

    def _topic(self, name: str) -> bytes:
        if name not in TOPICS:
            return struct.pack(">h", UNKNOWN_TOPIC) + text(name) + b"\0" + array([])
        one = [
            struct.pack(">h", 0) + struct.pack(">ii", number, 1) + array([struct.pack(">i", 1)]) * 2
            for number in range(PARTITIONS)
        ]
        return struct.pack(">h", 0) + text(name) + b"\0" + array(one)

    def _produce(self, read: Reading) -> bytes:
        transaction, acks, _ = read.text(), read.number("h"), read.number("i")
        assert (transaction, acks) == (None, -1)
        topics = []
        for _ in range(read.number("i")):
            topic = read.text() or ""
            placed = []
            for _ in range(read.number("i")):
                partition, batch = read.number("i"), read.take(read.number("i")) or b""
                error, offset = self._take(topic, partition, batch)
                placed.append(struct.pack(">ihqq", partition, error, offset, -1))
            topics.append(text(topic) + array(placed))
        return array(topics) + struct.pack(">i", 0)

    def _take(self, topic: str, partition: int, batch: bytes) -> tuple[int, int]:
        """Error and offset. A batch that repeats the last one is answered as that was, and not taken."""
        found = records(batch)
        if found is None or topic in FAULTS:
            return (FAULTS[topic] if found else CORRUPT), -1
        producer, epoch, sequence, taken = found
        place = (topic, partition, producer)
        assert producer >= 0, "not idempotent"
        if self._last.get(place, (-1, -1))[0] == sequence:
            return 0, self._last[place][1]
        if sequence != self._next.get(place, 0):
            return OUT_OF_ORDER, -1
        if topic == "moves" and self._once("moves"):
            return NOT_LEADER, -1
        line = {
            "topic": topic,
            "partition": partition,
            "producer": producer,
            "sequence": sequence,
            "records": taken,
        }
        self._log.write(json.dumps(line).encode() + b"\n")
        self._log.flush()
        os.fsync(self._log.fileno())
        if topic == "dies" and self._once("dies"):
            os._exit(9)
        return 0, self._took(**line)

    def _took(self, topic: str, partition: int, producer: int, sequence: int, records: list[Any]) -> int:
        place, offset = (topic, partition, producer), self._end.get((topic, partition), 0)
        self._last[place], self._next[place] = (sequence, offset), sequence + len(records)
        self._end[topic, partition] = offset + len(records)
        return offset

    def _once(self, name: str) -> bool:
        """Whether it is the first time."""
        mark = self._folder / name
        if mark.exists():
            return False
        mark.touch()
        return True


async def main(port: str, folder: str, advertised: str = "") -> None:
    """Serve until killed; `advertised` is the port that it tells clients, where that is another."""
    broker = Broker(int(advertised or port), Path(folder))
    server = await asyncio.start_server(broker.serve, "127.0.0.1", int(port))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
