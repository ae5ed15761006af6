"""The README and the guides: every command is run, in order, on a real gateway, and shows what they say.

A block begins with ``` and one of these words:

    console     commands after `$ `, and what they show; a line `…` stands for any number of lines
    sh          commands alone
    yaml        must load as part of config.yaml; with `config.yaml` it is put into the file at that point
    python      with a path it is written there; `verify` is run on a signed delivery
    json        must be what the gateway sends under that name
    text, ini, nginx, sql   a picture, or another program's; tests/deploy runs what is SQL

Ids, times and secrets are compared by their form, and so is every number of a table by sqlite-utils.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

import adapters
from gateway.config import load
from gateway.destinations.formats import cloudevents, event
from gateway.destinations.signature import sign
from gateway.event import Event
from gateway.pipeline import system
from gateway.pipeline.route import Router
from gateway.store.records import Attempt, Claimed, Delivery, Duplicate
from gateway.store.watch import Watched
from tests.service.conftest import eventually, free_port

ROOT = Path(__file__).parents[1]
GUIDES = ["docs/stripe.md", "docs/delivery.md", "docs/duplicates.md", "docs/operating.md", "docs/scale.md"]
PAGES = ["README.md", *GUIDES]

NOT_OURS = {
    "stripe": "Stripe's command line: it needs an account there",
    "docker": "containers can't be built where the tests run",
    "curl": "the README needs nothing but Python, pip and make, so a machine may be without it",
    "datasette": "another way to look at the tables; not among our dependencies",
}
"""Programs whose commands are looked at for their form only, and why."""

STAYS = ("make run", "gateway serve --dev", ".venv/bin/python examples/subscriber.py")
"""Commands that go on until they are stopped; a second gateway takes the place of the first."""

ASKS = ("gateway events", "gateway deliveries", "gateway quarantine list", "sqlite-utils query")
"""Commands that only look, and so may be asked again until an attempt or a rejection is written down."""

BEFORE = {"docs/operating.md": [f"gateway trigger stripe customer.created --id evt_{n}" for n in (1, 2, 3)]}
"""What was done before a page begins."""

LISTENING = "…\nTIME INFO gateway listening on http://127.0.0.1:8080 with config.yaml\n"

# make has nothing to install: the virtual environment of this test run is used.
SETUP = ['make() { command make -o .venv/installed -o .venv/installed-test "$@"; }']
SECRET = "whsec_" + base64.b64encode(b"a-key-of-thirty-two-bytes-length").decode()


# Reading the pages


@dataclass(frozen=True)
class Block:
    """A fenced block: its first word, the rest of that line, and the text."""

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Each command with what it shows."""
        if self.language == "sh":
            return [(line, "") for line in self.text.splitlines()]
        if self.language != "console":
            return []
        parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts)]


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.finditer(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(page, text.count("\n", 0, one.start()) + 1, *one.groups()) for one in found]


EVERY = [block for page in PAGES for block in blocks(page)]


def of(*languages: str) -> list[Any]:
    """The blocks in these languages, as parameters of a test."""
    return [pytest.param(one, id=f"{one.page}:{one.line}") for one in EVERY if one.language in languages]


def is_ours(command: str) -> bool:
    """Whether it can be run here."""
    return shlex.split(command)[0] not in NOT_OURS


# Comparing by form

