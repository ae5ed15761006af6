"""The README: its two commands as a newcomer runs them, its adapter, its subscriber."""

from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
import sys
import time

import httpx
import pytest

from gateway.destinations.signature import sign
from tests.docs.blocks import blocks
from tests.docs.conftest import Open
from tests.docs.session import Session
from tests.docs.setups import BEFORE, reason_not_here
from tests.service.conftest import eventually

SECRET = "whsec_" + base64.b64encode(b"a-key-of-thirty-two-bytes-length").decode()


@pytest.fixture
def session(open_session: Open) -> Session:
    """A session in which nothing runs."""
    return open_session(BEFORE["README.md"])


def test_the_readme_shows_what_happens(session: Session) -> None:
    for block in blocks("README.md"):
        session.play(block)
    every = [command for block in blocks("README.md") for command, _ in block.commands]
    ours = [command for command in every if not reason_not_here(command)]
    assert session.done == ours and "make run" in ours and "make test" in ours


def test_the_environment_brings_the_command(session: Session) -> None:
    """Not the one of the sessions: a process that imports for itself."""
    session.shell.run(". .venv/bin/activate")
    assert session.succeed("command -v gateway") == f"{sys.prefix}/bin/gateway\n"
    assert session.succeed("gateway --version").startswith("gateway ")


def test_the_adapter_receives_what_somebody_else_signed(session: Session) -> None:
    for block in blocks("README.md"):
        if "my-adapters" in block.title + block.text and block.language != "console":
            session.play(block)
    session.succeed("export TALLY_SECRET='a secret of the form'")
    session.stay(".venv/bin/gateway serve --dev")
    body = b'{"eventId":"01J","eventType":"FORM_RESPONSE","data":{"fields":[]}}'
    digest = base64.b64encode(hmac.digest(b"a secret of the form", body, hashlib.sha256)).decode()
    url = session.places.real("http://127.0.0.1:8080/webhooks/forms")
    sent = [httpx.post(url, content=body, headers={"tally-signature": p + digest}) for p in ("sha256=", "")]
    assert [response.status_code for response in sent] == [401, 200]


@pytest.mark.parametrize("secret", [SECRET, "a secret of sixteen letters"])
def test_the_subscriber_works_once_and_refuses_a_forgery(session: Session, secret: str) -> None:
    url = session.places.real("http://127.0.0.1:9000/hooks")
    process = subprocess.Popen(
        [sys.executable, "examples/subscriber.py", secret], cwd=session.folder, stdout=subprocess.PIPE
    )
    try:
        assert eventually(lambda: answer(url, SECRET.encode(), b"{}")) == 401
        key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
        body = b'{"name": "stripe/customer.created", "id": "evt_1"}'
        assert [answer(url, key, body, old) for old in (0, 0, 301)] == [204, 204, 401]
    finally:
        process.terminate()
        printed, _ = process.communicate(timeout=10)
    assert printed == b"stripe/customer.created evt_1\n"


def answer(url: str, key: bytes, body: bytes, old: int = 0) -> int | None:
    """The status of a signed delivery, made `old` seconds ago; None while nobody listens."""
    try:
        headers = sign("01M852MQ0WKB54M6ZTGY5C5MG5", int(time.time()) - old, body, [key])
        return httpx.post(url, content=body, headers=headers).status_code
    except httpx.ConnectError:
        return None
