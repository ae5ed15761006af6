"""Datadog: the webhooks integration, which monitors and events notify with `@webhook-NAME`.

Datadog signs nothing; its custom headers can hold a token. The payload is a template that you may change: it
must keep `id` and `event_type`. https://docs.datadoghq.com/integrations/webhooks/,
seen 2026-11-24 (the default payload from memory)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import field_validator, model_validator

from adapters.base import Options, Scheme, header_name
from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import BasicAuth, SharedToken


class DatadogOptions(Options):
    """Where the token is: `header` (after `prefix`), or `basic: true` for credentials in the URL."""

    header: str = "X-Webhook-Token"
    prefix: str = ""
    basic: bool = False

    @field_validator("header")
    @classmethod
    def _check_header(cls, text: str) -> str:
        return header_name(text)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.prefix and self.basic:
            raise ValueError("prefix: Basic credentials have none; leave it out")
        return self


class Datadog(PlainAdapter):
    """The type may be followed by the transition, where the payload has `alert_transition`."""

    name = "datadog"
    title = "Datadog"
    docs = "https://docs.datadoghq.com/integrations/webhooks/"
    scheme: Scheme = SharedToken(header="X-Webhook-Token")
    retry_horizon = 3600  # five tries, on a missed connection or a 5xx; their pace is not told
    key = "id"
    first_sample = "metric_alert_monitor"
    fields = Fields(
        id="body.id", type=("body.event_type", "body.alert_transition"), time="body.date", words="snake",
        attributes={"org_id": "body.org.id", "org": "body.org.name"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "body": "%%%\nThe disk of db-1 is nearly full.\n%%%",
        "last_updated": "1800000000000",
        "title": "[Triggered] Disk space is low on db-1",
        "org": {"id": "11023", "name": "Example"},
    }
    Options = DatadogOptions
    options: DatadogOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        token = SharedToken(header=self.options.header, prefix=self.options.prefix)
        self.scheme = BasicAuth() if self.options.basic else token


adapter = Datadog
