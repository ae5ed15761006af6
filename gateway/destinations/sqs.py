"""Delivering to an Amazon SQS queue, standard or FIFO."""

from __future__ import annotations

from typing import Any

from gateway.config.destinations.sqs import Sqs
from gateway.destinations.aws import AwsDestination
from gateway.destinations.aws_text import parameters, placement
from gateway.store.records import Claimed

_NO_QUEUE = "create the queue, or correct queue_url and region"


class SqsDestination(AwsDestination):
    """One queue. A success tells the message's id, in a FIFO queue also its sequence number."""

    service = "sqs"
    action = "sqs:SendMessage"
    ways_out = {"AWS.SimpleQueueService.NonExistentQueue": _NO_QUEUE, "QueueDoesNotExist": _NO_QUEUE}

    async def put(self, client: Any, claimed: Claimed) -> dict[str, str]:
        section = self._section
        assert isinstance(section, Sqs)
        message = parameters(claimed, self._format, section, "MessageBody")
        placed = await client.send_message(QueueUrl=section.queue_url, **message)
        return placement(placed, queue=section.queue_url)
