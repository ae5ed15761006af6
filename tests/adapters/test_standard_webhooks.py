"""Standard Webhooks against the official package as the signer, and the published vectors."""

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError
from standardwebhooks import Webhook

import adapters
from adapters.base import Headers, PayloadError, StaleTimestamp, VerificationError, WebhookRequest
from adapters.standard import StandardSignature

StandardWebhooks = adapters.load("standard_webhooks")
ADAPTER = StandardWebhooks()

# The vectors of the specification's reference libraries and of the Svix server, seen 2026-11-23.
ID, TIME, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, '{"test": 2432232314}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
PRIVATE = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
V1A = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="


def post(signature: str, body: str = BODY, family: str = "webhook", **others: str) -> WebhookRequest:
    headers = {"id": ID, "timestamp": str(TIME), "signature": signature, **others}
    named = {f"{family}-{name}": value for name, value in headers.items() if value}
    url = "https://gateway.example/webhooks/x"
    return WebhookRequest("POST", url, Headers.of(named), body.encode(), TIME)


def verify(request: WebhookRequest, *secrets: str, now: float = TIME) -> int:
    return ADAPTER.verify(request, secrets or [SECRET], now)


def by_the_package(body: str, secret: str = SECRET, at: int = TIME) -> str:
    return Webhook(secret).sign(ID, datetime.fromtimestamp(at, UTC), body)


def test_accepts_what_the_official_package_signs():
    body = '{"type":"user.created","name":"Zoë"}'
    assert verify(post(by_the_package(body), body)) == 0


def test_the_official_package_accepts_what_we_sign():
    now = datetime.now(UTC).timestamp()
    request = ADAPTER.sign(ADAPTER.sample("user.created", now, "msg_1"), SECRET, now)
    assert Webhook(SECRET).verify(request.body, dict(request.headers))["type"] == "user.created"


def test_signs_the_published_vectors():
    request = post("", timestamp="")
    assert ADAPTER.sign(request, SECRET, TIME).headers.get("webhook-signature") == V1
    assert ADAPTER.sign(request, PRIVATE, TIME).headers.get("webhook-signature") == V1A


def test_a_key_pair_of_our_own_making():
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    signature = base64.b64encode(private.sign(f"{ID}.{TIME}.{BODY}".encode())).decode()
    assert verify(post(f"v1a,{signature}"), "whpk_" + base64.b64encode(public).decode()) == 0


def test_a_secret_without_prefix_is_the_key_itself():
    # as OpenAI's library takes it: "plain text" is the key, whatever it decodes to
    key = base64.b64encode(b"plain text").decode()
    assert verify(post(by_the_package(BODY, f"whsec_{key}")), "plain text") == 0


def test_the_two_families_are_never_mixed():
    whole, half = post(V1), post("", family="svix")
    mixed = [*half.headers.raw, (b"webhook-signature", V1.encode())]
    only_id, only_signature = whole.headers.raw[:1], whole.headers.raw[2:]
    for raw in (mixed, [*half.headers.raw, *only_signature], [*only_id, *half.headers.raw]):
        with pytest.raises(VerificationError):
            verify(WebhookRequest("POST", whole.url, Headers(raw), whole.body, TIME))


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
@pytest.mark.parametrize("value", ["", "\xe9", "a" * 100_000])
def test_refuses_a_bad_header(name, value):
    with pytest.raises(VerificationError, match=f"webhook-{name}|svix-"):
        verify(post(**{"signature": V1, name: value}))


@pytest.mark.parametrize("stamp", [f"{TIME}.0", f" {TIME}", "1e9", "nan", "-1", "9" * 16, "٣"])
def test_refuses_a_time_that_is_no_plain_number(stamp):
    request = post(V1)
    raw = [request.headers.raw[0], (b"webhook-timestamp", stamp.encode()), request.headers.raw[2]]
    with pytest.raises(VerificationError):
        verify(WebhookRequest("POST", request.url, Headers(raw), request.body, TIME))


