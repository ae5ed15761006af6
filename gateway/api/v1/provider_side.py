"""The operations that ask a provider: does it send what we want, and have it do so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.provider_api import ApiError, EndpointsApi
from gateway.api.v1.bodies import Connect
from gateway.api.v1.operation import Asked, Operation
from gateway.api.v1.problem import Problem, missing
from gateway.api.v1.questions import DiagnosisQuery
from gateway.config import Source
from gateway.kept_secrets import KeptSecrets, KeptSecretsError
from gateway.operate.connecting import Connected, NotConnected, Wish, target_of
from gateway.operate.connecting import connect as connect_source
from gateway.operate.diagnosing import Diagnosis, FindingRow, diagnose, wanted_of


async def diagnosis(asked: Asked) -> Diagnosis:
    """Ask the provider which endpoints it has, and compare both sides, as `gateway doctor` does.

    By the key of `sources.*.backfill.api_key`.
    """
    source, url = _source(asked), asked.query_as(DiagnosisQuery).url
    async with _endpoints(source) as api:
        found = await diagnose(asked.opened.settings, source, api, asked.opened.whole, url)
    items = [FindingRow(verdict=one.verdict, text=one.text) for one in found]
    return Diagnosis.model_construct(source=source.name, items=items)


async def connect(asked: Asked) -> Connected:
    """Make an endpoint at the provider with exactly the event types that subscriptions want.

    Its secret is kept in a file beside the store, on the machine that answers, for the config to name. By the
    key of `sources.*.backfill.api_key`.
    """
    source, body = _source(asked), asked.body_as(Connect)
    settings = asked.opened.settings
    try:
        target = target_of(body.url, source)
    except ValueError as error:
        errors = [{"at": "body.url", "message": str(error)}]
        raise Problem(422, "invalid_request", f"body.url {error}", errors) from error
    wish = Wish(target, body.update, body.connected, body.api_version, body.dry_run)
    async with _endpoints(source) as api:
        kept = KeptSecrets(settings.store.folder, source.name)
        return await connect_source(api, source, kept, wanted_of(settings, source, api), wish)


def _source(asked: Asked) -> Source:
    found = asked.opened.settings.sources.get(asked.id)
    if found is None:
        raise missing("source", asked.id, "/sources")
    return found


@asynccontextmanager
async def _endpoints(source: Source) -> AsyncIterator[EndpointsApi]:
    """The provider's endpoints; what it refuses, or can't be, is a Problem."""
    plan = source.backfill
    key = plan.api_key.get_secret_value() if plan is not None and plan.api_key is not None else None
    if plan is None or key is None:
        detail = f"sources.{source.name}.backfill.api_key is missing"
        raise Problem(409, "provider_refused", detail)
    try:
        api = source.adapter.endpoints_api(key, plan.api_base)
    except ValueError as error:
        raise Problem(409, "provider_refused", f"the API key of {source.name} {error}") from error
    if api is None:
        raise Problem(409, "provider_refused", f"{source.adapter.title} has no API for this")
    try:
        yield api
    except (ApiError, KeptSecretsError) as error:
        raise Problem(409, "provider_refused", str(error)) from error
    except NotConnected as error:
        raise Problem(409, "not_connected", str(error)) from error
    finally:
        await api.close()


OPERATIONS = (
    Operation(
        "diagnose", "GET", "/sources/{name}/diagnosis", "operate", "What the provider sends", Diagnosis,
        diagnosis, query=DiagnosisQuery, problems=(404, 409),
    ),
    Operation(
        "connect", "POST", "/sources/{name}/endpoint", "admin", "Have the provider send", Connected, connect,
        body=Connect, problems=(404, 409), tag="act",
    ),
)  # fmt: skip
