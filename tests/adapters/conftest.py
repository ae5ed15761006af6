"""The adapters that the contract suite runs over: all there are, and the example in adapters/README.md."""

import re
from pathlib import Path

import pytest

import adapters
from adapters.base import Adapter

FIELDS = {"id": "body.id", "type": "body.type", "time": "body.created"}
TIMED = {"timestamp": "X-Time", "signed": "{timestamp}.{body}"}
LIST = {"separator": ",", "version": "v1", "timestamp": "t", "signed": "{timestamp}.{body}"}

TOPIC = "arn:aws:sns:eu-west-1:123456789012:orders"
ACCOUNT = "push@my-project.iam.gserviceaccount.com"

VARIANTS = {
    "aws_sns": [{"topic_arns": [TOPIC]}, {"topic_arn": "any"}],
    "basic": [FIELDS],
    "datadog": [{}, {"basic": True}],
    "monday": [{}, {"audience": "https://gateway.example/webhooks/monday"}],
    "google_pubsub": [{"service_account": ACCOUNT}, {"service_account": ACCOUNT, "audience": "orders"}],
    "hubspot": [{}, {"signature_version": "v1"}, {"signature_version": "v2"}],
    "mollie": [{}, {"classic": True}],
    "paypal": [{"webhook_id": "1JE4291016473214C"}],
    "stripe": [{}, {"twins": "merge"}],
    "twilio": [{}, {"algorithm": "HMAC_SHA256"}],
    "hmac": [
        {"header": "X-Signature", **FIELDS},
        {"header": "X-Signature", "prefix": "sha256=", "encoding": "base64", **FIELDS, "id": "digest"},
        {"header": "X-Signature", "algorithm": "sha512", "encoding": "base64url", **FIELDS, **TIMED},
        {"header": "X-Signature", "secret_encoding": "base64", "timestamp_unit": "ms", **FIELDS, **TIMED},
        {"header": "X-Signature", "secret_encoding": "hex", "signed": "{method}{url}{body}", **FIELDS},
        {"header": "X-Signature", **FIELDS, **LIST},
    ],
    "token": [
        {"header": "X-Token", **FIELDS},
        {"header": "Authorization", "prefix": "Bearer ", **FIELDS, "id": "header.X-Event-Id"},
        {"query": "token", **FIELDS, "type": ["body.object", "body.items.0.action"]},
        {"basic": True, **FIELDS},
    ],
}
CASES = [(name, options) for name in adapters.names() for options in VARIANTS.get(name, [{}])]


README = ("the example in adapters/README.md", {})


@pytest.fixture(scope="module", params=[*CASES, README], ids=str)
def adapter(request, tmp_path_factory) -> Adapter:
    name, options = request.param
    if (name, options) != README:
        return adapters.load(name)(options)
    folder = tmp_path_factory.mktemp("adapters")
    text = Path(adapters.__file__).with_name("README.md").read_text()
    (folder / "buildkite.py").write_text(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1])
    return adapters.load("buildkite", folder)()
