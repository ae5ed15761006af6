"""A stand-in for RabbitMQ that speaks AMQP 0-9-1: `python amqp.py PORT FOLDER`, user guest, password right.

No package ships RabbitMQ. It has what publishing with confirms needs, and answers as RabbitMQ 3.10 does:
return before ack, nack from a queue that rejects, 404 and 403 that close the channel. What it confirmed is
in FOLDER.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from pamqp import base, body, commands, frame, header, heartbeat

Frame = base.Frame | header.ContentHeader | body.ContentBody | heartbeat.Heartbeat | header.ProtocolHeader


class Broker:
    """Exchanges, queues and bindings, and a log of everything that changes them."""

    def __init__(self, log: Path) -> None:
        self.exchanges: dict[str, dict[str, Any]] = {"": {"internal": False, "bound": []}}
        self.queues: dict[str, dict[str, Any]] = {}
        self._log = log.open("a+b")
        self._log.seek(0)
        for line in self._log.read().splitlines(keepends=True):
            if line.endswith(b"\n"):
                self._done(*json.loads(line))

    def do(self, *change: Any) -> None:
        """Write a change down, then make it."""
        self._log.write(json.dumps(change).encode() + b"\n")
        self._log.flush()
        os.fsync(self._log.fileno())
        self._done(*change)

    def routed(self, exchange: str, key: str) -> set[str]:
        """The queues that a message goes to."""
        if not exchange:
            return {key} & self.queues.keys()
        bound = self.exchanges[exchange]["bound"]
        return {queue for queue, pattern in bound if _fits(pattern, key)}

    def _done(self, verb: str, *args: Any) -> None:
        if verb == "exchange":
            self.exchanges.setdefault(args[0], {"internal": args[1], "bound": []})
        elif verb == "queue":
            self.queues.setdefault(args[0], {"rejects": args[1], "messages": []})
        elif verb == "bind":
            self.exchanges[args[1]]["bound"].append((args[0], args[2]))
        elif verb == "publish":
            for queue in args[0]:
                self.queues[queue]["messages"].append(args[1:])
        else:
            self.queues[args[0]]["messages"].pop(0)


def _fits(pattern: str, key: str) -> bool:
    """Whether a topic pattern fits: `*` is one word, `#` any number of them."""
    words = {"*": r"\.[^.]*", "#": r"(\.[^.]*)*"}
    return (
        re.fullmatch(
            "".join(words.get(word, r"\." + re.escape(word)) for word in pattern.split(".")), f".{key}"
        )
        is not None
    )


class Closing(Exception):
    """What a channel is closed with."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Session:
    """One connection. Channels are alike, so their state is what has not been finished on them."""

    def __init__(self, broker: Broker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._broker, self._reader, self._writer = broker, reader, writer
        self._published: dict[int, int] = {}
        self._closed: set[int] = set()

    async def serve(self) -> None:
        """Shake hands, then answer until the other side ends it."""
        with suppress(OSError, asyncio.IncompleteReadError):
            if await self._reader.readexactly(8) == b"AMQP\0\0\x09\x01" and await self._logged_in():
                while await self._once():
                    pass
        self._writer.close()

    async def _logged_in(self) -> bool:
        able = {"publisher_confirms": True, "basic.nack": True, "authentication_failure_close": True}
        self._send(0, commands.Connection.Start(0, 9, {"capabilities": able}, "PLAIN", "en_US"))
        _, start = await self._read()
        if start.response not in ("\0guest\0right", b"\0guest\0right"):
            text = "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN."
            self._send(0, commands.Connection.Close(403, text, 0, 0))
            await self._read()
            return False
        self._send(0, commands.Connection.Tune(2047, 131_072, 60))
        await self._read()
        _, opened = await self._read()
        if opened.virtual_host != "/":
            self._send(
                0,
                commands.Connection.Close(
                    530, f"NOT_ALLOWED - vhost {opened.virtual_host} not found", 10, 40
                ),
            )
            await self._read()
            return False
        self._send(0, commands.Connection.OpenOk())
        return True

    async def _once(self) -> bool:
        channel, asked = await self._read()
        if isinstance(asked, commands.Connection.Close):
            self._send(0, commands.Connection.CloseOk())
            return False
        if channel in self._closed and not isinstance(asked, commands.Channel.CloseOk):
            return True
        try:
            await self._answered(channel, asked)
        except Closing as why:
            self._closed.add(channel)
            self._send(channel, commands.Channel.Close(why.code, str(why), 60, 40))
        await self._writer.drain()
        return True

    async def _answered(self, channel: int, asked: Any) -> None:
        name = asked.name
        if name == "Channel.Open":
            self._published[channel] = 0
            self._send(channel, commands.Channel.OpenOk())
        elif name == "Channel.Close":
            self._send(channel, commands.Channel.CloseOk())
        elif name == "Channel.CloseOk":
            self._closed.discard(channel)
        elif name == "Confirm.Select":
            self._send(channel, commands.Confirm.SelectOk())
        elif name == "Basic.Publish":
            await self._publish(channel, asked)
        elif name == "Basic.Get":
            self._get(channel, asked.queue)
        elif name != "Heartbeat":
            self._declare(channel, asked)

    def _declare(self, channel: int, asked: Any) -> None:
        if asked.name == "Exchange.Declare":
            if asked.passive and asked.exchange not in self._broker.exchanges:
                raise Closing(404, f"NOT_FOUND - no exchange '{asked.exchange}' in vhost '/'")
            if not asked.passive:
                self._broker.do("exchange", asked.exchange, asked.internal)
            self._send(channel, commands.Exchange.DeclareOk())
        elif asked.name == "Queue.Declare":
            self._broker.do("queue", asked.queue, (asked.arguments or {}).get("x-max-length") == 0)
            self._send(channel, commands.Queue.DeclareOk(asked.queue, 0, 0))
        else:
            self._broker.do("bind", asked.queue, asked.exchange, asked.routing_key)
            self._send(channel, commands.Queue.BindOk())

    async def _publish(self, channel: int, asked: Any) -> None:
        _, properties = await self._read()
        text = b""
        while len(text) < properties.body_size:
            text += (await self._read())[1].value
        self._published[channel] += 1
        if asked.exchange not in self._broker.exchanges:
            raise Closing(404, f"NOT_FOUND - no exchange '{asked.exchange}' in vhost '/'")
        if self._broker.exchanges[asked.exchange]["internal"]:
            raise Closing(
                403, f"ACCESS_REFUSED - cannot publish to internal exchange '{asked.exchange}' in vhost '/'"
            )
        queues = self._broker.routed(asked.exchange, asked.routing_key)
        for queue in queues:
            if self._broker.queues[queue]["rejects"]:
                self._send(channel, commands.Basic.Nack(self._published[channel]))
                return
        if not queues and asked.mandatory:
            self._send(channel, commands.Basic.Return(312, "NO_ROUTE", asked.exchange, asked.routing_key))
            self._content(channel, properties.properties, text)
        else:
            packed = (
                base64.b64encode(properties.properties.marshal()).decode(),
                base64.b64encode(text).decode(),
            )
            self._broker.do("publish", sorted(queues), asked.exchange, asked.routing_key, *packed)
        self._send(channel, commands.Basic.Ack(self._published[channel]))

    def _get(self, channel: int, queue: str) -> None:
        messages = self._broker.queues[queue]["messages"]
        if not messages:
            self._send(channel, commands.Basic.GetEmpty())
            return
        exchange, key, packed, text = messages[0]
        self._broker.do("get", queue)
        self._send(channel, commands.Basic.GetOk(1, False, exchange, key, len(messages)))
        properties = commands.Basic.Properties()
        flags, raw = struct.unpack(">H", base64.b64decode(packed)[:2])[0], base64.b64decode(packed)[2:]
        properties.unmarshal(flags, raw)
        self._content(channel, properties, base64.b64decode(text))

    def _content(self, channel: int, properties: commands.Basic.Properties, text: bytes) -> None:
        self._send(channel, header.ContentHeader(0, len(text), properties))
        for start in range(0, len(text), 100_000):
            self._send(channel, body.ContentBody(text[start : start + 100_000]))

    def _send(self, channel: int, answer: Frame) -> None:
        self._writer.write(frame.marshal(answer, channel))

    async def _read(self) -> tuple[int, Any]:
        head = await self._reader.readexactly(7)
        rest = await self._reader.readexactly(struct.unpack(">I", head[3:])[0] + 1)
        _, channel, read = frame.unmarshal(head + rest)
        return channel, read


async def main(port: str, folder: str) -> None:
    """Serve until killed."""
    broker = Broker(Path(folder) / "log.jsonl")
    server = await asyncio.start_server(lambda *both: Session(broker, *both).serve(), "127.0.0.1", int(port))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
