"""Events as Stripe sends them, shortened, for `gateway trigger` and the tests."""

from __future__ import annotations

from typing import Any

import stripe

from adapters.times import write_time

_CUSTOMER: dict[str, Any] = {
    "id": "cus_NffrFeUfNV2Hib",
    "object": "customer",
    "address": None,
    "balance": 0,
    "currency": "usd",
    "default_source": None,
    "delinquent": False,
    "description": None,
    "email": "jenny.rosen@example.com",
    "invoice_prefix": "0759376C",
    "metadata": {},
    "name": "Jenny Rosen",
    "phone": None,
    "tax_exempt": "none",
}
_INVOICE = {
    "id": "in_1MtHbELkdIwHu7ixl4OzzPMv",
    "object": "invoice",
    "amount_due": 1099,
    "amount_paid": 1099,
    "amount_remaining": 0,
    "attempt_count": 1,
    "attempted": True,
    "billing_reason": "subscription_cycle",
    "collection_method": "charge_automatically",
    "currency": "usd",
    "customer": "cus_NffrFeUfNV2Hib",
    "customer_email": "jenny.rosen@example.com",
    "lines": {"object": "list", "data": [], "has_more": False},
    "metadata": {},
    "number": "0759376C-0001",
    "status": "paid",
    "subtotal": 1099,
    "total": 1099,
}
_PAYMENT_INTENT = {
    "id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "object": "payment_intent",
    "amount": 2000,
    "amount_capturable": 0,
    "amount_received": 2000,
    "capture_method": "automatic",
    "currency": "usd",
    "customer": "cus_NffrFeUfNV2Hib",
    "latest_charge": "ch_3MmlLrLkdIwHu7ix0snN0B15",
    "metadata": {},
    "payment_method": "pm_1MtwBwLkdIwHu7ixL2nWtfjk",
    "payment_method_types": ["card"],
    "status": "succeeded",
}
_CHARGE = {
    "id": "ch_3MmlLrLkdIwHu7ix0snN0B15",
    "object": "charge",
    "amount": 1099,
    "amount_captured": 1099,
    "amount_refunded": 1099,
    "captured": True,
    "currency": "usd",
    "customer": "cus_NffrFeUfNV2Hib",
    "metadata": {},
    "paid": True,
    "payment_intent": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "refunded": True,
    "status": "succeeded",
}
_SUBSCRIPTION = {
    "id": "sub_1MowQVLkdIwHu7ixeRlqHVzs",
    "object": "subscription",
    "cancel_at_period_end": True,
    "collection_method": "charge_automatically",
    "currency": "usd",
    "customer": "cus_NffrFeUfNV2Hib",
    "items": {"object": "list", "data": [{"id": "si_Na6dzxczY5fwHx", "object": "subscription_item"}]},
    "latest_invoice": "in_1MtHbELkdIwHu7ixl4OzzPMv",
    "metadata": {},
    "status": "active",
}
_SESSION = {
    "id": "cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpVph4WRmzW0zWJO2znZKdVujZ0N0S22u",
    "object": "checkout.session",
    "amount_subtotal": 2198,
    "amount_total": 2198,
    "currency": "usd",
    "customer": "cus_NffrFeUfNV2Hib",
    "customer_details": {"email": "jenny.rosen@example.com", "name": "Jenny Rosen"},
    "metadata": {},
    "mode": "payment",
    "payment_intent": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "payment_status": "paid",
    "status": "complete",
}

# What stands before the verb of a type -> the object in `data`.
_OBJECTS: dict[str, dict[str, Any]] = {
    "customer.subscription": _SUBSCRIPTION,
    "checkout.session": _SESSION,
    "customer": _CUSTOMER,
    "invoice": _INVOICE,
    "payment_intent": _PAYMENT_INTENT,
    "charge": _CHARGE,
}
_PREVIOUS: dict[str, dict[str, Any]] = {
    "customer.subscription.updated": {"cancel_at_period_end": False},
    "charge.refunded": {"amount_refunded": 0, "refunded": False},
}


def snapshot(type: str, now: float, id: str) -> dict[str, Any]:
    """A v1 event of `type` with the whole object in it; `now` is Unix seconds."""
    noun = type.rpartition(".")[0] or type
    subject = {**_object(noun), "created": int(now), "livemode": False}
    data = {"object": subject}
    if type in _PREVIOUS:
        data["previous_attributes"] = _PREVIOUS[type]
    return {
        "id": id,
        "object": "event",
        "api_version": stripe.api_version,
        "created": int(now),
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": "req_kNHnx4fCqNbPKM", "idempotency_key": None},
        "type": type,
    }


def thin(type: str, now: float, id: str) -> dict[str, Any]:
    """A thin notification of `type`; one of the v1 API names `{id}_snapshot` as its snapshot twin."""
    version, _, name = type.partition(".")
    noun = name.rpartition(".")[0] or name
    related = _object(noun)
    event: dict[str, Any] = {
        "id": id,
        "object": "v2.core.event",
        "context": None,
        "created": write_time(now, "iso"),
        "livemode": False,
        "reason": None,
        "related_object": {
            "id": related["id"],
            "type": related["object"] if version == "v1" else f"{version}.{noun}",
            "url": f"/{version}/{noun.replace('.', '/')}s/{related['id']}",
        },
        "type": type,
    }
    if version == "v1":
        event["snapshot_event"] = f"{id}_snapshot"
    return event


def _object(noun: str) -> dict[str, Any]:
    """The object of `noun`, or a plain one where none is in the table."""
    return _OBJECTS.get(noun) or {"id": f"{noun.replace('.', '_')}_1Mtw", "object": noun, "metadata": {}}
