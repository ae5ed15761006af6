"""Any provider that sends a shared secret along: in a header, in the query, or as Basic credentials.

    sources:
      door-sensors:
        adapter: token
        secrets: ["${DOOR_TOKEN}"]
        header: Authorization          # one of header, query and basic
        prefix: "Bearer "              # what stands before the token
        # query: token                 # https://gateway.example/webhooks/door-sensors?token=…
        # basic: true                  # the secret is then user:password
        id: body.id                    # or header.X-Event-Id, or digest where the provider sends no id
        type: body.type                # or header.X-Topic, "=door.opened", [body.object, body.action]
        time: body.created_at          # Unix time or ISO 8601; may be left out

Such a secret does not protect the body; prefer a provider's signature where it has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import field_validator, model_validator

from adapters.base import Scheme, header_name
from adapters.plain import FieldOptions, PlainAdapter
from adapters.schemes import BasicAuth, SharedToken


class TokenOptions(FieldOptions):
    """The config keys of the docstring above."""

    header: str = ""
    prefix: str = ""
    query: str = ""
    basic: bool = False

    @field_validator("header")
    @classmethod
    def _check_header(cls, text: str) -> str:
        return header_name(text)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if [bool(self.header), bool(self.query), self.basic].count(True) != 1:
            raise ValueError("write exactly one of header: <Name>, query: <parameter> and basic: true")
        if self.prefix and self.basic:
            raise ValueError("prefix: Basic credentials have none; leave it out")
        return self

    def scheme(self) -> Scheme:
        """The declaration that these keys amount to."""
        if self.basic:
            return BasicAuth()
        return SharedToken(header=self.header, query=self.query, prefix=self.prefix)


class Token(PlainAdapter):
    """What the gateway knows of this provider is in its source's config keys."""

    name = "token"
    title = "Any provider that sends a shared token"
    docs = "https://www.rfc-editor.org/rfc/rfc6750"
    proof = "a token as config.yaml states it; the body is not signed"
    key = "what the config key `id` names"
    Options = TokenOptions
    options: TokenOptions

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self.scheme = self.options.scheme()
        self.fields = self.options.fields()


adapter = Token
