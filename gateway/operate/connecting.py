"""Making an endpoint at a provider with what subscriptions want, and keeping the secret it tells once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from adapters.provider_api import EndpointsApi, ProviderEndpoint
from gateway.config import Source
from gateway.config.section import web_url
from gateway.endpoints import WantedTypes, on_url
from gateway.kept_secrets import KeptSecrets, KeptSecretsError
from gateway.operate.rows import Row

EXAMPLE = "https://hooks.example.com"

Done = Literal["created", "changed", "would create", "would change"]


class NotConnected(Exception):
    """It can't be, or is already: the message says what to do."""


class Connected(Row):
    """The endpoint that was made or changed, or would be; `secret_file` has its new secret, for the config.

    `apart` are patterns for types that come to no endpoint of this kind, `unknown` those that match none.
    """

    done: Done
    endpoint_id: str | None
    url: str
    types: list[str]
    secret_file: str | None
    apart: list[str]
    unknown: list[str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What endpoint there should be: at which URL, for connected accounts, of which version of the API.

    `update`: one that is there gets other event types.
    """

    target: str
    update: bool = False
    connected: bool = False
    version: str | None = None
    dry_run: bool = False


def target_of(url: str, source: Source) -> str:
    """The URL of the endpoint: the source's path is added where only a host is given. Raises ValueError."""
    parts = web_url(url, EXAMPLE)
    if parts.query or parts.fragment:
        raise ValueError(f"must end with the host or a path, such as {EXAMPLE}{source.path}")
    return f"{parts.scheme}://{parts.netloc}{source.path}" if parts.path in ("", "/") else url


async def connect(
    api: EndpointsApi, source: Source, kept: KeptSecrets, wanted: WantedTypes, wish: Wish
) -> Connected:
    """Make the endpoint, or change the one that is there. Raises NotConnected, ApiError, KeptSecretsError."""
    if not wanted.types:
        raise NotConnected(f"no subscription wants an event of {source.adapter.name}; write one first")
    there = on_url(await api.endpoints(), wish.target, source.path)
    ids = ", ".join(each.id for each in there)
    if there and not wish.update:
        raise NotConnected(f"{ids} sends to {wish.target} already; set its event types with --update")
    if wish.dry_run:
        return _row("would change" if there else "would create", None, wish.target, wanted)
    if not there:
        made = await _create(api, kept, wanted, wish)
        return _row("created", made.id, made.url, wanted, str(kept.file(made.id)))
    if len(there) > 1:
        raise NotConnected(f"{ids} all send there; remove all but one at the provider first")
    changed = await api.set_types(there[0].id, wanted.types)
    return _row("changed", changed.id, changed.url, wanted)


async def _create(api: EndpointsApi, kept: KeptSecrets, wanted: WantedTypes, wish: Wish) -> ProviderEndpoint:
    """Make the endpoint and keep its secret; where that can't be, nothing is left at the provider."""
    kept.prepare()
    made = await api.create(wish.target, wanted.types, wish.version, wish.connected)
    try:
        if not made.secret:
            raise KeptSecretsError(f"the provider told no secret for {made.id}")
        kept.keep(made.id, made.secret)
    except KeptSecretsError as error:
        await api.delete(made.id)
        raise KeptSecretsError(f"{error}; the endpoint was removed again") from error
    return made


def _row(done: Done, id: str | None, url: str, wanted: WantedTypes, file: str | None = None) -> Connected:
    return Connected(
        done=done,
        endpoint_id=id,
        url=url,
        types=list(wanted.types),
        secret_file=file,
        apart=list(wanted.apart),
        unknown=list(wanted.unknown),
    )