MASKS = [
    (r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "ULID"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(,\d+)?", "TIME"),
    # on a busy machine the second attempt comes before one has looked
    (r"pending +[12] +TIME", "pending 1 TIME"),
    (r"whsec_[\w+/=]{30,}|\b[0-9a-f]{64}\b", "SECRET"),
    (r"[+]\d+(ms|s)\b", "GAP"),
    (r"\b1\d{9}\b", "UNIX"),
    (r"=* ?\d+ passed.* in [^=]*=*", "PASSED"),
    (r"[ \t]+", " "),
    (r" $", ""),
]


def masked(text: str, command: str) -> str:
    """What differs from run to run replaced by its kind."""
    numbers = [(r"\d+", "N"), ("-{2,}", "--")] if command.startswith("sqlite-utils") else []
    for pattern, kind in MASKS + numbers:
        text = re.sub(pattern, kind, text, flags=re.MULTILINE)
    return text.strip() + "\n" if text.strip() else ""


def expected(shown: str, command: str) -> re.Pattern[str]:
    """What the output of `command` must be like."""
    lines = re.escape(masked(shown, command).replace("…\n", "\0"))
    return re.compile(lines.replace("\0", "(?:.*\\n)*?"))


# Running the commands


@dataclass
class Session:
    """A folder like a fresh clone, and what was started in it."""

    folder: Path
    ports: Mapping[str, str]
    env: Mapping[str, str]
    setup: list[str] = field(default_factory=lambda: [*SETUP])
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def play(self, block: Block) -> None:
        """Do what the reader of a block would do."""
        if block.language == "yaml" and block.title:
            self.write(block.title, merged((self.folder / block.title).read_text(), block.text))
        if block.language == "python" and "/" in block.title:
            self.write(block.title, block.text)
        for command, shown in filter(lambda one: is_ours(one[0]), block.commands):
            self.run(command, shown)

    def run(self, command: str, shown: str) -> None:
        """Run a command and compare."""
        self.done.append(command)
        if command.startswith((". ", "export ")):
            self.setup.append(command)
        elif command in STAYS:
            self.stay(command, shown)
        else:
            wanted = expected(shown, command)
            deadline = time.monotonic() + (30 if command.startswith(ASKS) else 0)
            while not wanted.fullmatch(got := masked(self.output(command), command)):
                assert time.monotonic() < deadline, f"$ {command}\n{got}\ninstead of\n{wanted.pattern}"
                time.sleep(0.2)

    def output(self, command: str) -> str:
        """Everything that a command prints."""
        script = "\n".join([*self.setup, self.with_ports(command)])
        ran = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self.env, timeout=90,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return self.readable(ran.stdout.decode())

    def stay(self, command: str, shown: str) -> None:
        """Start a command that goes on, and wait until it has shown what it should."""
        kind = "subscriber" if "subscriber" in command else "gateway"
        self.stop(kind)
        log = self.folder / f"{kind}.log"
        with log.open("wb") as output:
            self.started[kind] = subprocess.Popen(
                ["bash", "-c", "\n".join([*self.setup, command])], cwd=self.folder, env=self.env,
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        wanted = expected(shown or LISTENING, command)
        # On a slow machine the subscriber misses the second attempt, and the third is a minute later.
        eventually(lambda: wanted.match(masked(self.readable(log.read_text()), command)), within=90)

    def stop(self, kind: str) -> None:
        """End what was started, with everything that it started."""
        process = self.started.pop(kind, None)
        if process is None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)
        eventually(lambda: not group_lives(process.pid))

    def write(self, path: str, text: str) -> None:
        """Write a file of the folder, with the ports of this session."""
        target = self.folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(self.with_ports(text))

    def with_ports(self, text: str) -> str:
        """The ports of the pages replaced by free ones."""
        return re.sub(r"\b(8080|9000)\b", lambda found: self.ports[found[0]], text)

    def readable(self, text: str) -> str:
        """The ports as the pages have them, and the folder as `…`."""
        for written, real in self.ports.items():
            text = text.replace(f":{real}", f":{written}")
        return text.replace(str(self.folder), "…")


def group_lives(group: int) -> bool:
    """Whether a process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def merged(config: str, part: str) -> str:
    """config.yaml as a person would change it: `part` replaces the entries of the same name."""
    section = ""
    for entry in re.split(r"^(?=\S|  \S)", part, flags=re.MULTILINE):
        name = entry.split(":")[0]
        if entry.startswith("  "):
            before, top, after = config.partition(f"\n{section}:\n")
            after = re.sub(rf"^{name}:.*\n(?:   .*\n)*", "", after, count=1, flags=re.MULTILINE)
            config = before + top + entry + after
        elif entry.strip().endswith(":"):
            section = name
        elif entry:
            config = re.sub(rf"^{name}:.*\n", "", config, flags=re.MULTILINE) + entry
    return config


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A clone of what the pages talk about, whose `.venv` is the one of this test run."""
    ports = {"8080": str(free_port()), "9000": str(free_port())}
    ours = ("GATEWAY_", "STRIPE_", "GITHUB_", "WELCOME_", "MAKE", "MFLAGS", "PYTEST_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    shown = {"GATEWAY_LOG_FORMAT": "text"}  # as on a terminal, where a newcomer sits
    made = Session(tmp_path, ports, env | shown | {"PYTEST_ARGS": "tests/test_one.py"})
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("config.yaml", "examples/subscriber.py"):
        made.write(name, (ROOT / name).read_text())
    made.write("tests/test_one.py", "def test_one():\n    assert True\n")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    yield made
    for kind in list(made.started):
        made.stop(kind)


@pytest.fixture
def guide(session: Session) -> Session:
    """A session in which a gateway runs and `gateway` is on the PATH."""
    session.env = {**session.env, "PATH": f"{session.folder}/.venv/bin:{session.env['PATH']}"}
    session.stay("gateway serve --dev", "")
    return session


# The pages


def test_the_readme_shows_what_happens(session: Session) -> None:
    for block in blocks("README.md"):
        session.play(block)
    ours = [command for block in blocks("README.md") for command, _ in block.commands if is_ours(command)]
    assert session.done == ours and "make run" in ours and "make test" in ours


@pytest.mark.parametrize("page", GUIDES)
def test_a_guide_shows_what_happens(guide: Session, page: str) -> None:
    for command in BEFORE.get(page, []):
        guide.output(command)
    for block in blocks(page):
        guide.play(block)
    ours = [command for block in blocks(page) for command, _ in block.commands if is_ours(command)]
    assert guide.done == ours


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    kinds = {"console", "sh", "yaml", "python", "json", "text", "ini", "sql", "nginx"}
    fences = [line for page in PAGES for line in (ROOT / page).read_text().splitlines() if line[:3] == "```"]
    assert {block.language for block in EVERY} == kinds
    assert len(fences) == 2 * len(EVERY)


def test_the_commands_of_other_programs_are_well_formed() -> None:
    theirs = [command for block in EVERY for command, _ in block.commands if not is_ours(command)]
    assert {shlex.split(command)[0] for command in theirs} == NOT_OURS.keys()
    url = "http://127.0.0.1:8080/webhooks/stripe"
    assert str(adapters.load("stripe").forwarder).format(url=url) in theirs
    assert all(len(shlex.split(command)) > 1 for command in theirs)


@pytest.mark.parametrize("block", of("yaml"))
def test_each_yaml_block_loads(block: Block, tmp_path: Path) -> None:
    text = merged((ROOT / "config.yaml").read_text(), block.text)
    for module in (one for one in EVERY if one.title.startswith(("my-adapters/", "myapp/"))):
        (tmp_path / module.title).parent.mkdir(exist_ok=True)
        (tmp_path / module.title).write_text(module.text)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "stripe").write_text(SECRET)
    (tmp_path / "config.yaml").write_text(text)
    known = {"GATEWAY_EVENT_KEY": "key", "STRIPE_API_KEY": "rk_test_1"}
    env = dict.fromkeys(re.findall(r"\$\{(\w+)", text), SECRET) | known
    settings = load(tmp_path / "config.yaml", env)
    assert settings.sources and set(re.findall(r"^(\w+):", block.text, re.MULTILINE)) <= set(dir(settings))


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "docs/index.md", *GUIDES])
def test_each_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text())
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_the_index_names_every_page() -> None:
    named = re.findall(r"\((\w+\.md)\)", (ROOT / "docs" / "index.md").read_text())
    assert set(named) == {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "docs/index.md", *GUIDES])
