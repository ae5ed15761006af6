"""Code of one's own that the config names: that it can be imported, and the functions that it declares."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from gateway.config.destinations.python import Python
from gateway.config.filling import Filling
from gateway.config.messages import checked
from gateway.config.names import NAME, RULE
from gateway.config.problems import KeyPath
from gateway.config.subscription import Retry, Subscription
from gateway.functions.declaration import Declaration, declared_in
from gateway.functions.reference import MODULE, Reference, Unloadable, load_module, look_beside, takes
from gateway.functions.shape import Shape

ARGUMENTS = 2
"""What a function is called with at most: the event and the context."""

log = logging.getLogger("gateway.config")


def check_code(subscriptions: Mapping[str, Subscription], filling: Filling) -> None:
    """Note every function that a destination or a transform names and that can't be called.

    Commands that deliver nothing import nothing for it.
    """
    for name, one in subscriptions.items() if filling.mode != "optional" else ():
        if isinstance(one.destination, Python):
            look_beside(filling.folder)
            path: KeyPath = ("subscriptions", name, "destination", "handler")
            _loaded(partial(_callable, one.destination.reference), path, filling)
        _check_transform(one, ("subscriptions", name), filling)


def declared(modules: Any, taken: Iterable[str], filling: Filling) -> dict[str, Subscription]:
    """The subscriptions that the functions of `functions:` are; `taken` are the names of the config's own."""
    found: dict[str, Subscription] = {}
    whose = {name: "a subscription of the config has it" for name in taken}
    for index, module in enumerate(modules if isinstance(modules, list) else ()):
        if not isinstance(module, str) or not MODULE.fullmatch(module):
            continue  # which the check of the whole file tells
        look_beside(filling.folder)
        for attribute, said in _declarations(module, ("functions", index), filling):
            place: KeyPath = ("functions", index, said.id)
            if not NAME.fullmatch(said.id):
                filling.wrong(place, f"{RULE}; give {module}:{attribute} an id= of that form")
            elif said.id in whose:
                filling.wrong(place, f"the name is taken: {whose[said.id]}; give one of them another id=")
            elif subscription := checked(filling, Subscription, _keys(module, attribute, said), place):
                found[said.id] = subscription
                _check_transform(subscription, place, filling)
            whose.setdefault(said.id, f"{module}:{attribute} has it")
    return found


def named_modules(functions: Iterable[str], subscriptions: Mapping[str, Subscription]) -> set[str]:
    """Every module that the config names."""
    parts = [part for one in subscriptions.values() for part in (one.destination, one.transform)]
    return {*functions} | {part.reference.module for part in parts if isinstance(part, Python | Shape)}


def _check_transform(subscription: Subscription, place: KeyPath, filling: Filling) -> None:
    if isinstance(subscription.transform, Shape):
        look_beside(filling.folder)
        _loaded(subscription.transform.check, (*place, "transform"), filling)


def _declarations(module: str, path: KeyPath, filling: Filling) -> list[tuple[str, Declaration]]:
    loaded = _loaded(partial(load_module, module), path, filling)
    if loaded is None:
        return []
    found = list(declared_in(loaded))
    if not found:
        filling.wrong(path, f"the module {module} has no function with @function; add one, or leave it out")
    for attribute, _, _ in found:
        _loaded(partial(_callable, Reference(module, attribute)), (*path, attribute), filling)
    return [(attribute, said) for attribute, _, said in found]


def _callable(reference: Reference) -> Callable[..., Any]:
    code = reference.load()
    try:
        takes(code, ARGUMENTS)
    except Unloadable as error:
        raise Unloadable(f"{reference}: {error}") from None
    return code


def _loaded(load: Callable[[], Any], path: KeyPath, filling: Filling) -> Any:
    """What `load` gives; None where it can't be loaded. Commands that deliver nothing go on without it."""
    try:
        return load()
    except Unloadable as error:
        if filling.mode != "optional":
            filling.wrong(path, str(error))
        else:
            log.warning("%s: functions: %s; what it declares is left out here", filling.problems.file, error)
        return None


def _keys(module: str, attribute: str, said: Declaration) -> dict[str, Any]:
    """The subscription that a declaration amounts to, as config.yaml would have it."""
    destination: dict[str, Any] = {"type": "python", "handler": f"{module}:{attribute}"}
    if said.timeout is not None:
        destination["timeout"] = said.timeout
    keys = {**said.keys, "destination": destination}
    if said.retries is not None:
        keys["retry"] = {"schedule": _schedule(said.retries)}
    return keys


def _schedule(retries: Any) -> Any:
    """A number takes that many waits of the usual schedule, and its last one for what goes beyond it."""
    if not isinstance(retries, int) or isinstance(retries, bool):
        return list(retries) if isinstance(retries, tuple) else retries
    usual = [f"{round(wait)}s" for wait in Retry().schedule]
    return [usual[min(number, len(usual) - 1)] for number in range(max(0, min(retries, 101)))]
