"""What the vectors of developer tools are made with: openssl, Node, and a book of vectors."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

NOW = 1_800_000_000
ISO = "2027-01-15T08:00:00Z"
Headers = Mapping[str, str | list[str]]


def hmac(algorithm: str, secret: str | bytes, content: bytes) -> bytes:
    """By openssl, so that no Python code is asked twice."""
    key = secret.encode() if isinstance(secret, str) else secret
    command = [
        "openssl",
        "dgst",
        f"-{algorithm}",
        "-mac",
        "HMAC",
        "-macopt",
        f"hexkey:{key.hex()}",
        "-binary",
    ]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def sha256(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def node(script: str, **values: str) -> str:
    command = ["node", "-e", f"const v = JSON.parse(process.argv[1]); {script}", json.dumps(values)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


def compact(document: object) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


class Book:
    """The vectors of one provider."""

    def __init__(self, name: str, source: str, secret: str, **common: Any) -> None:
        self.name, self.source, self.secret, self.common = name, source, secret, common
        self.vectors: list[dict[str, Any]] = []

    def add(self, expect: str, reason: str, headers: Headers, body: str | bytes, **more: Any) -> None:
        record: dict[str, Any] = {"id": f"{self.name}-{expect}-{len(self.vectors) + 1}", "method": "POST"}
        record["url"] = f"https://gateway.example/webhooks/{self.name}"
        record["headers"] = dict(headers)
        if isinstance(body, bytes):
            record["body_base64"] = b64(body)
        else:
            record["body"] = body
        record |= {"now": NOW, "secret": self.secret, "expect": expect, "reason": reason} | self.common | more
        if "secrets" in more:
            del record["secret"]
        self.vectors.append(record)

    def accept(self, reason: str, headers: Headers, body: str | bytes, *events: Any, **more: Any) -> None:
        """`events` are (id, type, ts); None alone leaves them unsaid."""
        if events != (None,):
            named = [{"id": id, "name": f"{self.name}/{type}", "ts": ts} for id, type, ts in events]
            more = {"events": named, **more}
        self.add("accept", reason, headers, body, **more)

    def reject(self, reason: str, headers: Headers, body: str | bytes, **more: Any) -> None:
        self.add("reject", reason, headers, body, **more)

    def traps(self, header: str, headers: dict[str, str], body: str, other: str) -> None:
        """What must be refused of any signature; `other` is another secret of the right form."""
        good = headers[header]
        rest = {name: value for name, value in headers.items() if name != header}
        self.reject("another secret", headers, body, secret=other)
        self.reject("no secret at all", headers, body, secrets=[])
        self.reject("an empty secret", headers, body, secret="")
        self.reject("one byte of the body changed", headers, body.replace("a", "b", 1))
        self.reject("a line break after the body", headers, body + "\n")
        self.reject("an empty body under the same signature", headers, "")
        self.reject("no signature", rest, body)
        self.reject("an empty signature", {**rest, header: ""}, body)
        self.reject("the last character cut off", {**rest, header: good[:-1]}, body)
        self.reject("a character too many", {**rest, header: good + "0"}, body)
        self.reject("a character that is not ASCII", {**rest, header: good + "é"}, body)
        self.reject("the header came twice", {**rest, header: [good, good]}, body)
        self.reject("the header came twice, once wrong", {**rest, header: [good[:-4] + "0000", good]}, body)
        self.reject("the words null and undefined", {**rest, header: "undefined"}, body)
        self.accept("the second of two secrets", headers, body, None, secrets=[other, self.secret])

    def times(self, sign: Callable[[int], dict[str, str]], body: str, tolerance: int) -> None:
        """The two edges of the tolerance, from both sides, and times that are none."""
        for off in (-tolerance, tolerance):
            self.accept(f"{off:+} s, at the edge", sign(NOW + off), body, None)
        for off in (-tolerance - 1, tolerance + 1, -86_400, 10**9):
            self.reject(f"{off:+} s, genuine but not of now", sign(NOW + off), body)
        self.accept("an hour old where two are allowed", sign(NOW - 3600), body, None, tolerance=7200)

    def write(self, folder: Path) -> None:
        document = {"adapter": self.name, "source": self.source, "vectors": self.vectors}
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (folder / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")


def hub(
    name: str, source: str, secret: str, header: str, mark: str, algorithm: str = "sha256"
) -> tuple[Book, Any]:
    """For a signature of the body alone, in hex behind `mark`: the book, and how its requests are signed."""
    book = Book(name, source, secret)

    def sign(body: str, key: str = secret) -> dict[str, str]:
        return {header: mark + hmac(algorithm, key, body.encode()).hex()}

    return book, sign


def marks(book: Book, sign: Any, header: str, body: str, mark: str, others: Mapping[str, str]) -> None:
    """What may be wrong before and in the hex; `others` are other algorithms by their mark."""
    right = sign(body)[header].removeprefix(mark)
    rest = {name: value for name, value in sign(body).items() if name != header}
    if mark:
        book.reject("no mark before the hex", {**rest, header: right}, body)
        book.reject("the mark twice", {**rest, header: mark + mark + right}, body)
        book.reject("something before the mark", {**rest, header: "x" + mark + right}, body)
    for other, algorithm in others.items():
        value = other + hmac(algorithm, book.secret, body.encode()).hex()
        book.reject(f"rightly signed, but with {algorithm}", {**rest, header: value}, body)
    book.reject("base64 instead of hex", {**rest, header: mark + b64(bytes.fromhex(right))}, body)
