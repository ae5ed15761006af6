"""What the pages of providers have beside config and samples."""

from __future__ import annotations

import httpx

from tests.docs.blocks import blocks
from tests.docs.conftest import Open
from tests.docs.setups import Setup
from tests.service.conftest import eventually


def test_notions_first_request_is_read_without_the_gateway(open_session: Open) -> None:
    session = open_session(Setup(is_fresh=True))
    [command] = [
        one for block in blocks("docs/providers/notion.md") for one, _ in block.commands if "Once" in one
    ]
    started = session.start("once", command)
    assert eventually(lambda: status(session.places.real("http://127.0.0.1:8080"))) == 200
    assert eventually(lambda: not started.lives()) and started.said.startswith('{"verification_token":"x"}')


def status(url: str) -> int | None:
    """The answer to Notion's first request; None while nobody listens."""
    try:
        return httpx.post(url, json={"verification_token": "x"}).status_code
    except httpx.ConnectError:
        return None
