"""The checks of the conformance kit that try to break a proof; `adapters.conformance` runs them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from weakref import WeakKeyDictionary

from adapters.base import (
    Adapter,
    Headers,
    NeedsKey,
    PayloadError,
    StaleTimestamp,
    VerificationError,
    WebhookRequest,
)
from adapters.fuzz import fuzzed
from adapters.vectors import Vector

NOW = 1_800_000_000.0
"""Unix seconds at which the checks take place."""


class NotConforming(AssertionError):
    """What an adapter does otherwise than the contract says. The message is for its author."""


def require(holds: bool, problem: str) -> None:
    """Raise NotConforming with `problem` unless it `holds`."""
    if not holds:
        raise NotConforming(problem)


_secrets: WeakKeyDictionary[Adapter, list[str]] = WeakKeyDictionary()


def secrets_of(adapter: Adapter) -> list[str]:
    """Three secrets of the adapter's own making; kept, since some take long to make."""
    if adapter not in _secrets:
        _secrets[adapter] = [adapter.generate_secret() for _ in range(3)]
    return _secrets[adapter]


def sample(adapter: Adapter, at: float = NOW, id: str = "evt_1") -> WebhookRequest:
    """The sample that a newcomer is told to send first."""
    return adapter.sample(adapter.first_sample, at, id)


def signed(adapter: Adapter, secret: str | None = None, at: float = NOW, id: str = "evt_1") -> WebhookRequest:
    """That sample, signed at `at`."""
    return adapter.sign(sample(adapter, at, id), secret or secrets_of(adapter)[0], at)


def proof_names(adapter: Adapter) -> list[bytes]:
    """The headers that signing adds."""
    before = {name for name, _ in sample(adapter).headers.raw}
    return sorted({name for name, _ in signed(adapter).headers.raw} - before)


def with_values(request: WebhookRequest, name: bytes, values: Iterable[bytes]) -> WebhookRequest:
    """`request` with `values` as those of the header `name`."""
    others = [(key, value) for key, value in request.headers.raw if key != name]
    return replace(request, headers=Headers([*others, *((name, value) for value in values)]))


def refusal(
    adapter: Adapter, request: WebhookRequest, secrets: Sequence[str], what: str, now: float = NOW
) -> VerificationError | NeedsKey:
    """The error with which `request` is refused. Raises NotConforming where it is not, or by another."""
    try:
        adapter.verify(request, secrets, now)
    except VerificationError as error:
        return error
    except NeedsKey as question:
        require(adapter.may_fetch(question.request.target), f"{what}: it would fetch {question.url}")
        return question
    except Exception as error:
        raise NotConforming(f"{what}: verify raised {type(error).__name__}: {error}") from error
    raise NotConforming(f"{what}: it was accepted")