def test_no_page_names_a_machine(page: str) -> None:
    assert not re.search(r"/(root|home|tmp|work)/", (ROOT / page).read_text())


# The adapter of the README, and the subscriber


def test_the_adapter_receives_what_somebody_else_signed(session: Session) -> None:
    for block in (one for one in blocks("README.md") if "my-adapters" in one.title + one.text):
        if block.language != "console":
            session.play(block)
    session.env = {**session.env, "TALLY_SECRET": "a secret of the form"}
    session.stay("make run", "")
    body = b'{"eventId":"01J","eventType":"FORM_RESPONSE","data":{"fields":[]}}'
    digest = base64.b64encode(hmac.digest(b"a secret of the form", body, hashlib.sha256)).decode()
    url = f"http://127.0.0.1:{session.ports['8080']}/webhooks/forms"
    sent = [httpx.post(url, content=body, headers={"tally-signature": p + digest}) for p in ("sha256=", "")]
    assert [response.status_code for response in sent] == [401, 200]


@pytest.mark.parametrize("secret", [SECRET, "a secret of sixteen letters"])
def test_the_subscriber_works_once_and_refuses_a_forgery(session: Session, secret: str) -> None:
    url = f"http://127.0.0.1:{session.ports['9000']}/hooks"
    process = subprocess.Popen(
        [sys.executable, "examples/subscriber.py", secret], cwd=session.folder, stdout=subprocess.PIPE
    )
    try:
        assert eventually(lambda: answer(url, SECRET.encode(), b"{}")) == 401
        key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
        body = b'{"name": "stripe/customer.created", "id": "evt_1"}'
        assert [answer(url, key, body, old) for old in (0, 0, 301)] == [204, 204, 401]
    finally:
        process.terminate()
        printed, _ = process.communicate(timeout=10)
    assert printed == b"stripe/customer.created evt_1\n"


