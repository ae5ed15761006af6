"""The vectors of providers whose token travels."""

from __future__ import annotations

from typing import Any

from cloud_signing import NOW
from cloud_vectors import (
    JSON,
    documented,
    dump,
    event,
    iso,
    token_vectors,
)


def aws_eventbridge() -> None:
    page = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html"
    body = dump(
        {
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": "EC2 Instance State-change Notification",
            "source": "aws.ec2",
            "account": "111122223333",
            "time": iso(NOW - 5),
            "region": "us-west-1",
            "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1234567890abcdef0"],
            "detail": {"instance-id": "i-1234567890abcdef0", "state": "terminated"},
        }
    )
    name = "aws_eventbridge/ec2_instance_state-change_notification"
    vectors = documented("aws_eventbridge", page, secret="an-api-key-4711")
    token_vectors(
        vectors, "X-Api-Key", "an-api-key-4711", body, [event("6a7e8feb-b491-4cf7-a9f1-bf3703467718", name)]
    )
    config = {"header": "Authorization", "prefix": "Bearer "}
    headers = {**JSON, "Authorization": "Bearer an-api-key-4711"}
    vectors.accept("another header, with a prefix", headers=headers, body=body, config=config)
    vectors.reject(
        "the default header where another is stated",
        body=body,
        config=config,
        headers={"X-Api-Key": "an-api-key-4711"},
    )
    vectors.write()


def datadog() -> None:
    page = "https://docs.datadoghq.com/integrations/webhooks/"
    fields = {
        "body": "disk 91 %",
        "last_updated": str(NOW * 1000),
        "event_type": "metric_alert_monitor",
        "title": "[Triggered] disk",
        "date": str((NOW - 5) * 1000),
        "org": {"id": "11023", "name": "Example"},
        "id": "6218183312345678901",
    }
    vectors = documented("datadog", page, secret="a-token-4711")
    token_vectors(
        vectors,
        "X-Webhook-Token",
        "a-token-4711",
        dump(fields),
        [event(fields["id"], "datadog/metric_alert_monitor")],
    )
    headers = {**JSON, "X-Webhook-Token": "a-token-4711"}
    body = dump({**fields, "alert_transition": "Re-Triggered"})
    vectors.accept(
        "with a transition",
        headers=headers,
        body=body,
        events=[event(fields["id"], "datadog/metric_alert_monitor.re-triggered")],
    )
    basic = {**JSON, "Authorization": "Basic dXNlcjpwYTpzcw=="}
    vectors.accept("Basic credentials", headers=basic, body=body, config={"basic": True}, secret="user:pa:ss")
    vectors.reject("other credentials", headers=basic, body=body, config={"basic": True}, secret="user:pa:sx")
    vectors.write()


def telegram() -> None:
    update = {
        "update_id": 10000,
        "message": {
            "date": NOW - 5,
            "message_id": 1365,
            "text": "/start",
            "chat": {
                "last_name": "Test",
                "id": 1111111,
                "first_name": "Test",
                "username": "Test",
                "type": "private",
            },
            "from": {"last_name": "Test", "id": 1111111, "first_name": "Test", "username": "Test"},
        },
    }
    name = "X-Telegram-Bot-Api-Secret-Token"
    vectors = documented("telegram", "https://core.telegram.org/bots/webhooks", secret="a_secret-Token4711")
    token_vectors(vectors, name, "a_secret-Token4711", dump(update), [event("10000", "telegram/message")])
    query = {
        "update_id": 10001,
        "callback_query": {"id": "4382bfdwdsb323b2d9", "data": "Data", "from": {"id": 1111111}},
    }
    vectors.accept(
        "an update without a time",
        headers={**JSON, name: "a_secret-Token4711"},
        body=dump(query),
        events=[event("10001", "telegram/callback_query", None)],
    )
    vectors.write()


def okta() -> None:
    def item(id: str, type: str) -> dict[str, Any]:
        return {"uuid": id, "published": iso(NOW - 5), "eventType": type, "version": "0", "severity": "INFO"}

    ids = "dc9fd3c0-598c-11ef-8478-2b7584bf8d5a", "2f0ad1de-598d-11ef-9a3d-5f1c1f1d2c11"
    items = [item(ids[0], "user.session.start"), item(ids[1], "group.user_membership.add")]
    body = dump(
        {
            "eventType": "com.okta.event_hook",
            "eventId": "b5a188b9",
            "cloudEventsVersion": "0.1",
            "data": {"events": items},
        }
    )
    vectors = documented(
        "okta", "https://developer.okta.com/docs/concepts/event-hooks/", secret="a-secret-4711"
    )
    events = [event(ids[0], "okta/user.session.start"), event(ids[1], "okta/group.user_membership.add")]
    token_vectors(vectors, "Authorization", "a-secret-4711", body, events)
    challenge = {"headers": {"x-okta-verification-challenge": "abc123"}, "method": "GET", "body": ""}
    answer = {
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": '{"verification":"abc123"}',
    }
    vectors.accept("the one-time verification", reply=answer, **challenge)
    vectors.reject("a verification by POST", **{**challenge, "method": "POST"})
    vectors.reject(
        "a GET without a challenge", method="GET", headers={"Authorization": "a-secret-4711"}, body=""
    )
    vectors.write()


