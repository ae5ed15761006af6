"""Who wants an event."""

from __future__ import annotations

from gateway.pipeline.route import MAX_REMEMBERED, Router


def test_every_subscription_with_a_matching_pattern_wants_it_in_the_order_of_the_config() -> None:
    router = Router({"b": ["stripe/*"], "a": ["x/y", "**.created"], "c": ["github/*"]})
    assert router.match("stripe/customer.created") == ("b", "a")
    assert router.match("stripe/customer.created") == ("b", "a")
    assert router.match("nobody/wants.this") == ()


def test_endless_new_names_do_not_fill_the_memory() -> None:
    router = Router({"a": ["**"]})
    for n in range(MAX_REMEMBERED + 100):
        assert router.match(f"x/{n}") == ("a",)
    assert len(router._remembered) == MAX_REMEMBERED


def test_only_a_pattern_of_the_gateways_own_names_a_system_event() -> None:
    assert Router({"a": ["gateway/**"]}).names_system_event("gateway/delivery.finished")
    assert not Router({"a": ["**", "*/delivery.*"]}).names_system_event("gateway/delivery.finished")
