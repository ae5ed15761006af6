"""Signature schemes as declarations: a provider states which one it uses and with which names.

    scheme = HmacSignature(header="X-Hub-Signature-256", prefix="sha256=")                     # GitHub
    scheme = HmacSignature(header="X-Shopify-Hmac-Sha256", encoding="base64")                  # Shopify
    scheme = HmacSignature(header="Paddle-Signature", separator=";", version="h1",
                           timestamp="ts", signed="{timestamp}:{body}")                        # Paddle
    scheme = HmacSignature(header="X-DocuSign-Signature-*", encoding="base64")                 # DocuSign
    scheme = HmacSignature(header=("BOX-SIGNATURE-PRIMARY", "BOX-SIGNATURE-SECONDARY"),
                           encoding="base64", signed="{body}{timestamp}",
                           timestamp="BOX-DELIVERY-TIMESTAMP", timestamp_unit="iso")           # Box
    scheme = HmacSignature(header="Linear-Signature", timestamp="body.webhookTimestamp",
                           timestamp_unit="ms")                                                # Linear
    scheme = HmacSignature(place="body.signature.signature", timestamp="body.signature.timestamp",
                           signed="{timestamp}{body.signature.token}",
                           unsigned_body="Mailgun signs a time and a token only")              # Mailgun
    scheme = SharedToken(header="X-Gitlab-Token")                                              # GitLab
    scheme = BasicAuth()                                                                       # Postmark

All of them compare bytes in constant time, and try every secret against every signature, so that the time
taken does not tell which one was near. Others live in modules of their own, so that an adapter that does
not use them does not load their libraries:

    adapters.standard     StandardSignature: Standard Webhooks and Svix
    adapters.asymmetric   Ed25519Signature, EcdsaSignature, RsaSignature
    adapters.certificate  RsaCertificateSignature
    adapters.jwt          JwtSignature
"""

from adapters.mac import HmacSignature
from adapters.matching import Algorithm, Encoding, SecretEncoding, first_match, secret_key
from adapters.passwords import BasicAuth, SharedToken

__all__ = [
    "Algorithm", "BasicAuth", "Encoding", "HmacSignature", "SecretEncoding", "SharedToken", "first_match",
    "secret_key",
]  # fmt: skip
