"""Signatures that are checked with a certificate which the request names.

    class _Signature(RsaCertificateSignature):                                                  # PayPal
        def signed_content(self, request, stamp): ...

    scheme = _Signature(header="PAYPAL-TRANSMISSION-SIG", certificate="header.PAYPAL-CERT-URL",
                        hosts=("api.paypal.com", "api.sandbox.paypal.com"), name=".paypal.com", signed="",
                        sample_url="https://api.paypal.com/v1/notifications/certs/CERT-sample")

It needs no secret. `sign`, given a private key (`generate_secret`), makes a certificate for it and carries
that in the request's `keys`, as if it had been fetched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from adapters.asymmetric import RsaSignature, rsa_proves, with_value
from adapters.base import VerificationError, WebhookRequest, host_allows
from adapters.keys import check_certificate, private_of, read_certificate, self_signed
from adapters.places import compile_path
from adapters.template import proof_text


@dataclass(frozen=True)
class RsaCertificateSignature(RsaSignature):
    """RSA by the key in a certificate, whose URL the request names.

    The URL must be plain https at one of `hosts` (`host_allows`) and, where `path` is stated, its path and
    query must match that expression whole. The certificate must be valid now and, where `name` is stated, be
    for a name that ends with it. Its chain is not followed: that it came from the provider's own host over
    TLS says the same.
    """

    certificate: str = ""
    """The place of the URL: header.PAYPAL-CERT-URL, body.SigningCertURL."""
    hosts: tuple[str, ...] = ()
    path: str = ""
    name: str = ""
    sample_url: str = ""
    """The certificate's URL in a sample, where the sample states none."""
    max_age: float = 86_400
    """Seconds for which the certificate is kept."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "needs_secret", False)
        re.compile(self.path)
        if not self.certificate or not self.hosts:
            raise ValueError("certificate, hosts: state where the URL is and where it may lead")

    def may_fetch(self, url: str) -> bool:
        path = re.sub(r"\Ahttps://[^/?]*", "", url)
        return host_allows(url, self.hosts) and (not self.path or re.fullmatch(self.path, path) is not None)

    def sign(self, request: WebhookRequest, secret: str, now: float) -> WebhookRequest:
        private = private_of(secret)
        if compile_path(self.certificate).read(request, request.json if request.body else {}) is None:
            request = with_value(request, self.certificate, self.sample_url)
        url = self._url(request)
        certificate = self_signed(private, f"sample{self.name}", now)
        return super().sign(request.with_keys({url: certificate}), secret, now)

    def _match(
        self, request: WebhookRequest, secrets: Sequence[str], content: bytes, given: bytes, now: float
    ) -> int:
        certificate = read_certificate(request.key(self._url(request), self.max_age))
        check_certificate(certificate, now, self.name)
        public = certificate.public_key()
        if not isinstance(public, RSAPublicKey) or public.key_size < 2048:
            raise VerificationError("the certificate does not hold an RSA key of 2048 bits or more")
        if not rsa_proves(public, content, given, self.hash_of(request)):
            raise VerificationError("the certificate does not prove the signature")
        return 0

    def _url(self, request: WebhookRequest) -> str:
        if self.certificate.startswith("header."):
            url = request.headers.proof(self.certificate.removeprefix("header."))
        else:
            url = proof_text(request, compile_path(self.certificate), self.certificate)
        if not self.may_fetch(url):
            raise VerificationError(f"{url[:200]!r} is not an address to fetch a certificate from")
        return url
