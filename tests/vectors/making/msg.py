"""Makes the vectors of the messaging, AI and form providers.

    pip install --target /tmp/sdk twilio sendgrid mailgun resend svix openai anthropic standardwebhooks \
        replicate hubspot-api-client elevenlabs
    PYTHONPATH=/tmp/sdk python tests/vectors/making/msg.py

The `openssl` command signs; where the provider's own package signs or verifies, it has to agree, and does so
at the vector's own time. The other `msg_` files have the requests.
"""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1]
NOW = 1_800_000_000
MS = NOW * 1000
ISO = "2027-01-15T08:00:00Z"
Record = dict[str, Any]


def openssl(content: bytes, key: bytes, digest: str = "sha256") -> bytes:
    """The HMAC of `content`, by the openssl command."""
    command = ["openssl", "dgst", f"-{digest}", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def base64ed(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def dumped(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def at(moment: float) -> None:
    """From now on the clock of this process stands at `moment`."""
    time.time = lambda: moment  # type: ignore[assignment]


class File:
    """The vectors of one provider; `signature` is the header that holds the proof."""

    def __init__(self, name: str, source: str, signature: str = "") -> None:
        self.name, self.source, self.signature = name, source, signature
        self.vectors: list[Record] = []

    def request(self, headers: Mapping[str, Any], body: bytes, secret: str, **more: Any) -> Record:
        """A request that arrives at NOW."""
        text: Record = {"body_base64": base64ed(body)}
        with suppress(UnicodeDecodeError):
            text = {"body": body.decode()}
        url = f"https://gateway.example/webhooks/{self.name}"
        return {
            "method": "POST", "url": url, "headers": dict(headers), **text,
            "now": NOW, "secret": secret, **more,
        }  # fmt: skip

    def add(self, id: str, expect: str, reason: str, request: Record, **changes: Any) -> None:
        """`request` with `changes` (None removes) as a vector."""
        record = {"id": f"{self.name}-{id}", **request, "expect": expect, "reason": reason, **changes}
        self.vectors.append({key: value for key, value in record.items() if value is not None})

    def header(self, request: Record, value: Any, name: str = "") -> Record:
        """The headers of `request` with another value of the proof; None removes it."""
        headers = {**request["headers"], (name or self.signature): value}
        return {key: text for key, text in headers.items() if text is not None}

    def accept(self, request: Record, events: list[Record] | None, wrong: str, **more: Any) -> None:
        """`request` and its events, and what everyone must make of its secrets."""
        self.add("genuine", "accept", "as the provider sends it", request, events=events, **more)
        secret = request["secret"]
        both = {"secret": None, "secrets": [wrong, secret]}
        self.add("second-secret", "accept", "the second of two secrets in force", request, **both)
        self.add("wrong-secret", "reject", "another secret", request, secret=wrong)
        self.add("no-secret", "reject", "no secret at all", request, secret=None, secrets=[])

    def attack(self, request: Record, other_body: str | None = None) -> None:
        """What is wrong with a header, and a body that is not the one that was signed."""
        value = request["headers"][self.signature]
        cases = {
            "missing": (None, "without the signature"),
            "empty": ("", "an empty signature"),
            "truncated": (value[:-2], "the signature lacks its end"),
            "repeated": ([value, value], "the signature's header comes twice"),
            "repeated-wrong": ([value, "x"], "the signature's header comes twice, the second is wrong"),
            "non-ascii": (value + "é", "a character that is not ASCII in the signature"),
        }
        for id, (text, reason) in cases.items():
            self.add(id, "reject", reason, request, headers=self.header(request, text))
        if other_body is not None:
            self.add("changed-body", "reject", "another body", request, body=other_body)
            self.add("added-line", "reject", "a line break more", request, body=request["body"] + "\n")

    def refuse(self, request: Record, cases: Iterable[tuple[str, Any, str]], name: str = "") -> None:
        """`request` with each of these values (id, value, reason) in the header `name`."""
        for id, value, reason in cases:
            self.add(id, "reject", reason, request, headers=self.header(request, value, name))

    def timed(self, made: Callable[[int], Record], tolerance: int) -> None:
        """`made` signs a request at a time; at the border of the tolerance and one second beyond it."""
        for off, expect in ((0, "accept"), (1, "reject")):
            far = tolerance + off
            self.add(f"old-{far}", expect, f"signed {far} s ago", made(NOW - far))
            self.add(f"future-{far}", expect, f"signed {far} s ahead", made(NOW + far))

    def write(self) -> None:
        document = {"adapter": self.name, "source": self.source, "vectors": self.vectors}
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (FOLDER / f"{self.name}.json").write_text(text + "\n")
        print(self.name, len(self.vectors))


def event(id: str, name: str, ts: int | None) -> Record:
    return {"id": id, "name": name, "ts": ts}


if __name__ == "__main__":
    import msg_ai
    import msg_email
    import msg_forms
    import msg_hubspot
    import msg_sendgrid
    import msg_standard
    import msg_twilio
    import msg_twitch

    modules = (msg_ai, msg_email, msg_forms, msg_hubspot, msg_sendgrid, msg_standard, msg_twilio, msg_twitch)
    for module in modules:
        for make in module.FILES:
            make().write()
