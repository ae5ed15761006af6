"""Destinations that are refused. Each row: the keys, and exactly what is said about them."""
# ruff: noqa: E501 - a message is easier to judge in one line

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cli.check import lines
from gateway.config import Settings
from gateway.config.describing import describe

QUEUE = "type: sqs, queue_url: 'https://sqs.eu-central-1.amazonaws.com/1/e'"
TOPIC = "type: gcp_pubsub, topic: projects/my-project/topics/events"
TABLE = "type: postgres, url: 'postgresql://me:hidden@x/y'"
ANY_COLUMN = "1 to 63 letters, digits and _, the first no digit"


def to(keys: str, more: str = "") -> str:
    source = "sources: {s: {adapter: github, secrets: [a-secret-of-some-length]}}\n"
    subscription = f'subscriptions:\n  app:\n    events: ["a/*"]\n    destination: {{{keys}}}\n{more}'
    return source + subscription


# fmt: off
ROWS = [
    # --- at AWS
    # a queue by its name
    ("type: sqs, queue_url: events, region: eu-central-1", ".queue_url: must be a URL such as https://sqs.eu-central-1.amazonaws.com/123456789012/events, not 'events'"),
    # a server that tells no region
    ("type: sqs, queue_url: 'https://q.example.com/events'", ": needs a region; write for example region: eu-central-1"),
    # two regions
    (f"{QUEUE}, region: us-east-1", ": names the region eu-central-1, but region is us-east-1; correct either"),
    # no region
    (f"{QUEUE}, region: mars", ".region: must be a region such as eu-central-1, not 'mars'"),
    # half of the credentials
    (f"{QUEUE}, secret_key: abc", ": has a secret_key without access_key; write both, or neither"),
    # the other half
    (f"{QUEUE}, access_key: AKIA", ".secret_key: is missing; write for example secret_key: \"${AWS_SECRET_ACCESS_KEY}\""),
    # a secret that is not set is told once
    (f"{QUEUE}, access_key: AKIA, secret_key: '${{A}}'", ".secret_key: the environment variable A is not set; set it, or give it a default as in ${A:-}"),
    # a group with a space
    (f"{QUEUE}, group: 'a b'", ".group: must be 1 to 128 letters, digits and punctuation, such as orders, not 'a b'"),
    # a topic by its name
    ("type: sns, topic_arn: orders", ".topic_arn: must be the ARN of a topic, such as arn:aws:sns:eu-central-1:123456789012:events, not 'orders'"),
    # no bus
    ("type: eventbridge, bus: 'a b', region: eu-central-1", ".bus: must be the name or the ARN of a bus, such as default or orders, not 'a b'"),
    # --- at Google
    # a topic by its last name
    ("type: gcp_pubsub, topic: events", ".topic: must be the full name of a topic, such as projects/my-project/topics/events, not 'events'"),
    # a placeholder that is none
    (f"{TOPIC}, ordering_key: '{{id}}'", ".ordering_key: can hold {source} and {name}; there is another { in it"),
    # the path of a key instead of the key
    (f"{TOPIC}, credentials: /run/gcp.json", ".credentials: must be the JSON of a service account's key, as in file:/run/secrets/gcp.json"),
    # a key in part
    (f"{TOPIC}, credentials: '{{\"type\":\"service_account\",\"private_key\":\"hidden\"}}'", ".credentials: is a service account's key without client_email and token_uri; make a new one"),
    # an endpoint with the API's path
    (f"{TOPIC}, endpoint_url: 'http://x/v1'", ".endpoint_url: must have nothing after the host and port"),
    # --- Inngest
    # no key
    ("type: inngest", '.event_key: is missing; write for example event_key: "${INNGEST_EVENT_KEY}"'),
    # a key that is not set is told once
    ("type: inngest, event_key: '${A}'", ".event_key: the environment variable A is not set; set it, or give it a default as in ${A:-}"),
    # a key that cannot be part of a URL
    ("type: inngest, event_key: hidden/x", ".event_key: must be an event key: letters, digits and . _ ~ -, at most 256 of them"),
    # the path twice
    ("type: inngest, event_key: abc, base_url: 'https://inn.gs/e/'", ".base_url: must end before the /e; the gateway appends /e/ and the event key itself"),
    # --- PostgreSQL
    # another database
    ("type: postgres, url: 'mysql://me:hidden@x/y', table: a", ".url: must be a URL such as postgresql://user@db.example.com/app"),
    # a table that is more
    (f"{TABLE}, table: 'a; drop table b'", f".table: must be the name of a table, such as webhook_events or app.events, each part {ANY_COLUMN}, not 'a; drop table b'"),
    # a database in it
    (f"{TABLE}, table: a.b.c", f".table: must be the name of a table, such as webhook_events or app.events, each part {ANY_COLUMN}, not 'a.b.c'"),
    # nothing to tell a repetition by
    (f"{TABLE}, table: a, columns: {{id: id}}", ".columns: must have event_id, by which a repetition is told; write for example event_id: event_id"),
    # a column that is more
    (f"{TABLE}, table: a, columns: {{event_id: 'a\"b'}}", f".columns: event_id: must be the name of a column, {ANY_COLUMN}, not 'a\"b'"),
    # a field that is none
    (f"{TABLE}, table: a, columns: {{event_id: a, idd: b}}", ".columns: names 'idd', which no event has; there are event_id, id, name, source, ts, v, data, received_at"),
    # one column for two
    (f"{TABLE}, table: a, columns: {{event_id: a, id: a}}", ".columns: has the column a twice; give each field a column of its own"),
]
# fmt: on


