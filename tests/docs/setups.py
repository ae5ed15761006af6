"""What pages need before they begin, and which of their commands can't be run here, each with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

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
    A gateway runs, and `gateway` is a command, unless `is_fresh`. `commands` are run then, and must
    succeed. `python` is what the page's blocks of Python find defined. In another terminal, `ahead` of one
    and `meanwhile` it goes on, others are run; what goes on is stopped once it has shown all. With
    `has_database` the variable DATABASE_URL names an empty database of PostgreSQL.
    """

    config: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
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
KEYS = {"SHOP_EVENT_KEY": "a-key-of-the-shop", "CRM_EVENT_KEY": "a-key-of-the-crm"}

PUBLISHED = json.dumps(
    {**json.loads((ROOT / "tests/vectors/github.json").read_text())["vectors"][0], "provider": "github"}
)
"""A request whose signature GitHub has published."""

PAID = '"name": "order/invoice.paid", "id": "inv-1", "data": {"amount": 7, "tenant": "t_1"}'

DYING = """
subscriptions:
  welcome-email:
    events: ["stripe/*", "github/*"]
    destination: {type: http, url: "http://127.0.0.1:9000/hooks", secrets: ["${WELCOME_SECRET}"]}
    retry: {schedule: []}
"""
"""A delivery that fails is a dead letter at once."""

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
    "docs/cli.md": Setup(
        config="""
subscriptions:
  big-customers:
    events: ["stripe/charge.*"]
    if: event.data.data.object.amount > 10000
    destination: {type: http, url: "http://127.0.0.1:9000/hooks"}
""",
        files={"request.json": PUBLISHED, "captured.jsonl": PUBLISHED},
        commands=("gateway trigger stripe charge.succeeded --id evt_1",),
    ),
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
    "docs/failures.md": Setup(
        env={
            "STRIPE_WEBHOOK_SECRET": "whsec_x",
            "GITHUB_WEBHOOK_SECRET": "x",
            "WELCOME_SECRET": "sixteen-letters-",
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
