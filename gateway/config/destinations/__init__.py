"""The kinds of destination, by the `type` that config.yaml names them with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, get_args

from pydantic import Field

from gateway.config.destinations.base import DestinationSection
from gateway.config.destinations.eventbridge import EventBridge
from gateway.config.destinations.gcp_pubsub import GcpPubSub
from gateway.config.destinations.http import Http
from gateway.config.destinations.inngest import Inngest
from gateway.config.destinations.kafka import Kafka
from gateway.config.destinations.lines import File, Stdout
from gateway.config.destinations.nats import Nats
from gateway.config.destinations.postgres import Postgres
from gateway.config.destinations.python import Python
from gateway.config.destinations.rabbitmq import RabbitMq
from gateway.config.destinations.redis import Redis
from gateway.config.destinations.sns import Sns
from gateway.config.destinations.sqs import Sqs

__all__ = ["KINDS", "Destination", "DestinationSection"]

_Engines = Sqs | Sns | EventBridge | GcpPubSub | Inngest | Postgres | Kafka | Nats | RabbitMq | Redis
_Any = Http | File | Stdout | Python | _Engines

Destination = Annotated[_Any, Field(discriminator="type")]

KINDS: Mapping[str, type[DestinationSection]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(_Any)
}
"""The keys of each kind by its `type`."""
