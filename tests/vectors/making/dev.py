"""Makes the vectors of sixteen providers of developer tools, with the providers' own libraries and openssl.

    python tests/vectors/making/dev.py FOLDER      (writes FOLDER/slack.json and so on)

Needs the command openssl, from PyPI slack_sdk 3.48.0, discord-interactions 0.4.0 (with PyNaCl) and
standardwebhooks 1.1.0, and with NODE_PATH set, from npm, @notionhq/client 5.26.0 and @linear/sdk 98.0.0. None
of our own code signs or judges anything here. What an event must be called, and when it happened, is
written by hand.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from discord_interactions import verify_key
from nacl.signing import SigningKey
from slack_sdk.signature import SignatureVerifier
from standardwebhooks import Webhook

NOW = 1_800_000_000
ISO = "2027-01-15T08:00:00Z"
Headers = Mapping[str, str | list[str]]


def hmac(algorithm: str, secret: str | bytes, content: bytes) -> bytes:
    """By openssl, so that no Python code is asked twice."""
    key = secret.encode() if isinstance(secret, str) else secret
    command = [
        "openssl",
        "dgst",
        f"-{algorithm}",
        "-mac",
        "HMAC",
        "-macopt",
        f"hexkey:{key.hex()}",
        "-binary",
    ]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def sha256(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def node(script: str, **values: str) -> str:
    command = ["node", "-e", f"const v = JSON.parse(process.argv[1]); {script}", json.dumps(values)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


class Book:
    """The vectors of one provider."""

    def __init__(self, name: str, source: str, secret: str, **common: Any) -> None:
        self.name, self.source, self.secret, self.common = name, source, secret, common
        self.vectors: list[dict[str, Any]] = []

    def add(self, expect: str, reason: str, headers: Headers, body: str | bytes, **more: Any) -> None:
        record: dict[str, Any] = {"id": f"{self.name}-{expect}-{len(self.vectors) + 1}", "method": "POST"}
        record["url"] = f"https://gateway.example/webhooks/{self.name}"
        record["headers"] = dict(headers)
        if isinstance(body, bytes):
            record["body_base64"] = b64(body)
        else:
            record["body"] = body
        record |= {"now": NOW, "secret": self.secret, "expect": expect, "reason": reason} | self.common | more
        if "secrets" in more:
            del record["secret"]
        self.vectors.append(record)

    def accept(self, reason: str, headers: Headers, body: str | bytes, *events: Any, **more: Any) -> None:
        """`events` are (id, type, ts); None alone leaves them unsaid."""
        if events != (None,):
            named = [{"id": id, "name": f"{self.name}/{type}", "ts": ts} for id, type, ts in events]
            more = {"events": named, **more}
        self.add("accept", reason, headers, body, **more)

    def reject(self, reason: str, headers: Headers, body: str | bytes, **more: Any) -> None:
        self.add("reject", reason, headers, body, **more)

    def traps(self, header: str, headers: dict[str, str], body: str, other: str) -> None:
        """What must be refused of any signature; `other` is another secret of the right form."""
        good = headers[header]
        rest = {name: value for name, value in headers.items() if name != header}
        self.reject("another secret", headers, body, secret=other)
        self.reject("no secret at all", headers, body, secrets=[])
        self.reject("an empty secret", headers, body, secret="")
        self.reject("one byte of the body changed", headers, body.replace("a", "b", 1))
        self.reject("a line break after the body", headers, body + "\n")
        self.reject("an empty body under the same signature", headers, "")
        self.reject("no signature", rest, body)
        self.reject("an empty signature", {**rest, header: ""}, body)
        self.reject("the last character cut off", {**rest, header: good[:-1]}, body)
        self.reject("a character too many", {**rest, header: good + "0"}, body)
        self.reject("a character that is not ASCII", {**rest, header: good + "é"}, body)
        self.reject("the header came twice", {**rest, header: [good, good]}, body)
        self.reject("the header came twice, once wrong", {**rest, header: [good[:-4] + "0000", good]}, body)
        self.reject("the words null and undefined", {**rest, header: "undefined"}, body)
        self.accept("the second of two secrets", headers, body, None, secrets=[other, self.secret])

    def times(self, sign: Callable[[int], dict[str, str]], body: str, tolerance: int) -> None:
        """The two edges of the tolerance, from both sides, and times that are none."""
        for off in (-tolerance, tolerance):
            self.accept(f"{off:+} s, at the edge", sign(NOW + off), body, None)
        for off in (-tolerance - 1, tolerance + 1, -86_400, 10**9):
            self.reject(f"{off:+} s, genuine but not of now", sign(NOW + off), body)
        self.accept("an hour old where two are allowed", sign(NOW - 3600), body, None, tolerance=7200)

    def write(self, folder: Path) -> None:
        document = {"adapter": self.name, "source": self.source, "vectors": self.vectors}
        text = json.dumps(document, indent=1, ensure_ascii=False)
        (folder / f"{self.name}.json").write_text(text + "\n", encoding="utf-8")


def compact(document: object) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def slack() -> Book:
    secret, name = "8f742231b10e8888abcd99yyyzzz85a5", "X-Slack-Signature"
    book = Book("slack", "signed by SignatureVerifier.generate_signature of slack_sdk (PyPI) 3.48.0", secret)

    def sign(body: str, at: int | str = NOW, key: str = secret) -> dict[str, str]:
        signature = SignatureVerifier(key).generate_signature(timestamp=str(at), body=body)
        return {name: signature or "", "X-Slack-Request-Timestamp": str(at)}

    published = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        "%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        name: "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "X-Slack-Request-Timestamp": "1531420618",
    }
    trigger = "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    page = "https://docs.slack.dev/authentication/verifying-requests-from-slack, as in slack_sdk's own tests"
    book.accept(
        "the published example, a slash command", headers, published,
        (trigger, "command.webhook-collect", None), now=1531420618, source=page,
    )  # fmt: skip
    book.reject("the published example, today", headers, published, source=page)
    event = {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event_time": NOW - 2}
    body = compact({**event, "event": {"type": "app_mention", "text": "naïve 😀"}})
    book.accept("an event", sign(body), body, ("Ev1", "app_mention", (NOW - 2) * 1000))
    joined = compact({**event, "event": {"type": "message", "subtype": "channel_join"}})
    book.accept(
        "an event with a subtype", sign(joined), joined, ("Ev1", "message.channel_join", (NOW - 2) * 1000)
    )
    clicked = (
        "payload="
        + "%7B%22type%22%3A%22block_actions%22%2C%22trigger_id%22%3A%2213.37.a%22%2C%22actions%22%3A"
    )
    clicked += "%5B%7B%22action_ts%22%3A%221800000000.250000%22%7D%5D%7D"
    book.accept("a click", sign(clicked), clicked, ("13.37.a", "block_actions", NOW * 1000 + 250))
    asked = compact({"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV", "type": "url_verification"})
    answer = {"status": 200, "body": "3eZbrw1aBm2rZgRNFdxV"}
    book.accept("the question at set-up, signed", sign(asked), asked, reply=answer)
    book.reject("the question at set-up, unsigned", {}, asked)
    book.reject("the question at set-up, wrongly signed", sign(asked, key="x"), asked)
    book.accept("a look at the certificate", {}, "ssl_check=1&token=x", reply={"status": 200})
    book.reject("a command that claims to be such a look", {}, "ssl_check=1&command=%2Fdeploy&trigger_id=1")
    book.traps(name, sign(body), body, "ffffffffffffffffffffffffffffffff")
    book.times(lambda at: sign(body, at), body, 300)
    for stamp in ("1800000000.0", "-1800000000", "+1800000000", "1e9", "nan", "٣", "0x6b49d200", "9" * 30):
        book.reject(f"the time {stamp}", sign(body, stamp), body)
    book.reject(
        "the time of another request", {**sign(body), "X-Slack-Request-Timestamp": str(NOW + 1)}, body
    )
    stamp = str(NOW)
    book.reject("the time came twice", {**sign(body), "X-Slack-Request-Timestamp": [stamp, stamp]}, body)
    book.reject("no time", {name: sign(body)[name]}, body)
    book.reject("version 1", {**sign(body), name: sign(body)[name].replace("v0=", "v1=")}, body)
    return book


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


def discord() -> Book:
    key, stranger = SigningKey(bytes(range(32))), SigningKey(bytes(range(1, 33)))
    public, name = key.verify_key.encode().hex(), "X-Signature-Ed25519"
    source = (
        "signed by PyNaCl; verify_key of discord-interactions (PyPI) 0.4.0 accepts what is to be accepted"
    )
    book = Book("discord", source, public)

    def sign(body: str, at: str = str(NOW), by: SigningKey = key) -> dict[str, str]:
        signature = by.sign(at.encode() + body.encode()).signature.hex()
        assert verify_key(body.encode(), signature, at, by.verify_key.encode().hex())
        return {name: signature, "X-Signature-Timestamp": at}

    happened = {"version": 1, "application_id": "7", "type": 1}
    event = {"type": "APPLICATION_AUTHORIZED", "timestamp": "2027-01-15T08:00:00.000000", "data": {}}
    body = compact({**happened, "event": event})
    book.accept(
        "an event, which has no id", sign(body), body, (sha256(body), "application_authorized", NOW * 1000),
        reply={"status": 204, "body": ""},
    )  # fmt: skip
    command = {"id": "1593835520000000000", "type": 2, "token": "t", "data": {"name": "order"}}
    time = (1593835520000000000 >> 22) + 1420070400000
    for kind, word, answer in (
        (2, "application_command", '{"type":5}'),
        (3, "message_component", '{"type":6}'),
        (4, "application_command_autocomplete", '{"type":8,"data":{"choices":[]}}'),
        (5, "modal_submit", '{"type":5}'),
    ):
        asked = compact({**command, "type": kind})
        book.accept(
            f"an interaction of type {kind}", sign(asked), asked,
            (command["id"], f"interaction.{word}", time),
            reply={"status": 200, "body": answer},
        )  # fmt: skip
    ping = compact({"id": "1", "type": 1, "token": "t", "version": 1, "application_id": "7"})
    book.accept("a ping among interactions", sign(ping), ping, reply={"status": 200, "body": '{"type":1}'})
    hello = compact({"version": 1, "application_id": "7", "type": 0})
    book.accept("a ping among webhook events", sign(hello), hello, reply={"status": 204, "body": ""})
    book.reject("a ping with a wrong signature, as Discord sends to try us", sign(ping, by=stranger), ping)
    book.reject("a ping without a signature", {}, ping)
    book.reject("another time than was signed", {**sign(body), "X-Signature-Timestamp": str(NOW + 1)}, body)
    book.reject("no time", {name: sign(body)[name]}, body)
    book.accept("an old one: Discord's libraries check no age", sign(body, str(NOW - 86_400)), body, None)
    book.accept("the key as an option", sign(body), body, None, secrets=[], config={"public_key": public})
    upper = {**sign(body), name: sign(body)[name].upper()}
    book.accept("hex in capitals, which is the same number", upper, body, None)
    book.reject("not hex", {**sign(body), name: "z" * 128}, body)
    book.reject("all zeros", {**sign(body), name: "0" * 128}, body)
    book.reject("a key that is none", sign(body), body, secret="ab" * 31)
    book.traps(name, sign(body), body, stranger.verify_key.encode().hex())
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
    for stamp in (None, "soon", [], {}, True, -1, ""):
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


def notion() -> Book:
    secret, name = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl", "X-Notion-Signature"
    book = Book("notion", "signed by signWebhookPayload of @notionhq/client (npm) 5.26.0", secret)
    script = (
        "require('@notionhq/client').signWebhookPayload({body: v.body, verificationToken: v.key})"
        ".then(console.log)"
    )

    def sign(body: str, key: str = secret) -> dict[str, str]:
        return {name: node(script, body=body, key=key)}

    body = compact(
        {"id": "n1", "timestamp": ISO, "type": "page.content_updated", "attempt_number": 1, "a": "ä"}
    )
    book.accept("an event", sign(body), body, ("n1", "page.content_updated", NOW * 1000))
    upper = sign(body)[name].replace("sha256=", "")
    book.accept(
        "hex in capitals, as Notion's library takes it", {name: f"sha256={upper.upper()}"}, body, None
    )
    book.reject("the prefix in capitals", {name: f"SHA256={upper}"}, body)
    book.reject("no prefix", {name: upper}, body)
    book.reject("the prefix twice", {name: f"sha256=sha256={upper}"}, body)
    told = compact({"verification_token": secret})
    page = {"source": "https://developers.notion.com/reference/webhooks, seen 2026-11-24"}
    book.accept("the token is told, while there is none", {}, told, secrets=[], reply={"status": 200}, **page)
    book.accept(
        "the same, with the word for none yet", {}, told, secret="setup", reply={"status": 200}, **page
    )
    book.reject("the token is told, where there is one already", {}, told, **page)
    book.reject("an event while there is no token", sign(body), body, secrets=[], **page)
    book.reject(
        "an event signed with the word for none yet", sign(body, "setup"), body, secret="setup", **page
    )
    book.reject(
        "an event signed with the token that it tells", sign(told), told, secrets=["secret_other"], **page
    )
    book.traps(name, sign(body), body, "secret_other")
    return book


def zoom() -> Book:
    secret, name = "aB3dE5fG7hJ9kL1mN3pQ5r", "x-zm-signature"
    source = "signed by openssl 3.0, as @zoom/rivet (npm) 0.4.0 does"
    book = Book("zoom", source, secret)

    def sign(body: str, at: int | str = NOW, key: str = secret) -> dict[str, str]:
        content = f"v0:{at}:{body}".encode()
        return {name: "v0=" + hmac("sha256", key, content).hex(), "x-zm-request-timestamp": str(at)}

    body = compact(
        {"event": "meeting.started", "event_ts": NOW * 1000 + 5, "payload": {"object": {"a": "ä"}}}
    )
    book.accept("an event", sign(body), body, (sha256(body), "meeting.started", NOW * 1000 + 5))
    spaced = '{ "event": "meeting.ended", "event_ts": 1800000000000, "payload": {} }'
    book.accept(
        "a body that is not compact", sign(spaced), spaced, (sha256(spaced), "meeting.ended", NOW * 1000)
    )
    asked = compact(
        {"event": "endpoint.url_validation", "event_ts": NOW, "payload": {"plainToken": "qgg8vlvZRS6"}}
    )
    proof = hmac("sha256", secret, b"qgg8vlvZRS6").hex()
    answer = compact({"plainToken": "qgg8vlvZRS6", "encryptedToken": proof})
    book.accept("the validation of the URL", sign(asked), asked, reply={"status": 200, "body": answer})
    book.accept(
        "the same, with the second of two secrets", sign(asked), asked, secrets=["other", secret],
        reply={"status": 200, "body": answer},
    )  # fmt: skip
    book.reject("the validation, unsigned: whoever asks could have anything signed", {}, asked)
    book.reject("the validation, wrongly signed", sign(asked, key="other"), asked)
    book.reject("the validation, a day old", sign(asked, NOW - 86_400), asked)
    book.reject("the old verification token alone", {"authorization": secret}, body)
    book.reject("no time", {name: sign(body)[name]}, body)
    for stamp in ("1800000000.0", "1800000000000", "", "nan"):
        book.reject(f"the time {stamp!r}", sign(body, stamp), body)
    book.traps(name, sign(body), body, "zzzzzzzzzzzzzzzzzzzzzz")
    book.times(lambda at: sign(body, at), body, 300)
    return book


def zendesk() -> Book:
    secret, name = b64(b"a signing secret of Zendesk's own"), "X-Zendesk-Webhook-Signature"
    source = "signed by openssl 3.0, as https://developer.zendesk.com/documentation/webhooks/verifying/ says"
    book = Book("zendesk", source, secret)

    def written(at: int) -> str:
        return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")

    def sign(body: str, at: int | str = NOW, key: str | bytes = secret) -> dict[str, str]:
        stamp = at if isinstance(at, str) else written(at)
        signature = b64(hmac("sha256", key, stamp.encode() + body.encode()))
        return {name: signature, f"{name}-Timestamp": stamp, "X-Zendesk-Webhook-Invocation-Id": "i1"}

    created = {"id": "z1", "type": "zen:event-type:ticket.created", "time": ISO, "account_id": 1}
    body = compact({**created, "detail": {"subject": "naïve"}})
    book.accept("an event", sign(body), body, ("z1", "ticket.created", NOW * 1000))
    own = compact({"id": "35436", "type": "urgent", "time": "now"})
    book.accept("a trigger, whose body is its author's", sign(own), own, ("i1", "trigger", None))
    book.accept("a trigger with plain text", sign("Ticket 1 "), "Ticket 1 ", ("i1", "trigger", None))
    book.accept("a trigger with GET, without a body", sign(""), "", ("i1", "trigger", None), method="GET")
    published = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
    book.reject("the secret that Zendesk publishes", sign(body, key=published), body, secret=published)
    book.reject("signed with the published secret", sign(body, key=published), body)
    book.reject("signed with the decoded secret", sign(body, key=base64.b64decode(secret)), body)
    as_hex = {**sign(body), name: base64.b64decode(sign(body)[name]).hex()}
    book.reject("hex instead of base64", as_hex, body)
    book.reject("another time than was signed", {**sign(body), f"{name}-Timestamp": written(NOW + 1)}, body)
    book.reject("Unix seconds for a time", sign(body, str(NOW)), body)
    book.reject("no time", {name: sign(body)[name]}, body)
    book.accept("a time with an offset", sign(body, "2027-01-15T10:00:00+02:00"), body, None)
    book.traps(name, sign(body), body, b64(b"another signing secret"))
    book.times(lambda at: sign(body, at), body, 300)
    return book


def hub(
    name: str, source: str, secret: str, header: str, mark: str, algorithm: str = "sha256"
) -> tuple[Book, Any]:
    """For a signature of the body alone, in hex behind `mark`: the book, and how its requests are signed."""
    book = Book(name, source, secret)

    def sign(body: str, key: str = secret) -> dict[str, str]:
        return {header: mark + hmac(algorithm, key, body.encode()).hex()}

    return book, sign


def marks(book: Book, sign: Any, header: str, body: str, mark: str, others: Mapping[str, str]) -> None:
    """What may be wrong before and in the hex; `others` are other algorithms by their mark."""
    right = sign(body)[header].removeprefix(mark)
    rest = {name: value for name, value in sign(body).items() if name != header}
    if mark:
        book.reject("no mark before the hex", {**rest, header: right}, body)
        book.reject("the mark twice", {**rest, header: mark + mark + right}, body)
        book.reject("something before the mark", {**rest, header: "x" + mark + right}, body)
    for other, algorithm in others.items():
        value = other + hmac(algorithm, book.secret, body.encode()).hex()
        book.reject(f"rightly signed, but with {algorithm}", {**rest, header: value}, body)
    book.reject("base64 instead of hex", {**rest, header: mark + b64(bytes.fromhex(right))}, body)


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


def intercom() -> Book:
    header, secret = "X-Hub-Signature", "b7f3c9d1-client-secret"
    source = "signed by openssl 3.0, as https://developers.intercom.com/docs/webhooks says"
    book, sign = hub("intercom", source, secret, header, "sha1=", "sha1")
    note = {"type": "notification_event", "topic": "conversation.user.created", "id": "notif_1"}
    body = compact({**note, "created_at": NOW, "data": {"item": {"body": "naïve"}}})
    book.accept("a notification", sign(body), body, ("notif_1", "conversation.user.created", NOW * 1000))
    ping = compact({**note, "topic": "ping", "id": None, "created_at": NOW})
    book.accept("a ping, which has no id", sign(ping), ping, (sha256(ping), "ping", NOW * 1000))
    book.accept(
        "a look whether the address is there", {}, "", method="HEAD", reply={"status": 200, "body": ""}
    )
    marks(book, sign, header, body, "sha1=", {"sha256=": "sha256", "sha1=": "sha256"})
    book.traps(header, sign(body), body, "another secret")
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


BOOKS = (
    slack,
    gitlab,
    discord,
    linear,
    notion,
    zoom,
    zendesk,
    bitbucket,
    intercom,
    sentry,
    pagerduty,
    vercel,
    jira,
    asana,
    trello,
    netlify,
)

if __name__ == "__main__":
    for make in BOOKS:
        make().write(Path(sys.argv[1]))
