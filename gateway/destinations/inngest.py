"""Delivering to Inngest's event API.

What it takes and answers: pkg/api/api.go, pkg/eventstream/eventstream.go and pkg/event/event.go of
https://github.com/inngest/inngest at 253303c, seen 2026-11-23.
"""

from __future__ import annotations

from base64 import b64encode

import orjson
from ulid_transform import ulid_to_bytes

from gateway.config import Subscription
from gateway.config.destinations.inngest import Inngest
from gateway.destinations.attempt import Refused, answered, first_line
from gateway.destinations.connections import Connections
from gateway.destinations.contract import Answer
from gateway.destinations.exchange import Reply, post
from gateway.event import Event, made_at
from gateway.hops import next_hop
from gateway.store.records import Claimed

_WAYS_OUT = {
    401: "is event_key right, and one of this environment?",
    403: "is event_key right, and one of this environment?",
    404: "is base_url right? It must be where /e/ is",
    413: "the event is too large for this plan",
}


class InngestDestination:
    """One event API. A success tells the id that Inngest gave the event."""

    def __init__(self, subscription: Subscription) -> None:
        section = subscription.destination
        assert isinstance(section, Inngest)
        self._key = section.event_key.get_secret_value() if section.event_key else ""
        self._base = section.base_url
        self._timeout = section.timeout
        self._connections = Connections()

    async def deliver(self, claimed: Claimed, now: float) -> Answer:
        """Send one event. Inngest answers when its queue has it."""
        return await answered(self._timeout, self._sent(claimed))

    async def close_unused(self) -> None:
        """Close the connections that have not been used for a while."""
        await self._connections.close_unused()

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    async def _sent(self, claimed: Claimed) -> dict[str, str]:
        if not self._key:
            raise Refused("no event_key is set; set one")
        body = _body(claimed.event)
        headers = _seed(claimed.event.event_id) | next_hop(claimed.headers)
        reply = await post(self._connections, f"{self._base}/e/{self._key}", body, headers)
        return {"id": self._id(reply)}

    def _id(self, reply: Reply) -> str:
        """The id of the one event. Raises Refused: a body can say no where the status says yes."""
        ids = reply.json.get("ids") or [None]
        said = reply.json.get("error")
        if reply.status == 200 and reply.json.get("status", 200) == 200 and not said and ids[0]:
            return str(ids[0])
        reason = self._without_key(first_line(str(said or reply.text)) or "nothing")
        text = f"Inngest answered {reply.status}: {reason}"
        way_out = _WAYS_OUT.get(reply.status) or (
            "does base_url lead to an event API?" if reply.status == 200 and not said else None
        )
        text = f"{text}; {way_out}" if way_out else text
        raise Refused(text, self._without_key(reply.text), reply.retry_after)

    def _without_key(self, text: str) -> str:
        """Whoever does not know the path may repeat it, with the key in it."""
        return text.replace(self._key, "****")


def _body(event: Event) -> bytes:
    """`id` is the gateway's own, the same at every attempt: by it Inngest starts no function twice.

    Its 24 hours are counted by function and id, whatever the name, so the provider's id, which is only
    unique within its source, would not do.
    """
    if not event.data.lstrip().startswith("{"):
        raise Refused("the event's data is no JSON object, and Inngest takes nothing else; use type: http")
    body = event.wire() | {"id": event.event_id}
    return orjson.dumps({name: value for name, value in body.items() if value is not None})


def _seed(event_id: str) -> dict[str, str]:
    """What Inngest's own id of the event is made from, so that it too is the same at every attempt."""
    ms = made_at(event_id)
    if ms is None:
        return {}
    return {"x-inngest-event-id-seed": f"{ms},{b64encode(ulid_to_bytes(event_id)[6:]).decode()}"}
