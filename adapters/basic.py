"""Any provider that sends HTTP Basic credentials; often they stand in the webhook's URL.

    sources:
      mail:
        adapter: basic
        secrets: ["${MAIL_USER}:${MAIL_PASSWORD}"]     # user:password
        id: body.id                    # or header.X-Event-Id, or digest where the provider sends no id
        type: body.type                # or header.X-Topic, "=mail.sent", [body.object, body.action]
        time: body.created_at          # Unix time or ISO 8601; may be left out

Credentials do not protect the body; prefer a provider's signature where it has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.plain import FieldOptions, PlainAdapter
from adapters.schemes import BasicAuth


class Basic(PlainAdapter):
    """What the gateway knows of this provider is in its source's config keys."""

    name = "basic"
    title = "Any provider that sends Basic credentials"
    docs = "https://www.rfc-editor.org/rfc/rfc7617"
    scheme = BasicAuth()
    key = "what the config key `id` names"
    Options = FieldOptions
    options: FieldOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self.fields = self.options.fields()


adapter = Basic