@pytest.mark.parametrize("off", [-301, 301])
def test_a_time_past_the_tolerance_is_stale(off):
    assert verify(post(V1), now=TIME + off // 301 * 300) == 0
    with pytest.raises(StaleTimestamp):
        verify(post(V1), now=TIME + off)


TIMES = [
    # body, ts
    ({"timestamp": "2022-11-03T20:26:10.344522Z"}, 1_667_507_170_345),
    ({"timestamp": 1_667_507_170_344}, 1_667_507_170_344),  # Clerk: Unix ms
    ({"created_at": 1_667_507_170}, 1_667_507_170_000),  # OpenAI: Unix s
    ({"created_at": "2022-11-03T20:26:10+01:00"}, 1_667_503_570_000),  # Resend: ISO
    ({"timestamp": "soon", "created_at": "later"}, TIME * 1000),  # the signed header's
    ({}, TIME * 1000),
]


@pytest.mark.parametrize(("document", "ts"), TIMES)
@pytest.mark.parametrize("family", ["webhook", "svix"])
def test_the_event(document, ts, family):
    body = {"type": "contact.created", **document}
    [event] = ADAPTER.parse(post(V1, json.dumps(body), family))
    assert (event.id, event.type, event.ts) == (ID, "contact.created", ts)
    assert event.payload == body


def test_names_the_field_that_lacks():
    with pytest.raises(PayloadError, match=r"body\.type"):
        ADAPTER.parse(post(V1, "{}"))


def test_the_type_can_be_elsewhere():
    adapter = StandardWebhooks({"type": "body.object_kind"})
    [event] = adapter.parse(post(V1, '{"object_kind":"push"}'))
    assert event.type == "push"
    with pytest.raises(ValidationError, match=r"type.*\n.*no place in a request; write body\.data\.id"):
        StandardWebhooks({"type": "object_kind"})


BAD_SECRETS = [
    # secret, what the message says
    ("whsec_", "nothing follows"),
    ("whsec_%4711", "not base64"),
    ("whsec_a_b4711", "not base64"),
    ("whpk_NDcxMQ", "4 bytes instead of 32"),
    ("whsk_" + PUBLIC[5:], "32 bytes instead of 64"),
    ("whsk_" + base64.b64encode(bytes(64)).decode(), "do not belong together"),
]


@pytest.mark.parametrize(("secret", "message"), BAD_SECRETS)
def test_a_malformed_secret_is_named_but_not_shown(secret, message):
    with pytest.raises(ValueError, match=message) as error:
        ADAPTER.check_secret(secret)
    assert len(secret) < 10 or secret.partition("_")[2] not in str(error.value)
    with pytest.raises(VerificationError, match=f"secret 1 is unusable.*{message}"):
        verify(post(V1), secret)
    assert verify(post(V1), secret, SECRET) == 1


def test_a_public_key_cannot_sign():
    ADAPTER.check_secret(PUBLIC)
    with pytest.raises(ValueError, match="cannot sign"):
        ADAPTER.sign(ADAPTER.sample("a.b", TIME, "msg_1"), PUBLIC, TIME)


def test_remembers_ids_for_the_whole_schedule():
    hours = 5 / 3600 + 5 / 60 + 0.5 + 2 + 5 + 10 + 14 + 20 + 24
    assert ADAPTER.retry_horizon == pytest.approx(hours * 3600)


def test_a_secret_without_its_prefix_is_base64_or_the_keys_text():
    bare = SECRET.removeprefix("whsec_")
    assert verify(post(V1), bare) == 0
    text = base64.b64encode(bare.encode()).decode()
    assert verify(post(by_the_package(BODY, text)), bare) == 0
    with pytest.raises(VerificationError):
        verify(post(V1), bare[:-4])


def test_a_short_secret_without_a_prefix_is_text_only():
    short = base64.b64encode(b"guessable").decode()
    with pytest.raises(VerificationError):
        verify(post(by_the_package(BODY, short)), short)


def test_a_provider_of_one_family_does_not_look_at_the_other():
    scheme = StandardSignature(family="svix-")
    assert scheme.verify(post(V1, family="svix"), [SECRET], TIME, 300) == 0
    with pytest.raises(VerificationError, match="svix-timestamp"):
        scheme.verify(post(V1), [SECRET], TIME, 300)


# a secret -> the signature that would be right, as far as it tells
@pytest.mark.parametrize(("secret", "right"), [(SECRET, V1), (PRIVATE, V1A), (PUBLIC, None)])
def test_what_is_signed_and_the_signature_that_would_be_right_are_told(secret, right):
    request = post("v1,AAAA")
    assert ADAPTER.signed_bytes(request) == f"{ID}.{TIME}.{BODY}".encode()
    assert ADAPTER.expected(request, secret) == right
