"""`gateway store key` and `gateway store reencrypt`: a new key, and old rows brought under it."""

from __future__ import annotations

import asyncio
import os
from base64 import b64encode
from collections import Counter
from typing import Annotated

import typer

from gateway.cli.opening import STORE, USAGE, ConfigOption, config_path, settings_at, stop
from gateway.cli.progress import bar
from gateway.config import Settings
from gateway.store import StoreError, exists, open_store
from gateway.store.encryption import rotate
from gateway.store.keyring import KEY_SIZE, Keyring


def key() -> None:
    """Print a new key for store.encrypt."""
    typer.echo(b64encode(os.urandom(KEY_SIZE)).decode())


def reencrypt(
    plain: Annotated[bool, typer.Option("--plain", help="Decrypt everything: the way out of it.")] = False,
    config: ConfigOption = None,
) -> None:
    """Bring every stored body under the first key of store.encrypt; servers may go on running meanwhile."""
    settings = settings_at(config_path(config))
    if not settings.store.encrypt:
        raise stop(f"{settings.file}: store.encrypt has no key that is set; set it first", USAGE)
    if not exists(settings.store.target):
        raise stop(f"{settings.store.name}: there is no store yet; make it with: gateway serve", STORE)
    try:
        changed = asyncio.run(_rotated(settings, plain))
    except StoreError as error:
        raise stop(f"{error}\nwhat was done stays; run the same command again to go on", STORE) from error
    for table, count in changed.items():
        typer.echo(f"{table:12} {count:>12,}")
    first = Keyring(settings.store.keys).first
    typer.echo("nothing is encrypted now" if plain else f"every body is under the key {first} now")


async def _rotated(settings: Settings, plain: bool) -> Counter[str]:
    store = await open_store(settings.store.target, False, 1, settings.store.keys)
    changed: Counter[str] = Counter()
    try:
        with bar("decrypting" if plain else "encrypting") as tell:
            async for table, rows, new in rotate(store.encryption, Keyring(settings.store.keys), plain):
                changed[table] += new
                tell(rows)
    finally:
        await store.close()
    return changed
