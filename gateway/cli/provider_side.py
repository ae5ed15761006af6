"""What commands that ask a provider's API begin with: the source that is meant, and the key."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from adapters.provider_api import EndpointsApi, EventsApi
from gateway.cli.opening import USAGE, stop
from gateway.cli.trigger import source_of
from gateway.config import Settings, Source

Api = TypeVar("Api")


def asked_source(settings: Settings, provider: str, source: str | None) -> Source:
    """The source that `provider`, a source's or an adapter's name, means; may end the command."""
    found = settings.sources[source_of(settings, provider, source)]
    if found.adapter.api_key_variable is None:
        raise stop(f"the gateway asks no API of {found.adapter.title}; it does of: github, stripe", USAGE)
    return found


def api_key(source: Source) -> str:
    """The key of the source's `backfill`, else that of the environment; may end the command."""
    plan = source.backfill
    if plan is not None and plan.api_key is not None:
        return plan.api_key.get_secret_value()
    variable = source.adapter.api_key_variable or ""
    key = os.environ.get(variable, "")
    if not key:
        raise stop(
            f"there is no key for the API of {source.adapter.title}: set {variable}, or write "
            f"sources.{source.name}.backfill: {{api_key: ${{{variable}}}}}",
            USAGE,
        )
    return key


def events_api(source: Source, account: str) -> EventsApi:
    """The provider's list of events; may end the command. `account` "" is the key's own."""
    return _opened(source, lambda key, base: source.adapter.events_api(key, base, account or None))


def endpoints_api(source: Source) -> EndpointsApi:
    """The provider's endpoints; may end the command."""
    return _opened(source, source.adapter.endpoints_api)


def _opened(source: Source, open_api: Callable[[str, str | None], Api | None]) -> Api:
    plan = source.backfill
    try:
        api = open_api(api_key(source), plan.api_base if plan else None)
    except ValueError as error:
        raise stop(f"the API key of {source.name} {error}", USAGE) from error
    if api is None:
        raise stop(f"{source.adapter.title} has no API for this", USAGE)
    return api
