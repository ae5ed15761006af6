"""The requests of `msg.py`: Twitch's."""

from __future__ import annotations

import subprocess

from msg import MS, NOW, File, Record, dumped, event, openssl

SECRET, ID, TIME = "s3cre77890ab", "Twitch-Eventsub-Message-Id", "Twitch-Eventsub-Message-Timestamp"
KIND = "Twitch-Eventsub-Message-Type"
SUBSCRIPTION = {"id": "f1c2a387", "type": "channel.follow", "version": "2", "status": "enabled"}
FOLLOW = {"subscription": SUBSCRIPTION, "event": {"user_name": "Zoë"}}
CHALLENGE = "pogchamp-kappa-360noscope-vohiyo"
EVENT_MS = MS + 634


def twitch() -> File:
    source = "signed by `openssl dgst`, as the page handling-webhook-events describes it"
    file = File("twitch", source, "Twitch-Eventsub-Message-Signature")
    genuine = made(file, FOLLOW)
    file.accept(genuine, [event("msg-1", "twitch/channel.follow", EVENT_MS)], "another-secret")
    file.attack(genuine, genuine["body"].replace("f1c2a387", "f1c2a388"))
    file.refuse(
        genuine, [("other-id", "msg-2", "another id"), ("two-ids", ["msg-1", "msg-2"], "two ids")], ID
    )
    file.refuse(genuine, [("other-time", written(NOW - 1), "another time")], TIME)
    renamed = genuine["headers"][file.signature].replace("256", "1")
    file.refuse(genuine, [("sha1-prefix", renamed, "another prefix")])
    yesterday = made(file, FOLLOW, moment="yesterday")
    file.add("time-not-a-time", "reject", "a time that is none, rightly signed", yesterday)
    file.timed(lambda stamp: made(file, FOLLOW, moment=written(stamp, fraction="")), 600)
    challenges(file)
    others(file)
    return file


def challenges(file: File) -> None:
    document = {"challenge": CHALLENGE, "subscription": SUBSCRIPTION}
    request = made(file, document, "webhook_callback_verification")
    answer = {"status": 200, "headers": {"Content-Type": "text/plain"}, "body": CHALLENGE}
    why = "the challenge, whose text alone is the answer"
    file.add("challenge", "accept", why, request, reply=answer, events=[])
    why = "a challenge that another key signed"
    file.add("challenge-unsigned", "reject", why, request, secret="another-one")
    why, headers = (
        "the type of a message is not signed: the body decides",
        file.header(request, "notification", KIND),
    )
    file.add("challenge-renamed", "accept", why, request, headers=headers, reply=answer, events=[])


def others(file: File) -> None:
    revoked = made(file, {"subscription": {**SUBSCRIPTION, "status": "user_removed"}}, "revocation")
    told = [event("msg-1", "twitch/revocation", EVENT_MS)]
    file.add("revocation", "accept", "the subscription was revoked", revoked, events=told)
    name = "drop.entitlement.grant"
    events = [{"id": "drop-1", "data": {}}, {"id": "drop-2", "data": {}}]
    drops = made(file, {"subscription": {**SUBSCRIPTION, "type": name}, "events": events})
    told = [event(id, f"twitch/{name}", EVENT_MS) for id in ("drop-1", "drop-2")]
    file.add("batch", "accept", "several events in one message", drops, events=told)


def made(file: File, document: object, kind: str = "notification", moment: str = "") -> Record:
    body, moment = dumped(document), moment or written(NOW)
    signature = openssl(b"msg-1" + moment.encode() + body, SECRET.encode()).hex()
    headers = {ID: "msg-1", TIME: moment, KIND: kind, file.signature: f"sha256={signature}"}
    return file.request(headers, body, SECRET)


def written(stamp: int, fraction: str = ".634234626") -> str:
    command = ["date", "-u", "-d", f"@{stamp}", f"+%Y-%m-%dT%H:%M:%S{fraction}Z"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()


FILES = (twitch,)
