"""Every guide: its commands are run, in order, on a real gateway, and show what it says."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from tests.docs.blocks import GUIDES, blocks
from tests.docs.conftest import Open
from tests.docs.setups import BEFORE, BROUGHT, Setup, programs, reason_not_here

PLAYED = [page for page in GUIDES if any(block.commands or block.is_script for block in blocks(page))]


@pytest.mark.parametrize("page", PLAYED)
def test_a_guide_shows_what_happens(open_session: Open, page: str, request: pytest.FixtureRequest) -> None:
    commands = [command for block in blocks(page) for command, _ in block.commands]
    named = {word for command in commands for word in programs(command)}
    missing = {one for one in BROUGHT & named if not shutil.which(one)}
    if missing:
        pytest.skip(f"needs {', '.join(sorted(missing))}")
    setup = BEFORE.get(page, Setup())
    if setup.has_database:
        setup = replace(setup, env={**setup.env, "DATABASE_URL": request.getfixturevalue("empty_database")})
    session = open_session(setup)
    for block in blocks(page):
        session.play(block)
    assert all(one.lives() for one in session.started.values())
    assert session.done == [command for command in commands if not reason_not_here(command)]
