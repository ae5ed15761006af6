"""The kit finds what is wrong: each adapter here breaks one promise, and the check of that says so."""

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

import adapters
from adapters.asymmetric import EcdsaSignature, Ed25519Signature
from adapters.attacks import HOSTILE_URLS
from adapters.base import NeedsKey, ParsedEvent, Reply, Scheme, VerificationError
from adapters.batch import BatchAdapter
from adapters.certificate import RsaCertificateSignature
from adapters.conformance import CHECKS, run
from adapters.fields import Fields
from adapters.jwt import JwtSignature
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature, SharedToken
from adapters.vectors import read_vectors

VECTORS = Path(__file__).parents[1] / "vectors"


class Good(PlainAdapter):
    name, title, docs = "test_conformance", "Good", "https://example.com"
    scheme: Scheme = HmacSignature(
        header="S", separator=",", version="v1", timestamp="t", signed="{timestamp}.{body}"
    )
    tolerance = 300
    fields = Fields(id="body.id", type="body.type", time="body.at")


def problems(kind: type[PlainAdapter]) -> set[str]:
    return {name for name, problem in run(kind(), []) if problem}


WITHOUT_VECTORS = {"has vectors"}


def test_a_good_adapter_lacks_nothing_but_vectors():
    assert problems(Good) == WITHOUT_VECTORS


K, C = "k.example.com", "https://k.example.com/c"
SCHEMES = [
    # the scheme, the tolerance that goes with it
    (Ed25519Signature(header="S", signed="{timestamp}{body}", timestamp="T"), 300),
    (EcdsaSignature(header="S", signed="{timestamp}{body}", timestamp="T", timestamp_unit="iso"), 300),
    (EcdsaSignature(header="S", form="raw", encoding="hex"), None),
    (JwtSignature(algorithms=("HS256",), body_hash_claim="hash"), 300),
    (JwtSignature(algorithms=("ES256",), jwks=C), None),
    (RsaCertificateSignature(header="S", certificate="header.C", hosts=(K,), sample_url=C), None),
    (HmacSignature(header=("A", "B"), signed="{body}{timestamp}", timestamp="T", timestamp_unit="iso"), 300),
    (HmacSignature(header="D-*", encoding="base64"), None),
    (HmacSignature(header="L", timestamp="body.webhookTimestamp", timestamp_unit="ms"), 60),
    (HmacSignature(place="body.s", timestamp="body.t", signed="{timestamp}{body.id}", unsigned_body="so"), 9),
    (HmacSignature(header="S", secret_encoding="base64", secret_prefix="whsec_"), None),
]  # fmt: skip


@pytest.mark.parametrize(("scheme", "tolerance"), SCHEMES, ids=lambda fact: type(fact).__name__)
def test_every_scheme_conforms(scheme, tolerance):
    facts = {"name": "test_conformance", "scheme": scheme, "tolerance": tolerance, "__module__": __name__}
    assert problems(type("Declared", (Good,), facts)) == WITHOUT_VECTORS


class Batched(BatchAdapter):
    name, title, docs = "test_conformance", "Batched", "https://example.com"
    scheme = HmacSignature(header="S")
    items = "body.events"
    fields = Fields(id="item.id", type=("item.kind", "item.action"), time="item.at")
    first_sample = "bird.seen"


class Formed(Good):
    form = True


class Shouted(Good):
    fields = Fields(id=("body.id", "body.n"), type="body.type", type_prefix="jira:", words="snake")
    first_sample = "issue_updated"


@pytest.mark.parametrize("kind", [Batched, Formed, Shouted])
def test_every_base_conforms(kind):
    assert problems(kind) == WITHOUT_VECTORS


class Trusting(Good):
    def verify(self, request, secrets, now):
        return 0


class Careless(Good):
    def verify(self, request, secrets, now):
        request.headers.all("S")[0].decode("ascii")
        return super().verify(request, secrets, now)


class FirstOnly(Good):
    def verify(self, request, secrets, now):
        return super().verify(request, secrets[:1], now)


class Ageless(Good):
    def verify(self, request, secrets, now):
        return self.scheme.verify(request, secrets, now, None)


class Past(Good):
    """Bounds the past only, as some providers' libraries do."""

    def verify(self, request, secrets, now):
        stamp = int((request.headers.get("S") or "t=0").partition(",")[0][2:] or 0)
        return super().verify(request, secrets, max(now, stamp))


class Headless(Good):
    scheme = HmacSignature(header="S", signed="{timestamp}", timestamp="T", unsigned_body="forgotten")
    signs_body = True


class Showing(Good):
    def check_secret(self, secret):
        raise ValueError(f"the secret {secret} is bad")


