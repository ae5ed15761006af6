"""Where subscriptions deliver: one kind a module, loaded when a subscription first asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from gateway.config import Subscription
from gateway.destinations.contract import Answer, Destination
from gateway.destinations.transform import TransformedDestination
from gateway.functions.run import Runs

__all__ = ["Answer", "Destination", "open_destination"]

_KINDS: Mapping[str, tuple[str, str]] = {
    "http": ("gateway.destinations.http", "HttpDestination"),
    "file": ("gateway.destinations.lines", "FileDestination"),
    "stdout": ("gateway.destinations.lines", "StdoutDestination"),
    "sqs": ("gateway.destinations.sqs", "SqsDestination"),
    "sns": ("gateway.destinations.sns", "SnsDestination"),
    "eventbridge": ("gateway.destinations.eventbridge", "EventBridgeDestination"),
    "gcp_pubsub": ("gateway.destinations.gcp_pubsub", "GcpPubSubDestination"),
    "inngest": ("gateway.destinations.inngest", "InngestDestination"),
    "postgres": ("gateway.destinations.postgres", "PostgresDestination"),
    "kafka": ("gateway.destinations.kafka", "KafkaDestination"),
    "nats": ("gateway.destinations.nats", "NatsDestination"),
    "rabbitmq": ("gateway.destinations.rabbitmq", "RabbitMqDestination"),
    "redis": ("gateway.destinations.redis", "RedisDestination"),
}


def open_destination(subscription: Subscription, runs: Runs | None = None) -> Destination:
    """The destination of `subscription`. Only the package that its kind needs is imported.

    `runs` is what functions ask of the gateway; without it there can be none.
    """
    made = _opened(subscription, runs)
    if subscription.transform is None:
        return made
    return TransformedDestination(made, subscription.transform, subscription.destination.timeout)


def _opened(subscription: Subscription, runs: Runs | None) -> Destination:
    kind = subscription.destination.type
    if kind == "python":
        from gateway.destinations.python import PythonDestination

        assert runs is not None, "a function is only called by a worker"
        return PythonDestination(subscription, runs)
    module, name = _KINDS[kind]
    made: Destination = getattr(import_module(module), name)(subscription)
    return made