@pytest.mark.parametrize(("keys", "expected"), ROWS)
def test_a_bad_destination_is_refused_with_these_words(
    problems: Callable[..., list[str]], keys: str, expected: str
) -> None:
    assert problems(to(keys)) == [f"config.yaml:5: subscriptions.app.destination{expected}"]


@pytest.mark.parametrize("kind", ["type: eventbridge, bus: a, region: eu-central-1", f"{TABLE}, table: a"])
def test_a_format_that_a_destination_cannot_take(problems: Callable[..., list[str]], kind: str) -> None:
    (problem,) = problems(to(kind, "    format: raw\n"))
    assert "subscriptions.app.format: must be event" in problem


SECRETS = [  # keys with a secret -> its last four characters, or nothing
    (f"{QUEUE}, access_key: AKIA, secret_key: never-shown-to-anyone", "****yone"),
    ("type: inngest, event_key: never-shown-to-anyone", "****yone"),
    (f"{TABLE.replace('hidden', 'never-shown-to-anyone')}, table: a", None),
    (f"{TABLE}, table: a, password: never-shown-to-anyone", "****yone"),
]


@pytest.mark.parametrize(("keys", "masked"), SECRETS)
def test_no_description_shows_a_secret(
    settings: Callable[..., Settings], keys: str, masked: str | None
) -> None:
    loaded = settings(to(keys))
    described = describe(loaded).subscriptions[0]
    assert described.secrets == ((masked,) if masked else ())
    assert not any(secret in f"{described!r}{loaded!r}" for secret in ("never-shown", "hidden"))


@pytest.mark.parametrize(("keys", "masked"), SECRETS)
def test_gateway_check_says_signed_only_of_what_is_signed(
    settings: Callable[..., Settings], keys: str, masked: str | None
) -> None:
    said = lines(Path("config.yaml"), describe(settings(to(keys))))
    subscription = said[said.index("subscriptions") :]
    assert [line.split() for line in subscription if "secrets" in line] == (
        [["secrets", masked]] if masked else []
    )
    assert not any("signed" in line for line in subscription)


@pytest.mark.parametrize(
    "keys", ["type: inngest, event_key: '${A}'", f"{QUEUE}, access_key: A, secret_key: '${{A}}'"]
)
def test_a_command_that_only_reads_needs_no_secret(settings: Callable[..., Settings], keys: str) -> None:
    assert list(settings(to(keys), secrets="optional").subscriptions) == ["app"]


PACKAGES = [  # keys, a package that is not there -> the extra that brings it
    (QUEUE, "aiobotocore", "aws"),
    (TOPIC, "google.auth", "gcp"),
    (TOPIC, "google", "gcp"),  # nothing of Google's at all
    (f"{TABLE}, table: a", "asyncpg", "postgres"),
]


@pytest.mark.parametrize(("keys", "package", "extra"), PACKAGES)
def test_a_package_that_is_not_installed_is_told_with_the_command(
    problems: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, keys: str, package: str, extra: str
) -> None:
    for name in [name for name in sys.modules if name.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    (problem,) = problems(to(keys))
    assert "which is not installed" in problem
    assert problem.endswith(f"install it with: pip install 'webhook-gateway[{extra}]'")
