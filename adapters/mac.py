"""Signatures made with a shared key; import them from `adapters.schemes`, whose docstring shows many."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from secrets import token_bytes, token_hex

from adapters.base import Scheme, VerificationError, WebhookRequest, check_text, header_name
from adapters.matching import ENCODINGS, Algorithm, Encoding, SecretEncoding, first_match, secret_key
from adapters.places import Place, compile_path
from adapters.template import Render, compile_template, proof_text, written_into_body
from adapters.times import Unit, check_age, signed_time, write_time

MAX_SIGNATURES = 100
"""Headers that a name with `*` stands for; DocuSign sends one for each key, of up to 100."""


@dataclass(frozen=True)
class HmacSignature(Scheme):
    """An HMAC over a string made from the request, in a header or in a field of the body.

    `header` may be several names, of which at least one must be there, or end with `*`, which stands for
    the numbers from 1 to 100. A header that holds a list (`t=1,v1=ab,v1=cd`) states its `separator` and the
    name (`version`) under which its signatures stand. `timestamp` is where the signed time is: a header's
    name, or in a list the name of an item; `header.Name` is a header in either case, `body.x` and `form.x`
    fields of the body. A time that `signed` does not cover is refused, since it would prove nothing.

    Where a provider differs, subclass this and override `signed_content`, `signatures` or `key`.
    """

    header: str | tuple[str, ...] = ""
    algorithm: Algorithm = "sha256"
    encoding: Encoding = "hex"
    prefix: str = ""
    """What the signature begins with (`sha256=`); required at its very start."""
    signed: str = "{body}"
    """The template of `adapters.template`; empty in a subclass that overrides `signed_content`."""
    timestamp: str = ""
    timestamp_unit: Unit = "s"
    separator: str = ""
    version: str = ""
    secret_encoding: SecretEncoding = "text"  # noqa: S105 - the name of an encoding
    place: str = ""
    """Where in the body the signature is, instead of in a header: body.signature, form.signature."""
    unsigned_body: str = ""
    """Why `signed` does without the body. It can then be exchanged, as `signs_body` says."""
    secret_prefix: str = ""
    """Stands before the encoded key and is no part of it (`whsec_`); a secret may lack it."""
    derive: Callable[[bytes], bytes] | None = None
    """Makes the HMAC's key of the secret's bytes (Braintree: its SHA-1)."""

    _where: str = field(init=False, repr=False, compare=False)
    _what: str = field(init=False, repr=False, compare=False)
    _headers: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _place: Place | None = field(init=False, repr=False, compare=False)
    _mark: str = field(init=False, repr=False, compare=False)
    _time_header: str = field(init=False, repr=False, compare=False)
    _time_mark: str = field(init=False, repr=False, compare=False)
    _time_place: Place | None = field(init=False, repr=False, compare=False)
    _render: Render = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.header and self.place:
            raise ValueError("place: the signature is in a header or in the body; state one of the two")
        if not self.header and not self.place:
            raise ValueError("'' is not the name of a header; state header, or place for a field")
        render = self._compile()
        if self.version and not self.separator:
            raise ValueError("version: only for a header that is a list; state its separator too")
        if self.version and self.prefix:
            raise ValueError("prefix: a list names its signatures by version; state one of the two")
        if self.place and "{body}" in self.signed:
            raise ValueError("signed: {body} holds the signature itself; name the fields that are signed")
        in_body = self.timestamp.startswith(("body.", "form."))
        covered = in_body and "{body}" in self.signed or "{timestamp}" in self.signed
        if self.signed and bool(self.timestamp) != covered:
            raise ValueError("timestamp: state where the time is and use {timestamp} in signed, or neither")
        listed = bool(self.separator) and not in_body and not self.timestamp.startswith("header.")
        time_header = "" if listed or in_body else self.timestamp.removeprefix("header.")
        where = self.place or (self.header if isinstance(self.header, str) else " and ".join(self.header))
        facts = {
            "_where": where,
            "_what": f"the signature in {where}",
            "_headers": _header_names(self.header) if self.header else (),
            "_place": compile_path(self.place) if self.place else None,
            "_mark": f"{self.version}=" if self.version else self.prefix,
            "_time_header": header_name(time_header) if time_header else "",
            "_time_mark": f"{self.timestamp}=" if listed and self.timestamp else "",
            "_time_place": compile_path(self.timestamp) if in_body else None,
            "_render": render,
            "signs_body": not self.unsigned_body,
        }
        for name, value in facts.items():
            object.__setattr__(self, name, value)

    def _compile(self) -> Render:
        if self.signed or type(self).signed_content is HmacSignature.signed_content:
            return compile_template(self.signed, whole=not self.unsigned_body)
        return lambda request, stamp: b""  # never asked: signed_content is the subclass's own

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        stamp, signatures = self._read(request)
        # A time in a field is read only once it is known to be the provider's, but where it is signed apart.
        signed_at = signed_time(stamp, self.timestamp_unit) if stamp else now
        content = self.signed_content(request, stamp)

        def proves(secret: str) -> bool:
            expected = self._signature(secret, content)
            # sum, not any: no early exit
            return sum([hmac.compare_digest(expected, given) for given in signatures]) > 0

        index = first_match(secrets, proves, self._what)
        if self._time_place and not stamp:
            signed_at = signed_time(self._field_time(request), self.timestamp_unit)
        check_age(signed_at, now, tolerance)
        return index

    def signed_content(self, request: WebhookRequest, stamp: str) -> bytes:
        """What is signed; `stamp` is the signed time's text. Raises VerificationError where a part lacks."""
        return self._render(request, stamp)

    def signatures(self, texts: Sequence[str]) -> list[str]:
        """The signatures in the items of the header or of the field, without their marks."""
        mark = len(self._mark)
        return [text[mark:] for text in texts if text.startswith(self._mark)]

    def key(self, secret: str) -> bytes:
        """The HMAC's key of `secret`. Raises ValueError where it is malformed."""
        if self.secret_prefix:
            check_text(secret)
            secret = secret.removeprefix(self.secret_prefix)
        key = secret_key(secret, self.secret_encoding)
        return key if self.derive is None else self.derive(key)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        stamp = write_time(now, self.timestamp_unit) if self.timestamp else ""
        if self._time_header:
            request = request.with_headers({self._time_header: stamp})
        if self._time_place:
            request = written_into_body(request, self.timestamp, int(stamp) if stamp.isdigit() else stamp)
        content = self.signed_content(request, self._field_time(request) if self._time_place else stamp)
        value = self._mark + self._signature(secret, content).decode()
        if self.place:
            return written_into_body(request, self.place, value)
        if self._time_mark:
            value = f"{self._time_mark}{stamp}{self.separator}{value}"
        return request.with_headers({self._headers[0]: value})

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        return self.signed_content(request, self._read(request)[0])

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        content = self.signed_bytes(request)
        return None if content is None else self._mark + self._signature(secret, content).decode()

    def check_secret(self, secret: str) -> None:
        self.key(secret)

    def generate_secret(self) -> str:
        if self.secret_encoding == "base64":  # noqa: S105 - the name of an encoding
            return self.secret_prefix + base64.b64encode(token_bytes(32)).decode()
        return self.secret_prefix + token_hex(32)

    def _signature(self, secret: str, content: bytes) -> bytes:
        return ENCODINGS[self.encoding][0](hmac.digest(self.key(secret), content, self.algorithm))

    def _read(self, request: WebhookRequest) -> tuple[str, list[bytes]]:
        """The signed time's text ("" where none stands apart) and the signatures, in comparable form."""
        items = self._texts(request)
        if self.separator:
            items = [item.strip() for text in items for item in text.split(self.separator)]
        comparable = ENCODINGS[self.encoding][1]
        signatures = [comparable(text.encode("utf-8", "replace")) for text in self.signatures(items)]
        if not signatures:
            raise VerificationError(f"{self._where} holds no signature that starts with {self._mark!r}")
        return self._read_time(request, items), signatures

    def _texts(self, request: WebhookRequest) -> list[str]:
        headers = request.headers
        if len(self._headers) == 1:
            return [headers.proof(self._headers[0])]
        if self._place:
            return [proof_text(request, self._place, self.place)]
        there = {name for name, _ in headers.raw}
        texts = [headers.proof(name) for name in self._headers if name.lower().encode() in there]
        if not texts:
            raise VerificationError(f"the header {self._headers[0]} is missing")
        return texts

    def _read_time(self, request: WebhookRequest, items: list[str]) -> str:
        if self._time_place:
            return self._field_time(request) if "{timestamp}" in self.signed else ""
        if not self._time_mark:
            return request.headers.proof(self._time_header) if self._time_header else ""
        mark = self._time_mark
        stamps = [item[len(mark) :] for item in items if item.startswith(mark)]
        if len(stamps) != 1 or not stamps[0]:
            raise VerificationError(f"the header {self._where} holds {len(stamps)} items {mark}, not one")
        return stamps[0]

    def _field_time(self, request: WebhookRequest) -> str:
        assert self._time_place, "asked for only where there is one"
        return proof_text(request, self._time_place, self.timestamp)


def _header_names(header: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(header, str) and header.endswith("*"):
        return tuple(header_name(f"{header[:-1]}{number}") for number in range(1, MAX_SIGNATURES + 1))
    return tuple(header_name(name) for name in ([header] if isinstance(header, str) else header))
