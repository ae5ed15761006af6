"""The body of a delivery in the format its subscription asked for. Pure: a record in, bytes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.store.records import Claimed
from gateway.store.waits import Waited
from gateway.telemetry import trace
from gateway.wait import CONFIGURED

JSON = "application/json"
CLOUDEVENTS = "application/cloudevents+json"


def event(claimed: Claimed) -> tuple[bytes, dict[str, str]]:
    """`{id, name, data, ts, v}`; `data` is the provider's payload, byte for byte where it was the body.

    Where the subscription waits for a second event, that is `async` beside them; null: none came in time.
    """
    second = waited(claimed)
    beside = {} if second is None else {"async": second.event and second.event.wire()}
    return orjson.dumps(claimed.event.wire() | beside), {"content-type": JSON}


def raw(claimed: Claimed) -> tuple[bytes, dict[str, str]]:
    """The provider's own body and headers, so that a handler verifies them as if it stood in front.

    But for its trace context, in whose place the attempt's own goes.
    """
    headers = {name: value for name, value in orjson.loads(claimed.headers) if name not in trace.NAMES}
    return claimed.body, {"content-type": JSON, **headers}


def cloudevents(claimed: Claimed) -> tuple[bytes, dict[str, str]]:
    """A CloudEvents 1.0 envelope in structured mode; `providerid` and `dataversion` are extensions.

    Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md, seen
    2026-11-23.
    """
    happened = claimed.event
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": happened.event_id,
        "source": f"/webhooks/{happened.source}",
        "type": happened.name,
        "time": datetime.fromtimestamp(happened.ts / 1000, UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": JSON,
        "providerid": happened.id,
        "data": orjson.Fragment(happened.data.encode()),
    }
    if happened.v is not None:
        envelope["dataversion"] = happened.v
    return orjson.dumps(envelope), {"content-type": CLOUDEVENTS}


def waited(claimed: Claimed) -> Waited | None:
    """What came of the wait that the config asks for; None where it asks for none."""
    done = [one for one in claimed.waits if one.wait.step == CONFIGURED and one.wait.state != "open"]
    return done[0] if done else None


FORMATS: Mapping[str, Callable[[Claimed], tuple[bytes, dict[str, str]]]] = {
    "event": event,
    "raw": raw,
    "cloudevents": cloudevents,
}
