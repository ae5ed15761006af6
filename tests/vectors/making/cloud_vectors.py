"""The form of a vector, and what every provider's have in common, for the scripts next to this file."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cloud_signing import NOW

FOLDER = Path(__file__).parents[1]
SEEN = "seen 2026-11-24"
OPENSSL = "signed with openssl 3 (dgst)"
JSON = {"Content-Type": "application/json"}


class Vectors:
    """The vectors of one provider; `base` is what all of them have in common."""

    def __init__(self, adapter: str, source: str, **base: Any) -> None:
        self.adapter, self.source, self.base, self.made = adapter, source, base, []  # type: ignore[var-annotated]

    def accept(self, reason: str, **parts: Any) -> None:
        self._add("accept", reason, parts)

    def reject(self, reason: str, **parts: Any) -> None:
        self._add("reject", reason, parts)

    def _add(self, expect: str, reason: str, parts: dict[str, Any]) -> None:
        number = sum(vector["expect"] == expect for vector in self.made) + 1
        url = f"https://gateway.example/webhooks/{self.adapter}"
        start = {"id": f"{self.adapter}-{expect}-{number}", "method": "POST", "url": url, "now": NOW}
        merged = {**start, **self.base, **parts, "expect": expect, "reason": reason}
        if "secrets" in parts:
            merged.pop("secret", None)
        self.made.append(merged)

    def header(self, name: str, value: str, body: str, others: dict[str, str], prefix: str = "") -> None:
        """What is wrong with a proof in one header, whoever the provider is."""
        cases: dict[str, Any] = {
            "no signature": None,
            "an empty signature": "",
            "the signature twice": [value, value],
            "the signature and a wrong one": [value, prefix + "0" * (len(value) - len(prefix))],
            "the signature cut short": value[:-1],
            "a character more": value + "0",
            "a character that is not ASCII": value[:-1] + "é",
        }
        if prefix:
            cases |= {"no prefix": value[len(prefix) :], "another prefix": "x" + value}
        for reason, bad in cases.items():
            self.reject(reason, headers={**others, **({} if bad is None else {name: bad})}, body=body)
        if body:
            self.reject("a changed body", headers={**others, name: value}, body=body.replace("1", "2", 1))
            self.reject("a line break added to the body", headers={**others, name: value}, body=body + "\n")
            self.reject(
                "another's secret", headers={**others, name: value}, body=body, secret="another-secret"
            )

    def write(self) -> None:
        document = {"adapter": self.adapter, "source": self.source, "vectors": self.made}
        file = FOLDER / f"{self.adapter}.json"
        file.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def dump(document: object) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def node(script: str, *arguments: str) -> None:
    """Run `script`, which must end with success: a provider's library accepts what we made."""
    command = ["node", "-e", script, "--", *arguments]
    subprocess.run(command, cwd=os.environ["NPM_FOLDER"], check=True, capture_output=True, text=True)


def mac_vectors(
    vectors: Vectors,
    name: str,
    value: str,
    body: str,
    event: dict[str, Any] | None,
    prefix: str = "",
    others: dict[str, str] | None = None,
) -> None:
    """The first that is accepted, a second secret, and what can be wrong with the header."""
    others = {**JSON, **(others or {})}
    events = None if event is None else [event]
    headers = {**others, name: value}
    vectors.accept("as the provider signs it", headers=headers, body=body, events=events)
    secrets = ["an-older-secret", vectors.base["secret"]]
    vectors.accept("the second of two secrets in force", headers=headers, body=body, secrets=secrets)
    vectors.accept("the name of the header in capitals", headers={**others, name.upper(): value}, body=body)
    vectors.header(name, value, body, others, prefix)


def times(vectors: Vectors, headers: Any, body: str, tolerance: int) -> None:
    """At the edges of the tolerance and beyond; `headers` makes them for a time."""
    vectors.accept("exactly as old as is allowed", headers=headers(NOW - tolerance), body=body)
    vectors.accept("a clock that is ahead, as far as is allowed", headers=headers(NOW + tolerance), body=body)
    vectors.reject("a second older than is allowed", headers=headers(NOW - tolerance - 1), body=body)
    vectors.reject("a second too far in the future", headers=headers(NOW + tolerance + 1), body=body)


def token_vectors(vectors: Vectors, name: str, value: str, body: str, events: list[dict[str, Any]]) -> None:
    vectors.accept("as the provider sends it", headers={**JSON, name: value}, body=body, events=events)
    secrets = ["an-older-secret", vectors.base["secret"]]
    vectors.accept(
        "the second of two secrets in force", headers={**JSON, name: value}, body=body, secrets=secrets
    )
    for reason, bad in {
        "no token": None,
        "an empty token": "",
        "another token": value[:-1] + "x",
        "a part of it": value[:-1],
        "more than it": value + "x",
        "the token twice": [value, value],
        "not ASCII": value[:-1] + "é",
    }.items():
        headers: dict[str, Any] = {**JSON, **({} if bad is None else {name: bad})}
        vectors.reject(reason, headers=headers, body=body)


def documented(adapter: str, page: str, **base: Any) -> Vectors:
    return Vectors(adapter, f"the header and the body as {page} documents them, {SEEN}", **base)


def event(id: str, name: str, at: float | None = NOW - 5) -> dict[str, Any]:
    return {"id": id, "name": name, "ts": None if at is None else round(at * 1000)}
