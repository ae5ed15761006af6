"""Predictions and trainings, told apart by their URL."""

import orjson
import pytest

import adapters
from adapters.base import PayloadError

REPLICATE = adapters.load("replicate")()

BODIES = [
    # body, type, time; None: it is no event
    ({"status": "starting", "created_at": "2027-01-15T08:00:00Z"}, "prediction.starting", 1_800_000_000_000),
    ({"status": "failed", "urls": {"get": "https://x/v1/trainings/1"}}, "training.failed", None),
    ({"status": "canceled", "urls": None}, "prediction.canceled", None),
    ({"id": "p1"}, None, None),
    ({"status": None}, None, None),
]


@pytest.mark.parametrize(("document", "type", "ts"), BODIES)
def test_what_a_body_is(document, type, ts):
    request = REPLICATE.sample("prediction.succeeded", 0, "msg_1").with_body(orjson.dumps(document))
    if type is None:
        with pytest.raises(PayloadError):
            REPLICATE.parse(request)
        return
    [event] = REPLICATE.parse(request)
    assert (event.id, event.type, event.ts) == ("msg_1", type, ts)
