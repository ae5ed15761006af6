"""Every block of Python compiles, and does what its title says."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest

from gateway.destinations.signature import sign
from tests.docs.blocks import Block, of


@pytest.mark.parametrize("block", of("python"))
def test_each_python_block_compiles(block: Block) -> None:
    compile(block.text, f"{block.page}:{block.line}", "exec")


@pytest.mark.parametrize("block", [one for one in of("python") if one.values[0].title == "verify"])
def test_a_library_verifies_a_delivery(block: Block) -> None:
    key = b"a-key-of-thirty-two-bytes-length"
    body = b'{"name": "stripe/customer.created"}'
    names: dict[str, Any] = {"secret": "whsec_" + base64.b64encode(key).decode(), "body": body}
    exec(block.text, names | {"headers": sign("id", int(time.time()), body, [key])}, names)
    assert names["event"] == {"name": "stripe/customer.created"}
