"""Jira: webhooks that an administrator registers with a secret, Cloud and Data Center.

Seen 2026-11-24: https://developer.atlassian.com/cloud/jira/platform/webhooks/ (secure admin webhooks, with an
example vector); jira.js' `WebhookHeaders` for the headers. Webhooks that Connect and OAuth apps register are
not signed so, and are refused.
"""

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY


class Jira(PlainAdapter):
    """Up to five retries, some minutes apart, with one identifier; a bulk change may come much later."""

    name = "jira"
    title = "Jira"
    docs = "https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks"
    scheme = HmacSignature(header="X-Hub-Signature", prefix="sha256=")
    retry_horizon = DAY
    key = "the header X-Atlassian-Webhook-Identifier; without it the SHA-256 of the body"
    first_sample = "issue_created"
    fields = Fields(
        id="header.X-Atlassian-Webhook-Identifier|digest",
        type="body.webhookEvent",
        type_prefix="jira:",
        time="body.timestamp",
        time_unit="ms",
        attributes={
            "issue_event": "body.issue_event_type_name",
            "issue": "body.issue.key",
            "project": "body.issue.fields.project.key|body.project.key",
            "flow": "header.X-Atlassian-Webhook-Flow",
        },
    )
    example = {
        "issue_event_type_name": "issue_created",
        "user": {"accountId": "99:27935d01-92a7-4687-8272-a9b8d3b2ae2e", "displayName": "Zoe"},
        "issue": {
            "id": "99291",
            "key": "JRA-20002",
            "fields": {"summary": "It broke", "project": {"id": "10000", "key": "JRA"}},
        },
    }


adapter = Jira
