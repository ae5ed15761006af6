"""The requests of `msg.py`: Twilio's."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

from msg import ISO, MS, File, Record, dumped, event
from twilio.request_validator import RequestValidator

SECRET = "12345"
SIGNER = RequestValidator(SECRET)
URL = "https://gateway.example/webhooks/twilio"
PUBLISHED_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
PUBLISHED = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
STATUS = {"MessageSid": "SM1", "MessageStatus": "delivered", "SmsStatus": "delivered", "AccountSid": "AC1"}
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"


class FormDict(dict[str, list[str]]):
    """Fields that repeat, as the frameworks hand them to Twilio's library."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def twilio() -> File:
    source = "twilio (PyPI) 9.13.0 RequestValidator.compute_signature; the published examples in its tests"
    file = File("twilio", source, "X-Twilio-Signature")
    published(file)
    forms(file)
    gets(file)
    shared_keys(file)
    documents(file)
    return file


def signed(file: File, url: str, params: dict[str, Any], algorithm: str = "HMAC_SHA1") -> Record:
    fields = FormDict({key: value if isinstance(value, list) else [value] for key, value in params.items()})
    signature = SIGNER.compute_signature(url, fields, algorithm)
    assert SIGNER.validate(url, fields, signature, algorithm)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    return file.request(headers, urlencode(params, doseq=True).encode(), SECRET, url=url)


def published(file: File) -> None:
    request, url = signed(file, PUBLISHED_URL, PUBLISHED), PUBLISHED_URL
    signature = request["headers"]["X-Twilio-Signature"]
    assert signature == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    file.accept(request, None, "54321")
    file.attack(request, request["body"].replace("1234&", "1235&"))
    file.add("other-url", "reject", "another query in the URL", request, url=url + "0")
    file.add("no-query", "reject", "the URL without its query", request, url=url.partition("?")[0])
    config = {"public_url": "https://mycompany.com"}
    inner = "http://10.0.0.7:8080/myapp.php?foo=1&bar=2"
    file.add(
        "config-url", "accept", "the public URL from the configuration", request, url=inner, config=config
    )
    said = "the URL with the port that goes without saying"
    file.add("with-port", "accept", said, request, url=url.replace(".com", ".com:443"))
    ported = url.replace(".com", ".com:8443")
    assert SIGNER.validate(ported, PUBLISHED, signature)
    file.add("own-port", "accept", "a port of one's own, signed without it", request, url=ported)
    file.add("other-host", "reject", "another host", request, url=url.replace("mycompany", "other"))
    only = {"algorithm": "HMAC_SHA256"}
    file.add("only-sha256", "reject", "SHA-1 where the source takes SHA-256 only", request, config=only)


def forms(file: File) -> None:
    sms = {
        "MessageSid": "SM1",
        "SmsStatus": "received",
        "AccountSid": "AC1",
        "From": "+15550100",
        "Body": "Grüße & +1",
        "MediaUrl": ["b", "a", "b"],
        "Empty": "",
    }
    message, told = signed(file, URL, sms), [event("SM1:received", "twilio/message.received", None)]
    answer = {"status": 200, "headers": {"Content-Type": "text/xml"}}
    why = "a message with UTF-8, an empty field and a field that repeats"
    file.add("message", "accept", why, message, events=told, reply=answer)
    body = message["body"].replace("&Empty=", "")
    file.add("field-dropped", "reject", "without the empty field's name", message, body=body)
    told = [event("SM1:delivered", "twilio/message.delivered", None)]
    file.add("status", "accept", "a status callback", signed(file, URL, STATUS), events=told)
    call = {
        "CallSid": "CA1",
        "CallStatus": "completed",
        "SequenceNumber": "3",
        "AccountSid": "AC1",
        "Timestamp": "Fri, 15 Jan 2027 08:00:00 +0000",
    }
    told = [event("CA1:completed:3", "twilio/call.completed", MS)]
    file.add("call", "accept", "a call's progress", signed(file, URL, call), events=told)


def gets(file: File) -> None:
    url = f"{URL}?MessageSid=SM1&MessageStatus=sent"
    headers = {"X-Twilio-Signature": SIGNER.compute_signature(url, {})}
    request = file.request(headers, b"", SECRET, url=url, method="GET")
    told = [event("SM1:sent", "twilio/message.sent", None)]
    file.add("get", "accept", "a GET: the URL alone is signed", request, events=told)
    why = "a GET with a body that is not signed"
    file.add("get-with-body", "reject", why, request, body="MessageSid=SM2")
    posted = {"method": "POST", "headers": {**headers, "Content-Type": "application/json"}}
    file.add(
        "get-as-post", "reject", "a GET's signature with a JSON body", request, **posted, body='{"id":"x"}'
    )


def shared_keys(file: File) -> None:
    request = signed(file, URL, STATUS, "HMAC_SHA256")
    request["headers"][SETTINGS] = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    file.add("shared-key", "accept", "SHA-256 with a SharedKey, as the header says", request)
    cases = [
        ("unknown-algorithm", "algorithm=HMAC_MD5", "an algorithm that nobody knows"),
        ("shared-key-unnamed", None, "SHA-256 without the header that says so"),
        ("two-algorithms", "algorithm=HMAC_SHA256,algorithm=HMAC_SHA1", "two algorithms"),
    ]
    file.refuse(request, cases, SETTINGS)


def documents(file: File) -> None:
    kind = "com.twilio.messaging.message.sent"
    data = {"accountSid": "AC1"}
    body = dumped([{"specversion": "1.0", "id": "EZ1", "type": kind, "time": ISO, "data": data}])
    url = f"{URL}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = SIGNER.compute_signature(url, {})
    assert SIGNER.validate(url, body.decode(), signature)
    headers = {"Content-Type": "application/json", "X-Twilio-Signature": signature}
    request = file.request(headers, body, SECRET, url=url)
    told = [event("EZ1", f"twilio/{kind}", MS)]
    file.add("json", "accept", "JSON: its digest is in the URL", request, events=told)
    other = request["body"].replace("EZ1", "EZ2")
    file.add("json-changed", "reject", "another JSON body under the same URL", request, body=other)
    bare = {"url": URL, "headers": file.header(request, SIGNER.compute_signature(URL, {}))}
    file.add(
        "json-without-digest", "reject", "JSON without a digest, the URL rightly signed", request, **bare
    )


FILES = (twilio,)
