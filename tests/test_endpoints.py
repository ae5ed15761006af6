"""Both sides of a source compared: event types from patterns, and what is found to be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from adapters.provider_api import ProviderEndpoint
from gateway.endpoints import OurSide, WantedTypes, compare, wanted_types

KNOWN = ("charge.failed", "customer.created", "customer.deleted", "invoice.paid")
URL = "https://a.example/webhooks/stripe"


class Types:
    """What the provider knows; nothing is asked of it."""

    types: Sequence[str] = KNOWN
    apart = ("v1.", "v2.")


PATTERNS = [
    # patterns of subscriptions -> types, apart, unknown
    (["stripe/invoice.paid"], ("invoice.paid",), (), ()),
    (["stripe/customer.*", "stripe/customer.created"], ("customer.created", "customer.deleted"), (), ()),
    (["stripe/*"], ("*",), (), ()),
    (["**"], ("*",), (), ()),
    (["*/customer.created"], ("customer.created",), (), ()),
    (["github/*", "gateway/**"], (), (), ()),
    (["stripe/brand.new"], ("brand.new",), (), ()),  # newer than Stripe's library
    (["stripe/v2.core.account.created"], (), ("stripe/v2.core.account.created",), ()),
    (["stripe/v1.*"], (), ("stripe/v1.*",), ()),
    (["stripe/custmer.*"], (), (), ("stripe/custmer.*",)),
]


@pytest.mark.parametrize(("patterns", "types", "apart", "unknown"), PATTERNS)
def test_patterns_come_to_the_providers_types(
    patterns: list[str], types: tuple[str, ...], apart: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    found = wanted_types("stripe", patterns, Types())  # type: ignore[arg-type]
    assert (found.types, found.apart, found.unknown) == (types, apart, unknown)


WANTED = WantedTypes(("customer.created", "invoice.paid"), KNOWN)
GOOD = ProviderEndpoint("we_1", URL, ("customer.created", "invoice.paid"), "2026-09-30")
OURS = OurSide(URL, "/webhooks/stripe", WANTED, secrets=("****abcd",), proven={0: 9}, version="2026-09-30")


def verdicts(ours: OurSide, *endpoints: ProviderEndpoint) -> set[str]:
    return {one.verdict for one in compare(ours, endpoints)}


def off(ours: OurSide, *endpoints: ProviderEndpoint) -> str:
    """What is off, as one text."""
    return "\n".join(one.text for one in compare(ours, endpoints) if one.verdict == "off")


def test_nothing_is_off_where_both_sides_agree() -> None:
    assert verdicts(OURS, GOOD, replace(GOOD, id="we_2", url="https://b.example/")) == {"ok"}


EVERY = WantedTypes(("*",), KNOWN)
OFF = [
    # our side, endpoints -> what is said of it
    (
        OURS,
        [replace(GOOD, url="https://b.example/x")],
        f"no endpoint sends to {URL}; there are: we_1 https://b",
    ),
    (OURS, [], "there are: none at all"),
    (OURS, [replace(GOOD, types=("invoice.paid",))], "wanted and not enabled: customer.created"),
    (OURS, [replace(GOOD, types=(*GOOD.types, "charge.failed"))], "wanted by nobody: charge.failed"),
    (OURS, [replace(GOOD, types=("*",))], "every type is enabled, and subscriptions want 2 of them"),
    (replace(OURS, wanted=EVERY), [GOOD], "wanted and not enabled: charge.failed, customer.deleted"),
    (OURS, [replace(GOOD, enabled=False)], "it is disabled"),
    (OURS, [GOOD, replace(GOOD, id="we_2")], "2 endpoints send to the same URL: we_1, we_2"),
    (OURS, [GOOD, replace(GOOD, id="we_2", version="2020")], "different API versions: 2020, 2026-09-30"),
    (
        replace(OURS, version="2020"),
        [GOOD],
        "API version 2026-09-30, and the last webhook that came had 2020",
    ),
    (replace(OURS, secrets=("a", "b")), [GOOD], "secret 1 (b) proved none of the last 9 webhooks"),
    (replace(OURS, secrets=()), [GOOD], "the source has no secret"),
    (replace(OURS, refused=True), [GOOD], "the last request was refused (bad_signature)"),
    (replace(OURS, kept={"we_0": True}), [GOOD], "the secret of we_0 is in the config, but there is no such"),
    (replace(OURS, kept={"we_1": False}), [GOOD], "the secret of we_1 is kept and is not in the config"),
    (replace(OURS, wanted=replace(WANTED, unknown=("stripe/x*",))), [GOOD], "that would match: stripe/x*"),
]


@pytest.mark.parametrize(("ours", "endpoints", "said"), OFF, ids=[said[:40] for *_, said in OFF])
def test_what_is_off_is_said(ours: OurSide, endpoints: list[ProviderEndpoint], said: str) -> None:
    assert said in off(ours, *endpoints)


FINE = [
    replace(OURS, wanted=EVERY),  # with every type enabled
    replace(OURS, secrets=("a", "b"), proven={0: 1, 1: 1}),
    replace(OURS, secrets=("a", "b"), proven={}),  # nothing came yet
    replace(OURS, kept={"we_1": True}),
    replace(OURS, kept={"we_0": False}),  # an old one that nobody uses
]


@pytest.mark.parametrize("ours", FINE)
def test_what_is_fine_is_not_off(ours: OurSide) -> None:
    types = ("*",) if ours.wanted is EVERY else GOOD.types
    assert off(ours, replace(GOOD, types=types)) == ""


def test_two_endpoints_on_one_url_are_meant_where_there_is_a_secret_for_each() -> None:
    ours = replace(OURS, secrets=("a", "b"), proven={0: 1, 1: 1})
    assert verdicts(ours, GOOD, replace(GOOD, id="we_2")) == {"ok", "note"}


def test_without_a_public_url_endpoints_are_told_by_their_path() -> None:
    assert verdicts(replace(OURS, url=None), GOOD) == {"ok", "note"}
    assert "any host with the path /webhooks/stripe" in off(replace(OURS, url=None))
