"""config.yaml -> Settings, or every problem that it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.config.acking import check_acks
from gateway.config.api_token import check_tokens
from gateway.config.destinations import DestinationSection
from gateway.config.encrypt import check_encrypt
from gateway.config.event_keys import named_keys
from gateway.config.filling import Filling, SecretsMode
from gateway.config.functions import check_code, declared, named_modules
from gateway.config.messages import checked
from gateway.config.names import NAME, RULE
from gateway.config.problems import KeyPath, Problems, shown
from gateway.config.schemas import EXAMPLE as _SCHEMA
from gateway.config.schemas import read_contract
from gateway.config.settings import Server, Settings, Source, TopLevel
from gateway.config.sources import build_source
from gateway.config.subscription import Subscription
from gateway.config.yaml_file import read
from gateway.event import API, SYSTEM
from gateway.functions.written import stale

RESERVED = {
    SYSTEM: "the name is the gateway's own; choose another",
    API: "the name is that of events sent with an event key; choose another",
}
"""The sources that need no config; no configured one may take their name."""

_SOURCE = 'stripe: {adapter: stripe, secrets: ["${STRIPE_WEBHOOK_SECRET}"]}'
_SUBSCRIPTION = 'app: {events: ["stripe/*"], destination: {type: http, url: "http://127.0.0.1:9000/hooks"}}'
_APART = {"sources": _SOURCE, "subscriptions": _SUBSCRIPTION, "schemas": _SCHEMA}


def load(
    path: Path,
    env: Mapping[str, str],
    *,
    secrets: SecretsMode = "required",
    generated: Mapping[str, str] | None = None,
) -> Settings:
    """The settings that the file at `path` states, placeholders filled from `env`.

    `secrets` says what happens where one is not set: "required" refuses, "optional" leaves every secret
    out (for commands that only read the store), "generated" takes that of a source or destination from
    `generated`, by config path (`sources.stripe`), and leaves it out where it is not there either. What
    was left out is named in `Settings.unset_secrets`.

    Raises ConfigError with all problems.
    """
    problems = Problems(path)
    document = read(path, problems)
    file = path.absolute()
    filling = Filling(document, env, file.parent, secrets, generated or {}, problems)
    tree = {key: value for key, value in filling.tree().items() if value is not None}
    settings = _settings(tree, file, filling)
    problems.stop_if_any()
    assert settings is not None, "without a problem there are settings"
    return settings


def _settings(tree: dict[str, Any], file: Path, filling: Filling) -> Settings | None:
    """The whole file; every part is looked at, whatever is wrong with the others."""
    rest = {key: value for key, value in tree.items() if key not in _APART}
    rest["event_keys"] = named_keys(rest.get("event_keys"), filling)
    top = checked(filling, TopLevel, {"store": {}, **rest}, (), beside=_APART)
    folder = _adapters_path(rest.get("adapters_path"), filling)
    sources = _sources(tree, folder, filling)
    subscriptions = _subscriptions(tree, filling)
    contract = read_contract(tree.get("schemas"), filling)
    named = tree.get("subscriptions")
    configured = list(named) if isinstance(named, dict) else []
    check_code(subscriptions, filling)
    subscriptions |= declared(tree.get("functions"), configured, filling)
    check_acks(sources, subscriptions, list(dict.fromkeys([*configured, *subscriptions])), filling)
    if top is None:
        return None
    _check_reach(top.server, filling)
    check_tokens(top.api_tokens, filling)
    store = tree.get("store")
    check_encrypt(store.get("encrypt") if isinstance(store, dict) else None, top.store.encrypt, filling)
    owners = [f"sources.{name}" for name in sources] + [f"subscriptions.{name}" for name in subscriptions]
    return Settings(
        file=file,
        server=top.server,
        store=top.store,
        dedupe=top.dedupe,
        event_keys=top.event_keys,
        api_tokens=top.api_tokens,
        adapters_path=folder,
        sources=sources,
        subscriptions=subscriptions,
        unset_secrets=tuple(owner for owner in owners if owner in filling.unset),
        made_secrets=frozenset(filling.made),
        stale=stale(named_modules(top.functions, subscriptions)),
        contract=contract,
    )


def _adapters_path(value: Any, filling: Filling) -> Path | None:
    """The folder of the operator's own adapters, absolute."""
    if not isinstance(value, str) or not value:
        return None
    folder = filling.folder / value
    if folder.is_dir():
        return folder
    filling.wrong(("adapters_path",), f"must be a folder that exists, not {shown(value)}")
    return None


def _sources(tree: Mapping[str, Any], folder: Path | None, filling: Filling) -> dict[str, Source]:
    if not tree.get("sources"):
        filling.wrong(("sources",), f"there are no sources; add for example {{{_SOURCE}}}")
    found = {}
    for name, raw in _entries(tree, "sources", filling):
        if name in RESERVED:
            filling.wrong(("sources", name), RESERVED[name])
        elif source := build_source(name, raw, folder, filling):
            found[name] = source
    return found


def _subscriptions(tree: Mapping[str, Any], filling: Filling) -> dict[str, Subscription]:
    found = {}
    for name, raw in _entries(tree, "subscriptions", filling):
        if subscription := checked(filling, Subscription, raw, ("subscriptions", name)):
            _check_secrets(subscription.destination, ("subscriptions", name, "destination"), filling)
            found[name] = subscription
    return found


def _check_secrets(destination: DestinationSection, path: KeyPath, filling: Filling) -> None:
    """A secret that is not set leaves its key out; commands that deliver nothing go on without it."""
    for name in destination.needed_secrets if filling.mode != "optional" else ():
        if getattr(destination, name) is None and not filling.problems.under((*path, name)):
            (example,) = type(destination).model_fields[name].examples or [""]
            filling.wrong((*path, name), f"is missing; write for example {name}: {example}")


def _entries(tree: Mapping[str, Any], section: str, filling: Filling) -> Iterator[tuple[str, dict[str, Any]]]:
    """The named mappings of a section; names and shapes that cannot be are noted and left out."""
    entries = tree.get(section) or {}
    if not isinstance(entries, dict):
        filling.wrong((section,), f"must be a mapping of names, such as {{{_APART[section]}}}")
        return
    for name, raw in entries.items():
        path: KeyPath = (section, name)
        if not NAME.fullmatch(name):
            filling.wrong(path, RULE)
        elif isinstance(raw, dict):
            yield name, raw
        else:
            filling.wrong(path, f"must be a mapping, such as in {_APART[section]}")


def _check_reach(server: Server, filling: Filling) -> None:
    """Whoever can reach an open port could replay events; commands that open none need no token."""
    if server.is_loopback or server.admin_token or filling.mode == "optional":
        return
    if not filling.problems.under(("server",)):
        filling.wrong(
            ("server", "host"),
            "other machines can reach this address; set server.admin_token, or write 127.0.0.1",
        )
