"""/metrics of real gateways: what it tells, to whom, and that processes add up. Traces and logs beside it."""

from __future__ import annotations

import gzip
import json
import os
import signal
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from gateway.telemetry.trace import parsed
from tests.service.conftest import Gateway, Start, Subscriber, eventually, signed, stripe_event, to
from tests.service.test_processes import children

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def metrics(gateway: Gateway, **headers: str) -> dict[str, float]:
    """`name{label=value …}` to value, by Prometheus's parser."""
    page = httpx.get(f"{gateway.url}/metrics", headers=headers)
    assert page.status_code == 200, page.text
    found = {}
    for sample in (one for family in text_string_to_metric_families(page.text) for one in family.samples):
        labels = " ".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
        found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def test_it_tells_what_came_of_webhooks_and_deliveries(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber))
    assert metrics(gateway)["gateway_events_total{source=stripe}"] == 0
    gateway.send(stripe_event("evt_1"))
    gateway.send(stripe_event("evt_1"))
    gateway.send(stripe_event("evt_2"), secret="whsec_wrong")
    gateway.send(stripe_event("evt_2"), source="nobody")
    key = "gateway_deliveries_total{state=succeeded subscription=app}"
    told = eventually(lambda: (found := metrics(gateway))[key] == 1 and found)
    assert told["gateway_events_total{source=stripe}"] == 1
    assert told["gateway_duplicates_total{source=stripe}"] == 1
    assert told["gateway_rejections_total{reason=bad_signature source=stripe}"] == 1
    assert told["gateway_rejections_total{reason=unknown_source source=}"] == 1
    assert told["gateway_answers_total{source=stripe status=200}"] == 2
    assert told["gateway_ack_seconds_count{source=stripe}"] == 2
    assert 0 < told["gateway_ack_seconds_sum{source=stripe}"] < 5
    assert told["gateway_delivery_seconds_count{subscription=app}"] == 1
    assert told["gateway_attempts_total{outcome=succeeded subscription=app}"] == 1
    assert told["gateway_deliveries_in_flight_max{subscription=app}"] == 16
    assert told["gateway_requests_in_flight"] == 0
    assert told["gateway_store_readable"] == 1
    assert told["gateway_commit_writes_count"] >= 4


def test_events_of_others_count_as_those_of_the_source_api(prepare: Start) -> None:
    gateway = prepare()
    config = gateway.folder / "config.yaml"
    config.write_text(f"event_keys: [sesame]\n{config.read_text()}")
    gateway.start()
    sent = [{"name": "shop/order.paid", "data": {}}] * 2
    assert httpx.post(f"{gateway.url}/e/sesame", json=sent).status_code == 200
    assert httpx.post(f"{gateway.url}/e/nobody", json=sent).status_code == 401
    told = metrics(gateway)
    assert told["gateway_events_total{source=api}"] == 2
    assert told["gateway_answers_total{source=api status=401}"] == 1
    assert told["gateway_rejections_total{reason=unknown_event_key source=api}"] == 1
    assert told["gateway_ack_seconds_count{source=api}"] == 1


def test_it_tells_of_a_backlog_and_a_pause(start: Start, subscriber: Subscriber) -> None:
    subscriber.otherwise = 410
    gateway = start(subscriptions=to(subscriber, "stripe/*"))
    gateway.send(stripe_event("evt_1"))
    eventually(lambda: gateway.cli("deliveries", "--state", "dead", "--json").stdout)
    gateway.send(stripe_event("evt_2"))
    told = metrics(gateway)
    assert told["gateway_subscription_paused{subscription=app}"] == 1
    assert told["gateway_deliveries_waiting{subscription=app}"] == 1
    assert told["gateway_deliveries_due{subscription=app}"] == 1
    assert told["gateway_attempts_total{outcome=failed subscription=app}"] == 1
    assert told["gateway_deliveries_total{state=dead subscription=app}"] == 1


def test_it_tells_of_an_open_breaker_and_keeps_what_waits(start: Start, subscriber: Subscriber) -> None:
    subscriber.otherwise = 500
    breaker = ", breaker: {failures: 1, of: 2, within: 1m, wait: 1h}"
    gateway = start(subscriptions=to(subscriber, "stripe/*", breaker))
    gateway.send(stripe_event("evt_1"))
    asked = ("subscriptions", "--json")
    told = eventually(lambda: "breaker: 2" in (shown := gateway.cli(*asked).stdout) and shown)
    assert json.loads(told)["breaker"] == "open"
    assert "circuit breaker: 2 of 2 attempts failed within 1m" in told
    found = metrics(gateway)
    assert found["gateway_breaker_state{subscription=app}"] == 2
    assert found["gateway_deliveries_waiting{subscription=app}"] == 1


def test_it_asks_for_the_admin_token(start: Start) -> None:
    gateway = start(server=', host: 0.0.0.0, admin_token: "sesame-sesame"')
    # what is sent -> the answer
    for given, status in [
        ("", 401),
        ("Bearer wrong", 401),
        ("Basic sesame-sesame", 401),
        ("Bearer \xfc", 401),
    ]:
        answer = httpx.get(f"{gateway.url}/metrics", headers=[(b"authorization", given.encode("latin-1"))])
        assert (answer.status_code, answer.headers["www-authenticate"]) == (status, "Bearer")
    assert metrics(gateway, authorization="Bearer sesame-sesame")["gateway_store_readable"] == 1


