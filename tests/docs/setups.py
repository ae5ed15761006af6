"""What pages need before they begin, and which of their commands can't be run here, each with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests import github_api, stripe_api
from tests.docs.blocks import ROOT

NOT_HERE = {
    r"stripe ": "Stripe's command line: it needs an account there",
    r"docker ": "containers can't be built where the tests run",
    r"gateway store copy .*@db/": "there is no such server: docs/upgrade.md copies to one that is there",
    r"datasette ": "another way to look at the tables; not among our dependencies",
    r"gcloud ": "Google Cloud's command line: it needs an account there",
    r"curl .*https://(app\.asana\.com|api\.telegram\.org|api\.trello\.com)/": "it needs an account there",
}
"""Beginnings of commands that are looked at for their form only, and why."""

BROUGHT = {"curl", "jq", "openssl"}
"""Programs that pages use and that a machine may be without: then such a page is skipped, and says so."""


@dataclass(frozen=True)
class Setup:
    """What was done before a page begins.

    `config` is put into config.yaml as a block of the page would be, `env` are variables, `files` are there.
    `apis` are the providers' that stand in. A gateway runs, and `gateway` is a command, unless `is_fresh`.
    `commands` are run then, and must succeed. `python` is what the page's blocks of Python find defined. In
    another terminal, `ahead` of one and `meanwhile` it goes on, others are run; what goes on is stopped once
    it has shown all. With `has_database` the variable DATABASE_URL names an empty database of PostgreSQL.
    """

    config: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    apis: tuple[str, ...] = ()
    is_fresh: bool = False
    commands: tuple[str, ...] = ()
    python: str = ""
    ahead: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    meanwhile: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_database: bool = False


TOKENS = {
    "GATEWAY_ADMIN_TOKEN": "a-token-of-the-admin",
    "GATEWAY_TOKEN": "a-token-of-the-admin",
    "GRAFANA_TOKEN": "a-token-of-grafana",
    "DEPLOY_TOKEN": "a-token-of-deploys",
}
PRODUCTION = {
    "STRIPE_WEBHOOK_SECRET": "whsec_of_the_endpoint",
    "GITHUB_WEBHOOK_SECRET": "a-secret-of-github",
    "WELCOME_SECRET": "sixteen-letters-",
}
KEYS = {"SHOP_EVENT_KEY": "a-key-of-the-shop", "CRM_EVENT_KEY": "a-key-of-the-crm"}

PUBLISHED = json.dumps(
    {**json.loads((ROOT / "tests/vectors/github.json").read_text())["vectors"][0], "provider": "github"}
)
"""A request whose signature GitHub has published."""

HANDLER = """
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()

HTTPServer(("127.0.0.1", 3000), Handler).serve_forever()
"""
ANSWERS = "until curl -s http://127.0.0.1:%s; do sleep 0.05; done"
REFUSED = "env -u GATEWAY_URL gateway trigger stripe customer.created --secret whsec_of_the_new_endpoint"

MISTAKEN = """sources:
  stripe: {adaptr: stripe, secrets: [x]}
subscriptions:
  app:
    events: ["stripe/*"]
    destination: {type: http, url: "http://127.0.0.1:9000/hooks", timeout: 15}
"""

PAID = '"name": "order/invoice.paid", "id": "inv-1", "data": {"amount": 7, "tenant": "t_1"}'

DYING = """
subscriptions:
  welcome-email:
    events: ["stripe/*", "github/*"]
    destination: {type: http, url: "http://127.0.0.1:9000/hooks", secrets: ["${WELCOME_SECRET}"]}
    retry: {schedule: []}
"""
"""A delivery that fails is a dead letter at once."""

COMMAND_LINE = Setup(
    config=DYING.replace('"stripe/*"', '"stripe/customer.created", "stripe/invoice.paid"')
    + """\
  big-customers:
    events: ["stripe/charge.succeeded"]
    if: event.data.data.object.amount > 10000
    destination: {type: http, url: "http://127.0.0.1:9000/hooks"}
server: {admin_token: "${GATEWAY_ADMIN_TOKEN}", public_url: "https://hooks.example.com", port: 8080}
sources:
  stripe:
    adapter: stripe
    secrets: ["file:secrets/old", "file:secrets/new"]
    quarantine: true
    backfill: {api_key: "${STRIPE_API_KEY}", at_start: false, api_base: "https://api.stripe.com"}
