"""A gateway in the middle of an ordinary day: what the pictures of the docs show.

Every webhook is made, signed, verified and stored as a provider's own would be, only at times gone by. The
warehouse was down for a while, an endpoint signs with a secret that the config does not have, some webhooks
came twice, one of them with another body, and one source has fallen silent.
"""

from __future__ import annotations

import math
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import orjson

from adapters.base import WebhookRequest
from gateway.config import Settings
from gateway.event import new_id
from gateway.examining import examine
from gateway.running import Running
from gateway.store import Store
from gateway.store.records import Attempt, Candidate, Claimed, Settlement, State
from gateway.store.rejections import Rejection
from tests.ui.conftest import TOKEN, Dashboard

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
CONFIG = """\
server: {{host: 127.0.0.1, port: 8080, public_url: "https://hooks.example.com", admin_token: "TOKEN"}}
store: {{url: "{store}"}}
sources:
  stripe: {{adapter: stripe, secrets: ["whsec_of_now", "whsec_of_last_month"], expect: every 1h}}
  github: {{adapter: github, secrets: ["a-secret-of-the-demo"]}}
  shop: {{adapter: shopify, secrets: ["shpss_of-the-demo"]}}
  tickets: {{adapter: linear, secrets: ["lin_wh_of-the-demo"], expect: every 2h}}
subscriptions:
  ledger:
    events: ["stripe/invoice.*", "stripe/charge.*"]
    destination: {{type: http, url: "https://ledger.internal/hooks"}}
  warehouse:
    events: ["shopify/orders.*"]
    breaker: {{of: 20}}
    destination: {{type: http, url: "https://warehouse.internal/orders"}}
  big-refunds:
    events: ["stripe/*"]
    if: 'event.name == "stripe/charge.refunded" && event.data.data.object.amount_refunded > 10000'
    destination: {{type: http, url: "https://support.internal/refunds"}}
  deploys:
    events: ["github/push", "github/release.*"]
    destination: {{type: http, url: "https://ci.internal/deploy"}}
""".replace("TOKEN", TOKEN)
OF = {
    "stripe": ("invoice.paid", "customer.created", "charge.refunded", "invoice.payment_failed"),
    "github": ("push", "issues", "release"),
    "shop": ("orders.create", "orders.updated"),
    "tickets": ("issue.create",),
}
"""What each source sends."""

FROM = {"stripe": "54.187.174.169", "github": "140.82.115.9", "shop": "23.227.38.33", "tickets": "35.2.1.4"}
SILENT, DOWN, FAILING = 5.0, (7.0, 6.4), 0.2
"""Hours ago: since when the tickets are silent, when the warehouse was down, since when deploys fail."""

CHANGED = 52 * MINUTE
"""How long ago the invoice came that then came again with another body."""


def live_through(dashboard: Dashboard, settings: Settings, now: int) -> str:
    """Let a day go by until `now` (Unix ms). Returns the event_id of what came again with another body."""
    day = Day(Running.of(settings), now)
    event_id = dashboard.do(day.receive)
    for _ in range(3):
        dashboard.do(day.deliver)
    dashboard.do(day.go_wrong)
    with sqlite3.connect(dashboard.target) as db:
        row = {"since": now - round(SILENT * HOUR), "now": now}
        db.execute("REPLACE INTO source_watch VALUES ('tickets', :since, :since, :now, :now)", row)
    return event_id


