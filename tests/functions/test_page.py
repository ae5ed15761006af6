"""docs/functions.md: its examples do what they say."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gateway.config import load
from gateway.following import Follower
from gateway.store.records import Query
from tests.functions.conftest import Bench, Make, benches
from tests.importing import forgotten

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[2] / "docs"
FUNCTIONS, DELIVERY = (
    (DOCS / f"{page}.md").read_text(encoding="utf-8") for page in ("functions", "delivery")
)
FILES = re.findall(r"```python (myapp/\w+\.py)\n(.*?)```", FUNCTIONS + DELIVERY, re.DOTALL)
OTHERS = {
    "bank": "def charge(customer, amount): did.append('charge'); return 'ch_1'\n"
    "def reserve(id): did.append('reserve'); return 2\n"
    "def pay_back(charge): return 'paid'\n"
    "def release(id): return 'released'\n"
    "did = []\n",
    "mail": "async def label(id): return 'label'\n"
    "async def ask(customer, parcel): asked.append(parcel)\n"
    "asked = []\n",
}
"""What the examples import beside the gateway."""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Path]:
    """The package `myapp` of the pages, beside a config."""
    (tmp_path / "myapp").mkdir()
    for name, text in [*FILES, *((f"myapp/{name}.py", text) for name, text in OTHERS.items())]:
        (tmp_path / name).write_text(text)
    with forgotten("myapp"):
        yield tmp_path


@pytest.fixture
async def make(app: Path, anyio_backend: str) -> AsyncIterator[Make]:
    """Makes benches in that folder."""
    async with benches(app) as made:
        yield made


async def bench_of(make: Make, module: str) -> Bench:
    """A bench with the functions of one module of the pages."""
    return await make("", f"functions: [myapp.{module}]")


async def test_the_first_example_welcomes_and_knows_what_no_retry_helps(make: Make) -> None:
    bench = await bench_of(make, "handlers")
    for id, customer in (("evt_1", '{"id":"cus_1","email":"a@example.com"}'), ("evt_2", '{"id":"cus_2"}')):
        await bench.accept(id, data=f'{{"livemode":true,"data":{{"object":{customer}}}}}')
    await bench.round()
    found = {d.id: d for d in await bench.store.deliveries(Query(subscription="send-welcome"))}
    assert (found["evt_1"].state, found["evt_2"].state) == ("succeeded", "dead")
    assert [(s.event.name, s.event.data) for s in await bench.sent()] == [
        ("mail/welcome.requested", '{"to":"a@example.com"}')
    ]


async def test_the_order_is_charged_once_and_waits_and_sleeps(make: Make) -> None:
    bench = await bench_of(make, "shop")
    bank, mail = sys.modules["myapp.bank"], sys.modules["myapp.mail"]
    await bench.accept("o1", "shop/order.created", data='{"id":"o_1","customer":"c_1","amount":5}')
    await bench.round()
    assert (await bench.delivery("fulfil-order")).parked
    await bench.accept("s1", "shop/order.shipped", data='{"id":"o_1","parcel":"p_1"}')
    await Follower(bench.store, lambda: bench.running, bench.worker.wake, lambda: bench.now).step()
    await bench.round(after=60)
    assert (await bench.attempts("fulfil-order"))[-1].response.startswith("sleeps until 2027-01-29T")
    await bench.round(after=14 * 86_400)
    assert (await bench.delivery("fulfil-order")).state == "succeeded"
    assert (bank.did, mail.asked) == (["charge", "reserve"], ["p_1"])
    assert [s.event.name for s in await bench.sent()] == ["shop/order.prepared"]


async def test_the_plain_example_does_both_and_sleeps(make: Make) -> None:
    bench = await bench_of(make, "plain")
    await bench.accept("r1", "shop/order.refunded", data='{"id":"o_1","charge":"ch_1"}')
    await bench.round()
    await bench.round(after=3600)
    assert (await bench.attempts("refund"))[-1].response == '["paid","released"]'


async def test_the_examples_of_config_load(app: Path) -> None:
    for text in re.findall(r"```yaml(?: config\.yaml)?\n(.*?)```", FUNCTIONS, re.DOTALL):
        sources = "" if "sources:" in text else "sources: {stripe: {adapter: stripe, secrets: [whsec_x]}}\n"
        (app / "config.yaml").write_text(sources + text)
        loaded = load(app / "config.yaml", {"STRIPE_WEBHOOK_SECRET": "whsec_x"})
        assert list(loaded.subscriptions) == ["send-welcome"]


async def test_the_example_of_a_shape_makes_the_payload(make: Make) -> None:
    keys = 'transform: "python:myapp.shapes:for_crm", destination: {type: python, handler: "MODULE:f"}'
    bench = await make(
        "def f(event): return event.data\n", f'subscriptions: {{f: {{events: ["**"], {keys}}}}}'
    )
    await bench.accept(data='{"data":{"object":{"email":"Ada@Example.com"}}}')
    await bench.round()
    assert (await bench.attempts())[0].response == '{"email":"ada@example.com","since":"2027-01-15"}'
