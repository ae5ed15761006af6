"""Files that are refused: their form, and every section but sources and subscriptions. Each row: a text, and exactly what is said about it."""
# ruff: noqa: E501 - a message is easier to judge in one line

from __future__ import annotations

from collections.abc import Callable

import pytest

OK = "sources: {s: {adapter: github, secrets: [a-secret-of-some-length]}}\n"
ENV = {"WORD": "hidden", "TEN": "10"}

# fmt: off
ROWS = [
    # --- the file as a whole
    # nothing in it
    ("", "config.yaml: the file is empty; start with `sources:` and `subscriptions:`"),
    # nothing but a comment
    ("# soon\n", "config.yaml: the file is empty; start with `sources:` and `subscriptions:`"),
    # a list
    ("- a\n", "config.yaml:1: must be a mapping; start with `sources:`"),
    # a text
    ("just text\n", "config.yaml:1: must be a mapping; start with `sources:`"),
    # a bracket is not closed
    (OK + "server: {port: 1\n", "config.yaml:3: not valid YAML: while parsing a flow mapping, expected ',' or '}', but got '<stream end>'"),
    # a tab indents
    (OK + "server:\n\tport: 1\n", "config.yaml:3: not valid YAML: a tab cannot indent; use spaces"),
    # a control character
    (OK + "store: \x07\n", "config.yaml:2: not valid YAML: the character U+0007 is not allowed"),
    # a character that placeholders need
    (OK + "store: \ue000\n", "config.yaml:2: the private-use characters U+E000 and U+E001 cannot stand in this file"),
    # a text that YAML takes for an alias
    (OK + "event_keys: [*key]\n", "config.yaml:2: not valid YAML: this alias stands for nothing; put a text that starts with * into quotes"),
    # an alias inside itself
    (OK + "dedupe: &a {window: *a}\n", "config.yaml: an alias holds itself, or the aliases make more than 100000 values"),
    # a tag
    (OK + "dedupe: {window: !!binary aGVsbG8=}\n", "config.yaml:2: dedupe.window: YAML tags do not work here; write a plain value"),
    # a merge key
    (OK + "dedupe: {<<: {window: 1h}}\n", "config.yaml:2: dedupe: merge keys (<<) do not work here; write the keys out"),
    # a key that is a list
    (OK + "dedupe: {[a]: 1h}\n", "config.yaml:2: dedupe: a key must be plain text"),
    # the same key twice
    (OK + "server: {port: 1}\nserver: {port: 2}\n", "config.yaml:3: server: the key stands twice, first in line 2"),
    # a placeholder as a key
    (OK + "${NAME}: 1\n", "config.yaml:2: ${…} works in values only, not in a key"),
    # a placeholder that is none
    (OK + "server: {port: ${PO RT}}\n", "config.yaml:2: server.port: this ${…} is not a variable; write ${NAME} or ${NAME:-default} on one line, without other braces"),
    # a placeholder that is not closed
    (OK + "server:\n  host: ${HOST\n", "config.yaml:3: server.host: this ${…} is not a variable; write ${NAME} or ${NAME:-default} on one line, without other braces"),
    # a placeholder inside a placeholder
    (OK + 'server: {host: "${A:-${B}}"}\n', "config.yaml:2: server.host: this ${…} is not a variable; write ${NAME} or ${NAME:-default} on one line, without other braces"),
    # a broken placeholder that swallows a quote
    (OK + 'server: {host: "${HOST", port: 1}\n', "config.yaml:2: this ${…} is not a variable; write ${NAME} or ${NAME:-default} on one line, without other braces\nconfig.yaml:3: not valid YAML: while scanning a quoted scalar, found unexpected end of stream"),
    # --- top level
    # a misspelt section
    (OK + "servr: {port: 1}\n", "config.yaml:2: servr: unknown key; did you mean 'server'?"),
    # a section like no other
    (OK + "zzz: 1\n", "config.yaml:2: zzz: unknown key; the keys are sources, subscriptions, schemas, server, store, dedupe, event_keys, api_tokens, adapters_path, functions"),
    # a section that is a number
    (OK + "server: 8080\n", "config.yaml:2: server: must be a mapping of keys, not 8080"),
    # --- server
    # a misspelt key
    (OK + "server: {prt: 1}\n", "config.yaml:2: server.prt: unknown key; did you mean 'port'?"),
    # a port in words
    (OK + "server: {port: eighty}\n", "config.yaml:2: server.port: must be a whole number, not 'eighty'"),
    # a port that is none
    (OK + "server: {port: 70000}\n", "config.yaml:2: server.port: must be at most 65535, not 70000"),
    # a port that is a truth value
    (OK + "server: {port: true}\n", "config.yaml:2: server.port: must be a number, not true"),
    # a port with a fraction
    (OK + "server: {port: 1.5}\n", "config.yaml:2: server.port: must be a whole number, not 1.5"),
    # a wrong value from the environment stays unseen
    (OK + "server: {port: ${WORD}}\n", "config.yaml:2: server.port: must be a whole number, not the value of ${WORD}"),
    # a variable that is not set
    (OK + "server: {port: ${PORT}}\n", "config.yaml:2: server.port: the environment variable PORT is not set; set it, or give it a default as in ${PORT:-…}"),
    # a host that is a number
    (OK + "server: {host: 10}\n", "config.yaml:2: server.host: must be text; write it in quotes, not as 10"),
    # every address, no token
    (OK + "server: {host: 0.0.0.0}\n", "config.yaml:2: server.host: other machines can reach this address; set server.admin_token, or write 127.0.0.1"),
    # every IPv6 address, no token
    (OK + 'server: {host: "::"}\n', "config.yaml:2: server.host: other machines can reach this address; set server.admin_token, or write 127.0.0.1"),
    # a name that may be anywhere, an empty token
    (OK + 'server: {host: gw.example, admin_token: ""}\n', "config.yaml:2: server.host: other machines can reach this address; set server.admin_token, or write 127.0.0.1"),
    # a token with a space
    (OK + 'server: {admin_token: "a b"}\n', "config.yaml:2: server.admin_token: must be printable ASCII characters without spaces"),
    # a token that is a list
    (OK + "server: {admin_token: [a]}\n", "config.yaml:2: server.admin_token: must be one text"),
    # a token from the environment, not set
    (OK + "server: {admin_token: ${TOKEN}}\n", "config.yaml:2: server.admin_token: the environment variable TOKEN is not set; set it, or give it a default as in ${TOKEN:-}"),
    # a size in another unit
    (OK + "server: {max_body: 1 parsec}\n", "config.yaml:2: server.max_body: must be a size such as 512KiB, 1MiB or a number of bytes, not '1 parsec'"),
    # a size in words
    (OK + "server: {max_body: lots}\n", "config.yaml:2: server.max_body: must be a size such as 512KiB, 1MiB or a number of bytes, not 'lots'"),
    # no size at all
    (OK + "server: {max_body: 0}\n", "config.yaml:2: server.max_body: must be at least 1 byte"),
    # a duration without a unit
    (OK + "server: {body_timeout: 15}\n", "config.yaml:2: server.body_timeout: needs a unit (ms, s, m, h, d); write 15s, not 15"),
    # the same in quotes
    (OK + 'server: {body_timeout: "1.5"}\n', "config.yaml:2: server.body_timeout: needs a unit (ms, s, m, h, d); write 1.5s, not '1.5'"),
    # the same from the environment
    (OK + "server: {body_timeout: ${TEN}}\n", "config.yaml:2: server.body_timeout: needs a unit (ms, s, m, h, d); write 15s, not the value of ${TEN}"),
    # a duration of nothing
    (OK + "server: {shutdown_timeout: 0s}\n", "config.yaml:2: server.shutdown_timeout: must be longer than 0s"),
    # no request may be in flight
    (OK + "server: {max_in_flight: 0}\n", "config.yaml:2: server.max_in_flight: must be at least 1, not 0"),
    # a URL of another kind
    (OK + 'server: {public_url: "ftp://x"}\n', "config.yaml:2: server.public_url: must be a URL such as https://hooks.example.com, not 'ftp://x'"),
    # a password in a URL is not repeated
    (OK + 'server: {public_url: "https://me:hidden@x"}\n', "config.yaml:2: server.public_url: must not hold a user or password: a URL is printed, put them into a header"),
    # a public URL with a query
    (OK + 'server: {public_url: "https://x/?a=b"}\n', "config.yaml:2: server.public_url: must end with the host or a path, not a URL that starts with 'https'"),
    # --- store, dedupe, event keys, adapters
    # another database
    (OK + 'store: {url: "mysql://db/gateway"}\n', "config.yaml:2: store.url: must be sqlite:///data/gateway.db (a path from the folder of this file), sqlite:////var/lib/gateway.db (absolute) or postgresql://user:password@host/gateway, not 'mysql://db/gateway'"),
    # no file
    (OK + 'store: {url: "sqlite:///"}\n', "config.yaml:2: store.url: must name a file, such as sqlite:///data/gateway.db, not 'sqlite:///'"),
    # a store that forgets
    (OK + 'store: {url: "sqlite:///:memory:"}\n', "config.yaml:2: store.url: must name a file, such as sqlite:///data/gateway.db, not 'sqlite:///:memory:'"),
    # a database password is not repeated
    (OK + 'store: {url: "mysql://me:hidden@db/gateway"}\n', "config.yaml:2: store.url: must be sqlite:///data/gateway.db (a path from the folder of this file), sqlite:////var/lib/gateway.db (absolute) or postgresql://user:password@host/gateway, not a URL that starts with 'mysql'"),
    # a retention without a unit
    (OK + "store: {retention: 30}\n", "config.yaml:2: store.retention: needs a unit (ms, s, m, h, d); write 30s, not 30"),
    # a retention of nothing
    (OK + "store: {retention: 0d}\n", "config.yaml:2: store.retention: must be longer than 0s"),
    # a misspelt kind of row
    (OK + "store: {retention: {evnts: 30d}}\n", "config.yaml:2: store.retention.evnts: unknown key; did you mean 'events'?"),
    # a retention in words
    (OK + "store: {retention: {keys: soon}}\n", "config.yaml:2: store.retention.keys: must be a duration such as 500ms, 5s, 1m, 24h, 30d or 1h30m, not 'soon'"),
    # a retention that is a list
    (OK + "store: {retention: [30d]}\n", "config.yaml:2: store.retention: must be a duration such as 500ms, 5s, 1m, 24h, 30d or 1h30m, not a list"),
    # units out of order
    (OK + "dedupe: {window: 1m1h}\n", "config.yaml:2: dedupe.window: must be a duration such as 500ms, 5s, 1m, 24h, 30d or 1h30m, not '1m1h'"),
    # longer than a life
    (OK + "dedupe: {window: 40000d}\n", "config.yaml:2: dedupe.window: must be at most 36500d, not '40000d'"),
    # a token that can be guessed
    (OK + "api_tokens: [{name: a, token: short}]\n", "config.yaml:2: api_tokens[0].token: must have at least 16 characters; make one with: openssl rand -hex 32"),
    # a token with a space
    (OK + "api_tokens: [{name: a, token: 'sixteen letters and more'}]\n", "config.yaml:2: api_tokens[0].token: must be printable ASCII characters without spaces"),
    # a token of nobody
    (OK + "api_tokens: [{token: sixteen-letters-and}]\n", "config.yaml:2: api_tokens[0].name: is missing; write for example name: grafana"),
    # a name that is the gateway's own
    (OK + "api_tokens: [{name: admin, token: sixteen-letters-and}]\n", "config.yaml:2: api_tokens[0].name: 'admin' is the gateway's own word in the audit log; choose another"),
    # a name that breaks lines
    (OK + 'api_tokens: [{name: "a\\nb", token: sixteen-letters-and}]\n', "config.yaml:2: api_tokens[0].name: must be 1 to 64 characters, each a-z, 0-9, -, _ or ., the first a letter or digit"),
    # no token at all
    (OK + "api_tokens: [{name: a-b}]\n", "config.yaml:2: api_tokens[0]: has no token; write token: ${A_B_TOKEN}"),
    # a token that is not set
    (OK + "api_tokens: [{name: a, token: ${TOKEN}}]\n", "config.yaml:2: api_tokens[0].token: the environment variable TOKEN is not set; set it, or give it a default as in ${TOKEN:-}"),
    # a right that there is not
    (OK + "api_tokens: [{name: a, token: sixteen-letters-and, scopes: [write]}]\n", "config.yaml:2: api_tokens[0].scopes[0]: must be 'read', 'operate' or 'admin', not 'write'"),
    # no right
    (OK + "api_tokens: [{name: a, token: sixteen-letters-and, scopes: []}]\n", "config.yaml:2: api_tokens[0].scopes: must name at least one of read, operate, admin"),
    # one name for two
    (OK + "api_tokens: [{name: a, token: sixteen-letters-and}, {name: a, token: sixteen-letters-or}]\n", "config.yaml:2: api_tokens[1].name: 'a' is there twice: choose another"),
    # one token for two
    (OK + "api_tokens: [{name: a, token: sixteen-letters-and}, {name: b, token: sixteen-letters-and}]\n", "config.yaml:2: api_tokens[1].token: is another one's too: each needs its own"),
    # event keys that are no list
    (OK + "event_keys: abc\n", 'config.yaml:2: event_keys: must be a list; write event_keys: ["${NAME}"]'),
    # an event key that no URL can hold
    (OK + 'event_keys: [good, "a/b"]\n', "config.yaml:2: event_keys[1]: an event key is part of a URL; use letters, digits and . _ ~ - only"),
    # an event key that is not set
    (OK + "event_keys: [${KEY}]\n", "config.yaml:2: event_keys: the environment variable KEY is not set; set it, or give it a default as in ${KEY:-}"),
    # a folder that is not there
    (OK + "adapters_path: nowhere\n", "config.yaml:2: adapters_path: must be a folder that exists, not 'nowhere'"),
]
# fmt: on


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_a_bad_file_is_refused_with_these_words(
    problems: Callable[..., list[str]], text: str, expected: str
) -> None:
    assert problems(text, ENV) == expected.split("\n")
