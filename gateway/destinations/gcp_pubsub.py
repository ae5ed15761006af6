"""Delivering to a Google Cloud Pub/Sub topic, by its REST API.

https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish, seen 2026-11-24. Not with
google-cloud-pubsub: that brings gRPC, publishes in threads of its own, and retries by itself.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

import orjson

from gateway.config import Subscription
from gateway.config.destinations.gcp_pubsub import GcpPubSub
from gateway.destinations.attempt import Refused, answered, first_line
from gateway.destinations.connections import Connections
from gateway.destinations.contract import Answer
from gateway.destinations.exchange import Reply, post
from gateway.destinations.gcp_credentials import Token
from gateway.destinations.message import message
from gateway.event import Event
from gateway.store.records import Claimed

MOST, LONGEST_NAME, LONGEST_VALUE = 100, 256, 1024
"""Attributes of a message at most; bytes of a name and of a value at most.

https://cloud.google.com/pubsub/quotas#resource_limits, seen 2026-11-24.
"""

_WAYS_OUT = {
    "NOT_FOUND": "create the topic, or correct topic",
    "PERMISSION_DENIED": "give the service account the role Pub/Sub Publisher for the topic",
    "UNAUTHENTICATED": "are the credentials right, and is the clock of this machine?",
}


class GcpPubSubDestination:
    """One topic. A success tells the id that Pub/Sub gave the message."""

    def __init__(self, subscription: Subscription) -> None:
        section = subscription.destination
        assert isinstance(section, GcpPubSub)
        self._topic = section.topic
        self._ordering_key = section.ordering_key
        self._format = subscription.format
        self._timeout = section.timeout
        self._url = f"{section.endpoint_url}/v1/{section.topic}:publish"
        self._token = None if section.is_emulator else Token(section.credentials, section.timeout)
        self._connections = Connections()

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """Publish one message; Pub/Sub answers when it has it on several disks."""
        return await answered(self._timeout, self._published(claimed))

    async def close_unused(self) -> None:
        """Close the connections that have not been used for a while."""
        await self._connections.close_unused()

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    async def _published(self, claimed: Claimed) -> dict[str, str]:
        headers = await self._token.header() if self._token else {}
        reply = await post(self._connections, self._url, self._body(claimed), headers)
        if reply.status == 401 and self._token:
            self._token.drop()
        return {"topic": self._topic, "message_id": _message_id(reply)}

    def _body(self, claimed: Claimed) -> bytes:
        sent = message(claimed, self._format)
        one: dict[str, object] = {
            "data": b64encode(sent.body).decode(),
            "attributes": _attributes(sent.headers),
        }
        if self._ordering_key:
            one["orderingKey"] = ordering_key(self._ordering_key, claimed.event)
        return orjson.dumps({"messages": [one]})


def ordering_key(template: str, event: Event) -> str:
    """`template` with `{source}` and `{name}` filled."""
    return template.replace("{source}", event.source).replace("{name}", event.name)


def _attributes(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that Pub/Sub takes as attributes; the names of the others are in `gateway-omitted`.

    The gateway's own come first and always fit; only a provider's, with `format: raw`, may not.
    """
    taken: dict[str, str] = {}
    omitted: list[str] = []
    for name, value in headers.items():
        fits = len(name) <= LONGEST_NAME and len(value.encode()) <= LONGEST_VALUE
        if fits and not name.startswith("goog") and len(taken) < MOST - 1:
            taken[name] = value
        else:
            omitted.append(name)
    return taken | ({"gateway-omitted": ",".join(omitted)[:LONGEST_VALUE]} if omitted else {})


def _message_id(reply: Reply) -> str:
    """The id of the one message. Raises Refused."""
    ids = reply.json.get("messageIds") or [None]
    if reply.status == 200 and ids[0]:
        return str(ids[0])
    told = reply.json.get("error")
    told = told if isinstance(told, dict) else {}
    status, said = str(told.get("status") or ""), first_line(str(told.get("message") or reply.text))
    text = f"Pub/Sub answered {reply.status}: {' '.join(filter(None, (status, said))) or 'nothing'}"
    way_out = _WAYS_OUT.get(status) or ("does endpoint_url lead to Pub/Sub?" if reply.status == 200 else None)
    raise Refused(f"{text}; {way_out}" if way_out else text, reply.text, reply.retry_after)
