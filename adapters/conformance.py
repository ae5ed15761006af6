"""The conformance kit: named checks that every adapter must pass, first- or third-party.

    for name, problem in run(adapter, read_vectors(file)):
        print(name, problem)

A check is a function `(adapter, vectors) -> None` that raises NotConforming. CHECKS has them all by name;
those that try to break the proof are in `adapters.attacks`. Nothing here needs a test framework.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from adapters import attacks
from adapters.attacks import NOW, NotConforming, require, sample, secrets_of, signed
from adapters.base import MAX_TEXT, Adapter, AdapterError
from adapters.naming import event_name
from adapters.vectors import Vector, difference

Check = Callable[[Adapter, Sequence[Vector]], None]

NAME = re.compile(r"[a-z][a-z0-9_]*/[A-Za-z0-9._-]+")
"""What the whole name of an event looks like."""


def run(adapter: Adapter, vectors: Sequence[Vector]) -> Iterator[tuple[str, str | None]]:
    """Each check's name, and what is wrong; None where it passed."""
    for name, check in CHECKS.items():
        try:
            check(adapter, vectors)
        except NotConforming as problem:
            yield name, str(problem)
        except Exception as error:
            yield name, f"it raised {type(error).__name__}: {error}"
        else:
            yield name, None


def states_its_facts(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """Name, title, key, docs link and retry horizon are there."""
    module = type(adapter).__module__.rpartition(".")[2]
    require(module == adapter.name, f"it is in the module {module}, but calls itself {adapter.name}")
    require(bool(adapter.title and adapter.key), "it states no title or no key")
    require(adapter.docs.startswith("https://"), f"docs: {adapter.docs!r} is no https link")
    require(adapter.retry_horizon >= 0, f"retry_horizon: {adapter.retry_horizon} is negative")
    require(adapter.tolerance is None or adapter.tolerance > 0, "tolerance: state seconds, or None")
    require(bool(adapter.methods) and adapter.methods <= {"POST", "GET", "PUT"}, "methods: POST, GET or PUT")


def sample_carries_what_was_asked_for(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """A sample is one event, of the type and with the id that were asked for."""
    events = adapter.parse(signed(adapter, id="evt_1"))
    require(len(events) == 1, f"the sample makes {len(events)} events instead of one")
    require(
        events[0].type == adapter.first_sample, f"the sample of {adapter.first_sample} is {events[0].type}"
    )
    digest = re.fullmatch(r"[0-9a-f]{64}", events[0].id)
    require("evt_1" in events[0].id or digest is not None, f"the sample's id is {events[0].id}, not evt_1")
    others = adapter.parse(signed(adapter, id="evt_2"))
    require(others[0].id != events[0].id, "samples with two ids make one id")


def events_are_well_formed(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """Ids, names, times and attributes are as the gateway needs them, and the same at every attempt."""
    request = signed(adapter)
    first, second = adapter.parse(request), adapter.parse(request.with_headers({}))
    require(list(first) == list(second), "the same request makes other events the second time")
    for event in first:
        require(
            0 < len(event.id) <= MAX_TEXT and event.id.isprintable(), f"the id {event.id!r} is not printable"
        )
        name = event_name(adapter.name, event.type)
        require(NAME.fullmatch(name) is not None, f"the name {name!r} is not well-formed")
        off = event.ts is not None and abs(event.ts - NOW * 1000) >= 1000
        require(not off, f"the sample's time is {event.ts}, not {NOW * 1000:.0f}")
        plain = all(value is None or isinstance(value, str | int) for value in event.attributes.values())
        require(plain, f"the attributes {event.attributes} are not plain")


def secrets_are_checked_and_not_shown(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """What can never match is refused, in words that do not show it."""
    adapter.check_secret(secrets_of(adapter)[0])
    for bad in ("", " ", "line\nbreak-4711", "nul\x00-4711", "\udc80-4711"):
        try:
            adapter.check_secret(bad)
        except ValueError as error:
            require("secret" in str(error), f"of the secret {bad!r} it says {error}")
            require("4711" not in str(error), "its message shows the secret")
        else:
            raise NotConforming(f"it takes {bad!r} as a secret")


def secret_places_are_declared(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """`secret_headers` and `secret_params` name all places where the secret itself travels."""
    secret = secrets_of(adapter)[0]
    request = signed(adapter, secret)
    shown = {secret, base64.b64encode(secret.encode()).decode()}
    telling = {name for name, value in request.headers if any(text in value for text in shown)}
    # A provider with two schemes declares the one that this secret does not use, too.
    require(telling <= adapter.secret_headers(), f"the secret travels in {telling or 'no header'}")
    require((secret in request.url) == bool(adapter.secret_params()), "secret_params is not true of the URL")


def setup_answers_nothing_else(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """A genuine event is no handshake and no challenge, and its reply is an answer that says yes."""
    secret = secrets_of(adapter)[0]
    request = signed(adapter, secret)
    require(adapter.handshake(request, [secret]) is None, "it takes an event for a handshake")
    require(adapter.challenge(request, [secret]) is None, "it takes an event for a challenge")
    reply = adapter.reply(request)
    require(reply is None or 200 <= reply.status < 300, f"its reply to an event is {reply}")
    require(sample(adapter).method in adapter.methods, "its sample comes by a method that it does not take")


def may_fetch_no_hostile_url(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """No plain http, no other port, no userinfo, no address, no lookalike of a host."""
    hosts = [host.lstrip(".") for host in adapter.key_hosts] or ["example.com"]
    hosts += list(getattr(adapter.scheme, "hosts", ()))
    for host in hosts:
        name = host.lstrip(".")
        for url in attacks.HOSTILE_URLS:
            hostile = url.replace("HOST", name)
            require(not adapter.may_fetch(hostile), f"it would fetch {hostile}")


def has_vectors(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """There are vectors that someone else signed: some to accept, some to reject."""
    require(any(vector.expect == "accept" for vector in vectors), "it has no vector to accept")
    require(any(vector.expect == "reject" for vector in vectors), "it has no vector to reject")
    ids = [vector.captured.id for vector in vectors]
    require(len(set(ids)) == len(ids), "two of its vectors have one id")
    nameless = [vector.captured.id for vector in vectors if not vector.source]
    require(not nameless, f"the vectors {nameless} do not say where they come from")
    told = any(vector.events for vector in vectors if vector.expect == "accept")
    require(told, "none of its vectors states the events that it makes")


def vectors_are_as_stated(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """Every vector is accepted or rejected, and makes the events and the reply, as it says."""
    for vector in vectors:
        try:
            problem = difference(type(adapter), vector)
        except (AdapterError, ValueError) as error:
            problem = str(error)
        require(problem is None, f"vector {vector.captured.id} ({vector.reason}): {problem}")


_OWN: tuple[Check, ...] = (
    states_its_facts, sample_carries_what_was_asked_for, events_are_well_formed,
    secrets_are_checked_and_not_shown, secret_places_are_declared, setup_answers_nothing_else,
    may_fetch_no_hostile_url,
)  # fmt: skip
CHECKS: Mapping[str, Check] = {
    check.__name__.replace("_", " "): check
    for check in (*_OWN, *attacks.ATTACKS, has_vectors, vectors_are_as_stated)
}
"""Every check by its name in words."""
