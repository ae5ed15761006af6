"""CircleCI: outbound webhooks of workflows and jobs.

Seen 2026-11-24: https://circleci.com/docs/webhooks/ (also the catalogue of triggerdotdev/trigger.dev)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature


class CircleCi(PlainAdapter):
    """The header is a list of versions, of which v1 is the only one today. CircleCI signs no time."""

    name = "circleci"
    title = "CircleCI"
    docs = "https://circleci.com/docs/webhooks/"
    scheme = HmacSignature(header="circleci-signature", separator=",", version="v1")
    retry_horizon = 3600  # a few tries, after minutes
    key = "id"
    first_sample = "workflow-completed"
    fields = Fields(
        id="body.id", type="body.type", time="body.happened_at",
        attributes={"project": "body.project.slug", "status": "body.workflow.status"},
    )  # fmt: skip
    example: ClassVar[Mapping[str, Any]] = {
        "webhook": {"id": "cf8c4fdd-0587-4da1-b4ca-4846e9640af9", "name": "Sample Webhook"},
        "workflow": {"id": "fda08377-fe7e-46b1-8992-3a7aaecac9c3", "name": "build", "status": "success"},
        "project": {"id": "84996744-a854-4f5e-aea3-04e2851dc1d2", "slug": "github/acme/api"},
        "pipeline": {"id": "1285fe1d-d3a6-44fc-8886-8979558254c4", "number": 130},
    }


adapter = CircleCi
