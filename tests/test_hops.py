"""Two gateways that send each other the same events come to an end."""

from __future__ import annotations

import pytest

from gateway.hops import MOST, hops, next_hop

# kept headers -> hops, what goes on
KEPT = [
    ("[]", 0, "1"),
    ('[["user-agent","x"],["gateway-hops","3"]]', 3, "4"),
    ('[["x","gateway-hops"]]', 0, "1"),  # a value, not the header
    ('[["gateway-hops","many"]]', 0, "1"),  # somebody else's
]


@pytest.mark.parametrize(("headers", "number", "next"), KEPT)
def test_how_many_gateways_stand_before(headers: str, number: int, next: str) -> None:
    assert hops(headers) == number
    assert next_hop(headers) == {"gateway-hops": next}


def test_a_chain_of_gateways_ends() -> None:
    headers = "[]"
    for _ in range(MOST + 1):
        assert hops(headers) <= MOST
        headers = f'[["gateway-hops","{next_hop(headers)["gateway-hops"]}"]]'
    assert hops(headers) > MOST
