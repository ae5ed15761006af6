"""Stripe's API through Stripe's own library, against a server that answers as Stripe does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.provider_api import ApiBusy, ApiError, CursorGone
from adapters.stripe import Stripe
from adapters.stripe_api import StripeApi
from tests.stripe_api import KEY, RESTRICTED, StripeServer, serving

pytestmark = pytest.mark.anyio

T = 1_800_000_000 - 86_400


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with serving() as server:
        yield server


@pytest.fixture
async def api(stripe: StripeServer, anyio_backend: str) -> AsyncIterator[StripeApi]:
    made = Stripe().events_api(KEY, stripe.url)
    assert isinstance(made, StripeApi)
    yield made
    await made.close()


async def read(api: StripeApi, since: float, undelivered: bool = False) -> list[str]:
    """The ids of all events not before `since`, in the order in which they come."""
    page = await api.start(since, undelivered)
    ids = [event.id for event in page.events]
    while page.more:
        assert page.cursor is not None
        page = await api.after(page.cursor, undelivered)
        ids += [event.id for event in page.events]
    return ids


async def test_events_come_oldest_first_over_many_pages(stripe: StripeServer, api: StripeApi) -> None:
    ids = [stripe.add(f"evt_{n}", at=T + n)["id"] for n in range(350)]
    assert await read(api, T + 120) == ids[120:]
    assert len(stripe.queries()) == 1 + 3  # the one before, and three pages


async def test_where_nothing_older_is_kept_the_oldest_comes_first_too(
    stripe: StripeServer, api: StripeApi
) -> None:
    ids = [stripe.add(f"evt_{n}", at=T + n // 7)["id"] for n in range(250)]
    assert await read(api, T - 3600) == ids


async def test_an_account_without_events(api: StripeApi) -> None:
    page = await api.start(T)
    assert (list(page.events), page.cursor, page.more) == ([], None, False)


async def test_events_of_one_second_are_all_read(stripe: StripeServer, api: StripeApi) -> None:
    ids = [stripe.add(f"evt_{n}", at=T)["id"] for n in range(230)]
    assert (await api.after("evt_199")).cursor == "evt_229"
    assert await read(api, T) == ids


async def test_the_quick_mode_asks_only_for_what_was_not_delivered(
    stripe: StripeServer, api: StripeApi
) -> None:
    for n in range(5):
        stripe.add(f"evt_{n}", at=T + n, delivered=n != 3)
    assert await read(api, T + 1, undelivered=True) == ["evt_3"]


async def test_an_event_is_as_stripe_gives_it(stripe: StripeServer, api: StripeApi) -> None:
    given = stripe.add("evt_1", "invoice.paid", at=T)
    [event] = (await api.start(T)).events
    assert (event.payload, event.type, event.ts) == (given, "invoice.paid", T * 1000)
    assert event.version == "2026-09-30.clover"


async def test_a_connected_account_is_read_and_named(stripe: StripeServer) -> None:
    stripe.add("evt_1", at=T, account="acct_1")
    stripe.add("evt_2", at=T)
    api = Stripe().events_api(KEY, stripe.url, "acct_1")
    [event] = (await api.start(T)).events
    assert (event.id, event.attributes["account"]) == ("evt_1", "acct_1")
    await api.close()


async def test_a_cursor_that_is_too_old(stripe: StripeServer, api: StripeApi) -> None:
    stripe.add("evt_1", at=stripe.now - 31 * 86_400)
    with pytest.raises(CursorGone, match="30 days"):
        await api.after("evt_1")


async def test_too_many_requests(stripe: StripeServer, api: StripeApi) -> None:
    stripe.busy = 1
    with pytest.raises(ApiBusy) as raised:
        await api.start(T)
    assert raised.value.retry_after == 1
    assert await read(api, T) == []


@pytest.mark.parametrize(
    ("key", "said"),
    [("sk_test_wrong", "does not accept the API key"), (RESTRICTED, "permission 'Events: Read'")],
)
async def test_a_key_that_stripe_refuses_is_told_and_not_shown(
    stripe: StripeServer, key: str, said: str
) -> None:
    api = Stripe().events_api(key, stripe.url)
    with pytest.raises(ApiError, match=said) as raised:
        await api.start(T)
    assert key[-4:] not in str(raised.value)
    await api.close()


@pytest.mark.parametrize("key", ["whsec_1", "pk_test_1", "", "sk_test_é"])
def test_what_can_be_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="restricted key"):
        Stripe().events_api(key)


async def test_a_server_that_is_not_there() -> None:
    api = Stripe().events_api(KEY, "http://127.0.0.1:1")
    with pytest.raises(ApiError, match="can't be reached"):
        await api.start(T)
    await api.close()


async def test_endpoints_are_made_listed_changed_and_removed(stripe: StripeServer, api: StripeApi) -> None:
    made = await api.create("https://a.example/webhooks/stripe", ["invoice.paid"], "2026-09-30.clover", False)
    assert made.secret == "whsec_of_endpoint_1_which_is_long" and made.secret not in repr(made)
    assert made.version == "2026-09-30.clover"
    await api.set_types(made.id, ["*"])
    [listed] = await api.endpoints()
    assert (listed.id, listed.types, listed.secret) == (made.id, ("*",), None)
    await api.delete(made.id)
    assert list(await api.endpoints()) == []


async def test_all_pages_of_endpoints_are_listed(stripe: StripeServer, api: StripeApi) -> None:
    for n in range(120):
        await api.create(f"https://a.example/{n}", ["*"], None, connected=n == 1)
    assert len(await api.endpoints()) == 120
    connect = [form.get("connect") for method, _, form in stripe.asked if method == "POST"]
    assert [n for n, said in enumerate(connect) if said is not None] == [1] and connect[1] == "true"


def test_the_types_are_those_of_stripes_library(api: StripeApi) -> None:
    assert {"customer.created", "invoice.paid"} < set(api.types)
    assert "*" not in api.types
