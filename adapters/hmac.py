"""Any provider that signs with an HMAC, described wholly in config.yaml.

    sources:
      orders:
        adapter: hmac
        secrets: ["${ORDERS_SECRET}"]
        header: X-Signature            # where the signature is
        algorithm: sha256              # sha1 | sha256 | sha384 | sha512
        encoding: hex                  # hex | base64 | base64url
        prefix: "sha256="              # what the signature begins with
        signed: "{timestamp}.{body}"   # also {url}, {method}, {header:X-Name}; the default is "{body}"
        timestamp: X-Timestamp         # the header with the signed time
        timestamp_unit: s              # s | ms | iso
        secret_encoding: text          # text | hex | base64
        id: body.id                    # or header.X-Event-Id, or digest where the provider sends no id
        type: body.type                # or header.X-Topic, "=order.changed", [body.object, body.action]
        time: body.created_at          # Unix time or ISO 8601; may be left out

For a header that is a list, such as `t=1700000000,v1=ab,v1=cd`:

        separator: ","
        version: v1                    # the name of the items that are signatures
        timestamp: t                   # the name of the item that is the time
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from adapters.base import header_name
from adapters.plain import FieldOptions, PlainAdapter
from adapters.schemes import Algorithm, Encoding, HmacSignature, SecretEncoding
from adapters.template import compile_template
from adapters.times import Unit


class HmacOptions(FieldOptions):
    """The config keys of the docstring above."""

    header: str = Field("", validate_default=True)
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    prefix: str = ""
    signed: str = "{body}"
    timestamp: str = ""
    timestamp_unit: Unit = "s"
    separator: str = ""
    version: str = ""
    secret_encoding: SecretEncoding = "text"  # noqa: S105 - the name of an encoding

    @field_validator("header")
    @classmethod
    def _check_header(cls, text: str) -> str:
        return header_name(text)

    @field_validator("signed")
    @classmethod
    def _check_signed(cls, text: str) -> str:
        compile_template(text)
        return text

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        self.scheme()
        return self

    def scheme(self) -> HmacSignature:
        """The declaration that these keys amount to. Raises ValueError where they contradict each other."""
        return HmacSignature(**{key: getattr(self, key) for key in _SCHEME_KEYS})


_SCHEME_KEYS = HmacOptions.model_fields.keys() - {"id", "type", "time"}


class Hmac(PlainAdapter):
    """What the gateway knows of this provider is in its source's config keys."""

    name = "hmac"
    title = "Any provider that signs with an HMAC"
    docs = "https://www.rfc-editor.org/rfc/rfc2104"
    proof = "an HMAC as config.yaml states it"
    key = "what the config key `id` names"
    Options = HmacOptions
    options: HmacOptions

    default_tolerance: ClassVar[float] = 300
    """Seconds, where the source signs a time and sets no tolerance."""

    def __init__(self, options: Mapping[str, Any] | None = None, tolerance: float | None = None) -> None:
        super().__init__(options, tolerance)
        self.scheme = self.options.scheme()
        self.fields = self.options.fields()
        if self.options.timestamp and tolerance is None:
            self.tolerance = self.default_tolerance


adapter = Hmac
