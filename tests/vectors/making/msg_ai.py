"""The requests of `msg.py`: ElevenLabs', Deepgram's and Twitch's."""

from __future__ import annotations

import subprocess

from msg import ISO, MS, NOW, File, Record, at, dumped, event, openssl


def elevenlabs() -> File:
    from elevenlabs.webhooks_custom import WebhooksClient

    file = File(
        "elevenlabs",
        "signed by `openssl dgst`, accepted by elevenlabs (PyPI) 2.78.0 construct_event",
        "ElevenLabs-Signature",
    )
    secret = "wsec_4f1f8b6b0d3c"
    body = dumped(
        {
            "type": "post_call_transcription",
            "event_timestamp": NOW,
            "data": {"agent_id": "agent_1", "conversation_id": "conv_1", "summary": "Grüße"},
        }
    )

    def made(stamp: int) -> Record:
        signature = openssl(f"{stamp}.".encode() + body, secret.encode()).hex()
        header = f"t={stamp},v0={signature}"
        at(stamp)
        WebhooksClient.construct_event(None, body.decode(), header, secret)  # type: ignore[arg-type]
        return file.request({file.signature: header}, body, secret)

    genuine = made(NOW)
    id = f"conv_1:post_call_transcription:{NOW}"
    file.accept(genuine, [event(id, "elevenlabs/post_call_transcription", MS)], "wsec_other")
    file.attack(genuine, genuine["body"].replace("agent_1", "agent_2"))
    file.timed(made, 1800)
    value = genuine["headers"][file.signature]
    file.add(
        "rotated",
        "accept",
        "a foreign signature before the right one",
        genuine,
        headers=file.header(genuine, value.replace(",v0=", f",v0={'0' * 64},v0=")),
    )
    for id, text, reason in (
        ("v1", value.replace("v0=", "v1="), "the signature under another version"),
        ("two-times", f"t={NOW - 1},{value}", "two times"),
        ("no-time", value.partition(",")[2], "without a time"),
        ("time-not-a-number", value.replace(str(NOW), "nan"), "a time that is none"),
    ):
        file.add(id, "reject", reason, genuine, headers=file.header(genuine, text))
    return file


def deepgram() -> File:
    file = File(
        "deepgram",
        "RFC 7617 with the coreutils' base64; the header dg-token as Deepgram's pages had it",
        "Authorization",
    )

    def basic(text: str) -> str:
        raw = subprocess.run(["base64", "-w0"], input=text.encode(), capture_output=True, check=True).stdout
        return f"Basic {raw.decode()}"

    secret = "deepgram:open sesame"
    document = {
        "metadata": {"request_id": "req_1", "created": ISO},
        "results": {"channels": [{"alternatives": [{"transcript": "Grüße"}]}]},
    }
    genuine = file.request({"Authorization": basic(secret)}, dumped(document), secret)
    file.accept(genuine, [event("req_1", "deepgram/transcription.completed", MS)], "deepgram:closed")
    file.attack(genuine)
    failed = {"err_code": "REMOTE_CONTENT_ERROR", "err_msg": "no audio", "request_id": "req_2"}
    file.add(
        "failed",
        "accept",
        "a request that failed",
        genuine,
        body=dumped(failed).decode(),
        events=[event("req_2", "deepgram/request.failed", None)],
    )
    token = "0f5b1d9e-3c0a-4d5f-8a57-0c1b6a3f2e10"
    older = {**genuine, "headers": {"dg-token": token}, "secret": token}
    file.add("dg-token", "accept", "the older header with the API key's identifier", older)
    file.add("dg-token-wrong", "reject", "another identifier", older, secret=token[:-1] + "1")
    file.add(
        "dg-token-for-password",
        "reject",
        "the password in the older header",
        genuine,
        headers={"dg-token": secret},
    )
    file.add(
        "dg-token-besides",
        "reject",
        "the right identifier besides wrong credentials",
        older,
        headers={"dg-token": token, "Authorization": basic("deepgram:closed")},
    )
    return file


