"""Sentry: webhooks of an integration, public or internal.

Seen 2026-11-24: https://docs.sentry.io/integrations/integration-platform/webhooks/ (headers, resources)
"""

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY


class Sentry(PlainAdapter):
    """Sentry signs the body only, and sends nothing again. It wants its answer within a second."""

    name = "sentry"
    title = "Sentry"
    docs = "https://docs.sentry.io/organization/integrations/integration-platform/webhooks/"
    scheme = HmacSignature(header="Sentry-Hook-Signature")
    retry_horizon = DAY  # none by itself, but a request can be sent again from the integration's dashboard
    key = "the header Request-ID"
    first_sample = "issue.created"
    fields = Fields(
        id="header.Request-ID|digest",
        type=("header.Sentry-Hook-Resource", "body.action"),
        time="header.Sentry-Hook-Timestamp",
        time_unit="s",
        attributes={
            "installation": "body.installation.uuid",
            "project": "body.data.issue.project.slug|body.data.error.project|body.data.event.project",
        },
    )
    example = {
        "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
        "data": {
            "issue": {"id": "1170820242", "title": "ReferenceError: foo is not defined", "level": "error"}
        },
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    }


adapter = Sentry
