"""`gateway trigger`, against a real HTTP server."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stripe
from typer.testing import Result

from gateway.runfile import RunFile, hold
from tests.cli.conftest import Home

SECRET = "whsec_" + "11" * 32
ACCEPTED = b'{"ids": ["01K"], "duplicates": 0}'
OTHERS = """\
  shop: {adapter: github, secrets: ["${BILLING_SECRET}"]}
  door:
    adapter: token
    secrets: ["${DOOR_SECRET}"]
    query: token
    id: body.id
    type: body.type
subscriptions:
"""


@dataclass
class Listener:
    """What listens in the gateway's place: it keeps what it gets and answers what it is told to."""

    port: int = 0
    status: int = 200
    answer: bytes = ACCEPTED
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(heard.status)
            self.end_headers()
            self.wfile.write(heard.answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        heard.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield heard
        server.shutdown()
        thread.join()


@pytest.fixture
def at(empty: Home, listener: Listener) -> Home:
    """A folder whose config says that the gateway listens where the listener does."""
    text = empty.config.read_text().replace("port: 8080", f"port: {listener.port}")
    empty.config.write_text(text.replace("subscriptions:\n", OTHERS))
    return empty


def _trigger(home: Home, *args: str, secret: str | None = SECRET) -> Result:
    return home.gateway(
        "trigger", *args, STRIPE_SECRET=secret, DOOR_SECRET="open sesame", HTTP_PROXY="http://127.0.0.1:1"
    )


def test_a_signed_sample_arrives_at_the_source(at: Home, listener: Listener) -> None:
    result = _trigger(at, "stripe", "customer.created")
    assert (result.exit_code, result.stdout) == (0, "200  event 01K  duplicates 0\n")
    [(path, headers, body)] = listener.got
    assert path == "/webhooks/stripe"
    event = stripe.Webhook.construct_event(body, headers["stripe-signature"], SECRET)
    assert event.type == "customer.created"


def test_every_sample_has_an_id_of_its_own(at: Home, listener: Listener) -> None:
    _trigger(at, "stripe", "customer.created")
    _trigger(at, "stripe", "customer.created")
    ids = {json.loads(body)["id"] for _, _, body in listener.got}
    assert len(ids) == 2 and all(id.startswith("evt_") for id in ids)


def test_the_id_can_be_chosen_and_the_type_be_the_events_name(at: Home, listener: Listener) -> None:
    _trigger(at, "stripe", "stripe/invoice.paid", "--id", "evt_mine")
    document = json.loads(listener.got[0][2])
    assert (document["id"], document["type"]) == ("evt_mine", "invoice.paid")


def test_copies_are_the_same_request(at: Home, listener: Listener) -> None:
    result = _trigger(at, "stripe", "customer.created", "--copies", "3")
    assert result.stdout.count("200  event") == 3
    assert len({(headers["stripe-signature"], body) for _, headers, body in listener.got}) == 1


def test_another_url_and_another_secret(at: Home, listener: Listener) -> None:
    result = _trigger(
        at, "stripe", "x", "--to", f"{listener.url}/my/handler", "--secret", SECRET, secret=None
    )
    assert result.exit_code == 0
    path, headers, body = listener.got[0]
    assert path == "/my/handler"
    stripe.Webhook.construct_event(body, headers["stripe-signature"], SECRET)


def test_the_secret_that_dev_made_is_used(at: Home, listener: Listener) -> None:
    at.database.parent.mkdir()
    (at.database.parent / "dev-secrets.json").write_text(json.dumps({"sources.stripe": SECRET}))
    assert _trigger(at, "stripe", "x", secret=None).exit_code == 0


def test_a_gateway_that_runs_elsewhere_is_found(empty: Home, listener: Listener) -> None:
    folder = empty.database.parent
    folder.mkdir()
    lock = hold(folder)
    assert lock is not None
    RunFile(os.getpid(), str(empty.config), f"http://0.0.0.0:{listener.port}", "").write(folder)
    assert _trigger(empty, "stripe", "x").exit_code == 0
    os.close(lock)
    assert listener.got[0][0] == "/webhooks/stripe"


def test_a_token_in_the_query_is_sent_and_not_shown(at: Home, listener: Listener) -> None:
    assert _trigger(at, "door", "door.opened").exit_code == 0
    assert listener.got[0][0] == "/webhooks/door?token=open+sesame"
    listener.port = 1
    result = _trigger(at, "door", "x", "--to", "http://127.0.0.1:1/hooks")
    assert "sesame" not in result.stderr


def test_a_refusal_is_exit_code_1(at: Home, listener: Listener) -> None:
    listener.status, listener.answer = 401, b'{"error": {"code": "bad_signature", "message": "check it"}}'
    result = _trigger(at, "stripe", "x")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "401  bad_signature: check it\n")


