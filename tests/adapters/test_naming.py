"""A provider's type as an event's name: rule by rule."""

import pytest

from adapters.base import PayloadError
from adapters.naming import event_name, event_type
from gateway.event import name_of

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


@pytest.mark.parametrize("type", [row[0] for row in NAMES if " " not in row[0]])
def test_the_core_names_events_by_the_same_rule(type):
    assert event_name("crm", type) == name_of("crm", type)


@pytest.mark.parametrize("type", ["", "a b", "é", "a\n", "a" * 300])
def test_what_cannot_be_a_name_is_refused(type):
    with pytest.raises(PayloadError, match="cannot be part of a name"):
        event_name("crm", type)
