"""The limit on wrong tokens, which the API and the sign-in of the dashboard share."""

from __future__ import annotations

from gateway.operate.guesses import ADDRESSES, MOST, PER, Guesses


def test_after_so_many_guesses_an_address_waits_until_they_are_old() -> None:
    guesses = Guesses()
    for n in range(MOST):
        assert guesses.wait("192.0.2.1", n) == 0
        guesses.wrong("192.0.2.1", n)
    assert guesses.wait("192.0.2.1", MOST) == PER - MOST
    assert guesses.wait("192.0.2.1", PER) == 0


def test_each_address_is_counted_by_itself() -> None:
    guesses = Guesses()
    for _ in range(MOST):
        guesses.wrong("192.0.2.1", 0)
    assert guesses.wait("192.0.2.2", 0) == 0


def test_a_network_of_ipv6_counts_as_one() -> None:
    guesses = Guesses()
    for n in range(MOST):
        guesses.wrong(f"2001:db8::{n:x}", 0)
    assert guesses.wait("2001:db8::ffff", 0) == PER
    assert guesses.wait("2001:db8:0:1::1", 0) == 0


def test_what_is_remembered_is_bounded() -> None:
    guesses = Guesses()
    for n in range(ADDRESSES + 5):
        guesses.wrong(f"host-{n}", 0)
    assert len(guesses._times) == ADDRESSES
