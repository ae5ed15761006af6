"""What Twilio signs: the public URL, and the fields of a form or the digest of another body."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex
from urllib.parse import parse_qs, urlsplit

from adapters.base import Scheme, VerificationError, WebhookRequest, check_text, reading_proof
from adapters.matching import first_match

HEADER = "X-Twilio-Signature"
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
"""Names the algorithm of a request that is signed with a SharedKey: `key=…,algorithm=HMAC_SHA256`."""

_ALGORITHMS = {"HMAC_SHA1": "sha1", "HMAC_SHA256": "sha256"}
_PORTS = {"https": ":443", "http": ":80"}
_URL = re.compile(r"(https?)(://[^/?#]*?)(:[0-9]+)?([/?].*)?", re.DOTALL)


@dataclass(frozen=True)
class TwilioSignature(Scheme):
    """Base64 of an HMAC whose key is the account's Auth Token, or the secret of a SharedKey.

    `only` is the one algorithm that is taken; None: the header SETTINGS says which, SHA-1 without it. Neither
    can be made without the secret, so that header needs no trust.
    """

    only: str | None = None

    def verify(
        self, request: WebhookRequest, secrets: Sequence[str], now: float, tolerance: float | None
    ) -> int:
        given = request.headers.proof(HEADER).encode()
        algorithm, contents = self._algorithm(request), list(_contents(request))

        def proves(secret: str) -> bool:
            check_text(secret)
            signatures = [_signature(secret, content, algorithm) for content in contents]
            return sum([hmac.compare_digest(signature, given) for signature in signatures]) > 0

        return first_match(secrets, proves, f"the signature in {HEADER}")

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        check_text(secret)
        if is_json(request) and "bodySHA256=" not in request.url:
            mark = "&" if "?" in request.url else "?"
            request = request.with_url(f"{request.url}{mark}bodySHA256={sha256(request.body).hexdigest()}")
        if self.only == "HMAC_SHA256":
            request = request.with_headers({SETTINGS: "algorithm=HMAC_SHA256"})
        signature = _signature(secret, next(_contents(request)), self._algorithm(request))
        return request.with_headers({HEADER: signature.decode()})

    def signed_bytes(self, request: WebhookRequest) -> bytes | None:
        return next(_contents(request))

    def expected(self, request: WebhookRequest, secret: str) -> str | None:
        check_text(secret)
        return _signature(secret, next(_contents(request)), self._algorithm(request)).decode()

    def generate_secret(self) -> str:
        return token_hex(16)

    def _algorithm(self, request: WebhookRequest) -> str:
        named = "HMAC_SHA1"
        if request.headers.all(SETTINGS):
            items = [item.strip().partition("=") for item in request.headers.proof(SETTINGS).split(",")]
            names = [value.strip().upper() for name, _, value in items if name == "algorithm"]
            if len(names) > 1:
                raise VerificationError(f"the header {SETTINGS} names {len(names)} algorithms")
            named = names[0] if names else named
        if named not in _ALGORITHMS or self.only not in (None, named):
            raise VerificationError(f"the header {SETTINGS} names an algorithm that is not taken")
        return _ALGORITHMS[named]


def is_json(request: WebhookRequest) -> bool:
    """Whether the body is JSON and not a form, by its content type, or by the digest in the URL."""
    if request.method == "GET":
        return False
    kind = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if kind in ("", "text/plain"):
        return "bodySHA256=" in request.url
    return kind != "application/x-www-form-urlencoded"


def _contents(request: WebhookRequest) -> Iterator[bytes]:
    """What may be signed: Twilio itself is not of one mind about the port in the URL."""
    url, fields = request.url.partition("#")[0], _signed_fields(request)
    for text in _spellings(url):
        yield text.encode("utf-8", "replace") + fields


def _spellings(url: str) -> Iterator[str]:
    yield url
    match = _URL.fullmatch(url)
    if match:
        scheme, host, port, rest = match.groups("")
        yield f"{scheme}{host}{'' if port else _PORTS[scheme]}{rest}"


def _signed_fields(request: WebhookRequest) -> bytes:
    if is_json(request):
        _check_digest(request)
        return b""
    if request.method == "GET":
        if request.body:
            raise VerificationError("a GET with a body, which its signature does not cover")
        return b""
    with reading_proof():
        form = request.form
    return "".join(name + value for name in sorted(form) for value in sorted(set(form[name]))).encode(
        "utf-8", "surrogatepass"
    )


def _check_digest(request: WebhookRequest) -> None:
    """Without the digest of the body in the URL, nothing of the body is signed."""
    try:
        digests = parse_qs(urlsplit(request.url).query, max_num_fields=1000).get("bodySHA256", [])
    except ValueError:
        raise VerificationError("the query of the URL cannot be read") from None
    if len(digests) != 1:
        raise VerificationError(f"the URL holds bodySHA256 {len(digests)} times instead of once")
    given = digests[0].lower().encode("utf-8", "replace")
    if not hmac.compare_digest(sha256(request.body).hexdigest().encode(), given):
        raise VerificationError("bodySHA256 in the URL is not the digest of the body")


def _signature(secret: str, content: bytes, algorithm: str) -> bytes:
    return b64encode(hmac.digest(secret.encode(), content, algorithm))
