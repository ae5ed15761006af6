"""Bodies as GitHub sends them, shortened, for `gateway trigger` and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.times import write_time

HEADERS: Mapping[str, str] = {
    "User-Agent": "GitHub-Hookshot/6f2a9c1",
    "X-GitHub-Hook-ID": "292430182",
    "X-GitHub-Hook-Installation-Target-ID": "79929171",
    "X-GitHub-Hook-Installation-Target-Type": "repository",
}

_SENDER = {"login": "octocat", "id": 1, "type": "User"}
_REPOSITORY = {
    "id": 79929171,
    "name": "hello-world",
    "full_name": "octocat/hello-world",
    "private": False,
    "owner": _SENDER,
    "html_url": "https://github.com/octocat/hello-world",
    "default_branch": "main",
}

_HOOK = {"type": "Repository", "id": 292430182, "name": "web", "active": True, "events": ["*"]}
_PUSH = {
    "ref": "refs/heads/main",
    "before": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
    "after": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e",
    "created": False,
    "deleted": False,
    "forced": False,
    "commits": [{"id": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e", "message": "Fix a typo"}],
    "pusher": {"name": "octocat", "email": "octocat@github.com"},
}

# event -> (the name of its object, that object without times)
_SUBJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "issues": ("issue", {"id": 73464126, "number": 1, "state": "open", "title": "Spelling error"}),
    "issue_comment": ("comment", {"id": 99262140, "body": "Fixed, thank you.", "user": _SENDER}),
    "pull_request": (
        "pull_request",
        {
            "id": 191568743,
            "number": 1,
            "state": "open",
            "title": "Update the README",
            "user": _SENDER,
            "draft": False,
            "merged": False,
            "head": {"ref": "changes", "sha": "ec26c3e57ca3a959ca5aad62de7213c562f8c821"},
            "base": {"ref": "main", "sha": "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"},
        },
    ),
    "release": ("release", {"id": 17372790, "tag_name": "0.0.1", "draft": False, "prerelease": False}),
}


def body(event: str, now: float) -> dict[str, Any]:
    """The body of `event` (`push`, `issues` …) without its action; `now` is Unix seconds."""
    common = {"repository": _REPOSITORY, "sender": _SENDER}
    if event == "ping":
        return {"zen": "Keep it logically awesome.", "hook_id": 292430182, "hook": _HOOK, **common}
    if event == "push":
        return {**_PUSH, **common, "repository": {**_REPOSITORY, "pushed_at": int(now)}}
    time = write_time(int(now), "iso")
    name, subject = _SUBJECTS.get(event, (event, {"id": 1}))
    return {name: {**subject, "created_at": time, "updated_at": time}, **common}