def auth0() -> None:
    body = dump(
        {
            "id": "evt_01H5Z2Y3X4",
            "type": "user.created",
            "time": iso(NOW - 5),
            "specversion": "1.0",
            "source": "urn:auth0:example",
            "a0purpose": "test",
            "a0tenant": "example",
            "a0stream": "est_1",
            "data": {"object": {"user_id": "auth0|4711"}},
        }
    )
    vectors = documented("auth0", "https://auth0.com/docs/customize/events", secret="a-token-4711")
    token_vectors(
        vectors, "Authorization", "Bearer a-token-4711", body, [event("evt_01H5Z2Y3X4", "auth0/user.created")]
    )
    logs = [
        {"log_id": f"9002026112400{n}", "data": {"date": iso(NOW - 5), "type": kind, "client_id": "AaiyAPdp"}}
        for n, kind in enumerate(("s", "fp"))
    ]
    events = [event("90020261124000", "auth0/s"), event("90020261124001", "auth0/fp")]
    raw = {**JSON, "Authorization": "a-token-4711"}
    vectors.accept("a log stream, as an array", headers=raw, body=dump(logs), events=events)
    vectors.accept(
        "a log stream, line by line", headers=raw, body="\n".join(map(dump, logs)) + "\n", events=events
    )
    vectors.accept("a log stream, as an object", headers=raw, body=dump(logs[0]), events=events[:1])
    vectors.reject("Bearer alone", headers={**JSON, "Authorization": "Bearer"}, body=body)
    vectors.reject("Basic", headers={**JSON, "Authorization": "Basic a-token-4711"}, body=body)
    vectors.write()


def microsoft_graph() -> None:
    page = "https://learn.microsoft.com/graph/change-notifications-delivery-webhooks"

    def item(state: Any, n: int, **more: Any) -> dict[str, Any]:
        data = {"@odata.type": "#Microsoft.Graph.Message", "@odata.etag": f'W/"{n}"', "id": f"AAMk{n}"}
        found = {
            "id": f"lsgTZMr9KwAAA{n}",
            "subscriptionId": "76619225-ff6b-4e57",
            "clientState": state,
            "changeType": "created",
            "resource": f"users/1/messages/AAMk{n}",
            "resourceData": data,
            **more,
        }
        return {key: value for key, value in found.items() if value is not None}

    def body(*items: object) -> str:
        return dump({"value": list(items)})

    vectors = documented("microsoft_graph", page, secret="a-client-state", headers=JSON)
    names = [event(f"lsgTZMr9KwAAA{n}", "microsoft_graph/message.created", None) for n in (1, 2)]
    good = item("a-client-state", 1)
    vectors.accept("two notifications", body=body(good, item("a-client-state", 2)), events=names)
    both = ["another-state", "a-client-state"]
    vectors.accept(
        "two subscriptions, each with its own secret", body=body(good, item("another-state", 2)), secrets=both
    )
    life = item("a-client-state", 3, changeType=None, lifecycleEvent="reauthorizationRequired")
    vectors.accept(
        "a lifecycle notification",
        body=body(life),
        events=[event("lsgTZMr9KwAAA3", "microsoft_graph/reauthorizationRequired", None)],
    )
    url = "https://gateway.example/webhooks/microsoft_graph?validationToken=Validation%3a+Testing+client+%3Cb%3E"
    answer = {
        "status": 200,
        "headers": {"Content-Type": "text/plain; charset=utf-8"},
        "body": "Validation: Testing client <b>",
    }
    vectors.accept(
        "the validation of a new endpoint",
        url=url,
        body="",
        headers={"Content-Type": "text/plain"},
        reply=answer,
    )
    for reason, text in {
        "another clientState": body(item("another-state", 1)),
        "one of two is of another": body(good, item("another-state", 2)),
        "the last of three lacks it": body(good, good, item(None, 2)),
        "no clientState": body(item(None, 1)),
        "an empty clientState": body(item("", 1)),
        "a number": body(item(1, 1)),
        "no notifications": body(),
        "no value": dump({"clientState": "a-client-state"}),
        "an array": dump([good]),
        "no JSON": "clientState=a-client-state",
    }.items():
        vectors.reject(reason, body=text)
    vectors.reject("a validation by GET", url=url, method="GET", body="")
    vectors.reject("two validation tokens", url=url + "&validationToken=x", body="")
    vectors.write()
