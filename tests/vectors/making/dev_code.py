"""The vectors of providers where code is kept, tried and run."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from dev_book import ISO, NOW, Book, b64, compact, hmac, hub, marks, node, sha256
from standardwebhooks import Webhook


def gitlab() -> Book:
    secret = "whsec_" + b64(bytes(range(32)))
    other = "whsec_" + b64(bytes(range(1, 33)))
    book = Book("gitlab", "signed by Webhook.sign of standardwebhooks (PyPI) 1.1.0, as GitLab's merge request"
                " 230944 says", secret)  # fmt: skip
    name = "webhook-signature"
    opened = {"object_kind": "merge_request", "object_attributes": {"action": "open", "updated_at": ISO}}
    body = compact({**opened, "user": {"name": "Zoë"}})

    def sign(body: str, at: int = NOW, key: str = secret, id: str = "e1") -> dict[str, str]:
        signature = Webhook(key).sign(id, datetime.fromtimestamp(at, UTC), body)
        return {"webhook-id": id, "webhook-timestamp": str(at), name: signature, "Idempotency-Key": id}

    book.accept("a merge request", sign(body), body, ("e1", "merge_request.open", NOW * 1000))
    push = compact({"object_kind": "push", "event_name": "push", "ref": "refs/heads/main"})
    book.accept("a push, which has no time of GitLab's", sign(push), push, ("e1", "push", None))
    two = {**sign(body), name: f"{sign(body, key=other)[name]} {sign(body)[name]}"}
    book.accept("two signatures, the second is right", two, body, ("e1", "merge_request.open", NOW * 1000))
    token = {"X-Gitlab-Token": "s3cr3t", "X-Gitlab-Event": "Merge Request Hook", "Idempotency-Key": "e2"}
    said = {"source": "https://docs.gitlab.com/user/project/integrations/webhooks/, seen 2026-11-24"}
    plain = {"secret": "s3cr3t", **said}
    book.accept("a secret token", token, body, ("e2", "merge_request.open", NOW * 1000), **plain)
    old = {"X-Gitlab-Token": "s3cr3t", "X-Gitlab-Event-UUID": "u1"}
    book.accept("before GitLab 17.4", old, body, ("u1", "merge_request.open", NOW * 1000), **plain)
    note = compact({"object_kind": "note", "object_attributes": {"updated_at": "2015-05-17 18:08:09 UTC"}})
    book.accept("the other form of a time", token, note, ("e2", "note", 1431886089000), **plain)
    system = compact({"event_name": "project_create", "created_at": ISO, "project_id": 74})
    book.accept("a system hook", token, system, ("e2", "project_create", NOW * 1000), **plain)
    book.accept("the second of two tokens", token, body, None, secrets=["old", "s3cr3t"], **said)
    book.reject("another token", {**token, "X-Gitlab-Token": "s3cr3T"}, body, **plain)
    book.reject("a token with more behind it", {**token, "X-Gitlab-Token": "s3cr3t1"}, body, **plain)
    book.reject("the token came twice", {**token, "X-Gitlab-Token": ["s3cr3t", "s3cr3t"]}, body, **plain)
    book.reject("no token", {"Idempotency-Key": "e2"}, body, **plain)
    book.reject("an empty token", {**token, "X-Gitlab-Token": ""}, body, secret="", **said)
    book.reject("a token that is not ASCII", {**token, "X-Gitlab-Token": "s3cr3té"}, body, **plain)
    book.reject("the signing token itself as a token", {**token, "X-Gitlab-Token": secret}, body)
    book.reject(
        "a good secret token where a signing token is configured too", token, body, secrets=[secret, "s3cr3t"]
    )
    book.reject("another id than was signed", {**sign(body), "webhook-id": "e9"}, body)
    book.reject("a signature without its version", {**sign(body), name: sign(body)[name][3:]}, body)
    book.reject("of version 2", {**sign(body), name: sign(body)[name].replace("v1,", "v2,")}, body)
    book.reject("a signing token that is not base64", sign(body), body, secret="whsec_%%%")
    book.traps(name, sign(body), body, other)
    book.times(lambda at: sign(body, at), body, 300)
    return book


def bitbucket() -> Book:
    header, secret = "X-Hub-Signature", "It's a Secret to Everybody"
    source = (
        "signed by openssl 3.0, as https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/ says"
    )
    book, sign = hub("bitbucket", source, secret, header, "sha256=")
    digest = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    assert sign("Hello World!")[header] == f"sha256={digest}"
    book.accept("the published example, whose body is no event", {header: f"sha256={digest}"}, "Hello World!")
    body = compact({"pullrequest": {"updated_on": ISO, "title": "naïve"}})
    more = {"X-Event-Key": "pullrequest:created", "X-Request-UUID": "r1", "X-Hook-UUID": "h1"}
    headers = {**more, **sign(body)}
    book.accept("a pull request", headers, body, ("r1", "pullrequest.created", NOW * 1000))
    push = compact({"push": {"changes": [{"new": {"target": {"date": "2099-01-01T00:00:00Z"}}}, {}]}})
    pushed = {**sign(push), "X-Event-Key": "repo:push", "X-Request-UUID": "r2"}
    book.accept(
        "a push of two changes is one event; a commit's time is no one's",
        pushed,
        push,
        ("r2", "repo.push", None),
    )
    center = compact({"eventKey": "pr:opened", "date": "2027-01-15T08:00:00+0000"})
    opened = {**sign(center), "X-Event-Key": "pr:opened", "X-Request-Id": "r3"}
    book.accept("Data Center", opened, center, ("r3", "pr.opened", NOW * 1000))
    ping = compact({"test": True})
    pinged = {**sign(ping), "X-Event-Key": "diagnostics:ping", "X-Request-Id": "r4"}
    book.accept("Data Center's test", pinged, ping, ("r4", "diagnostics.ping", None))
    wrong = {"X-Hub-Signature-256": headers[header], **more}
    book.reject("GitHub's header", wrong, body)
    marks(book, sign, header, body, "sha256=", {"sha1=": "sha1", "sha512=": "sha512"})
    book.traps(header, headers, body, "another secret")
    return book


def linear() -> Book:
    secret, name = "lin_wh_4f8c2a7e1d", "Linear-Signature"
    source = "signed by openssl 3.0; LinearWebhookClient.verify of @linear/sdk (npm) 98.0.0 agrees with each"
    book = Book("linear", source, secret)
    check = (
        "const {LinearWebhookClient} = require('@linear/sdk/webhooks');"
        "Date.now = () => Number(v.now) * 1000;"
        "try { console.log(new LinearWebhookClient(v.secret).verify(Buffer.from(v.body), v.signature)) }"
        "catch (error) { console.log(false) }"
    )

    def made(stamp: object = NOW * 1000, **more: object) -> tuple[str, dict[str, str], str]:
        document = {"type": "Issue", "action": "create", "createdAt": ISO, "data": {"title": "naïve"}, **more}
        body = compact(document | ({} if stamp is None else {"webhookTimestamp": stamp}))
        signature = hmac("sha256", secret, body.encode()).hex()
        said = node(check, secret=secret, body=body, signature=signature, now=str(NOW))
        return body, {name: signature, "Linear-Delivery": "d1", "Linear-Event": "Issue"}, said

    def agreed(expect: str, reason: str, made: tuple[str, dict[str, str], str], *events: Any) -> None:
        body, headers, said = made
        assert said == str(expect == "accept").lower(), (reason, said)
        if expect == "accept":
            book.accept(reason, headers, body, *events)
        else:
            book.reject(reason, headers, body)

    agreed("accept", "a new issue", made(), ("d1", "issue.create", NOW * 1000))
    labelled = made(type="IssueLabel", action="update")
    agreed("accept", "a type of two words", labelled, ("d1", "issue_label.update", NOW * 1000))
    for off in (-60, 60):
        agreed("accept", f"{off:+} s, at the edge", made((NOW + off) * 1000), None)
    for off in (-61, 61, -86_400, 10**9):
        agreed("reject", f"{off:+} s, genuine but not of now", made((NOW + off) * 1000))
    agreed("reject", "a millisecond too old", made((NOW - 60) * 1000 - 1))
    agreed("reject", "no time in the body", made(None))
    for stamp in (str(NOW * 1000), None, "soon", [], {}, True, -1, ""):
        agreed("reject", f"the time {stamp!r}", made(None, webhookTimestamp=stamp))
    agreed("reject", "seconds where milliseconds are meant", made(NOW))
    body, headers, _ = made(None)
    book.reject(
        "the time in a header only, which is not signed",
        {**headers, "Linear-Timestamp": str(NOW * 1000)},
        body,
    )
    body, headers, _ = made()
    book.traps(name, headers, body, "lin_wh_other")
    return book


def sentry() -> Book:
    header, secret = "Sentry-Hook-Signature", "3f9c1b7a5d2e4f60"
    source = (
        "signed by openssl 3.0, as https://docs.sentry.io/integrations/integration-platform/webhooks/ says"
    )
    book, sign = hub("sentry", source, secret, header, "")
    body = compact({"action": "created", "data": {"issue": {"id": "1", "title": "naïve"}}})
    more = {"Sentry-Hook-Resource": "issue", "Request-ID": "q1", "Sentry-Hook-Timestamp": str(NOW)}
    headers = {**more, **sign(body)}
    book.accept("an issue", headers, body, ("q1", "issue.created", NOW * 1000))
    alert = '{"action": "triggered", "data": {"event": {}}}'
    alerted = {**more, **sign(alert), "Sentry-Hook-Resource": "event_alert"}
    book.accept("an alert, not compact", alerted, alert, ("q1", "event_alert.triggered", NOW * 1000))
    book.accept(
        "a time that is not signed proves nothing and refuses nothing",
        {**headers, "Sentry-Hook-Timestamp": "soon"}, body, ("q1", "issue.created", None),
    )  # fmt: skip
    book.reject("another way to write the same JSON", headers, body.replace(":", ": "))
    marks(book, sign, header, body, "", {"sha256=": "sha256", "": "sha1"})
    book.traps(header, headers, body, "another secret")
    return book


def vercel() -> Book:
    header, secret = "x-vercel-signature", "9xqYb4ZsWf2LdKp7"
    source = "signed by openssl 3.0, as https://vercel.com/docs/webhooks/webhooks-api says"
    book, sign = hub("vercel", source, secret, header, "", "sha1")
    body = compact({"id": "v1", "type": "deployment.created", "createdAt": NOW * 1000, "payload": {"a": "ä"}})
    book.accept("a deployment", sign(body), body, ("v1", "deployment.created", NOW * 1000))
    upper = {header: sign(body)[header].upper()}
    book.accept("hex in capitals, which is the same number", upper, body, None)
    marks(book, sign, header, body, "", {"sha1=": "sha1", "": "sha256"})
    book.traps(header, sign(body), body, "another secret")
    return book


def netlify() -> Book:
    secret, header = "a JWS secret token", "X-Webhook-Signature"
    source = "signed by openssl 3.0, as https://docs.netlify.com/site-deploys/notifications/ says"
    book = Book("netlify", source, secret)

    def url64(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def token(claims: object, key: str = secret, alg: str = "HS256", by: str = "sha256") -> dict[str, str]:
        parts = [url64(compact(part).encode()) for part in ({"alg": alg, "typ": "JWT"}, claims)]
        signature = url64(hmac(by, key, ".".join(parts).encode())) if by else ""
        return {header: ".".join([*parts, signature]), "X-Netlify-Event": "deploy_created"}

    body = compact({"id": "d1", "state": "ready", "updated_at": ISO, "title": "naïve"})
    claims = {"iss": "netlify", "sha256": sha256(body)}
    good = token(claims)
    book.accept("a deploy", good, body, (sha256(body), "deploy_created", NOW * 1000))
    book.accept(
        "without the header of the event", {header: good[header]}, body, (sha256(body), "ready", NOW * 1000)
    )
    lasting = token({**claims, "exp": NOW + 60})
    book.accept("a token that expires in a minute", lasting, body, None)
    book.reject("a token that expired long ago", token({**claims, "exp": NOW - 3600}), body)
    book.reject("a token for later", token({**claims, "nbf": NOW + 3600}), body)
    book.reject("another issuer", token({**claims, "iss": "netlify.com"}), body)
    book.reject("no issuer", token({"sha256": sha256(body)}), body)
    book.reject("the hash of another body", token({**claims, "sha256": sha256("{}")}), body)
    book.reject("no hash, so that the body could be anything", token({"iss": "netlify"}), body)
    book.reject("a hash that is no text", token({**claims, "sha256": [sha256(body)]}), body)
    book.reject("algorithm none, unsigned", token(claims, alg="none", by=""), body)
    book.reject("algorithm None, rightly signed", token(claims, alg="None"), body)
    book.reject("HS512, rightly signed", token(claims, alg="HS512", by="sha512"), body)
    book.reject("claims that are no object", token([1]), body)
    book.reject("two parts only", {header: good[header].rpartition(".")[0]}, body)
    book.reject("a bearer's word before it", {header: f"Bearer {good[header]}"}, body)
    book.traps(header, good, body, "another secret")
    return book