def test_it_can_be_switched_off_while_it_runs(start: Start) -> None:
    gateway = start()
    config = gateway.folder / "config.yaml"
    config.write_text(config.read_text().replace("shutdown_timeout", "metrics: false, shutdown_timeout"))
    assert gateway.cli("reload").returncode == 0
    assert httpx.get(f"{gateway.url}/metrics").status_code == 404


@pytest.fixture
def three(prepare: Start, subscriber: Subscriber) -> Gateway:
    """A gateway of three processes."""
    gateway = prepare(subscriptions=to(subscriber, "stripe/*"))
    gateway.start("--workers", "3")
    eventually(lambda: gateway.log.count("listening on") == 3)
    return gateway


EVENTS = "gateway_events_total{source=stripe}"


def test_any_of_several_processes_tells_of_all(three: Gateway) -> None:
    assert all(three.send(stripe_event(f"evt_{n}")).status_code == 200 for n in range(30))
    eventually(lambda: [metrics(three)[EVENTS] for _ in range(10)] == [30] * 10)
    told = metrics(three)
    assert told["gateway_requests_in_flight_max"] == 3 * 1024
    assert told["gateway_answers_total{source=stripe status=200}"] == 30


def test_a_counter_does_not_go_back_when_processes_die(three: Gateway) -> None:
    assert all(three.send(stripe_event(f"evt_{n}")).status_code == 200 for n in range(30))
    eventually(lambda: [metrics(three)[EVENTS] for _ in range(10)] == [30] * 10)
    before = children(three)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(set(children(three)) - set(before)) == 3 and three.is_ready())
    assert metrics(three)[EVENTS] == 30
    assert three.stop() == 0 and not list((three.folder / "data").glob("*.counts"))


# traces


def send_traced(gateway: Gateway, id: str) -> None:
    body = json.dumps(stripe_event(id)).encode()
    headers = signed(body) | {"traceparent": TRACEPARENT, "tracestate": "vendor=1"}
    assert httpx.post(f"{gateway.url}/webhooks/stripe", content=body, headers=headers).status_code == 200


@pytest.mark.parametrize("format", ["event", "raw"])
def test_the_providers_trace_goes_on_to_the_subscriber(
    start: Start, subscriber: Subscriber, format: str
) -> None:
    subscriber.answers = [(500, {})]
    gateway = start(subscriptions=to(subscriber, "stripe/*", f", format: {format}"))
    send_traced(gateway, "evt_1")
    eventually(lambda: len(subscriber.got) == 2)
    spans = [parsed(headers["traceparent"]) for headers, _, _ in subscriber.got]
    assert {span.trace_id for span in spans if span} == {TRACEPARENT.split("-")[1]}
    assert len({span.span_id for span in spans if span} | {TRACEPARENT.split("-")[2]}) == 3
    assert [headers["tracestate"] for headers, _, _ in subscriber.got] == ["vendor=1", "vendor=1"]


class Collector(BaseHTTPRequestHandler):
    """An OTLP endpoint that keeps the requests."""

    got: list[bytes] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["content-encoding"] == "gzip":
            body = gzip.decompress(body)
        self.got.append(body)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Its URL, and what it got."""
    handler = type("Handler", (Collector,), {"got": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler.got
        server.shutdown()


def test_spans_are_exported_as_one_trace(
    prepare: Start, subscriber: Subscriber, collector: tuple[str, list[bytes]]
) -> None:
    url, got = collector
    gateway = prepare(subscriptions=to(subscriber, "stripe/*"))
    gateway.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = url
    gateway.start()
    send_traced(gateway, "evt_1")
    eventually(lambda: "delivery.attempted" in gateway.log)
    assert gateway.stop() == 0
    spans = {
        span.name: span
        for body in got
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    webhook, delivered = spans["webhook stripe"], spans["deliver app"]
    assert webhook.trace_id.hex() == delivered.trace_id.hex() == TRACEPARENT.split("-")[1]
    assert webhook.parent_span_id.hex() == TRACEPARENT.split("-")[2]
    assert delivered.parent_span_id == webhook.span_id
    told = parsed(subscriber.got[0][0]["traceparent"])
    assert told is not None and told.span_id == delivered.span_id.hex()


# logs


def test_lines_of_an_attempt_have_its_ids_and_nothing_secret(start: Start, subscriber: Subscriber) -> None:
    gateway = start(subscriptions=to(subscriber, "stripe/*"))
    gateway.send(stripe_event("evt_1", data={"object": {"email": "jenny@example.com"}}))
    gateway.send(stripe_event("evt_2"), secret="whsec_wrong")
    eventually(lambda: "delivery.attempted" in gateway.log and "webhook.rejected" in gateway.log)
    lines = {line["message"]: line for line in map(json.loads, gateway.log.splitlines())}
    attempt, rejection = lines["delivery.attempted"], lines["webhook.rejected"]
    told = parsed(subscriber.got[0][0]["traceparent"])
    assert told is not None and (attempt["trace_id"], attempt["span_id"]) == (told.trace_id, told.span_id)
    assert attempt["event"] == subscriber.got[0][0]["webhook-id"] and attempt["subscription"] == "app"
    assert (attempt["state"], attempt["status"], attempt["attempt"]) == ("succeeded", 200, 1)
    assert (rejection["source"], rejection["reason"]) == ("stripe", "bad_signature")
    for hidden in ("jenny", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1="):
        assert hidden not in gateway.log


def test_text_can_be_asked_for(prepare: Start) -> None:
    gateway = prepare()
    gateway.start("--log-format", "text", "--workers", "2")
    eventually(lambda: gateway.log.count("INFO    gateway listening on") == 2)
