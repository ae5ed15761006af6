"""The two servers that the gateway is measured against: the ceiling, and what people write by hand.

python -m bench.receivers ceiling|by-hand PORT FOLDER
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import stripe
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench import webhooks

PATH = "/webhooks/stripe"
DATABASE = "by-hand.db"


async def ceiling(request: Request) -> JSONResponse:
    """Read the body, answer: what the framework and the server can do with no work at all."""
    await request.body()
    return JSONResponse({"ids": ["evt"], "duplicates": 0})


def by_hand(database: sqlite3.Connection) -> Starlette:
    """Verify with the provider's own library, commit, answer: one fsync a request."""

    async def receive(request: Request) -> JSONResponse:
        payload = await request.body()
        signature = request.headers["stripe-signature"]
        event = stripe.Webhook.construct_event(payload, signature, webhooks.SECRET)
        insert = "insert or ignore into events (id, type, payload) values (?, ?, ?)"
        fresh = database.execute(insert, (event.id, event.type, payload)).rowcount
        return JSONResponse({"ids": [event.id], "duplicates": 1 - fresh})

    return Starlette(routes=[Route(PATH, receive, methods=["POST"])])


def open_database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / DATABASE, isolation_level=None, check_same_thread=False)
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    database.execute("create table events (id text primary key, type text, payload blob)")
    return database


def main(kind: str, port: str, folder: str) -> None:
    if kind == "ceiling":
        app = Starlette(routes=[Route(PATH, ceiling, methods=["POST"])])
    else:
        app = by_hand(open_database(Path(folder)))
    uvicorn.run(
        app,
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
