"""GitLab: webhooks of a project, a group or the instance.

Seen 2026-11-24: the signing token in merge request 230944 of gitlab-org/gitlab, its form (`whsec_` and
base64) in 231325; https://docs.gitlab.com/user/project/integrations/webhooks/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from adapters.base import Scheme, WebhookRequest
from adapters.fields import Fields
from adapters.plain import PlainAdapter, json_request
from adapters.schemes import HmacSignature, SharedToken
from adapters.times import DAY

_PREFIX = "whsec_"
_SIGNED = HmacSignature(
    header="webhook-signature",
    separator=" ",
    prefix="v1,",
    encoding="base64",
    signed="{header:webhook-id}.{timestamp}.{body}",
    timestamp="header.webhook-timestamp",
    secret_encoding="base64",
    secret_prefix=_PREFIX,
)
_TOKEN = SharedToken(header="X-Gitlab-Token")


@dataclass(frozen=True)
class GitLabProof(Scheme):
    """A signing token (`whsec_…`) signs id, time and body; a secret token (any other text) travels itself.

    Where a source has a signing token, nothing else proves anything: the header X-Gitlab-Token, which an
    eavesdropper could copy, must not be a way around it.
    """

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        signing = [index for index, secret in enumerate(secrets) if secret.startswith(_PREFIX)]
        if not signing:
            return _TOKEN.verify(request, secrets, now, None)
        return signing[_SIGNED.verify(request, [secrets[index] for index in signing], now, tolerance)]

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        return _scheme(secret).sign(request, secret, now)

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        return _SIGNED.signed_bytes(request) if request.headers.all("webhook-signature") else None

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        return _scheme(secret).expected(request, secret)

    def check_secret(self, secret: str) -> None:
        _scheme(secret).check_secret(secret)

    def generate_secret(self) -> str:
        return _SIGNED.generate_secret()

    def secret_headers(self) -> frozenset[str]:
        return _TOKEN.secret_headers()


def _scheme(secret: str) -> Scheme:
    return _SIGNED if secret.startswith(_PREFIX) else _TOKEN


_PROJECT = {"id": 15, "name": "gitlab-test", "path_with_namespace": "acme/gitlab-test"}
_USER = {"id": 1, "name": "Zoe", "username": "zoe"}
_ATTRIBUTES = {"id": 99, "iid": 1, "title": "Update the README", "state": "opened"}
_NOTE = {"id": 1241, "note": "Fixed, thank you.", "noteable_type": "MergeRequest"}


class GitLab(PlainAdapter):
    """GitLab sends nothing again by itself; a request that is sent again by hand keeps its id."""

    name = "gitlab"
    title = "GitLab"
    docs = "https://docs.gitlab.com/user/project/integrations/webhooks/"
    scheme = GitLabProof()
    proof = (
        "Standard Webhooks with a signing token (`whsec_…`); with a secret token that token in the header "
        "`X-Gitlab-Token`, and the body is not signed"
    )
    tolerance = 300
    retry_horizon = 3 * DAY  # none of its own; a request can be sent again by hand from the hook's page
    key = (
        "the header webhook-id or Idempotency-Key; before GitLab 17.4 the SHA-256 of the body, since "
        "X-Gitlab-Event-UUID is shared by all webhooks that one event sets off"
    )
    first_sample = "merge_request.open"
    fields = Fields(
        id="header.webhook-id|header.Idempotency-Key|header.X-Gitlab-Event-UUID|digest",
        key="header.webhook-id|header.Idempotency-Key|digest",
        type=("body.object_kind|body.event_name", "body.object_attributes.action|body.action"),
        time=(
            "body.object_attributes.updated_at|body.object_attributes.created_at"
            "|body.updated_at|body.created_at"
        ),
        attributes={
            "project": "body.project.path_with_namespace|body.path_with_namespace",
            "status": "body.object_attributes.status|body.build_status|body.status",
            "instance": "header.X-Gitlab-Instance",
        },
    )
    example: ClassVar[Mapping[str, Any]] = {
        "user": _USER,
        "project": _PROJECT,
        "object_attributes": _ATTRIBUTES,
    }
    examples: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "push": {
            "event_name": "push",
            "ref": "refs/heads/main",
            "before": "95790bf891e76fee5e1747ab589903a6a1f80f22",
            "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
            "user_username": "zoe",
            "project": _PROJECT,
            "commits": [{"id": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7", "message": "Fix a typo"}],
        },
        "note*": {"user": _USER, "project": _PROJECT, "object_attributes": _NOTE},
        "pipeline": {
            "project": _PROJECT,
            "object_attributes": {"id": 31, "ref": "main", "status": "success"},
        },
    }

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        request = super().sample(type, now, id)
        document = dict(request.json)
        if type == "push":  # it has no attributes, and so no time
            del document["object_attributes"]
        hook = type.partition(".")[0].replace("_", " ").title()
        headers = {"X-Gitlab-Event": f"{hook} Hook", "Idempotency-Key": id, "webhook-id": id}
        return json_request(self.name, document, now, headers)


adapter = GitLab
