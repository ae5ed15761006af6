"""Ids made from a sender's seed."""

from __future__ import annotations

import pytest
from ulid_transform import ulid_to_bytes

from gateway.api.seed import read_seed
from gateway.event import made_at

SEED = b"1743130137367,eii2YKXRVTJPuA=="


def test_an_id_is_the_time_and_the_entropy_with_the_events_number_added() -> None:
    seed = read_seed(SEED)
    assert seed is not None
    assert made_at(seed.id(0)) == 1743130137367
    assert ulid_to_bytes(seed.id(0))[6:].hex() == "7a28b660a5d1" + "55324fb9"  # …b8 and 1
    assert ulid_to_bytes(seed.id(1))[6:].hex() == "7a28b660a5d1" + "55324fba"


def test_the_number_wraps_within_its_four_bytes() -> None:
    seed = read_seed(b"1,AAAAAAAA/////w==")
    assert seed is not None
    assert ulid_to_bytes(seed.id(0))[6:].hex() == "000000000000" + "00000000"


MALFORMED = [
    b"",
    b"1743130137367",
    b"1743130137367,",
    b"1743130137367,eii2YKXRVTJPuA",  # no padding
    b"1743130137367,eii2YKXRVTJP",  # nine bytes
    b"-1,eii2YKXRVTJPuA==",
    b"999999999999999,eii2YKXRVTJPuA==",  # more than 48 bits
    b"x,eii2YKXRVTJPuA==",
    b"1743130137367,eii2YKXR TJPuA==",
]


@pytest.mark.parametrize("value", MALFORMED)
def test_a_malformed_seed_is_none(value: bytes) -> None:
    assert read_seed(value) is None
