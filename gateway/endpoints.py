"""Both sides of a source compared: what the provider sends where, and what our subscriptions want. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from adapters.provider_api import EVERY, EndpointsApi, ProviderEndpoint
from gateway.event import compile_patterns

SHOWN = 12
"""Event types that one line names."""

Verdict = Literal["ok", "note", "off"]


@dataclass(frozen=True, slots=True)
class WantedTypes:
    """The provider's types that subscriptions want; `*` for all. `known` are all that this version knows.

    `apart` are patterns for types that come to no endpoint of this kind, `unknown` those that no known type
    matches.
    """

    types: tuple[str, ...]
    known: tuple[str, ...]
    apart: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was compared, in words. `off` is what somebody should do something about."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class OurSide:
    """What the gateway knows of a source.

    `url` is what the provider should send to; where nobody has said, only its `path` counts. `proven` is how
    many of the last webhooks each secret (masked, in the order of the config) has proven, `version` that of
    the newest. `refused` says that the very last request had a wrong signature. `kept` are the secrets that
    `gateway connect` kept, by endpoint, and whether the config has them.
    """

    url: str | None
    path: str
    wanted: WantedTypes
    secrets: tuple[str, ...] = ()
    proven: Mapping[int, int] = field(default_factory=dict)
    version: str | None = None
    refused: bool = False
    kept: Mapping[str, bool] = field(default_factory=dict)


def wanted_types(adapter: str, patterns: Iterable[str], api: EndpointsApi) -> WantedTypes:
    """What `patterns` of subscriptions come to in the provider's own types."""
    known = tuple(api.types)
    prefix = f"{adapter}/"
    own = list(dict.fromkeys(patterns))
    matching = {type for type in known if compile_patterns(own).fullmatch(prefix + type)}
    exact = [each.removeprefix(prefix) for each in own if each.startswith(prefix) and "*" not in each]
    apart = tuple(each for each in own if each.removeprefix(prefix).startswith(api.apart))
    types = matching | {type for type in exact if not type.startswith(api.apart)}
    unknown = tuple(
        each
        for each in own
        if each.startswith(prefix) and "*" in each and each not in apart and not _any(each, prefix, known)
    )
    every = len(matching) == len(known)
    return WantedTypes((EVERY,) if every else tuple(sorted(types)), known, apart, unknown)


def _any(pattern: str, prefix: str, types: Iterable[str]) -> bool:
    expression = compile_patterns([pattern])
    return any(expression.fullmatch(prefix + type) for type in types)


def on_url(endpoints: Sequence[ProviderEndpoint], url: str | None, path: str) -> list[ProviderEndpoint]:
    """The endpoints that send to `url`; where that is None, those whose path is `path`."""
    if url is not None:
        return [each for each in endpoints if each.url == url]
    return [each for each in endpoints if urlsplit(each.url).path == path]


def compare(ours: OurSide, endpoints: Sequence[ProviderEndpoint]) -> list[Finding]:
    """Everything there is to say, in the order in which one would look."""
    here = on_url(endpoints, ours.url, ours.path)
    findings = _about_url(ours, here, endpoints)
    for endpoint in here:
        findings += _about_endpoint(endpoint)
    if here:
        findings += _about_types(ours.wanted, here)
    findings += _about_version(ours, here)
    return findings + _about_secrets(ours, endpoints, here)


def _about_url(
    ours: OurSide, here: Sequence[ProviderEndpoint], endpoints: Sequence[ProviderEndpoint]
) -> list[Finding]:
    where = ours.url or f"any host with the path {ours.path}"
    found: list[Finding] = []
    if ours.url is None:
        found.append(Finding("note", "server.public_url is not set, so endpoints are told by their path"))
    if not here:
        others = ", ".join(f"{each.id} {each.url}" for each in endpoints) or "none at all"
        found.append(Finding("off", f"no endpoint sends to {where}; there are: {others}"))
    if len(here) > 1:
        ids = ", ".join(each.id for each in here)
        verdict: Verdict = "note" if len(ours.secrets) >= len(here) else "off"
        text = f"{len(here)} endpoints send to the same URL: {ids}; what two of them send is a duplicate"
        found.append(Finding(verdict, text))
    return found


def _about_endpoint(endpoint: ProviderEndpoint) -> list[Finding]:
    mode = "live" if endpoint.livemode else "test"
    version = endpoint.version or "the account's default"
    told = f"{endpoint.id}: {endpoint.url}, {mode} mode, API version {version}"
    if not endpoint.enabled:
        return [Finding("off", f"{told}; it is disabled and gets nothing")]
    return [Finding("ok", told)]


def _about_types(wanted: WantedTypes, here: Sequence[ProviderEndpoint]) -> list[Finding]:
    enabled = {type for each in here if each.enabled for type in each.types}
    asked = set(wanted.known) if wanted.types == (EVERY,) else set(wanted.types)
    found: list[Finding] = []
    missing = set() if EVERY in enabled else asked - enabled
    if missing:
        found.append(Finding("off", f"wanted and not enabled: {_some(missing)}"))
    if EVERY in enabled and wanted.types != (EVERY,):
        found.append(Finding("off", f"every type is enabled, and subscriptions want {len(asked)} of them"))
    elif surplus := enabled - asked - {EVERY}:
        found.append(Finding("off", f"enabled and wanted by nobody: {_some(surplus)}"))
    if wanted.apart:
        text = "thin events come by an event destination that this does not look at"
        found.append(Finding("note", f"{text}: {_some(wanted.apart)}"))
    if wanted.unknown:
        found.append(Finding("off", f"no event type is known that would match: {_some(wanted.unknown)}"))
    return found or [Finding("ok", "the types that are enabled are those that subscriptions want")]


def _about_version(ours: OurSide, here: Sequence[ProviderEndpoint]) -> list[Finding]:
    found: list[Finding] = []
    versions = sorted({each.version for each in here if each.version is not None})
    if any(each.version is None for each in here):
        text = "without a version of its own an endpoint changes when the account is upgraded"
        found.append(Finding("note", text))
    if len(versions) > 1:
        found.append(Finding("off", f"the endpoints send different API versions: {', '.join(versions)}"))
    elif versions and ours.version is not None and ours.version != versions[0]:
        text = f"the endpoint sends API version {versions[0]}, and the last webhook that came had"
        found.append(Finding("off", f"{text} {ours.version}"))
    return found


def _about_secrets(
    ours: OurSide, endpoints: Sequence[ProviderEndpoint], here: Sequence[ProviderEndpoint]
) -> list[Finding]:
    found: list[Finding] = []
    if not ours.secrets:
        found.append(Finding("off", "the source has no secret, or it is not set here: nothing can be proven"))
    if ours.refused:
        text = "the last request was refused (bad_signature): the provider signs with a secret that is not"
        found.append(Finding("off", f"{text} among ours; look at: gateway rejections"))
    total = sum(ours.proven.values())
    for index, secret in enumerate(ours.secrets):
        if total and not ours.proven.get(index):
            text = f"secret {index} ({secret}) proved none of the last {total} webhooks"
            found.append(Finding("off", f"{text}; take it out when its rotation is over"))
    there, sending = {each.id for each in endpoints}, {each.id for each in here}
    for id, configured in ours.kept.items():
        if configured and id not in there:
            found.append(
                Finding("off", f"the secret of {id} is in the config, but there is no such endpoint")
            )
        elif not configured and id in sending:
            found.append(Finding("off", f"the secret of {id} is kept and is not in the config"))
    return found


def _some(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(ordered[:SHOWN]) + more
