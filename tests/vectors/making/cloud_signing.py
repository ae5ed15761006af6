"""Signatures made with the openssl command, for the scripts next to this file."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

NOW = 1_800_000_000
KEYS = Path(tempfile.mkdtemp())


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


def mac(key: bytes, content: bytes, algorithm: str = "sha256") -> bytes:
    return openssl(
        "dgst", f"-{algorithm}", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary", given=content
    )


def hexmac(key: str, content: str, algorithm: str = "sha256") -> str:
    return mac(key.encode(), content.encode(), algorithm).hex()


def rsa_key(name: str) -> Path:
    """A private key, made once for each name."""
    file = KEYS / f"{name}.pem"
    if not file.exists():
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(file))
    return file


def certificate(name: str, subject: str, days: str = "3650") -> str:
    command = ("req", "-x509", "-new", "-key", str(rsa_key(name)), "-subj", f"/CN={subject}", "-days", days)
    return openssl(*command).decode()


def rsa(name: str, content: bytes, algorithm: str) -> bytes:
    return openssl("dgst", f"-{algorithm}", "-sign", str(rsa_key(name)), given=content)


def ed25519(name: str, content: bytes) -> tuple[str, str]:
    """The public key and the signature, both in base64."""
    file, message = KEYS / f"{name}.ed25519", KEYS / "message"
    if not file.exists():
        openssl("genpkey", "-algorithm", "ED25519", "-out", str(file))
    message.write_bytes(content)
    signature = openssl("pkeyutl", "-sign", "-inkey", str(file), "-rawin", "-in", str(message))
    public = openssl("pkey", "-in", str(file), "-pubout", "-outform", "DER")[-32:]
    return base64.b64encode(public).decode(), base64.b64encode(signature).decode()


def b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def jwk(name: str, kid: str) -> dict[str, str]:
    text = openssl("rsa", "-in", str(rsa_key(name)), "-noout", "-modulus").decode().strip()
    return {
        "kty": "RSA",
        "alg": "RS256",
        "use": "sig",
        "kid": kid,
        "e": "AQAB",
        "n": b64url(bytes.fromhex(text.removeprefix("Modulus="))),
    }


def jwt(header: dict[str, Any], claims: dict[str, Any], key: str) -> str:
    """A token; `key` names an RSA key for RS256 and is the secret itself for HS256."""
    content = ".".join(b64url(json.dumps(part).encode()) for part in (header, claims))
    if header["alg"] == "none":
        return content + "."
    raw = (
        rsa(key, content.encode(), "sha256")
        if header["alg"] == "RS256"
        else mac(key.encode(), content.encode())
    )
    return f"{content}.{b64url(raw)}"
