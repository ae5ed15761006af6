"""GitHub: webhooks of a repository, an organisation or an app.

Seen 2026-11-23: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import parse_qs

from pydantic import AfterValidator

from adapters.base import Options, ParsedEvent, PayloadError, WebhookRequest, json_object
from adapters.fields import Fields
from adapters.github_samples import HEADERS, body
from adapters.plain import PlainAdapter, json_request
from adapters.provider_api import EventsApi
from adapters.schemes import HmacSignature
from adapters.times import DAY, event_time

# The object that an event is about, where it is not named like the event. `push` has none with a time of
# GitHub's own: a commit's time is whatever its author's clock said.
_OBJECTS = {
    "issues": "issue",
    "push": "repository",
    "issue_comment": "comment",
    "commit_comment": "comment",
    "discussion_comment": "comment",
    "pull_request_review": "review",
    "pull_request_review_comment": "comment",
}
_TIMES = {"push": ("pushed_at",), "pull_request_review": ("updated_at", "submitted_at")}


_HOOK = re.compile(r"repos/[\w.-]+/[\w.-]+/hooks/\d+|orgs/[\w.-]+/hooks/\d+|app/hook", re.ASCII)


def checked_hook(value: str) -> str:
    """`value` as a webhook in the words of GitHub's API. Raises ValueError."""
    if not _HOOK.fullmatch(value):
        raise ValueError(
            "must be a webhook as GitHub's API names it: repos/OWNER/REPO/hooks/ID, orgs/ORG/hooks/ID "
            "or app/hook"
        )
    return value


class GitHubOptions(Options):
    """`hook` is the webhook whose deliveries a backfill reads."""

    hook: Annotated[str, AfterValidator(checked_hook)] | None = None


class GitHub(PlainAdapter):
    """GitHub signs no time. The delivery GUID stays the same when a delivery is sent again by hand."""

    name = "github"
    title = "GitHub"
    docs = "https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries"
    scheme = HmacSignature(header="X-Hub-Signature-256", prefix="sha256=")
    # No retries of its own; a delivery can be sent again by hand for 3 days (docs: redelivering webhooks).
    retry_horizon = 3 * DAY
    key = "the header X-GitHub-Delivery"
    first_sample = "push"
    fields = Fields(
        id="header.X-GitHub-Delivery",
        type=("header.X-GitHub-Event", "body.action"),
        attributes={
            "hook_id": "header.X-GitHub-Hook-ID",
            "target_type": "header.X-GitHub-Hook-Installation-Target-Type",
            "target_id": "header.X-GitHub-Hook-Installation-Target-ID",
        },
    )

    # Classic or fine-grained: https://docs.github.com/en/rest/repos/webhooks, seen 2026-11-25
    api_key_variable = "GITHUB_TOKEN"
    Options = GitHubOptions
    options: GitHubOptions

    def check_api_key(self, key: str) -> None:
        # Imported here alone: it brings the HTTP client, which the hot path does not need.
        from adapters.github_api import check_key

        check_key(key, self.options.hook)

    def check_account(self, account: str) -> None:
        checked_hook(account)

    def events_api(self, key: str, base: str | None = None, account: str | None = None) -> EventsApi:
        from adapters.github_api import GitHubApi, check_key

        hook = account or self.options.hook
        check_key(key, hook)
        return GitHubApi(key, base, checked_hook(hook or ""), self.parse)

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        document = _payload(request)
        event = self.fields.event(request, document)
        return [replace(event, ts=_time(event.type.partition(".")[0], document))]

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        draft = self.fields.draft(type, now, id, body(type.partition(".")[0], now))
        return json_request(self.name, draft.document, now, {**HEADERS, **draft.headers})


def _payload(request: WebhookRequest) -> dict[str, Any]:
    """The JSON of the body, which GitHub sends as it is or in a form, as the hook's content type says."""
    if not (request.headers.get("content-type") or "").startswith("application/x-www-form-urlencoded"):
        return request.json
    try:
        texts = parse_qs(request.body, max_num_fields=16).get(b"payload", [])
    except ValueError as error:
        raise PayloadError(f"the body is not a form: {error}") from error
    if len(texts) != 1:
        raise PayloadError(f"the form holds the field 'payload' {len(texts)} times instead of once")
    return json_object(texts[0], "the form's field 'payload'")


def _time(event: str, document: Mapping[str, Any]) -> int | None:
    subject = document.get(_OBJECTS.get(event, event))
    if not isinstance(subject, Mapping):
        return None
    times = (event_time(subject.get(name)) for name in _TIMES.get(event, ("updated_at", "created_at")))
    return next((ts for ts in times if ts is not None), None)


adapter = GitHub