def accepts_its_own_signature(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    secret = secrets_of(adapter)[0]
    require(adapter.verify(signed(adapter, secret), [secret], NOW) == 0, "verify did not return 0")
    if not adapter.needs_secret:
        require(adapter.verify(signed(adapter, secret), [], NOW) == 0, "without secrets verify is not 0")


def says_which_secret_matched(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    if not adapter.needs_secret:
        return
    old, new, other = secrets_of(adapter)
    cases = [(new, [old, new], 1), (old, [old, new], 0), (other, [old, "", other], 2)]
    for secret, secrets, index in cases:
        found = adapter.verify(signed(adapter, secret), secrets, NOW)
        require(found == index, f"verify returned {found} where secret {index} matched")


def rejects_a_wrong_secret(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """Also a request that was signed for another source."""
    ours, theirs, _ = secrets_of(adapter)
    for secret, other in ((ours, theirs), (theirs, ours)):
        request = signed(adapter, secret)
        if adapter.needs_secret:
            error = refusal(adapter, request, [other], "a wrong secret")
            require(type(error) is VerificationError, f"a wrong secret: it is told {type(error).__name__}")
        elif request.keys:
            changed = replace(request, keys=signed(adapter, other).keys)
            refusal(adapter, changed, [], "another's key under the same URL")


def rejects_without_a_secret(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    if not adapter.needs_secret:
        return
    for secrets in ([], [""], [" "], ["\n"], ["\x00"], ["\udc80"]):
        refusal(adapter, signed(adapter), secrets, f"the secrets {secrets}")


def does_not_sign_with_an_empty_secret(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    for blank in ("", " "):
        try:
            adapter.sign(sample(adapter), blank, NOW)
        except ValueError as error:
            require("empty" in str(error), f"of an empty secret it says {error}")
        else:
            raise NotConforming("it signs with an empty secret")


def rejects_a_changed_body(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    if not adapter.signs_body:
        return
    secret = secrets_of(adapter)[0]
    request = signed(adapter, secret)
    bodies = [b"", request.body[:-1], request.body + b"\n", sample(adapter, NOW - 1, "evt_2").body]
    for position in range(0, len(request.body), 7):
        changed = bytearray(request.body)
        changed[position] ^= 1
        bodies.append(bytes(changed))
    for body in bodies:
        if body != request.body:
            refusal(adapter, request.with_body(body), [secret], f"the body {body[:200]!r}")


def rejects_a_truncated_proof(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    secret = secrets_of(adapter)[0]
    request = signed(adapter, secret)
    for name in proof_names(adapter):
        value = request.headers.all(name.decode())[0]
        for cut in (value[:-1], value[: len(value) // 2], value[1:], value + b"A"):
            refusal(adapter, with_values(request, name, [cut]), [secret], f"{name.decode()}: {cut!r}")


# What can be wrong with a header, as its values.
BAD_VALUES: dict[str, Callable[[bytes], list[bytes]]] = {
    "missing": lambda value: [],
    "empty": lambda value: [b""],
    "blank": lambda value: [b" "],
    "repeated": lambda value: [value, value],
    "repeated, the second is wrong": lambda value: [value, b"x"],
    "non-ASCII": lambda value: [value + b"\xe9"],
    "only non-ASCII": lambda value: [b"\xff\xfe"],
    "control character": lambda value: [value + b"\x00"],
    "100 kB": lambda value: [b"a" * 100_000],
    "100 kB after the genuine one": lambda value: [value + b"," + b"a" * 100_000],
    "commas": lambda value: [b"," * 100],
    "equals signs": lambda value: [b"=" * 100],
}


def rejects_bad_headers(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    secret = secrets_of(adapter)[0]
    request = signed(adapter, secret)
    for name in proof_names(adapter):
        value = request.headers.all(name.decode())[0]
        for bad, values in BAD_VALUES.items():
            what = f"the header {name.decode()} is {bad}"
            error = refusal(adapter, with_values(request, name, values(value)), [secret], what)
            require(type(error) is VerificationError, f"{what}: it is told {type(error).__name__}")


def accepts_a_time_within_the_tolerance(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    secret, edge = secrets_of(adapter)[0], 300 if adapter.tolerance is None else adapter.tolerance
    for off in (-edge, -1, 0, 1, edge):
        try:
            adapter.verify(signed(adapter, secret, NOW + off), [secret], NOW)
        except (VerificationError, NeedsKey) as error:
            raise NotConforming(f"a time that is {off:g} s off: {error}") from error


def rejects_a_stale_or_future_time(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """And only a genuine request is told that it is stale."""
    if adapter.tolerance is None:
        return
    secret, other, _ = secrets_of(adapter)
    for off in (-1_000_000 - adapter.tolerance, -adapter.tolerance - 1, adapter.tolerance + 1, 1_000_000_000):
        request, what = signed(adapter, secret, NOW + off), f"a time that is {off:g} s off"
        error = refusal(adapter, request, [secret], what)
        if not adapter.needs_secret:
            continue
        require(type(error) is StaleTimestamp, f"{what}: it is told {type(error).__name__}: {error}")
        error = refusal(adapter, request, [other], what)
        require(type(error) is VerificationError, f"{what}: a forger is told {type(error).__name__}")


def takes_the_tolerance_of_its_source(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    if adapter.tolerance is None:
        return
    strict = type(adapter)(adapter.options.model_dump(exclude_unset=True), tolerance=3)
    secret = secrets_of(adapter)[0]
    strict.verify(signed(strict, secret, NOW - 3), [secret], NOW)
    refusal(strict, signed(strict, secret, NOW - 4), [secret], "4 s off where 3 s are allowed")


def raises_nothing_else_on_any_request(adapter: Adapter, vectors: Sequence[Vector]) -> None:
    """A seeded fuzz of headers, query and body: verify refuses, the others answer or raise PayloadError."""
    chance, names = random.Random(4711), proof_names(adapter)
    secret, genuine = secrets_of(adapter)[0], signed(adapter)
    for _ in range(200):
        request = fuzzed(chance, genuine, names)
        what = f"{request.headers.raw} {request.body!r}"
        if names:
            refusal(adapter, request, [secret], what)
        else:  # the proof is in the body or the URL, and may have stayed whole
            _quiet(f"verify of {what}", partial(adapter.verify, request, [secret], NOW), *_REFUSALS)
        _quiet("handshake", partial(adapter.handshake, request, [secret]))
        for headers in (request.headers, genuine.headers):
            proven = replace(request, headers=headers)
            _quiet("challenge", partial(adapter.challenge, proven, [secret]), PayloadError)
            _quiet("parse", partial(adapter.parse, proven), PayloadError)
            _quiet("reply", partial(adapter.reply, proven))


_REFUSALS = (VerificationError, NeedsKey)


def _quiet(what: str, ask: Callable[[], object], *allowed: type[Exception]) -> None:
    try:
        ask()
    except allowed:
        pass
    except Exception as error:
        raise NotConforming(f"{what} raised {type(error).__name__}: {error}") from error


ATTACKS = (
    accepts_its_own_signature, says_which_secret_matched, rejects_a_wrong_secret, rejects_without_a_secret,
    does_not_sign_with_an_empty_secret, rejects_a_changed_body, rejects_a_truncated_proof,
    rejects_bad_headers, accepts_a_time_within_the_tolerance, rejects_a_stale_or_future_time,
    takes_the_tolerance_of_its_source, raises_nothing_else_on_any_request,
)  # fmt: skip

HOSTILE_URLS = (
    "http://HOST/cert.pem", "https://HOST:8443/cert.pem", "https://user@HOST/cert.pem", "file:///etc/passwd",
    "https://HOST@evil.example/", "https://HOST.evil.example/cert.pem", "https://evil.example/HOST",
    "https://evilHOST/cert.pem#", "https://evil.example/#HOST", "https://evil.example\\@HOST/",
    "https://HOST/cert.pem#x", "https://127.0.0.1/", "https://169.254.169.254/latest/", "https://[::1]/",
    "https://HOST\n/", "https://evil.example/?HOST", "//HOST/", "", "https://", "https://HOST\t.evil.example/",
)  # fmt: skip
"""URLs that no adapter may have fetched, with HOST for one of its own."""
