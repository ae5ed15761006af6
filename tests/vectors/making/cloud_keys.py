"""The vectors of providers that sign with a private key or a token (JWT)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from cloud_signing import NOW, b64url, certificate, ed25519, jwk, jwt
from cloud_vectors import (
    JSON,
    OPENSSL,
    SEEN,
    Vectors,
    dump,
    event,
    iso,
    times,
)


def telnyx() -> None:
    from telnyx.lib.webhook_verification import verify_webhook_signature

    body = dump(
        {
            "data": {
                "event_type": "message.received",
                "id": "b301ed3f-1490-491f-995f-6e64e69674d4",
                "occurred_at": iso(NOW - 5),
                "payload": {"text": "Größe 1"},
                "record_type": "event",
            },
            "meta": {"attempt": 1},
        }
    )
    public, _ = ed25519("telnyx", b"x")

    def headers(at: int) -> dict[str, str]:
        signature = ed25519("telnyx", f"{at}|{body}".encode())[1]
        made = {"Telnyx-Timestamp": str(at), "Telnyx-Signature-Ed25519": signature}
        with mock.patch("time.time", return_value=at):
            verify_webhook_signature(body, made, public)
        return made

    vectors = Vectors(
        "telnyx", f"signed with openssl 3 (pkeyutl), accepted by telnyx 4.189.0 (PyPI), {SEEN}", secret=public
    )
    good, other = headers(NOW), ed25519("other", b"x")[0]
    known = event("b301ed3f-1490-491f-995f-6e64e69674d4", "telnyx/message.received")
    vectors.accept("as the provider signs it", headers=good, body=body, events=[known])
    vectors.accept("the second of two keys in force", headers=good, body=body, secrets=[other, public])
    vectors.accept("the key in config", headers=good, body=body, config={"public_key": public}, secrets=[])
    times(vectors, headers, body, 300)
    vectors.header(
        "Telnyx-Signature-Ed25519", good["Telnyx-Signature-Ed25519"], "", {"Telnyx-Timestamp": str(NOW)}
    )
    vectors.reject("another's key", headers=good, body=body, secret=other)
    vectors.reject("a changed body", headers=good, body=body.replace("1", "2"))
    vectors.reject("another time", headers={**good, "Telnyx-Timestamp": str(NOW + 1)}, body=body)
    vectors.reject(
        "signed with a full stop",
        body=body,
        headers={**good, "Telnyx-Signature-Ed25519": ed25519("telnyx", f"{NOW}.{body}".encode())[1]},
    )
    vectors.write()


ACCOUNT = "push@my-project.iam.gserviceaccount.com"
AUDIENCE = "https://gateway.example/webhooks/google_pubsub"


def google_pubsub() -> None:
    from google.auth import jwt as google

    pem = certificate("google", "federated-signon.system.gserviceaccount.com")
    claims = {
        "aud": AUDIENCE,
        "azp": "113774264463038321964",
        "email": ACCOUNT,
        "email_verified": True,
        "exp": NOW + 3500,
        "iat": NOW - 100,
        "iss": "https://accounts.google.com",
        "sub": "1137",
    }

    def bearer(
        key: str = "google", header: dict[str, Any] | None = None, check: bool = False, **more: Any
    ) -> dict[str, Any]:
        made = {name: value for name, value in {**claims, **more}.items() if value is not None}
        token = jwt({"alg": "RS256", "kid": "k1", "typ": "JWT", **(header or {})}, made, key)
        if check:
            moment = datetime.fromtimestamp(NOW, UTC).replace(tzinfo=None)
            with mock.patch("google.auth._helpers.utcnow", return_value=moment):
                google.decode(token, certs={"k1": pem}, audience=made["aud"])
        return {"headers": {**JSON, "Authorization": f"Bearer {token}"}}

    message = {
        "data": "NDcxMQ==",
        "messageId": "2070443601311540",
        "message_id": "2070443601311540",
        "publishTime": iso(NOW - 5),
        "publish_time": iso(NOW - 5),
        "attributes": {"key": "value"},
    }
    body = dump({"message": message, "subscription": "projects/p/subscriptions/s"})
    url = "https://www.googleapis.com/oauth2/v3/certs"
    config = {
        "service_account": ACCOUNT,
        "audience": AUDIENCE,
        "jwks": {url: {"keys": [jwk("google", "k1")]}},
    }
    source = f"{OPENSSL}, accepted by google-auth 2.63.0 (PyPI), {SEEN}"
    vectors = Vectors("google_pubsub", source, config=config, body=body)
    known = event("2070443601311540", "google_pubsub/message")
    vectors.accept("as Google pushes it", events=[known], **bearer(check=True))
    vectors.accept("the short issuer", **bearer(check=True, iss="accounts.google.com"))
    own = {name: value for name, value in config.items() if name != "audience"}
    vectors.accept("no audience stated: the URL of the source", config=own, **bearer(check=True))
    old = {**config, "jwks": {"https://www.googleapis.com/oauth2/v1/certs": {"k1": pem}}}
    vectors.accept("Google's keys as certificates", config=old, **bearer(check=True))
    stored = dump(
        {"message": {**message, "attributes": {"eventType": "OBJECT_FINALIZE"}}, "subscription": "s"}
    )
    vectors.accept(
        "a type in the attributes",
        **bearer(check=True),
        body=stored,
        events=[event("2070443601311540", "google_pubsub/object_finalize")],
    )
    vectors.accept(
        "a body that is no message: the token does not cover it",
        **bearer(check=True),
        **{"body": "{}"},
        events=[],
    )
    for reason, parts in {
        "another account": bearer(email="evil@other.iam.gserviceaccount.com"),
        "an account that is not verified": bearer(email_verified=False),
        "verified, in words": bearer(email_verified="true"),
        "no account": bearer(email=None),
        "another audience": bearer(aud="https://evil.example/"),
        "an audience that begins like ours": bearer(aud=AUDIENCE + "/x"),
        "no audience": bearer(aud=None),
        "another issuer": bearer(iss="https://evil.example"),
        "a token that has ended": bearer(exp=NOW - 3600, iat=NOW - 7200),
        "a token without an end": bearer(exp=None),
        "a token of the future": bearer(iat=NOW + 3600, exp=NOW + 7200),
        "another key under the same name": bearer("other"),
        "a key that is not in the set": bearer(header={"kid": "k2"}),
        "no algorithm": bearer(header={"alg": "none"}),
        "the public key taken as a secret": bearer(pem, header={"alg": "HS256"}),
        "no token": {"headers": JSON},
        "the token twice": {"headers": {"Authorization": [bearer()["headers"]["Authorization"]] * 2}},
        "without Bearer": {"headers": {"Authorization": bearer()["headers"]["Authorization"][7:]}},
        "two parts of three": {
            "headers": {"Authorization": bearer()["headers"]["Authorization"].rpartition(".")[0]}
        },
    }.items():
        vectors.reject(reason, **parts)
    changed = bearer()["headers"]["Authorization"].split(".")
    changed[1] = b64url(json.dumps({**claims, "sub": "1138"}).encode())
    vectors.reject("changed claims", headers={"Authorization": ".".join(changed)})
    vectors.write()


def monday() -> None:
    secret = "an-app-signing-secret"
    body = dump(
        {
            "event": {
                "type": "create_pulse",
                "boardId": 1771812698,
                "pulseId": 1772099344,
                "triggerTime": iso(NOW - 5),
                "subscriptionId": 73759690,
                "triggerUuid": "b5ed2e17c530f43668de130142445cba",
            }
        }
    )

    def headers(key: str = secret, header: dict[str, Any] | None = None, **more: Any) -> dict[str, str]:
        claims = {
            "accountId": 1825528,
            "userId": 9603417,
            "aud": "https://gateway.example/webhooks/monday",
            "iat": NOW - 5,
            "exp": NOW + 295,
            **more,
        }
        made = {name: value for name, value in claims.items() if value is not None}
        return {**JSON, "Authorization": jwt({"alg": "HS256", "typ": "JWT", **(header or {})}, made, key)}

    page = "https://developer.monday.com/api-reference/reference/webhooks"
    vectors = Vectors("monday", f"{OPENSSL} as {page} says, {SEEN}", secret=secret, body=body)
    known = event("b5ed2e17c530f43668de130142445cba", "monday/create_pulse")
    vectors.accept("as the provider signs it", headers=headers(), events=[known])
    vectors.accept("the second of two secrets in force", headers=headers(), secrets=["older", secret])
    vectors.accept(
        "the set-up",
        headers=JSON,
        body='{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}',
        reply={"status": 200, "body": '{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}'},
    )
    stated = {"audience": "https://gateway.example/webhooks/monday"}
    vectors.accept("the audience that is stated", headers=headers(), config=stated)
    vectors.reject("another audience", headers=headers(aud="https://evil.example/"), config=stated)
    vectors.reject("no audience", headers=headers(aud=None), config=stated)
    good = headers()["Authorization"]
    for reason, bad in {
        "another's secret": headers("another"),
        "a token that has ended": headers(exp=NOW - 3600),
        "a token without an end": headers(exp=None),
        "no algorithm": headers(header={"alg": "none"}),
        "no token": JSON,
        "the token twice": {"Authorization": [good, good]},
        "a token cut short": {"Authorization": good[:-2]},
    }.items():
        vectors.reject(reason, headers=bad)
    vectors.reject("a challenge beside an event", headers=JSON, body='{"challenge":"x","event":{}}')
    vectors.write()
