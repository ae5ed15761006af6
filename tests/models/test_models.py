"""Models for people's code: they run, they fit the samples, and they say what is wrong with others."""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.learning import learned
from gateway.models import FORMATS

SAMPLES: dict[str, list[dict[str, Any]]] = {
    "order/invoice.paid": [
        {"id": "in_1", "amount": 7, "currency": "eur", "lines": [{"sku": "a", "n": 1}, {"sku": "b"}]},
        {"id": "in_2", "amount": 7.5, "currency": "eur", "paid_by": None, "lines": []},
        {"id": "in_3", "amount": 1, "currency": "eur", "paid_by": {"card": "visa"}, "lines": []},
    ],
    # names that are none in Python or TypeScript, or pydantic's own
    "order/odd": [
        {"class": 1, "a-b": 2, "1st": 3, "": 4, "_x": 5, "__y": 6, "schema": 7, "model_id": 8, "int": 9}
        | {"üml": 10, 'q"uote': 11, "a.b": 12, "*/": 13, "\n": 14}
    ],
    "order/odd.*/": [{"a": {"b": {"c": [{"d": 1}]}}}],  # a name like a comment's end, and depths
    "order-odd": [{}],  # comes to the same name, and has nothing
}


_EXTENSIONS = "from typing import *\nfrom typing_extensions import TypedDict"


def made(kind: str, samples: dict[str, list[Any]] = SAMPLES) -> ModuleType:
    """The module that is written, run."""
    text = FORMATS[kind]({name: learned(each) for name, each in samples.items()})
    # pydantic, which is to check them here, takes the TypedDict of Python itself from 3.12 on only.
    text = text.replace("from typing import Any, Literal, NotRequired, TypedDict", _EXTENSIONS)
    module = ModuleType("made")
    sys.modules["made"] = module
    exec(compile(text, "made.py", "exec", dont_inherit=True), module.__dict__)
    return module


def event(name: str, data: Any) -> dict[str, Any]:
    return {"id": "evt_1", "name": name, "data": data, "ts": 1, "v": None}


@pytest.mark.parametrize("kind", ["python-typeddict", "pydantic"])
def test_every_sample_fits_and_comes_back_as_it_was(kind: str) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(made(kind).AnyEvent)
    for name, samples in SAMPLES.items():
        for data in samples:
            back = adapter.dump_python(
                adapter.validate_python(event(name, data)), by_alias=True, exclude_unset=True
            )
            assert back["data"] == data


@pytest.mark.parametrize("kind", ["python-typeddict", "pydantic"])
def test_another_value_does_not_fit(kind: str) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(made(kind).AnyEvent)
    for wrong in ({"amount": "x"}, {"currency": "gbp"}, {"lines": [{"n": 1}]}):
        with pytest.raises(ValidationError):
            adapter.validate_python(event("order/invoice.paid", SAMPLES["order/invoice.paid"][0] | wrong))


def test_a_typed_dict_says_which_fields_may_be_missing() -> None:
    module = made("python-typeddict")
    paid = module.OrderInvoicePaid
    assert (paid.__required_keys__, paid.__optional_keys__) == (
        {"id", "amount", "currency", "lines"},
        {"paid_by"},
    )
    assert get_type_hints(module.OrderInvoicePaidEvent)["data"] is paid


def test_a_model_has_the_fields_as_attributes() -> None:
    module = made("pydantic")
    parsed = module.OrderInvoicePaid.model_validate(SAMPLES["order/invoice.paid"][2])
    assert (parsed.amount, parsed.paid_by.card, parsed.lines) == (1, "visa", [])
    odd = module.OrderOdd2.model_validate(SAMPLES["order/odd"][0])
    assert (odd.class_, odd.a_b, odd.field_1st, odd.schema_, odd.its_model_id, odd.int_) == (1, 2, 3, 7, 8, 9)


def test_typescript_says_the_same() -> None:
    text = FORMATS["typescript"]({"order/invoice.paid": learned(SAMPLES["order/invoice.paid"])})
    assert (
        text.split("\n", 2)[2]
        == """/** An item of `lines` of OrderInvoicePaid. */
export interface OrderInvoicePaidLinesItem {
  sku: string;
  n?: number;
}

/** `paid_by` of OrderInvoicePaid. */
export interface OrderInvoicePaidPaidBy {
  card: string;
}

/** The data of order/invoice.paid. */
export interface OrderInvoicePaid {
  id: string;
  amount: number;
  currency: "eur";
  lines: Array<OrderInvoicePaidLinesItem>;
  paid_by?: null | OrderInvoicePaidPaidBy;
}

/** The event order/invoice.paid, in the format `event`. */
export interface OrderInvoicePaidEvent {
  id: string;
  name: "order/invoice.paid";
  data: OrderInvoicePaid;
  ts: number;
  v: string | null;
}

export type AnyEvent = OrderInvoicePaidEvent;
"""
    )


TEXT = r'"(?:[^"\\]|\\.)*"'
LINES = (
    r"",
    r"//.*",
    r"/\*\* (?:(?!\*/).)*\*/",
    r"export interface \w+ \{",
    r"\}",
    r"export type AnyEvent = \w+( \| \w+)*;",
    rf"  (?:[A-Za-z_$][\w$]*|{TEXT})\??: (?:[\w<>, |]|{TEXT})+;",
)


def test_every_line_of_typescript_is_one_whatever_the_names() -> None:
    text = FORMATS["typescript"]({name: learned(each) for name, each in SAMPLES.items()})
    assert [line for line in text.splitlines() if not any(re.fullmatch(one, line) for one in LINES)] == []
