"""The vectors of providers where people talk: Slack, Discord, Notion, Zoom, Zendesk, Intercom."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from dev_book import ISO, NOW, Book, b64, compact, hmac, hub, marks, node, sha256
from discord_interactions import verify_key
from nacl.signing import SigningKey
from slack_sdk.signature import SignatureVerifier


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
    slack_setup(book, sign)
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


def slack_setup(book: Book, sign: Any) -> None:
    """What Slack asks without an event."""
    asked = compact({"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV", "type": "url_verification"})
    answer = {"status": 200, "body": "3eZbrw1aBm2rZgRNFdxV"}
    book.accept("the question at set-up, signed", sign(asked), asked, reply=answer)
    book.reject("the question at set-up, unsigned", {}, asked)
    book.reject("the question at set-up, wrongly signed", sign(asked, key="x"), asked)
    book.accept("a look at the certificate", {}, "ssl_check=1&token=x", reply={"status": 200})
    book.reject("a command that claims to be such a look", {}, "ssl_check=1&command=%2Fdeploy&trigger_id=1")


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
    discord_pings(book, sign, stranger)
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


def discord_pings(book: Book, sign: Any, stranger: SigningKey) -> None:
    """Both kinds, and those with which Discord tries us."""
    ping = compact({"id": "1", "type": 1, "token": "t", "version": 1, "application_id": "7"})
    book.accept("a ping among interactions", sign(ping), ping, reply={"status": 200, "body": '{"type":1}'})
    hello = compact({"version": 1, "application_id": "7", "type": 0})
    book.accept("a ping among webhook events", sign(hello), hello, reply={"status": 204, "body": ""})
    book.reject("a ping with a wrong signature, as Discord sends to try us", sign(ping, by=stranger), ping)
    book.reject("a ping without a signature", {}, ping)


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
    book.accept("the token that is known is told again", {}, told, reply={"status": 200}, **page)
    stranger = compact({"verification_token": "secret_stranger"})
    book.reject("another token is told, where there is one already", {}, stranger, **page)
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
