"""Where a message goes by the name of its event: a subject of NATS, a routing key of AMQP."""

from __future__ import annotations


def routed(template: str, name: str) -> str:
    """`template` with `{name}` filled: `stripe/customer.created` is `stripe.customer.created` there."""
    return template.replace("{name}", name.replace("/", "."))
