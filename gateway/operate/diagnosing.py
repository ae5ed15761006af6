"""What a provider sends compared with what the config wants: both sides gathered, for gateway.endpoints."""

from __future__ import annotations

from collections import Counter

from adapters.base import Adapter
from adapters.provider_api import EndpointsApi
from gateway.config import Settings, Source
from gateway.endpoints import Finding, OurSide, Verdict, WantedTypes, compare, wanted_types
from gateway.kept_secrets import KeptSecrets
from gateway.operate.rows import Row
from gateway.store import Store
from gateway.store.records import Query

LAST = 1000
"""The newest events that are looked at for which secret proved them."""


class FindingRow(Row):
    """One thing that was compared, in words. `off` is what somebody should do something about."""

    verdict: Verdict
    text: str


class Diagnosis(Row):
    """What was found of one source."""

    source: str
    items: list[FindingRow]


def tells_endpoints(adapter: Adapter) -> bool:
    """Whether its provider has an API for the endpoints that it sends to."""
    return type(adapter).endpoints_api is not Adapter.endpoints_api


def wanted_of(settings: Settings, source: Source, api: EndpointsApi) -> WantedTypes:
    """The provider's types that the subscriptions of the config want."""
    patterns = [pattern for each in settings.subscriptions.values() for pattern in each.events]
    return wanted_types(source.adapter.name, patterns, api)


async def diagnose(
    settings: Settings, source: Source, api: EndpointsApi, store: Store | None, url: str | None = None
) -> list[Finding]:
    """Compare both sides; `url` is the endpoint's, to the letter, where it is another than the config says.

    Raises ApiError, KeptSecretsError, StoreError.
    """
    proven, version, refused = (Counter[int](), None, False) if store is None else await _seen(store, source)
    texts = [secret.get_secret_value() for secret in source.secrets]
    kept = KeptSecrets(settings.store.folder, source.name).read()
    base = settings.server.public_url
    ours = OurSide(
        url=url or source.public_url or (base + source.path if base else None),
        path=source.path,
        wanted=wanted_of(settings, source, api),
        secrets=tuple(secret.masked for secret in source.secrets),
        proven=proven,
        version=version,
        refused=refused,
        kept={id: secret in texts for id, secret in kept.items()},
    )
    return compare(ours, await api.endpoints())


async def _seen(store: Store, source: Source) -> tuple[Counter[int], str | None, bool]:
    """How many of the newest webhooks each secret proved, the newest's version, and was the last refused."""
    events = await store.events(Query(source=source.name, limit=LAST))
    sent = [one for one in events if one.reception is not None and one.reception.secret is not None]
    proven = Counter(
        one.reception.secret for one in sent if one.reception and one.reception.secret is not None
    )
    version = next((one.event.v for one in sent if one.event.v is not None), None)
    refused = await store.rejections(Query(source=source.name, limit=1))
    newest = sent[0].event.received_at if sent else 0
    wrong = any(one.reason == "bad_signature" and one.received_at > newest for one in refused)
    return proven, version, wrong