@dataclass(frozen=True)
class Day:
    """The 24 hours before `now` (Unix ms), the same ones each time."""

    running: Running
    now: int
    chance: random.Random = field(default_factory=lambda: random.Random(8))

    async def receive(self, store: Store) -> str:
        """Everything that came. Returns the event_id of what came again with another body."""
        changed, is_sent = "", False
        for at in self._times():
            source = self.chance.choices(list(OF), (60, 18, 20, 2))[0]
            if at > self.now - CHANGED and not is_sent:
                changed, is_sent = await self._send_changed(store, self.now - CHANGED), True
            if source == "tickets" and at > self.now - SILENT * HOUR:
                continue
            request = self._signed(source, self._sample(source, self.chance.choice(OF[source]), at), at)
            await store.accept(self._examined(source, request, at))
            again = at + self.chance.randint(800, 20 * SECOND)
            if self.chance.random() < 0.03 and again < self.now:
                await store.accept(self._examined(source, request, again))
        return changed

    async def deliver(self, store: Store) -> None:
        """One attempt of all that is due."""
        names = list(self.running.settings.subscriptions)
        free, leases = dict.fromkeys(names, 5000), dict.fromkeys(names, MINUTE)
        for claimed in (await store.claim(free, leases, self.now, "demo")).claimed:
            await store.settle(self._attempted(claimed))

    async def go_wrong(self, store: Store) -> None:
        """Refused requests, and a subscriber that fails at the moment."""
        for ago in (9.0, 3.5, 3.45, 3.4, 0.7):
            await store.reject(self._refused(self.now - round(ago * HOUR)))
        since = self.now - round(FAILING / 2 * HOUR)
        await store.health.tell_failing("deploys", "the last 5 attempts failed", since, [])

    def _times(self) -> Iterator[int]:
        """Unix ms of each webhook: few at night, most in the afternoon, now and then a burst."""
        at = self.now - 24.0 * HOUR
        while at < self.now - MINUTE:
            yield round(at)
            hour = (at - self.now) / HOUR + 24
            busy = 1.2 + math.sin((hour - 14) / 24 * 2 * math.pi) + (1.5 if hour % 7 < 0.5 else 0)
            at += self.chance.expovariate(1) * 50 * SECOND / busy

    def _sample(self, source: str, type: str, at: int) -> WebhookRequest:
        """A webhook that tells of something at `at` (Unix ms), not signed yet."""
        number = self.chance.getrandbits(128)
        id = f"evt_1Q{number:032x}"[:28] if source == "stripe" else str(UUID(int=number, version=4))
        endpoint = self.running.endpoints[source]
        return endpoint.adapter.sample(type, at / 1000, id).with_url(endpoint.url)

    def _signed(self, source: str, request: WebhookRequest, at: int) -> WebhookRequest:
        endpoint = self.running.endpoints[source]
        return endpoint.adapter.sign(request, endpoint.secrets[0], at / 1000)

    def _examined(self, source: str, request: WebhookRequest, at: int) -> Sequence[Candidate]:
        """The events of a request that came at `at` (Unix ms)."""
        came = replace(request, received_at=at / 1000)
        endpoint = self.running.endpoints[source]
        made = examine(endpoint, self.running.router, came, FROM[source], at / 1000)
        assert isinstance(made, list)
        return made

    async def _send_changed(self, store: Store, at: int) -> str:
        """An invoice, the same again, and half an hour later with another body."""
        sent = self._sample("stripe", "invoice.paid", at)
        document = orjson.loads(sent.body)
        document["data"]["object"] |= {"status": "void", "total": 1900, "customer_email": None}
        changed = replace(sent, body=orjson.dumps(document))
        ids = []
        for later, body in ((0, sent), (4 * SECOND, sent), (31 * MINUTE, changed)):
            signed = self._signed("stripe", body, at + later)
            ids += [one.event_id for one in await store.accept(self._examined("stripe", signed, at + later))]
        return ids[0]

    def _attempted(self, claimed: Claimed) -> Settlement:
        one = claimed.delivery
        started = max(one.due_at, one.created_at) + self.chance.randint(4, 40)
        latency = round(self.chance.lognormvariate(4.2, 0.6))
        status, state, wait = self._answer(one.subscription, one.attempts, one.created_at)
        response = "" if status < 300 else '{"error": "no connection to the database"}'
        attempt = Attempt(one.delivery_id, one.attempts, started, latency, status, None, response)
        ended = started + latency
        return Settlement(attempt, state, ended + wait, one.retries + (state == "pending"), ended)

    def _answer(self, subscription: str, attempts: int, created: int) -> tuple[int, State, int]:
        """The status of an answer, what becomes of the delivery, and in how many ms it is tried again."""
        ago = (self.now - created) / HOUR
        if subscription == "warehouse" and DOWN[0] > ago > DOWN[1]:
            return (503, "dead", 0) if attempts == 3 else (503, "pending", 30 * SECOND)
        if subscription == "deploys" and ago < FAILING:
            return 502, "pending", 10 * MINUTE
        if attempts == 1 and self.chance.random() < 0.02:
            return 500, "pending", 5 * SECOND
        return 204, "succeeded", 0

    def _refused(self, at: int) -> Rejection:
        """A webhook of an endpoint whose secret the config does not have."""
        request = self._signed("stripe", self._sample("stripe", "invoice.paid", at), at)
        headers = orjson.dumps([["user-agent", "Stripe/1.0"], *map(list, request.headers)]).decode()
        return Rejection(
            new_id(at), "stripe", "bad_signature", "no secret matches the signature in Stripe-Signature", at,
            FROM["stripe"], "POST", request.url, headers, len(request.body), "9b74c989" * 8,
        )  # fmt: skip
