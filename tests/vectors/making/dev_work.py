"""The vectors of providers where work is planned and watched."""

from __future__ import annotations

import base64
import json
from typing import Any

from dev_book import ISO, NOW, Book, b64, compact, hmac, hub, marks, sha256


def pagerduty() -> Book:
    header, secret = "X-PagerDuty-Signature", "GkXmbCxqS4IhxQHCfZtWHvFQDWVJXJvm"
    source = (
        "signed by openssl 3.0, as https://developer.pagerduty.com/docs/webhooks/webhook-signatures/ says"
    )
    book, sign = hub("pagerduty", source, secret, header, "v1=")
    event = {"id": "p1", "event_type": "incident.triggered", "occurred_at": ISO, "data": {"title": "naïve"}}
    body = compact({"event": event})
    right, wrong = sign(body)[header], sign(body, "another secret")[header]
    expected = ("p1", "incident.triggered", NOW * 1000)
    book.accept("an incident", {header: right}, body, expected)
    book.accept("two signatures, the first is right", {header: f"{right},{wrong}"}, body, expected)
    book.accept("two signatures, the second is right", {header: f"{wrong},{right}"}, body, expected)
    book.accept("with a space after the comma", {header: f"{wrong}, {right}"}, body, expected)
    book.accept("beside one of a version to come", {header: f"v2=00,{right}"}, body, expected)
    book.reject("two signatures, both wrong", {header: f"{wrong},{wrong}"}, body)
    book.reject("only of a version to come", {header: right.replace("v1=", "v2=")}, body)
    ping = compact({"event": {"id": "p2", "event_type": "pagey.ping", "occurred_at": ISO}})
    book.accept("a ping", sign(ping), ping, ("p2", "pagey.ping", NOW * 1000))
    marks(book, sign, header, body, "v1=", {"v1=": "sha1"})
    book.traps(header, sign(body), body, "another secret")
    return book


def jira() -> Book:
    header, secret = "X-Hub-Signature", "It's a Secret to Everybody"
    source = "signed by openssl 3.0, as https://developer.atlassian.com/cloud/jira/platform/webhooks/ says"
    book, sign = hub("jira", source, secret, header, "sha256=")
    digest = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    book.accept("the published example, whose body is no event", {header: f"sha256={digest}"}, "Hello World!")
    issue = {"timestamp": NOW * 1000, "webhookEvent": "jira:issue_updated", "issue": {"key": "A-1"}}
    body = compact({**issue, "changelog": {"items": ["naïve"]}})
    headers = {**sign(body), "X-Atlassian-Webhook-Identifier": "w1"}
    book.accept("an issue", headers, body, ("w1", "issue_updated", NOW * 1000))
    again = {**headers, "X-Atlassian-Webhook-Retry": "2"}
    book.accept("the same, sent again", again, body, ("w1", "issue_updated", NOW * 1000))
    comment = compact({"timestamp": NOW * 1000, "webhookEvent": "comment_created"})
    book.accept(
        "an event without the prefix, from Data Center without an identifier", sign(comment), comment,
        (sha256(comment), "comment_created", NOW * 1000),
    )  # fmt: skip
    book.reject("an app's token instead", {"Authorization": "JWT eyJhbGciOiJub25lIn0.e30."}, body)
    marks(book, sign, header, body, "sha256=", {"sha1=": "sha1", "sha256=": "sha1", "md5=": "md5"})
    book.traps(header, headers, body, "another secret")
    return book


def asana() -> Book:
    header, secret = "X-Hook-Signature", "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81"
    source = "signed by openssl 3.0, as https://developers.asana.com/docs/webhooks-guide says"
    book, sign = hub("asana", source, secret, header, "")

    def event(gid: str, action: str) -> dict[str, Any]:
        resource = {"gid": gid, "resource_type": "task"}
        return {"action": action, "created_at": "2027-01-15T08:00:00.000Z", "resource": resource}

    def made(one: dict[str, Any], type: str) -> tuple[str, str, int]:
        return sha256(json.dumps(one, sort_keys=True, separators=(",", ":"))), type, NOW * 1000

    first, second = event("1", "added"), event("2", "changed")
    body = compact({"events": [first, second, first]})
    three = (made(first, "task.added"), made(second, "task.changed"), made(first, "task.added"))
    book.accept("three events, one of them twice", sign(body), body, *three)
    empty = compact({"events": []})
    book.accept("a sign of life", sign(empty), empty)
    word = {"X-Hook-Secret": secret}
    echo = {"status": 200, "headers": word}
    book.accept("the question at set-up, while there is no secret", word, "", secrets=[], reply=echo)
    book.accept("the same, with the word for none yet", word, "{}", secret="setup", reply=echo)
    book.accept("the same, for one more webhook", word, "", secrets=["ab" * 32, "setup"], reply=echo)
    book.accept("the same, with the secret that is known", word, "", reply=echo)
    stranger = {"X-Hook-Secret": "ff" * 32}
    book.reject("a question where there is a secret already", stranger, "")
    book.reject("events signed with the secret that they bring", {**stranger, **sign(body, "ff" * 32)}, body)
    book.reject("the same, during set-up", {**stranger, **sign(body, "ff" * 32)}, body, secret="setup")
    book.reject("events signed with the word for none yet", sign(body, "setup"), body, secret="setup")
    raw = {header: hmac("sha256", bytes.fromhex(secret), body.encode()).hex()}
    book.reject("signed with the secret's bytes instead of its text", raw, body)
    marks(book, sign, header, body, "", {"sha256=": "sha256", "": "sha1"})
    book.traps(header, sign(body), body, "ab" * 32)
    return book


def trello() -> Book:
    header, secret, url = (
        "X-Trello-Webhook",
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "https://hooks.example/trello?board=1",
    )
    page = "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/"
    book = Book("trello", f"signed by openssl 3.0, as {page} says", secret, url=url)

    def sign(body: str, at: str = url, key: str = secret, algorithm: str = "sha1") -> dict[str, str]:
        return {header: b64(hmac(algorithm, key, body.encode() + at.encode()))}

    action = {"id": "a1", "type": "updateCard", "date": "2027-01-15T08:00:00.000Z"}
    body = compact({"action": action, "model": {"name": "naïve"}})
    book.accept("an action", sign(body), body, ("a1", "updateCard", NOW * 1000))
    inside = {"url": "http://10.0.0.7:8080/trello?board=1", "config": {"public_url": "https://hooks.example"}}
    book.accept("behind a proxy, whose address Trello does not know", sign(body), body, None, **inside)
    whole = {"url": "http://10.0.0.7:8080/in", "config": {"public_url": url}}
    book.accept("with the whole public address", sign(body), body, None, **whole)
    book.accept(
        "a look whether the address is there", {}, "", method="HEAD", reply={"status": 200, "body": ""}
    )
    book.reject("signed for another address", sign(body, "https://hooks.example/trello"), body)
    book.reject("sent to another address", sign(body), body, url="https://hooks.example/trello")
    host = {**sign(body, "https://evil.example/trello?board=1"), "Host": "evil.example"}
    book.reject("signed for the Host that it names", host, body)
    only = {header: b64(hmac("sha1", secret, body.encode()))}
    book.reject("the body alone is signed", only, body)
    book.reject(
        "the address before the body", {header: b64(hmac("sha1", secret, (url + body).encode()))}, body
    )
    book.reject("rightly signed, but with sha256", sign(body, algorithm="sha256"), body)
    book.reject("hex instead of base64", {header: base64.b64decode(sign(body)[header]).hex()}, body)
    book.traps(header, sign(body), body, "another secret")
    return book
