"""A captured request judged offline: the format, the verdict, and what people are told."""

import hmac

import pytest

from adapters import UnknownAdapter
from adapters.asymmetric import RsaSignature
from adapters.base import Adapter, Confirm, ParsedEvent, Reply
from adapters.certificate import RsaCertificateSignature
from adapters.checking import Captured, CheckedEvent, judge, judge_with
from adapters.jwt import JwtSignature

NOW = 1_800_000_000
BODY = '{"id":"1","type":"order.paid"}'


def mac(content: str, key: str = "key") -> str:
    return hmac.digest(key.encode(), content.encode(), "sha256").hex()


def record(**changes) -> dict:
    config = {"header": "X-Signature", "id": "body.id", "type": "body.type"}
    headers = {"X-Signature": mac(BODY)}
    least = {
        "provider": "hmac",
        "url": "https://gateway.example/x",
        "headers": headers,
        "body": BODY,
        "now": NOW,
    }
    return {**least, "secret": "key", "config": config, **changes}


def verdict(**changes):
    return judge(Captured.of(record(**changes)))


def test_an_accepted_request_has_its_events():
    judged = verdict(secret="key")
    assert (judged.verdict, judged.reason, judged.secret) == ("accept", "verified", 0)
    assert judged.events == (CheckedEvent("1", "hmac/order.paid", None),)


def test_a_rejection_says_what_was_signed_and_what_would_be_right():
    judged = verdict(headers={"X-Signature": "00"}, secrets=["old"])
    assert (judged.verdict, judged.reason) == ("reject", "bad_signature")
    assert "no secret matches the signature in X-Signature" in judged.detail
    assert judged.signed == BODY.encode()
    assert judged.expected == (mac(BODY), mac(BODY, "old"))


SAME = [
    # the same request written otherwise
    {"body": None, "body_base64": "eyJpZCI6IjEiLCJ0eXBlIjoib3JkZXIucGFpZCJ9"},
    {"secret": None, "secrets": ["other", "key"]},
    {"headers": {"x-signature": [mac(BODY)]}},
    {"provider": "generic_hmac"},
    {"method": "post"},
]


@pytest.mark.parametrize("changes", SAME)
def test_the_format_has_several_ways_to_say_it(changes):
    whole = {key: value for key, value in record(**changes).items() if value is not None}
    assert judge(Captured.of(whole)).verdict == "accept"


def test_a_repeated_header_is_a_list():
    judged = verdict(headers={"X-Signature": [mac(BODY), mac(BODY)]})
    assert judged.verdict == "reject" and "2 times" in judged.detail


def test_a_genuine_request_that_is_no_event_is_told_so():
    judged = verdict(body="{}", headers={"X-Signature": mac("{}")})
    assert (judged.verdict, judged.reason, judged.events) == ("accept", "malformed_payload", ())
    assert "body.id" in judged.detail


URLS = [
    # public_url, url as captured, url that was signed
    ("https://pub.example/hook", "http://10.0.0.1/in?a=1", "https://pub.example/hook?a=1"),
    ("https://pub.example", "http://10.0.0.1/in?a=1", "https://pub.example/in?a=1"),
    ("https://pub.example/hook?b=2", "http://10.0.0.1/in?a=1", "https://pub.example/hook?b=2"),
]


@pytest.mark.parametrize(("public_url", "url", "signed"), URLS)
def test_the_public_url_takes_the_place_of_the_captured_one(public_url, url, signed):
    config = {"header": "X-Signature", "signed": "{url}", "template": "{url}{body}", "public_url": public_url}
    judged = verdict(url=url, config=config, headers={"X-Signature": mac(signed + BODY)})
    assert judged.verdict == "accept"


def test_the_generic_adapters_need_no_places():
    judged = verdict(config={"header": "X-Signature"})
    assert [event.name for event in judged.events] == ["hmac/message"]


def test_an_option_that_is_not_known_is_noted():
    judged = verdict(config={**record()["config"], "webhook_id": "WH-1"})
    assert judged.verdict == "accept"
    assert judged.notes == ("config.webhook_id is not known to the adapter hmac",)