class Keeping(Good):
    scheme = SharedToken(header="S")
    tolerance = None

    def secret_headers(self):
        return frozenset()


class Loud(Good):
    def parse(self, request):
        return [ParsedEvent(request.json["id"], request.json["type"], request.json)]


COUNTER = count()


class Vague(Good):
    def parse(self, request):
        return [replace(event, id=f"evt_1{next(COUNTER)}") for event in super().parse(request)]


class Obliging(Good):
    def handshake(self, request, secrets):
        return Reply(200, request.body)


class Roaming(Good):
    def may_fetch(self, url):
        return url.startswith("https://")


class Nameless(Good):
    name, docs = "other", "http://example.com"


class Curious(Good):
    def verify(self, request, secrets, now):
        raise NeedsKey(request.headers.get("X-Cert") or "https://evil.example/")


BROKEN = [
    # the adapter, a check that must find it
    (Trusting, "rejects a wrong secret"),
    (Trusting, "rejects without a secret"),
    (Trusting, "rejects a changed body"),
    (Trusting, "rejects a truncated proof"),
    (Trusting, "rejects bad headers"),
    (Trusting, "says which secret matched"),
    (Trusting, "takes the tolerance of its source"),
    (Careless, "rejects bad headers"),
    (Careless, "raises nothing else on any request"),
    (FirstOnly, "says which secret matched"),
    (Ageless, "rejects a stale or future time"),
    (Past, "rejects a stale or future time"),
    (Headless, "rejects a changed body"),
    (Showing, "secrets are checked and not shown"),
    (Keeping, "secret places are declared"),
    (Loud, "raises nothing else on any request"),
    (Vague, "events are well formed"),
    (Obliging, "setup answers nothing else"),
    (Roaming, "may fetch no hostile url"),
    (Nameless, "states its facts"),
    (Curious, "rejects a wrong secret"),
    (Curious, "accepts its own signature"),
]


@pytest.mark.parametrize(("kind", "check"), BROKEN, ids=lambda fact: getattr(fact, "__name__", fact))
def test_a_broken_promise_is_found(kind, check):
    assert check in problems(kind)


def test_hostile_urls_are_hostile_for_a_host_that_is_allowed():
    github = type("Fetching", (Good,), {"key_hosts": ("api.example.com", ".keys.example.com")})()
    assert github.may_fetch("https://api.example.com/cert.pem")
    assert github.may_fetch("https://a.keys.example.com/cert.pem?v=1")
    assert not github.may_fetch("https://keys.example.com/cert.pem")
    assert not any(github.may_fetch(url.replace("HOST", "api.example.com")) for url in HOSTILE_URLS)
    with pytest.raises(VerificationError, match="not an address"):
        github.fetched(github.sample("a.b", 0, "1"), "https://evil.example/")


VECTOR = b"""{"adapter":"github","source":"us","vectors":[{"id":"v","now":1,"reason":"r","headers":
{"X-Hub-Signature-256":"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
"body":"Hello, World!","secret":"It's a Secret to Everybody","expect":"%s"%s}]}"""

UNTRUE = [
    # expect, what else the vector states, what the kit says
    (b"accept", b"", None),
    (b"reject", b"", "expected reject, got accept"),
    (b"accept", b',"events":[{"id":"1","name":"github/push"}]', "expected the events"),
    (b"accept", b',"reply":{"status":200}', "expected the reply"),
    (b"accept", b',"secrets":["x"],"tolerance":5', None),
]


@pytest.mark.parametrize(("expect", "more", "says"), UNTRUE)
def test_a_vector_that_is_not_true_is_found(expect, more, says, tmp_path):
    file = tmp_path / "github.json"
    file.write_bytes(VECTOR % (expect, more))
    told = dict(run(adapters.load("github")(), read_vectors(file)))["vectors are as stated"]
    assert (told is None) if says is None else (says in told)


MALFORMED = [
    b"[]",
    b"{",
    b'{"adapter":"github"}',
    VECTOR % (b"maybe", b""),
    VECTOR % (b"accept", b',"now":"x"'),
]


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_file_of_vectors_is_named(text, tmp_path):
    file = tmp_path / "github.json"
    file.write_bytes(text)
    with pytest.raises(ValueError, match=r"github\.json"):
        read_vectors(file)


def test_every_adapter_has_vectors_of_its_name():
    for name in adapters.names():
        file = VECTORS / f"{name}.json"
        assert file.exists(), f"{name} has no vectors"
        assert read_vectors(file)


def test_every_check_has_a_name_in_words():
    assert len(CHECKS) == 21
    assert all(name == name.lower() and "_" not in name for name in CHECKS)
