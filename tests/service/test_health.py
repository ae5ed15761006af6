"""What /healthz and /readyz say of a gateway that nobody can get a webhook into."""

from __future__ import annotations

import httpx

from tests.service.conftest import Start, Subscriber, eventually, stripe_event, to


def test_health_is_degraded_while_every_request_fails_verification(
    start: Start, subscriber: Subscriber
) -> None:
    gateway = start(subscriptions=to(subscriber, "gateway/signature.rejected"))
    for number in range(4):
        assert gateway.send(stripe_event(f"evt_{number}"), secret="whsec_of_somebody_else").status_code == 401

    def health() -> dict[str, object]:
        answer = httpx.get(f"{gateway.url}/healthz")
        assert answer.status_code == 200  # a restart would not help
        return dict(answer.json())

    eventually(lambda: health() == {"status": "degraded", "sources": ["stripe"]}, within=20)
    [told] = eventually(subscriber.events)
    assert told["data"]["source"] == "stripe"
    assert httpx.get(f"{gateway.url}/readyz").status_code == 200
    assert gateway.send(stripe_event("evt_9")).status_code == 200
    eventually(lambda: health() == {"status": "ok"}, within=20)
