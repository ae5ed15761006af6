"""`gateway verify`: captured requests judged offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app

VECTORS = Path(__file__).parents[1] / "vectors"


def gateway(*args: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [*args], input=stdin)


def vectors(name: str) -> list[dict[str, Any]]:
    """The vectors of an adapter, each with its provider."""
    document = json.loads((VECTORS / f"{name}.json").read_text())
    return [{**vector, "provider": name} for vector in document["vectors"]]


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    """GitHub's published example, without its secret and time."""
    published = vectors("github")[0]
    file = tmp_path / "request.json"
    file.write_text(json.dumps({key: published[key] for key in ("method", "url", "headers", "body")}))
    return file


@pytest.mark.parametrize("name", ["github", "stripe", "standard_webhooks", "hmac"])
def test_every_line_of_a_batch_gets_its_verdict(name: str, tmp_path: Path) -> None:
    given = vectors(name)
    file = tmp_path / "batch.jsonl"
    file.write_text("\n".join(map(json.dumps, given)) + "\n\n")
    result = gateway("verify", "--batch", str(file))
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["id"], one["verdict"]) for one in told] == [(one["id"], one["expect"]) for one in given]
    assert all({"id", "verdict", "reason", "events"} <= one.keys() for one in told)
    assert result.exit_code == 0


def test_a_batch_may_come_on_standard_input() -> None:
    result = gateway("verify", "--batch", "-", stdin=json.dumps(vectors("github")[0]))
    assert json.loads(result.stdout)["verdict"] == "accept"


# a line that can't be judged -> what is said of it
UNUSABLE = [
    ("not json", "literal"),
    ("[]", "attribute"),
    ('{"id": "a", "provider": "nobody", "now": 1}', "There is no adapter 'nobody'"),
    ('{"id": "a", "provider": "github"}', "now: None is not a number of seconds"),
    ('{"id": "a", "provider": "github", "now": 1, "body_base64": "%"}', "body_base64 is not base64"),
]


@pytest.mark.parametrize(("line", "said"), UNUSABLE)
def test_a_line_that_cannot_be_judged_stops_no_other(line: str, said: str) -> None:
    good = json.dumps(vectors("github")[0])
    result = gateway("verify", "--batch", "-", stdin=f"{line}\n{good}\n")
    bad, judged = map(json.loads, result.stdout.splitlines())
    assert (bad["verdict"], bad["reason"], judged["verdict"]) == ("reject", "unusable_record", "accept")
    assert said in bad["detail"] and result.exit_code == 1


def test_a_genuine_request_for_people(request_file: Path) -> None:
    secret = ("--secret", "wrong", "--secret", "It's a Secret to Everybody")
    result = gateway("verify", "github", "--request", str(request_file), *secret)
    assert result.exit_code == 0
    assert result.stdout.startswith("accept") and "secret     number 2 matched" in result.stdout


def test_a_refused_request_shows_what_was_signed_and_expected(request_file: Path) -> None:
    result = gateway("verify", "github", "--request", str(request_file), "--secret", "wrong")
    assert result.exit_code == 1
    assert "reject: bad_signature: no secret matches the signature in X-Hub-Signature-256" in result.stdout
    assert "signed     b'Hello, World!'" in result.stdout
    assert "expected   sha256=" in result.stdout and "wrong" not in result.stdout


def test_the_time_of_receipt_decides(tmp_path: Path) -> None:
    [accepted, *_] = [one for one in vectors("stripe") if one["expect"] == "accept"]
    file = tmp_path / "request.json"
    file.write_text(json.dumps({key: accepted[key] for key in accepted.keys() - {"now"}}))
    then, much_later = str(accepted["now"]), str(accepted["now"] + 10_000)
    assert gateway("verify", "stripe", "--request", str(file), "--now", then).exit_code == 0
    late = gateway("verify", "stripe", "--request", str(file), "--now", much_later, "--json")
    assert (late.exit_code, json.loads(late.stdout)["reason"]) == (1, "stale_timestamp")
    lenient = ("--now", much_later, "--tolerance", "20000")
    assert gateway("verify", "stripe", "--request", str(file), *lenient).exit_code == 0


# arguments -> what is wrong with them
MISUSES = [
    (["verify"], "name the adapter and the request"),
    (["verify", "github"], "name the adapter and the request"),
    (["verify", "github", "--batch", "x"], "--batch goes alone"),
    (["verify", "github", "--request", "missing.json"], "can't read missing.json"),
    (["verify", "githup", "--request", "FILE"], "Did you mean 'github'?"),
]


@pytest.mark.parametrize(("arguments", "said"), MISUSES)
def test_a_misuse_is_explained(arguments: list[str], said: str, request_file: Path) -> None:
    result = gateway(*[str(request_file) if word == "FILE" else word for word in arguments])
    assert result.exit_code == 2 and said in result.output