def twitch() -> File:
    file = File(
        "twitch",
        "signed by `openssl dgst`, as the page handling-webhook-events describes it",
        "Twitch-Eventsub-Message-Signature",
    )
    secret, id, time = "s3cre77890ab", "Twitch-Eventsub-Message-Id", "Twitch-Eventsub-Message-Timestamp"
    kind = "Twitch-Eventsub-Message-Type"
    subscription = {"id": "f1c2a387", "type": "channel.follow", "version": "2", "status": "enabled"}

    def written(stamp: int) -> str:
        command = ["date", "-u", "-d", f"@{stamp}", "+%Y-%m-%dT%H:%M:%S.634234626Z"]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()

    def made(stamp: int, document: object = None, type: str = "notification", moment: str = "") -> Record:
        body = dumped(document or {"subscription": subscription, "event": {"user_name": "Zoë"}})
        moment = moment or written(stamp)
        signature = openssl(b"msg-1" + moment.encode() + body, secret.encode()).hex()
        headers = {id: "msg-1", time: moment, kind: type, file.signature: f"sha256={signature}"}
        return file.request(headers, body, secret)

    genuine = made(NOW)
    file.accept(genuine, [event("msg-1", "twitch/channel.follow", MS + 634)], "another-secret")
    file.attack(genuine, genuine["body"].replace("f1c2a387", "f1c2a388"))
    for off, expect in ((0, "accept"), (1, "reject")):
        moment = written(NOW - 600 - off).replace(".634234626", "")
        file.add(f"old-{600 + off}", expect, f"signed {600 + off} s ago", made(NOW, moment=moment))
        moment = written(NOW + 600 + off).replace(".634234626", "")
        file.add(f"future-{600 + off}", expect, f"signed {600 + off} s ahead", made(NOW, moment=moment))
    challenge = made(
        NOW,
        {"challenge": "pogchamp-kappa-360noscope-vohiyo", "subscription": subscription},
        "webhook_callback_verification",
    )
    answer = {
        "status": 200,
        "headers": {"Content-Type": "text/plain"},
        "body": "pogchamp-kappa-360noscope-vohiyo",
    }
    file.add(
        "challenge",
        "accept",
        "the challenge, whose text alone is the answer",
        challenge,
        reply=answer,
        events=[],
    )
    file.add(
        "challenge-unsigned", "reject", "a challenge that another key signed", challenge, secret="another-one"
    )
    file.add(
        "challenge-renamed",
        "accept",
        "the type of a message is not signed: the body decides",
        challenge,
        headers=file.header(challenge, "notification", kind),
        reply=answer,
        events=[],
    )
    revoked = made(NOW, {"subscription": {**subscription, "status": "user_removed"}}, "revocation")
    file.add(
        "revocation",
        "accept",
        "the subscription was revoked",
        revoked,
        events=[event("msg-1", "twitch/revocation", MS + 634)],
    )
    drops = {
        "subscription": {**subscription, "type": "drop.entitlement.grant"},
        "events": [{"id": "drop-1", "data": {}}, {"id": "drop-2", "data": {}}],
    }
    file.add(
        "batch",
        "accept",
        "several events in one message",
        made(NOW, drops),
        events=[event(one, "twitch/drop.entitlement.grant", MS + 634) for one in ("drop-1", "drop-2")],
    )
    for name, header, value, reason in (
        ("other-id", id, "msg-2", "another message id"),
        ("two-ids", id, ["msg-1", "msg-2"], "two message ids"),
        ("other-time", time, written(NOW - 1), "another time"),
        (
            "sha1-prefix",
            file.signature,
            genuine["headers"][file.signature].replace("256", "1"),
            "another prefix",
        ),
    ):
        file.add(name, "reject", reason, genuine, headers=file.header(genuine, value, header))
    file.add(
        "time-not-a-time", "reject", "a time that is none, rightly signed", made(NOW, moment="yesterday")
    )
    return file


FILES = (elevenlabs, deepgram, twitch)
