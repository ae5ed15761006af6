"""A stand-in of GitHub's API as a real HTTP server: the deliveries of webhooks.

It answers as https://docs.github.com/en/rest/repos/webhooks says (seen 2026-11-25), to the degree that our
reader can tell: newest first, pages by a cursor in the Link header, payloads in the detail alone, the same
guid when a delivery is sent again, tokens, 404 for what a token may not see, 429, an app's token.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from tests.serving import Handler
from tests.serving import serving as listening

TOKEN = "ghp_of_somebody_who_may"
HOOK = "repos/octo/hello/hooks/7"


@dataclass
class GitHubServer:
    """What it keeps by hook, in the order in which it was sent, and what it was asked.

    `busy` is how many of the next requests it answers with 429; `app_key` is the public key of an app.
    """

    url: str = ""
    deliveries: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    busy: int = 0
    app_key: Any = None

    def add(
        self,
        guid: str,
        event: str = "issues",
        action: str | None = "opened",
        *,
        at: int,
        status: int = 200,
        again: bool = False,
        hook: str = HOOK,
    ) -> dict[str, Any]:
        """One more delivery, at `at` (Unix seconds). Returns its payload."""
        number = sum(map(len, self.deliveries.values())) + 1
        payload: dict[str, Any] = {"issue": {"number": number, "updated_at": _iso(at)}, "sender": {"id": 1}}
        payload |= {"action": action} if action else {}
        headers = {
            "Accept": "*/*",
            "content-type": "application/x-www-form-urlencoded",
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": hook.rpartition("/")[2],
        }
        self.deliveries.setdefault(hook, []).append(
            {
                "id": 9000 + number,
                "guid": guid,
                "delivered_at": _iso(at),
                "redelivery": again,
                "duration": 0.27,
                "status": "OK" if status == 200 else "Invalid HTTP Response",
                "status_code": status,
                "event": event,
                "action": action,
                "installation_id": None,
                "repository_id": 1,
                "request": {"headers": headers, "payload": payload},
                "response": {"headers": {}, "payload": "ok"},
            }
        )
        return payload

    def answer(self, path: str, query: dict[str, str], headers: Any) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers of the answer to one request."""
        hook, _, number = path[1:].partition("/deliveries")
        if not self._may(headers.get("authorization", ""), hook):
            return 401, {"message": "Bad credentials"}, {}
        if self.busy:
            self.busy -= 1
            return 429, {"message": "You have exceeded a secondary rate limit"}, {"retry-after": "3"}
        kept = self.deliveries.get(hook)
        if kept is None:
            return 404, {"message": "Not Found"}, {}
        if number:
            return 200, next(one for one in kept if one["id"] == int(number[1:])), {}
        return self._list(kept[::-1], query)

    def _may(self, authorization: str, hook: str) -> bool:
        token = authorization.removeprefix("Bearer ")
        if hook != "app/hook":
            return token == TOKEN
        claims = jwt.decode(token, self.app_key, algorithms=["RS256"])
        return bool(claims["iss"] == "Iv1.abc" and claims["exp"] - claims["iat"] <= 600)

    def _list(
        self, newest_first: list[dict[str, Any]], query: dict[str, str]
    ) -> tuple[int, Any, dict[str, str]]:
        size = min(100, int(query.get("per_page", 30)))
        start = int(query.get("cursor", "v1_0").removeprefix("v1_"))
        page = [
            {name: value for name, value in one.items() if name not in ("request", "response")}
            for one in newest_first[start : start + size]
        ]
        more = start + size < len(newest_first)
        link = f'<{self.url}/x?per_page={size}&cursor=v1_{start + size}>; rel="next"'
        return 200, page, {"link": link} if more else {}


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def serving() -> Iterator[GitHubServer]:
    """A stand-in that listens on a free port."""
    github = GitHubServer()

    class Answers(Handler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            github.asked.append(self.path)
            status, answer, more = github.answer(parts.path, dict(parse_qsl(parts.query)), self.headers)
            written = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"content-length": str(len(written)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(written)

    with listening(Answers) as server:
        github.url = f"http://127.0.0.1:{server.server_port}"
        yield github
