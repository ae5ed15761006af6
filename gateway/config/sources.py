"""One source: the keys that all have, the keys of its adapter beside them, and the adapter built."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import adapters
from adapters.base import Adapter
from gateway.config.filling import GENERATE, Filling
from gateway.config.messages import checked, complaints
from gateway.config.problems import Filled, KeyPath, shown
from gateway.config.settings import Source, SourceKeys

CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie"})
"""Headers that may hold somebody's credential, whatever the adapter; their values are never kept."""

_OWN = SourceKeys.model_fields.keys()


def build_source(name: str, raw: Mapping[str, Any], folder: Path | None, filling: Filling) -> Source | None:
    """The source `name` as `raw` states it; `folder` holds further adapters. None: problems were noted."""
    path: KeyPath = ("sources", name)
    options = {key: value for key, value in raw.items() if key not in _OWN}
    kind = _kind(raw.get("adapter"), path, folder, filling)
    meant = _meant(options, kind.Options.model_fields if kind else ())
    own = {key: value for key, value in raw.items() if key in _OWN or (kind is None and key in meant)}
    adapter = _build(kind, options, path, filling) if kind else None
    if "secrets" not in own and "secrets" not in meant.values():
        # Where the provider publishes its keys, development mode has one of its own, to sign samples with.
        wanted = adapter is None or adapter.needs_secret or filling.mode == "generated"
        kept = f"sources.{name}" in filling.generated
        own["secrets"] = _no_secrets(name, path, filling) if wanted or kept else []
    keys = checked(filling, SourceKeys, own, path)
    if keys is None or kind is None or adapter is None:
        return None
    if keys.tolerance is not None and adapter.tolerance is None:
        filling.wrong((*path, "tolerance"), f"has no effect: {kind.title} signs no time; leave it out")
    elif keys.tolerance is not None:
        adapter = kind(options, keys.tolerance)
    _check(adapter, keys, path, filling)
    _check_backfill(adapter, keys, path, filling)
    given = keys.model_dump(exclude={"adapter", "ack", "backfill"})
    return Source(name=name, adapter=adapter, ack=keys.ack, backfill=keys.backfill, **given)


def _kind(name: Any, path: KeyPath, folder: Path | None, filling: Filling) -> type[Adapter] | None:
    if not isinstance(name, str):
        return None
    try:
        return adapters.load(str(name), folder)
    except (adapters.UnknownAdapter, adapters.BrokenAdapter) as error:
        text = str(error)
        shut = text.replace(repr(str(name)), shown(name)) if isinstance(name, Filled) else text
        filling.wrong((*path, "adapter"), shut[0].lower() + shut[1:].rstrip("."))
        return None


def _meant(unknown: Iterable[str], options: Collection[str]) -> dict[str, str]:
    """The keys that look like a misspelt key of every source, and that key."""
    near = {key: get_close_matches(key, _OWN, n=1) for key in unknown if key not in options}
    return {key: match[0] for key, match in near.items() if match}


def _no_secrets(name: str, path: KeyPath, filling: Filling) -> list[Any]:
    if filling.mode != "required":
        return list(filling.missing(path))
    variable = name.upper().replace("-", "_")
    filling.wrong(
        (*path, "secrets"),
        f'is missing; write secrets: ["${{{variable}_WEBHOOK_SECRET}}"], or {GENERATE}',
    )
    return []


def _build(
    kind: type[Adapter], options: Mapping[str, Any], path: KeyPath, filling: Filling
) -> Adapter | None:
    """The adapter with its own keys and its own tolerance."""
    try:
        return kind(options)
    except ValidationError as error:
        for inner, message in complaints(error, kind.Options, beside=_OWN):
            given = options.get(str(inner[0])) if inner else options
            filling.wrong((*path, *inner), _without_values(message, given))
    return None


def _without_values(message: str, given: Any) -> str:
    """An adapter's words may quote what was given; nothing from the environment may be among that."""
    for value in _filled(given):
        if any(value[start : start + 4] in message for start in range(max(1, len(value) - 3))):
            return f"the adapter cannot use {shown(value)}"
    return message


def _filled(value: Any) -> Iterator[Filled]:
    if isinstance(value, Filled):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _filled(inner)


def _check(adapter: Adapter, keys: SourceKeys, path: KeyPath, filling: Filling) -> None:
    """What only the built adapter knows: which secrets can be right, and which must not be kept."""
    for index, secret in enumerate(keys.secrets):
        try:
            adapter.check_secret(secret.get_secret_value())
        except ValueError as error:
            filling.wrong_value((*path, "secrets", index), str(error))
    if keys.quarantine and (adapter.secret_headers() or adapter.secret_params()):
        filling.wrong(
            (*path, "quarantine"),
            f"must be false for the adapter {adapter.name}: its requests carry the secret itself, "
            "and a quarantined one would keep a live credential",
        )
    header = getattr(adapter.scheme, "header", "")
    if keys.quarantine and header.lower() in CREDENTIALS - adapter.secret_headers():
        filling.wrong(
            (*path, "quarantine"),
            f"must be false where the signature is in the header {header}, which is never kept: "
            "such a request could not be verified again",
        )


def _check_backfill(adapter: Adapter, keys: SourceKeys, path: KeyPath, filling: Filling) -> None:
    """Whether the provider has an API to read from, and whether the key could be one of it."""
    if keys.backfill is None:
        return
    variable, key = adapter.api_key_variable, keys.backfill.api_key
    here = (*path, "backfill", "api_key")
    if variable is None:
        filling.wrong((*path, "backfill"), f"{adapter.title} has no API that is read; leave it out")
    elif key is None and filling.mode != "optional" and not filling.problems.under(here):
        filling.wrong(here, f"is missing; write api_key: ${{{variable}}}")
    elif key is not None:
        try:
            adapter.check_api_key(key.get_secret_value())
        except ValueError as error:
            filling.wrong(here, str(error))
    for index, account in enumerate(keys.backfill.accounts):
        try:
            adapter.check_account(account)
        except ValueError as error:
            filling.wrong((*path, "backfill", "accounts", index), f"{error}, not {shown(account)}")
