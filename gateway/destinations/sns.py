"""Delivering to an Amazon SNS topic, standard or FIFO."""

from __future__ import annotations

from typing import Any

from gateway.config.destinations.sns import Sns
from gateway.destinations.aws import AwsDestination
from gateway.destinations.aws_text import parameters, placement
from gateway.store.records import Claimed


class SnsDestination(AwsDestination):
    """One topic. A success tells the message's id, in a FIFO topic also its sequence number."""

    service = "sns"
    action = "sns:Publish"
    ways_out = {"NotFound": "create the topic, or correct topic_arn and region"}

    async def put(self, client: Any, claimed: Claimed) -> dict[str, str]:
        section = self._section
        assert isinstance(section, Sns)
        message = parameters(claimed, self._format, section, "Message")
        return placement(await client.publish(TopicArn=section.topic_arn, **message), topic=section.topic_arn)
