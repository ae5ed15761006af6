"""Sources and subscriptions that are refused. Each row: a text, and exactly what is said about it."""
# ruff: noqa: E501 - a message is easier to judge in one line

from __future__ import annotations

from collections.abc import Callable

import pytest

OK = "sources: {s: {adapter: github, secrets: [a-secret-of-some-length]}}\n"
HTTP = 'type: http, url: "http://127.0.0.1:9000/hooks"'
TO = f"destination: {{{HTTP}}}"


def source(keys: str) -> str:
    return f"sources:\n  s: {{{keys}}}\n"


def app(keys: str, events: str = '["a/*"]') -> str:
    return f"{OK}subscriptions:\n  app:\n    events: {events}\n    {keys}\n"


def to(keys: str) -> str:
    return app(f"destination: {{{keys}}}")


# fmt: off
ROWS = [
    # --- sources
    # none
    ("server: {port: 1}\n", 'config.yaml:1: sources: there are no sources; add for example {stripe: {adapter: stripe, secrets: ["${STRIPE_WEBHOOK_SECRET}"]}}'),
    # a list of them
    ("sources: [a]\n", 'config.yaml:1: sources: must be a mapping of names, such as {stripe: {adapter: stripe, secrets: ["${STRIPE_WEBHOOK_SECRET}"]}}'),
    # a word instead of keys
    ("sources: {s: github}\n", 'config.yaml:1: sources.s: must be a mapping, such as in stripe: {adapter: stripe, secrets: ["${STRIPE_WEBHOOK_SECRET}"]}'),
    # a name in capitals
    ("sources: {Stripe: {adapter: stripe, secrets: [abc]}}\n", "config.yaml:1: sources.Stripe: a name is 1 to 64 characters, each a-z, 0-9, - or _, the first a letter or digit"),
    # the gateway's own name
    ("sources: {gateway: {adapter: stripe, secrets: [abc]}}\n", "config.yaml:1: sources.gateway: the name is the gateway's own; choose another"),
    # a misspelt adapter key is told once
    (source("adaptr: stripe, secrets: [abc]"), "config.yaml:2: sources.s.adaptr: unknown key; did you mean 'adapter'?"),
    # no adapter
    (source("secrets: [abc]"), "config.yaml:2: sources.s.adapter: is missing; write for example adapter: stripe"),
    # no secrets
    (source("adapter: stripe"), 'config.yaml:2: sources.s.secrets: is missing; write secrets: ["${S_WEBHOOK_SECRET}"], or run with --dev to have one generated'),
    # an empty list of secrets
    (source("adapter: stripe, secrets: []"), 'config.yaml:2: sources.s.secrets: no secret is set; set one, as in ["${NAME}"], or run with --dev to have one generated'),
    # a misspelt key is not also missing
    (source("adapter: stripe, secret: abc"), "config.yaml:2: sources.s.secret: unknown key; did you mean 'secrets'?"),
    # one secret that is no list
    (source("adapter: stripe, secrets: abc"), 'config.yaml:2: sources.s.secrets: must be a list; write secrets: ["${NAME}"]'),
    # a secret that is not set
    (source('adapter: stripe, secrets: ["${A}"]'), "config.yaml:2: sources.s.secrets: the environment variable A is not set; set it, or run with --dev to have one generated"),
    # a secret that is set to nothing
    (source('adapter: stripe, secrets: ["${EMPTY}"]'), "config.yaml:2: sources.s.secrets: the environment variable EMPTY is empty; set it, or run with --dev to have one generated"),
    # nothing but empty defaults
    (source('adapter: stripe, secrets: ["${A:-}", "${B:-}"]'), "config.yaml:2: sources.s.secrets: no secret is set; set A or B, or run with --dev to have one generated"),
    # one of two secrets is not set
    (source('adapter: stripe, secrets: [abc, "${A}"]'), "config.yaml:2: sources.s.secrets: the environment variable A is not set; set it, or run with --dev to have one generated"),
    # a secret that is a mapping
    (source("adapter: stripe, secrets: [{a: b}]"), "config.yaml:2: sources.s.secrets: must be one text"),
    # a mounted secret that is not there
    (source('adapter: stripe, secrets: ["file:nowhere"]'), "config.yaml:2: sources.s.secrets: the secret file nowhere cannot be read: No such file or directory"),
    # a mounted secret without a path
    (source('adapter: stripe, secrets: ["file:"]'), "config.yaml:2: sources.s.secrets: file: needs a path, as in file:/run/secrets/stripe"),
    # a mounted secret that is a folder
    (source('adapter: stripe, secrets: ["file:."]'), "config.yaml:2: sources.s.secrets: the secret file . cannot be read: Is a directory"),
    # a secret that its adapter refuses, in its own line
    (source("adapter: stripe, secrets: [abc,\n    sk_live_1]"), "config.yaml:3: sources.s.secrets[1]: the secret is an API key; the endpoint's signing secret starts with whsec_"),
    # the same after one that was left out
    (source('adapter: stripe, secrets: ["${A:-}",\n    sk_live_1]'), "config.yaml:3: sources.s.secrets[1]: the secret is an API key; the endpoint's signing secret starts with whsec_"),
    # an adapter's key with a wrong value
    (source("adapter: stripe, secrets: [abc], twins: merg"), "config.yaml:2: sources.s.twins: must be 'separate' or 'merge', not 'merg'"),
    # an adapter's key, misspelt
    (source("adapter: stripe, secrets: [abc], twin: merge"), "config.yaml:2: sources.s.twin: unknown key; did you mean 'twins'?"),
    # another adapter's key
    (source("adapter: github, secrets: [abc], twins: merge"), "config.yaml:2: sources.s.twins: unknown key; the keys are adapter, secrets, dedupe_window, tolerance, quarantine, keep_rejections, public_url, ack, expect, backfill, redact, hook"),
    # a quarantine whose requests could never be verified again
    (source("adapter: hmac, secrets: [abc], header: Authorization, id: body.id, type: body.type, quarantine: true"), "config.yaml:2: sources.s.quarantine: must be false where the signature is in the header Authorization, which is never kept: such a request could not be verified again"),
    # a quarantine that would keep credentials
    (source("adapter: token, secrets: [abc], header: X-T, id: body.id, type: body.type, quarantine: true"), "config.yaml:2: sources.s.quarantine: must be false for the adapter token: its requests carry the secret itself, and a quarantined one would keep a live credential"),
    # a tolerance for a provider that signs no time
    (source("adapter: github, secrets: [abc], tolerance: 5m"), "config.yaml:2: sources.s.tolerance: has no effect: GitHub signs no time; leave it out"),
    # neither true nor false
    (source("adapter: github, secrets: [abc], quarantine: maybe"), "config.yaml:2: sources.s.quarantine: must be true or false, not 'maybe'"),
    # fewer than none
    (source("adapter: github, secrets: [abc], keep_rejections: -1"), "config.yaml:2: sources.s.keep_rejections: must be at least 0, not -1"),
    # --- subscriptions
    # a list of them
    (OK + "subscriptions: [a]\n", 'config.yaml:2: subscriptions: must be a mapping of names, such as {app: {events: ["stripe/*"], destination: {type: http, url: "http://127.0.0.1:9000/hooks"}}}'),
    # a subscription of nothing
    (OK + "subscriptions: {app: }\n", 'config.yaml:2: subscriptions.app: must be a mapping, such as in app: {events: ["stripe/*"], destination: {type: http, url: "http://127.0.0.1:9000/hooks"}}'),
    # a name in capitals
    (OK + "subscriptions: {App: {}}\n", "config.yaml:2: subscriptions.App: a name is 1 to 64 characters, each a-z, 0-9, - or _, the first a letter or digit"),
    # events that are no list
    (app(TO, events="a/*"), "config.yaml:4: subscriptions.app.events: must be a list in [ ], not 'a/*'"),
    # no events
    (app(TO, events="[]"), 'config.yaml:4: subscriptions.app.events: must name at least one pattern, such as ["stripe/*"]; ** is every event'),
    # a pattern with a space
    (app(TO, events='["a b"]'), "config.yaml:4: subscriptions.app.events[0]: must be a pattern such as stripe/customer.created, github/* or **: printable ASCII without spaces, not 'a b'"),
    # an empty segment
    (app(TO, events="[a//b]"), "config.yaml:4: subscriptions.app.events[0]: must be segments divided by one /, with * inside a segment and ** across them, such as stripe/*, not 'a//b'"),
    # three stars
    (app(TO, events='["***"]'), "config.yaml:4: subscriptions.app.events[0]: must be segments divided by one /, with * inside a segment and ** across them, such as stripe/*, not '***'"),
    # no destination
    (app("format: raw"), 'config.yaml:3: subscriptions.app.destination: is missing; write for example destination: {type: http, url: "http://127.0.0.1:9000/hooks"}'),
    # another kind of destination
    (to('type: htp, url: "http://x"'), "config.yaml:5: subscriptions.app.destination.type: there is no 'htp'; did you mean 'http'?"),
    # no URL
    (to("type: http"), "config.yaml:5: subscriptions.app.destination.url: is missing; write for example url: http://127.0.0.1:9000/hooks"),
    # a URL without a scheme
    (to('type: http, url: "127.0.0.1:9000"'), "config.yaml:5: subscriptions.app.destination.url: must be a URL such as http://127.0.0.1:9000/hooks, not '127.0.0.1:9000'"),
    # a URL without a host
    (to('type: http, url: "http:///hooks"'), "config.yaml:5: subscriptions.app.destination.url: must be a URL such as http://127.0.0.1:9000/hooks, not 'http:///hooks'"),
    # a URL with a password
    (to('type: http, url: "http://me:hidden@x/"'), "config.yaml:5: subscriptions.app.destination.url: must not hold a user or password: a URL is printed, put them into a header"),
    # a URL with a fragment
    (to('type: http, url: "http://x/#a"'), "config.yaml:5: subscriptions.app.destination.url: must not have a #fragment: it is never sent"),
    # a signing secret too short
    (to(f"{HTTP}, secrets: [short]"), "config.yaml:5: subscriptions.app.destination.secrets[0]: a secret must be whsec_… or have at least 8 characters"),
    # a signing secret that is not base64
    (to(f"{HTTP}, secrets: [whsec_abc]"), "config.yaml:5: subscriptions.app.destination.secrets[0]: a secret that starts with whsec_ must go on with base64 of 24 to 64 bytes (8 to 128 are accepted)"),
    # a signing secret that is not set
    (to(f'{HTTP}, secrets: ["${{A}}"]'), "config.yaml:5: subscriptions.app.destination.secrets: the environment variable A is not set; set it, or run with --dev to have one generated"),
    # unsigned by accident
    (to(f'{HTTP}, secrets: ["${{A:-}}"]'), "config.yaml:5: subscriptions.app.destination.secrets: no secret is set; set A, or write [] to send unsigned"),
    # a header that is none
    (to(f"{HTTP}, headers: {{a b: c}}"), "config.yaml:5: subscriptions.app.destination.headers.a b: is not a header name; use letters, digits and - as in X-Api-Key"),
    # a header that the gateway sends
    (to(f"{HTTP}, headers: {{Webhook-Id: c}}"), "config.yaml:5: subscriptions.app.destination.headers.Webhook-Id: is a header that the gateway itself sends; choose another name"),
    # a header that cannot be sent
    (to(f"{HTTP}, headers: {{X-A: é}}"), "config.yaml:5: subscriptions.app.destination.headers.X-A: must be printable ASCII, with no space at either end"),
    # headers in one text are not repeated
    (to(f'{HTTP}, headers: "X-A: hidden"'), "config.yaml:5: subscriptions.app.destination.headers: must be a mapping of keys and values in { }"),
    # a misspelt key, deeper down
    (to(f"{HTTP}, timout: 5s"), "config.yaml:5: subscriptions.app.destination.timout: unknown key; did you mean 'timeout'?"),
    # a format that is none
    (app(f"{TO}\n    format: evnt"), "config.yaml:6: subscriptions.app.format: must be 'event', 'raw' or 'cloudevents', not 'evnt'"),
    # a schedule that is no list
    (app(f"{TO}\n    retry: {{schedule: 5s}}"), "config.yaml:6: subscriptions.app.retry.schedule: must be a list in [ ], not '5s'"),
    # a schedule without units
    (app(f"{TO}\n    retry: {{schedule: [5s, 10]}}"), "config.yaml:6: subscriptions.app.retry.schedule[1]: needs a unit (ms, s, m, h, d); write 10s, not 10"),
    # too much jitter
    (app(f"{TO}\n    retry: {{jitter: 2}}"), "config.yaml:6: subscriptions.app.retry.jitter: must be at most 1.0, not 2"),
    # jitter in words
    (app(f"{TO}\n    retry: {{jitter: some}}"), "config.yaml:6: subscriptions.app.retry.jitter: must be a number, not 'some'"),
    # no delivery at all
    (app(f"{TO}\n    concurrency: 0"), "config.yaml:6: subscriptions.app.concurrency: must be at least 1, not 0"),
    # a key like no other
    # a filter with a mistake, with its place
    (app(f"{TO}\n    if: event.data.amount >"), "config.yaml:6: subscriptions.app.if: is no CEL expression: column 20: mismatched input '<EOF>'"),
    # a filter over a field that no event has
    (app(f"{TO}\n    if: event.nme == 'x'"), "config.yaml:6: subscriptions.app.if: column 7: event has no field 'nme'; did you mean 'name'?"),
    # a filter that is no text
    (app(f"{TO}\n    if: true"), 'config.yaml:6: subscriptions.app.if: must be a CEL expression in quotes, such as "event.data.livemode == true", not true'),
    # a key with a mistake
    (app(f"{TO}\n    order_by: customer"), "config.yaml:6: subscriptions.app.order_by: column 1: there is no 'customer'; there are event"),
    # an order without a key
    (app(f"{TO}\n    order: skip"), "config.yaml:3: subscriptions.app: order: says nothing without order_by:, the expression whose value is the key"),
    # a wait without an end
    (app(f"{TO}\n    waits: {{for: 'a/b'}}"), "config.yaml:6: subscriptions.app.waits.timeout: is missing; write for example timeout: 24h"),
    # a wait for nothing
    (app(f"{TO}\n    waits: {{timeout: 1h}}"), 'config.yaml:6: subscriptions.app.waits.for: is missing; write for example for: "shop/order.paid"'),
    # a wait for what is no name
    (app(f"{TO}\n    waits: {{for: 'a b', timeout: 1h}}"), "config.yaml:6: subscriptions.app.waits.for[0]: must be a pattern such as stripe/customer.created, github/* or **: printable ASCII without spaces, not 'a b'"),
    # a wait too short
    (app(f"{TO}\n    waits: {{for: 'a/b', timeout: 500ms}}"), "config.yaml:6: subscriptions.app.waits.timeout: must be 1s to 365d, not 500ms"),
    # a wait too long
    (app(f"{TO}\n    waits: {{for: 'a/b', timeout: 400d}}"), "config.yaml:6: subscriptions.app.waits.timeout: must be 1s to 365d, not 400d"),
    # a match that ends too early
    (app(f"{TO}\n    waits: {{for: 'a/b', match: 'event.id ==', timeout: 5s}}"), "config.yaml:6: subscriptions.app.waits.match: is no CEL expression: column 12: mismatched input '<EOF>'"),
    # a match with a name that is not there
    (app(f"{TO}\n    waits: {{for: 'a/b', match: 'event.id == asyn.id', timeout: 5s}}"), "config.yaml:6: subscriptions.app.waits.match: column 13: there is no 'asyn'; did you mean 'async'?"),
    # a match with a field that no event has
    (app(f"{TO}\n    waits: {{for: 'a/b', match: 'async.dat.x == 1', timeout: 5s}}"), "config.yaml:6: subscriptions.app.waits.match: column 7: async has no field 'dat'; did you mean 'data'?"),
    # an unknown key of a wait
    (app(f"{TO}\n    waits: {{for: 'a/b', timeout: 5s, on: x}}"), "config.yaml:6: subscriptions.app.waits.on: unknown key; the keys are for, match, timeout"),
    # a form that has no room for the second event
    (app(f"{TO}\n    waits: {{for: 'a/b', timeout: 5s}}\n    format: raw"), "config.yaml:3: subscriptions.app: waits: format raw has no room for a second event; add a transform: that makes one of event and async"),
    # a destination that has none
    (app("destination: {type: inngest, event_key: abc}\n    waits: {for: 'a/b', timeout: 5s}"), "config.yaml:3: subscriptions.app: waits: type inngest has no room for a second event; add a transform: that makes one of event and async"),
    # a function, which waits by itself
    (app("destination: {type: python, handler: 'json:loads'}\n    waits: {for: 'a/b', timeout: 5s}"), "config.yaml:3: subscriptions.app: waits: a function waits by itself: leave it out and call ctx.wait_for"),
    # a transform that sees one event only
    (app(f"{TO}\n    waits: {{for: 'a/b', timeout: 5s}}\n    transform: {{python: 'json:loads'}}"), "config.yaml:3: subscriptions.app: waits: a transform: in Python sees one event only; write it in CEL, over event and async"),
    # two ways to wait
    (app(f"{TO}\n    waits: {{for: 'a/b', timeout: 5s}}\n    debounce: {{period: 5s}}"), "config.yaml:3: subscriptions.app: waits: can't be combined with debounce:; leave one out"),
    # what goes together can't be cancelled one by one
    (app(f"{TO}\n    cancel_on: {{event: 'a/b'}}\n    batch: {{size: 2, timeout: 5s}}"), "config.yaml:3: subscriptions.app: cancel_on: can't be combined with batch:, whose events go together; leave one out"),
    # a transform that names the second event where there is none
    (app(f"{TO}\n    transform: async.data"), "config.yaml:3: subscriptions.app: transform: there is no async without waits:; there is event"),
    # a name in the place of a rule
    (app(f"{TO}\n    cancel_on: a/b"), 'config.yaml:6: subscriptions.app.cancel_on: must be a rule such as {event: "shop/order.cancelled", if: "event.data.id == async.data.id"}, or a list of such, not \'a/b\''),
    # a rule without an event
    (app(f"{TO}\n    cancel_on: {{if: 'event.id == async.id'}}"), 'config.yaml:6: subscriptions.app.cancel_on[0].event: is missing; write for example event: "shop/order.cancelled"'),
    # a condition with a name that is not there
    (app(f"{TO}\n    cancel_on: [{{event: 'a/b'}}, {{event: 'c/d', if: 'nope == 1'}}]"), "config.yaml:6: subscriptions.app.cancel_on[1].if: column 1: there is no 'nope'; there are event, async"),
    # too many rules
    (app(f"{TO}\n    cancel_on: [{', '.join(['{event: a/b}'] * 11)}]"), "config.yaml:6: subscriptions.app.cancel_on: may hold 10 rules, not 11; name several events in one"),
    # no such order
    (app(f"{TO}\n    order_by: event.id\n    order: wait"), "config.yaml:7: subscriptions.app.order: must be 'block' or 'skip', not 'wait'"),
    (app(f"{TO}\n    filtr: x"), "config.yaml:6: subscriptions.app.filtr: unknown key; the keys are events, if, order_by, order, waits, cancel_on, destination, format, transform, idempotency, debounce, batch, retry, concurrency, breaker, priority, rate_limit, throttle, timeouts"),
]
# fmt: on


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_a_bad_entry_is_refused_with_these_words(
    problems: Callable[..., list[str]], text: str, expected: str
) -> None:
    assert problems(text, {"EMPTY": ""}) == expected.split("\n")