# answer -> what is shown of it
ANSWERS = [
    (ACCEPTED, "event 01K  duplicates 0"),
    (b'{"ids": ["a", "b"], "duplicates": 1}', "event a, b  duplicates 1"),
    (b"", "OK"),
    (b"thanks\n", "thanks"),
    (b'{"ok": true}', '{"ok": true}'),
    (b"\x1b[31m" + b"x" * 500, "�[31m" + "x" * 195),
]


@pytest.mark.parametrize(("answer", "shown"), ANSWERS)
def test_whatever_the_answer_is(at: Home, listener: Listener, answer: bytes, shown: str) -> None:
    listener.answer = answer
    assert _trigger(at, "stripe", "x").stdout == f"200  {shown}\n"


def test_an_adapter_that_one_source_has_names_it(at: Home, listener: Listener) -> None:
    _trigger(at, "token", "door.opened")
    assert listener.got[0][0].startswith("/webhooks/door?")


# arguments -> exit code and message
REFUSED = [
    ("github push", 2, "several sources have the adapter 'github': billing, shop; choose one with --source"),
    ("stripe x --source shop", 2, "the source 'shop' has the adapter 'github', not 'stripe'"),
    ("stripe x --secret sk_live_1", 2, "no sample 'x' for the source 'stripe': the secret is an API key; "
        "the endpoint's signing secret starts with whsec_"),
    ("github x --source shop --secret s --id é€", 2, "no sample 'x' for the source 'shop': "),
    ("stripe x --to http://127.0.0.1:1/hooks", 1, "can't connect to http://127.0.0.1:1/hooks ("),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "code", "message"), REFUSED, ids=[typed for typed, *_ in REFUSED])
def test_what_cannot_be_sent(at: Home, typed: str, code: int, message: str) -> None:
    result = _trigger(at, *typed.split())
    assert result.exit_code == code
    assert result.stderr.startswith(message)


def test_a_provider_that_is_not_there(at: Home) -> None:
    result = _trigger(at, "strip", "x")
    names = "billing, door, github, shop, stripe, token"
    message = f"there is no source or adapter 'strip'; did you mean 'stripe'? there are: {names}"
    assert (result.exit_code, result.stderr) == (2, f"{at.config}: {message}\n")


def test_no_gateway_runs(empty: Home, tmp_path: Path) -> None:
    empty.config.write_text(empty.config.read_text().replace("port: 8080", "port: 1"))
    result = _trigger(empty, "stripe", "customer.created")
    assert result.exit_code == 1
    assert result.stderr.startswith("can't connect to http://127.0.0.1:1/webhooks/stripe (")
    assert result.stderr.endswith("; start the gateway with: gateway serve --dev\n")


def test_a_secret_must_be_set(empty: Home) -> None:
    result = _trigger(empty, "stripe", "x", secret=None)
    assert result.exit_code == 2
    assert "sources.stripe.secrets: " in result.stderr and "STRIPE_SECRET is not set" in result.stderr