def answer(url: str, key: bytes, body: bytes, old: int = 0) -> int | None:
    """The status of a signed delivery, made `old` seconds ago; None while nobody listens."""
    try:
        headers = sign("01M852MQ0WKB54M6ZTGY5C5MG5", int(time.time()) - old, body, [key])
        return httpx.post(url, content=body, headers=headers).status_code
    except httpx.ConnectError:
        return None


@pytest.mark.parametrize("block", [one for one in of("python") if one.values[0].title == "verify"])
def test_a_library_verifies_a_delivery(block: Block) -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    body = b'{"name": "stripe/customer.created"}'
    names: dict[str, Any] = {"secret": SECRET, "body": body}
    exec(block.text, names | {"headers": sign("id", int(time.time()), body, [key])}, names)
    assert names["event"] == {"name": "stripe/customer.created"}


# What the pages show of the gateway's own JSON


def claimed() -> Claimed:
    """A delivery of a Stripe event."""
    data = '{"id": "evt_1", "object": "event"}'
    happened = Event("01M", "evt_1", "stripe/customer.created", "stripe", data, 1, "2026-10-28.endive", 1)
    made = Delivery("01D", "01M", "welcome-email", "pending", 1, 2, 0, 1)
    return Claimed(made, happened, "[]", data.encode())


def sent() -> dict[str, bytes]:
    """What the gateway sends, by the title of the block that shows it."""
    router = Router({"app": ["gateway/*"]})
    one = claimed()
    failed, well = Attempt("01D", 2, 1, 1, 500, "it answered 500"), Attempt("01D", 1, 1, 1, 200)
    copy = Duplicate("01C", "01M", "evt_1", "stripe/x", "stripe", 1, 1, False, ("a",), "twin", 0, "", "[]")
    emitted = [
        *system.ended(one.delivery, one.event, "dead", failed, router, 1)[:1],
        *system.ended(one.delivery, one.event, "cancelled", None, router, 1)[:1],
        *system.ended(one.delivery, one.event, "succeeded", well, router, 1),
        system.paused("app", "the subscriber answered 410 Gone", router, 1),
        system.resumed("app", router, 1),
        system.failing("app", "5 of 5 attempts failed within 5m", router, 1),
        system.duplicate_differs(copy, router, 1),
        system.source_silent("stripe", "1h", Watched("stripe", 1, 1, 1, False), router, 1),
        system.signature_rejected("stripe", {"bad_signature": 3, "stale_timestamp": 1}, 1, router, 1),
    ]
    bodies = {each.event.name: orjson.dumps(each.event.wire()) for each in emitted}
    return bodies | {"": event(one)[0], "event": event(one)[0], "cloudevents": cloudevents(one)[0]}


def keys(value: Any, depth: int = 3) -> Any:
    """The names of the fields, and of the fields inside, but for a provider's payload."""
    if not isinstance(value, dict) or not depth or not value or value.get("object") == "event":
        return None
    return {name: keys(inner, depth - 1) for name, inner in value.items()}


def json_blocks() -> list[Any]:
    """The blocks that show what is sent."""
    return of("json")


@pytest.mark.parametrize("block", json_blocks())
def test_each_json_block_has_the_fields_that_are_sent(block: Block) -> None:
    shown, real = json.loads(block.text), json.loads(sent()[block.title])
    assert keys(shown) == keys(real)


def test_every_system_event_is_shown() -> None:
    every = {name for name in vars(system).values() if isinstance(name, str) and name.startswith("gateway/")}
    shown = [*EVERY, *blocks("docs/contract.md")]
    assert every == {block.title for block in shown if block.title.startswith("gateway/")}
