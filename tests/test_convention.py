"""Event names that keep the convention, and what is said of others."""

from __future__ import annotations

import pytest

from gateway.convention import flaw

KEPT = [
    "order/invoice.paid",  # an irregular verb
    "order/invoice.created",
    "order/invoice.line_item.updated",  # nouns within nouns
    "shop/cart/item.removed",  # a domain within a domain
    "user/account.signed_up",  # a verb of two words
    "user/email.re_sent",
    "ai/run.timed-out",
    "api2/job.failed",
]


@pytest.mark.parametrize("name", KEPT)
def test_a_name_that_keeps_the_convention(name: str) -> None:
    assert flaw(name) is None


# name -> what is told of it
FLAWS = [
    ("created", "has no domain"),
    ("OrderCreated", "has no domain"),
    ("order/created", "has no noun and verb"),
    ("order/", "has more in it than words"),
    ("order/invoice..paid", "has more in it than words"),
    ("order/Invoice.Paid", "write it such as order/invoice.paid"),
    ("order/lineItem.added", "write it such as order/line_item.added"),
    ("order/invoice:paid", "write it such as order/invoice.paid"),
    ("order/invoice.create", "such as order/invoice.created"),  # an e at the end
    ("order/invoice.copy", "such as order/invoice.copied"),  # a y
    ("order/invoice.destroy", "such as order/invoice.destroyed"),  # a y behind a vowel
    ("order/job.stop", "such as order/job.stopped"),  # a doubled letter
    ("order/invoice.pay", "such as order/invoice.paid"),  # irregular
    ("order/invoice.re_send", "such as order/invoice.re_sent"),
    ("user/account.sign_up", "such as user/account.signed_up"),
    ("ai/run.success", "such as ai/run.succeeded"),
    ("ai/run.succeed", "such as ai/run.succeeded"),  # ends as a past does
    ("ai/model.need", "such as ai/model.needed"),
]


@pytest.mark.parametrize(("name", "says"), FLAWS)
def test_a_name_that_does_not(name: str, says: str) -> None:
    assert says in (flaw(name) or "")


@pytest.mark.parametrize("name", [name for name, says in FLAWS if "such as" in says])
def test_what_is_proposed_keeps_the_convention(name: str) -> None:
    assert flaw((flaw(name) or "").rpartition("such as ")[2]) is None
