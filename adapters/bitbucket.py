"""Bitbucket, Cloud and Data Center: webhooks of a repository, a project or a workspace.

Seen 2026-11-24: hookdeck/webhook-skills (bitbucket) for the signature, @coderabbitai/bitbucket 1.1.4 for the
headers of Data Center; the example of Atlassian's page was computed again.
The header is X-Hub-Signature, without the -256 of GitHub's, and yet it holds SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.base import WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter, example_of, json_request
from adapters.schemes import HmacSignature

_REPOSITORY = {
    "type": "repository",
    "full_name": "acme/hello-world",
    "uuid": "{b7d5a4c1-0000-4000-8000-000000000001}",
}
_ACTOR = {"type": "user", "display_name": "Zoe", "uuid": "{b7d5a4c1-0000-4000-8000-000000000002}"}
_CHANGE = {"new": {"type": "branch", "name": "main", "target": {"type": "commit", "hash": "709d658dc5b6d6a"}}}


class Bitbucket(PlainAdapter):
    """Cloud tries twice more, within the hour. Data Center has no X-Attempt-Number and another id header."""

    name = "bitbucket"
    title = "Bitbucket"
    docs = "https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/#Secure-webhooks"
    scheme = HmacSignature(header="X-Hub-Signature", prefix="sha256=")
    retry_horizon = 3600
    key = "the header X-Request-UUID (Data Center: X-Request-Id)"
    first_sample = "pullrequest.created"
    fields = Fields(
        id="header.X-Request-UUID|header.X-Request-Id|digest",
        type="header.X-Event-Key",
        words="lower",
        # A push has no time of Bitbucket's own: a commit's is whatever its author's clock said.
        time=(
            "body.pullrequest.updated_on|body.comment.updated_on|body.commit_status.updated_on"
            "|body.issue.updated_on|body.date"
        ),
        attributes={
            "repository": "body.repository.full_name",
            "hook": "header.X-Hook-UUID",
            "attempt": "header.X-Attempt-Number",
        },
    )
    example: ClassVar[Mapping[str, Any]] = {"repository": _REPOSITORY, "actor": _ACTOR}
    examples: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "repo.push": {"repository": _REPOSITORY, "actor": _ACTOR, "push": {"changes": [_CHANGE]}},
        "pullrequest.*": {
            "repository": _REPOSITORY,
            "actor": _ACTOR,
            "pullrequest": {"type": "pullrequest", "id": 1, "title": "Update the README", "state": "OPEN"},
        },
    }

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        example = example_of(type, self.examples, self.example)
        draft = self.fields.draft(type.replace(".", ":", 1), now, id, example)
        if "pullrequest" not in example:
            del draft.document["pullrequest"]
        headers = {"X-Hook-UUID": "{b7d5a4c1-0000-4000-8000-000000000003}", "X-Attempt-Number": "1"}
        return json_request(self.name, draft.document, now, {**headers, **draft.headers})


adapter = Bitbucket