""",
    env={**TOKENS, "STRIPE_API_KEY": stripe_api.KEY},
    apis=("https://api.stripe.com",),
    files={
        "secrets/old": "whsec_of_the_old_endpoint",
        "secrets/new": "whsec_of_the_old_endpoint",
        "request.json": PUBLISHED,
        "captured.jsonl": PUBLISHED,
        "handler.py": HANDLER,
    },
    ahead={
        "gateway trigger stripe customer.created --id evt_1": ("sleep 1.1",),  # made in another second
        "gateway tail --all --source stripe": ("python examples/subscriber.py &", ANSWERS % 9000),
        "gateway listen --to http://localhost:3000/hook --source stripe": (
            "python handler.py &",
            ANSWERS % 3000,
        ),
        "gateway why evt_5 big-customers": ("gateway trigger stripe charge.succeeded --id evt_5",),
        "gateway quarantine release --source stripe --since 2h": (
            *(f"{REFUSED} --id {id}; true" for id in ("evt_6", "evt_7", "evt_7")),
            "until gateway quarantine list | grep -c kept | grep 4; do sleep 0.1; done",
            "echo whsec_of_the_new_endpoint > secrets/new",
            "gateway reload",
        ),
    },
    meanwhile={
        "gateway tail --all --source stripe": (
            "gateway trigger stripe customer.created --id evt_2",
            "until gateway deliveries --event evt_2 | grep succeeded; do sleep 0.1; done",
            "sleep 1.1",
            "gateway trigger stripe customer.created --id evt_2",
            "gateway trigger stripe customer.created --secret whsec_of_nobody; true",
        ),
        "gateway listen --to http://localhost:3000/hook --source stripe": (
            "gateway trigger stripe customer.created --id evt_3",
        ),
    },
)

BEFORE = {
    "README.md": Setup(is_fresh=True),
    "docs/api.md": Setup(
        config=DYING,
        env=TOKENS,
        commands=("gateway trigger stripe customer.created --id evt_1",),
        python="import os\ntoken = os.environ['GATEWAY_TOKEN']",
        ahead={
            'curl -s -H "Authorization: Bearer $GATEWAY_TOKEN" "$url&cursor=$cursor"': (
                "gateway trigger stripe customer.created",
            )
        },
    ),
    "docs/backfill.md": Setup(
        config="""
sources:
  github:
    adapter: github
    secrets: ["${GITHUB_WEBHOOK_SECRET}"]
    hook: repos/octo-org/hello/hooks/123456
    backfill: {api_key: "${GITHUB_TOKEN}", at_start: false, api_base: "https://api.github.com"}
""",
        env={"GITHUB_TOKEN": github_api.TOKEN},
        apis=("https://api.github.com",),
    ),
    "docs/cli.md": COMMAND_LINE,
    "docs/configuration.md": Setup(files={"mistaken.yaml": MISTAKEN}),
    "docs/contract.md": Setup(
        config='event_keys: {shop: "${SHOP_EVENT_KEY}"}\n',
        env=KEYS,
        commands=(
            "gateway trigger stripe charge.succeeded",
            f"curl -fsS http://127.0.0.1:8080/e/$SHOP_EVENT_KEY -d '{{{PAID}}}'",
        ),
        python="from events import AnyEvent\nfrom pydantic import TypeAdapter\n"
        f'body = b\'{{{PAID}, "ts": 1, "v": null}}\'',
    ),
    "docs/failures.md": Setup(env=PRODUCTION),
    "docs/privacy.md": Setup(env=PRODUCTION, commands=("gateway trigger stripe customer.created",)),
    "docs/functions.md": Setup(
        files={
            "elsewhere/config.yaml": """sources: {stripe: {adapter: stripe, secrets: [x]}}
functions: [myapp.handlers]
"""
        }
    ),
    "docs/operating.md": Setup(
        env={"GATEWAY_ADMIN_TOKEN": "a-token-of-the-admin"},
        commands=tuple(f"gateway trigger stripe customer.created --id evt_{n}" for n in (1, 2, 3)),
    ),
    "docs/send.md": Setup(
        config='event_keys: {shop: "${SHOP_EVENT_KEY}", crm: "${CRM_EVENT_KEY}"}\n',
        env=KEYS,
        commands=("""curl -fsS http://127.0.0.1:8080/e/$SHOP_EVENT_KEY -d '{"name": "order/created"}'""",),
        python="import os\nimport inngest\nkey = os.environ['SHOP_EVENT_KEY']",
    ),
    "docs/upgrade.md": Setup(
        commands=tuple(f"gateway trigger stripe customer.created --id evt_{n}" for n in (1, 2)),
        has_database=True,
    ),
}
"""By page; a page that is not here begins with the gateway of `make run`, and nothing in its store."""


def reason_not_here(command: str) -> str | None:
    """Why a command can't be run here; None where it can."""
    return next((why for begins, why in NOT_HERE.items() if re.match(begins, command)), None)


def programs(command: str) -> set[str]:
    """The words of a command, among them the programs that it runs."""
    return set(re.findall(r"[\w-]+", command))