def test_the_tolerance_of_the_record_counts():
    config = {**record()["config"], "timestamp": "X-Time", "signed": "{timestamp}.{body}"}
    headers = {"X-Time": str(NOW - 400), "X-Signature": mac(f"{NOW - 400}.{BODY}")}
    assert verdict(config=config, headers=headers).reason == "stale_timestamp"
    assert verdict(config=config, headers=headers, tolerance=400).verdict == "accept"


def test_another_method_is_refused():
    assert verdict(method="GET").reason == "method_not_allowed"


WRONG = [
    # what is changed, what the error names
    ({"now": "soon"}, "now: 'soon'"),
    ({"now": True}, "now: True"),
    ({"headers": []}, "headers"),
    ({"headers": {"X": 1}}, "neither a text nor a list"),
    ({"body": {}}, "body"),
    ({"body_base64": "%"}, "body_base64"),
    ({"config": {"certs": []}}, "certs"),
    ({"secret": 5}, "neither a text nor a list"),
    ({"tolerance": "5"}, "tolerance"),
    ({"config": {"header": "X Y"}}, "config.header"),
]


@pytest.mark.parametrize(("changes", "named"), WRONG)
def test_a_record_that_cannot_be_read_names_the_field(changes, named):
    with pytest.raises(ValueError) as error:
        verdict(**changes)
    assert named in str(error.value)


def test_an_unknown_provider_gets_advice():
    with pytest.raises(UnknownAdapter, match="Did you mean 'stripe'"):
        verdict(provider="strip")


class Setup(Adapter):
    name, title, docs = "setup", "Setup", "https://example.com"
    scheme = RsaSignature(header="X-Sig")

    def handshake(self, request, secrets):
        return Reply(200 if request.url.endswith("good") else 403) if request.method == "GET" else None

    def challenge(self, request, secrets):
        return {b"ping": Reply(200, b"pong"), b"confirm": Confirm("https://x.example")}.get(request.body)

    def parse(self, request):
        return [ParsedEvent("1", "A/B", {})]

    def reply(self, request):
        return Reply(202, b"[accepted]")


def setup(body: bytes = b"", **changes):
    scheme = Setup.scheme
    secret = scheme.generate_secret()
    captured = Captured.of({"now": NOW, "url": "https://x.example/good", **changes}, "setup")
    signed = scheme.sign(captured.request.with_body(body), secret, NOW)
    return judge_with(Setup, Captured("", "setup", signed, (secret,), NOW))


def test_answers_of_every_kind_are_in_the_verdict():
    assert setup(method="GET").reply == Reply(200)
    assert setup(method="GET", url="https://x.example/bad").verdict == "reject"
    assert (setup(b"ping").reason, setup(b"ping").reply) == ("challenge", Reply(200, b"pong"))
    assert setup(b"confirm").confirm == Confirm("https://x.example")
    assert setup(b"event").reply == Reply(202, b"[accepted]")
    assert setup(b"event").events == (CheckedEvent("1", "setup/a.b", None),)


class Certified(Setup):
    scheme = RsaCertificateSignature(header="X-Sig", certificate="header.X-Cert", hosts=("x.example",))


class Keyed(Setup):
    scheme = JwtSignature(algorithms=("ES256",), jwks="https://x.example/jwks")


def test_documents_are_given_and_never_fetched():
    for kind in (Certified, Keyed):
        blank = Captured.of(
            {"now": NOW, "headers": {"X-Cert": "https://x.example/cert.pem"}}, "setup"
        ).request
        signed = kind.scheme.sign(blank, kind.scheme.generate_secret(), NOW)
        raw = {"now": NOW, "headers": dict(signed.headers)}
        url, text = next((url, text.decode()) for url, text in signed.keys.items())
        asked = judge_with(kind, Captured.of(raw, "setup"))
        assert (asked.reason, url in asked.detail) == ("needs_key", True)
        for word in ("certs", "jwks", "keys"):
            given = Captured.of({**raw, "config": {word: {url: text}}}, "setup")
            assert judge_with(kind, given).verdict == "accept"


def test_a_public_key_in_the_config_is_a_secret():
    secret = Setup.scheme.generate_secret()
    blank = Captured.of({"now": NOW}, "setup").request
    headers = dict(Setup.scheme.sign(blank, secret, NOW).headers)
    for config in ({"public_key": secret}, {"public_keys": [secret]}):
        assert (
            judge_with(Setup, Captured.of({"now": NOW, "headers": headers, "config": config}, "setup")).secret
            == 0
        )
