"""The requests of `msg.py`: Twilio's."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from msg import ISO, MS, File, Record, dumped, event


def twilio() -> File:
    from twilio.request_validator import RequestValidator

    file = File(
        "twilio",
        "twilio (PyPI) 9.13.0 RequestValidator.compute_signature; the published examples in its tests",
        "X-Twilio-Signature",
    )
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    secret, signer = "12345", RequestValidator("12345")
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    params = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
        "To": "+18005551212",
    }  # fmt: skip

    def signed(
        url: str, params: dict[str, Any], algorithm: str = "HMAC_SHA1", secret: str = secret
    ) -> Record:
        flat = FormDict({key: value if isinstance(value, list) else [value] for key, value in params.items()})
        signature = RequestValidator(secret).compute_signature(url, flat, algorithm)
        assert RequestValidator(secret).validate(url, flat, signature, algorithm)
        body = urlencode(params, doseq=True).encode()
        return file.request({**form_type, "X-Twilio-Signature": signature}, body, secret, url=url)

    published = signed(url, params)
    assert published["headers"]["X-Twilio-Signature"] == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    file.accept(published, None, "54321")
    file.attack(published, published["body"].replace("1234&", "1235&"))
    file.add("other-url", "reject", "another query in the URL", published, url=url + "0")
    file.add(
        "no-query", "reject", "the URL without its query", published, url="https://mycompany.com/myapp.php"
    )
    file.add(
        "config-url",
        "accept",
        "the public URL from the configuration",
        published,
        url="http://10.0.0.7:8080/myapp.php?foo=1&bar=2",
        config={"public_url": "https://mycompany.com"},
    )
    file.add(
        "with-port",
        "accept",
        "the URL with the port that goes without saying",
        published,
        url=url.replace(".com", ".com:443"),
    )
    ported, signature = url.replace(".com", ".com:8443"), published["headers"]["X-Twilio-Signature"]
    assert signer.validate(ported, params, signature)
    file.add("own-port", "accept", "a port of one's own, signed without it", published, url=ported)
    file.add("other-host", "reject", "another host", published, url=url.replace("mycompany", "other"))
    sms = {
        "MessageSid": "SM1", "SmsStatus": "received", "AccountSid": "AC1", "From": "+15550100",
        "Body": "Grüße & +1", "MediaUrl": ["b", "a", "b"], "Empty": "",
    }  # fmt: skip
    message = signed("https://gateway.example/webhooks/twilio", sms)
    file.add(
        "message",
        "accept",
        "a message with UTF-8, an empty field and a field that repeats",
        message,
        events=[event("SM1:received", "twilio/message.received", None)],
        reply={"status": 200, "headers": {"Content-Type": "text/xml"}},
    )
    file.add(
        "field-dropped",
        "reject",
        "without the empty field's name",
        message,
        body=message["body"].replace("&Empty=", ""),
    )
    status = {
        "MessageSid": "SM1",
        "MessageStatus": "delivered",
        "SmsStatus": "delivered",
        "AccountSid": "AC1",
    }
    file.add(
        "status",
        "accept",
        "a status callback",
        signed("https://gateway.example/webhooks/twilio", status),
        events=[event("SM1:delivered", "twilio/message.delivered", None)],
    )
    call = {
        "CallSid": "CA1",
        "CallStatus": "completed",
        "SequenceNumber": "3",
        "AccountSid": "AC1",
        "Timestamp": "Fri, 15 Jan 2027 08:00:00 +0000",
    }
    file.add(
        "call",
        "accept",
        "a call's progress",
        signed("https://gateway.example/webhooks/twilio", call),
        events=[event("CA1:completed:3", "twilio/call.completed", MS)],
    )
    get = "https://gateway.example/webhooks/twilio?MessageSid=SM1&MessageStatus=sent"
    by_get = file.request(
        {"X-Twilio-Signature": signer.compute_signature(get, {})}, b"", secret, url=get, method="GET"
    )
    file.add(
        "get",
        "accept",
        "a GET: the URL alone is signed",
        by_get,
        events=[event("SM1:sent", "twilio/message.sent", None)],
    )
    file.add("get-with-body", "reject", "a GET with a body that is not signed", by_get, body="MessageSid=SM2")
    file.add(
        "get-as-post",
        "reject",
        "a GET's signature with a JSON body",
        by_get,
        method="POST",
        headers={**by_get["headers"], "Content-Type": "application/json"},
        body='{"id":"x"}',
    )
    keyed = signed(get.partition("?")[0], status, "HMAC_SHA256")
    settings = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    keyed["headers"]["X-Twilio-Webhooks-Signature-Settings"] = settings
    file.add("shared-key", "accept", "SHA-256 with a SharedKey, as the header says", keyed)
    unknown = file.header(keyed, "algorithm=HMAC_MD5", "X-Twilio-Webhooks-Signature-Settings")
    file.add("unknown-algorithm", "reject", "an algorithm that nobody knows", keyed, headers=unknown)
    file.add(
        "shared-key-unnamed",
        "reject",
        "SHA-256 without the header that says so",
        keyed,
        headers=file.header(keyed, None, "X-Twilio-Webhooks-Signature-Settings"),
    )
    file.add(
        "only-sha256",
        "reject",
        "SHA-1 where the source takes SHA-256 only",
        published,
        config={"algorithm": "HMAC_SHA256"},
    )
    cloud = [
        {
            "specversion": "1.0",
            "id": "EZ1",
            "type": "com.twilio.messaging.message.sent",
            "time": ISO,
            "data": {"accountSid": "AC1"},
        }
    ]
    body = dumped(cloud)
    json_url = f"https://gateway.example/webhooks/twilio?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = signer.compute_signature(json_url, {})
    assert signer.validate(json_url, body.decode(), signature)
    events = file.request(
        {"Content-Type": "application/json", "X-Twilio-Signature": signature}, body, secret, url=json_url
    )
    file.add(
        "json",
        "accept",
        "JSON: its digest is in the URL",
        events,
        events=[event("EZ1", "twilio/com.twilio.messaging.message.sent", MS)],
    )
    file.add(
        "json-changed",
        "reject",
        "another JSON body under the same URL",
        events,
        body=events["body"].replace("EZ1", "EZ2"),
    )
    bare = "https://gateway.example/webhooks/twilio"
    file.add(
        "json-without-digest",
        "reject",
        "JSON without a digest, the URL rightly signed",
        events,
        url=bare,
        headers=file.header(events, signer.compute_signature(bare, {})),
    )
    return file


class FormDict(dict[str, list[str]]):
    """Fields that repeat, as the frameworks hand them to Twilio's library."""

    def getall(self, name: str) -> list[str]:
        return self[name]


FILES = (twilio,)
