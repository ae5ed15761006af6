"""The requests of `msg.py`: ElevenLabs' and Deepgram's."""

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


FILES = (elevenlabs, deepgram)
