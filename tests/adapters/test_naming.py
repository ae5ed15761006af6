"""A provider's type as an event's name: rule by rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import PayloadError
from adapters.naming import MAX_NAME, event_name, event_type

NAMES = [
    # type, prefixes, words, what becomes of it
    ("customer.created", (), "kept", "customer.created"),
    ("orders/create", (), "kept", "orders.create"),
    ("repo:push", (), "kept", "repo.push"),
    ("PAYMENT.SALE.COMPLETED", (), "kept", "payment.sale.completed"),
    ("contact.propertyChange", (), "kept", "contact.propertyChange"),  # humps alone are no shouting
    ("jira:issue_updated", ("jira:",), "kept", "issue_updated"),
    ("comment_created", ("jira:",), "kept", "comment_created"),  # a prefix may be missing
    ("a:b:c", ("a:", "b:"), "kept", "b.c"),  # only one of them is removed
    ("Issue", (), "lower", "issue"),
    ("SpamComplaint", (), "snake", "spam_complaint"),
    ("SMTPApiError", (), "snake", "smtp_api_error"),
    ("Merge Request Hook", (), "snake", "merge_request_hook"),
]


@pytest.mark.parametrize(("type", "prefixes", "words", "name"), NAMES)
def test_a_type_becomes_a_name(type, prefixes, words, name):
    assert event_type(type, prefixes, words) == name


@pytest.mark.parametrize("type", ["", "a b", "é", "a\n", "a" * 300])
def test_what_cannot_be_a_name_is_refused(type):
    with pytest.raises(PayloadError, match="cannot be part of a name"):
        event_name("crm", type)


@given(st.text())
def test_any_type_makes_a_sound_name_or_is_refused(type):
    try:
        name = event_name("acme", type)
    except PayloadError:
        return
    assert name.startswith("acme/") and name.count("/") == 1
    assert len(name) <= MAX_NAME and name.isascii() and name.isprintable() and " " not in name
