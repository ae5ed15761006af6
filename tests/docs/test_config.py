"""Every block of YAML loads, in the place that its title says."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest

from gateway.config import load
from tests.destinations.pubsub import service_account
from tests.docs.blocks import EVERY, ROOT, Block, of
from tests.docs.merging import merged
from tests.docs.setups import BEFORE, Setup
from tests.importing import forgotten

FORMS = {
    "GATEWAY_KEY": base64.b64encode(bytes(32)).decode(),
    "GATEWAY_OLD_KEY": base64.b64encode(bytes([1] * 32)).decode(),
    "STRIPE_API_KEY": "rk_test_1",
    "DATABASE_URL": "postgresql://db/gateway",
    "CHAT_URL": "http://127.0.0.1:9000/chat",
    "SLACK_URL": "http://127.0.0.1:9000/slack",
    "PWD": "/srv/gateway",
    "/run/secrets/gcp.json": service_account(),
}
"""What variables and files hold where a text will not do."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with every file that the pages have in theirs."""
    files = {block.title: block.text for block in EVERY if block.is_file}
    for path, text in [*files.items(), *(pair for setup in BEFORE.values() for pair in setup.files.items())]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    with forgotten("myapp"):
        yield tmp_path


def whole(block: Block) -> str:
    """The block as a part of config.yaml, with what stands around it by its title."""
    if block.title == "source":
        return f"sources:\n  stripe:\n    adapter: stripe\n    secrets: [x]\n{indent(block.text, '    ')}"
    if block.title != "subscription":
        return block.text
    to = (
        ""
        if "destination:" in block.text
        else 'destination: {type: http, url: "http://127.0.0.1:9000/hooks"}\n'
    )
    return f"subscriptions:\n  app:\n    events: ['**']\n{indent(to + block.text, '    ')}"


def with_files(text: str, folder: Path) -> str:
    """The config with its absolute paths below the folder, and a secret in each file that it names."""
    for path in re.findall(r"file:(/?[\w/.-]+)", text):
        (folder / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (folder / path.lstrip("/")).write_text(FORMS.get(path, "whsec_of-a-file-0123456789"))
    return text.replace("file:/", "file:")


def variables(config: Path, adapter: str) -> dict[str, str]:
    """A value for each variable of the config: for the secrets of a source what its adapter makes."""
    text = config.read_text()
    named = re.findall(r"\$\{(\w+)", text)
    env = {name: FORMS.get(name, f"{name.lower()}-0123456789abcdef".replace("_", "-")) for name in named}
    theirs = re.findall(rf"adapter: {adapter}\b.*?secrets: \[(.*?)\]", text, re.DOTALL) if adapter else []
    secret = {name for part in theirs for name in re.findall(r"\$\{(\w+)", part)}
    draft = load(config, {n: v for n, v in env.items() if n not in secret}, secrets="generated")
    made = [one.adapter for one in draft.sources.values() if one.adapter.name == adapter and secret]
    return env | {name: made[0].generate_secret() for name in secret}


@pytest.mark.parametrize("block", of("yaml"))
def test_each_yaml_block_loads(block: Block, folder: Path) -> None:
    part = whole(block)
    config = folder / "config.yaml"
    before = merged((ROOT / "config.yaml").read_text(), BEFORE.get(block.page, Setup()).config)
    config.write_text(with_files(merged(before, part), folder))
    adapter = re.search(r"adapter: (\w+)", part)
    settings = load(config, variables(config, adapter[1] if adapter else ""))
    sections = set(re.findall(r"^(\w+):", part, re.MULTILINE))
    assert settings.sources and sections <= {*dir(settings), "functions", "schemas"}
