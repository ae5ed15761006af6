"""What holds for every command: finding the config and the store, refusing what can't be, exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import __version__
from gateway.cli import VERBS, app
from tests.cli.conftest import NOW, Home, event

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"


def test_help_lists_every_verb_without_importing_what_it_needs() -> None:
    code = (
        "import sys; from gateway.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "slow = {'httpx', 'stripe', 'rich', 'pydantic', 'sqlite_utils', 'starlette', 'uvicorn'}\n"
        "print('imported', sorted(slow & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.endswith("imported []\n")
    assert all(f"\n  {verb} " in shown for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    result = CliRunner().invoke(app, [verb, "--help"])
    assert result.exit_code == 0
    assert "Usage: " in result.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_section_in_the_docs(verb: str) -> None:
    assert re.search(rf"^## .*`{verb}`", DOCS.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_option_is_in_the_docs() -> None:
    text = DOCS.read_text(encoding="utf-8")
    groups = [[verb] for verb in VERBS]
    groups += [["quarantine", "list"], ["quarantine", "release"], ["events", "lint"], ["store", "reencrypt"]]
    helps = [CliRunner().invoke(app, [*group, "--help"]).stdout for group in groups]
    options = {option for shown in helps for option in re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE)}
    assert [option for option in sorted(options - {"--help"}) if f"`{option}" not in text] == []


def test_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"gateway {__version__}\n"


def test_completion_names_the_verbs() -> None:
    env = {"_GATEWAY_COMPLETE": "complete_bash", "COMP_WORDS": "gateway qu", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-m", "gateway"], capture_output=True, text=True, env=env)
    assert done.stdout.split() == ["quarantine"]


def test_the_config_may_stand_before_the_verb(home: Home) -> None:
    home.accept(event())
    result = CliRunner().invoke(app, ["--config", str(home.config), "events"])
    assert "evt_1" in result.stdout


def test_the_config_after_the_verb_wins(home: Home) -> None:
    home.accept(event())
    result = CliRunner().invoke(app, ["--config", "no.yaml", "events", "--config", str(home.config)])
    assert "evt_1" in result.stdout


def test_the_config_of_the_current_folder_is_the_default(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.accept(event())
    monkeypatch.chdir(home.path)
    assert "evt_1" in CliRunner().invoke(app, ["events"]).stdout


def test_no_secret_has_to_be_set_to_read(home: Home) -> None:
    home.accept(event())
    assert home.gateway("events", STRIPE_SECRET=None).exit_code == 0


READERS = [
    ["events"],
    ["event", "x"],
    ["duplicates"],
    ["rejections"],
    ["deliveries"],
    ["replay", "x"],
    ["cancel", "x"],
    ["resume", "app"],
    ["purge"],
    ["quarantine", "list"],
]


@pytest.mark.parametrize("args", READERS, ids=" ".join)
def test_no_command_makes_a_store(empty: Home, args: list[str]) -> None:
    result = empty.gateway(*args)
    assert result.exit_code == 3
    assert result.stderr == f"{empty.database}: there is no store yet; make it with: gateway serve\n"
    assert not empty.database.parent.exists()


def test_an_empty_file_is_no_store(empty: Home) -> None:
    empty.database.parent.mkdir()
    empty.database.touch()
    assert empty.gateway("events").exit_code == 3
    assert empty.database.stat().st_size == 0


def test_a_damaged_store_is_one_line(home: Home) -> None:
    home.database.write_bytes(b"this was never a database, whatever its name says" * 400)
    result = home.gateway("events")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"{home.database}: file is not a database; restore it from a backup")


def test_every_problem_of_the_config_is_told(empty: Home) -> None:
    empty.config.write_text("sorces: {}\nserver: {port: 70000}\n")
    result = empty.gateway("events")
    assert result.exit_code == 2
    assert "config.yaml:1: sorces: " in result.stderr
    assert "config.yaml:2: server.port: " in result.stderr


def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["events", "--config", str(tmp_path / "other.yaml")])
    assert result.exit_code == 2
    assert "other.yaml" in result.stderr


SINCE = (
    "is neither a duration such as 2h, 30m or 3d "
    "nor an ISO 8601 time such as 2026-11-23 or 2026-11-23T18:30:00Z"
)
REPLAY = (
    "name events or deliveries, as in: gateway replay ID; or: gateway replay --failed --since 1h; "
    "or: gateway replay --since 1h --name 'stripe/customer.*'"
)
FILTERS = "leave out --source, --name and --since"
LIMIT = "Error: Invalid value for '--limit': Input should be greater than or equal to 1"
OPTION = "Error: No such option: --sorce (Possible options: --json, --since, --source)"
NOWHERE = "--to must be a URL such as http://127.0.0.1:9000/hooks, not 'nowhere'"
# what is typed -> the last line on stderr, after "Error: " where typer itself refuses
BAD_INPUT = [
    ("evnts", "Error: No such command 'evnts'. Did you mean 'events', 'event'?"),
    ("events --since 2", f"Error: Invalid value for '--since': '2' {SINCE}"),
    ("events --since soon", f"Error: Invalid value for '--since': 'soon' {SINCE}"),
    ("events --since 2026-13-01", f"Error: Invalid value for '--since': '2026-13-01' {SINCE}"),
    ("events --limit 0", LIMIT),
    ("events --sorce x", OPTION),
    ("event", "gateway event needs an ID; find one with: gateway events"),
    ("duplicates x --source y", f"an ID already says which event: {FILTERS}"),
    ("rejections --counts --since 1h", "--counts counts since ever: leave out --since"),
    ("deliveries --event x --name y", f"--event already says which event: {FILTERS}"),
    ("replay", REPLAY),
    ("replay x --failed --since 1h", REPLAY),
    ("replay --failed", REPLAY),
    ("replay x --since 1h", REPLAY),
    ("replay --name stripe/*", REPLAY),
    ("purge --event x --older-than 1d", "--event says which event: leave out --older-than"),
    ("quarantine release", "Error: Missing option '--source'."),
    ("trigger stripe x --to nowhere", NOWHERE),
]


@pytest.mark.parametrize(("typed", "message"), BAD_INPUT, ids=[typed for typed, _ in BAD_INPUT])
def test_wrong_usage_is_refused_with_the_way_out(home: Home, typed: str, message: str) -> None:
    result = CliRunner().invoke(app, ["--config", str(home.config), *typed.split()])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == message
    assert result.stdout == ""


def test_a_duration_needs_a_unit(home: Home) -> None:
    result = home.gateway("purge", "--older-than", "30")
    assert result.exit_code == 2
    assert "Invalid value for '--older-than': " in result.stderr
    assert result.stderr.endswith("write 30s, not '30'\n")


def test_a_state_that_is_none_lists_the_states(home: Home) -> None:
    result = home.gateway("deliveries", "--state", "lost")
    assert result.exit_code == 2
    assert "'lost' is not one of 'pending', 'succeeded', 'dead', 'cancelled', 'failed'" in result.stderr


def test_subscriptions_tell_how_long_they_take(home: Home) -> None:
    home.accept(event(to=("app",)))
    home.end("succeeded", at=NOW + 40, status=200)
    app_, mail = home.lines("subscriptions")
    assert app_["latency"]["attempts"] == {"count": 1, "p50": 12, "p95": 12, "p99": 12}
    assert app_["latency"]["deliveries"] == {"count": 1, "p50": 40, "p95": 40, "p99": 40}
    assert mail["latency"]["attempts"]["p50"] is None
    assert "12/12/12 ms" in home.gateway("subscriptions").stdout


# a mistake -> what to do about it
MISTAKES = [
    (["event"], "gateway event needs an ID; find one with: gateway events"),
    (["cancel"], "gateway cancel needs an ID; find one with: gateway deliveries --state pending"),
    (["pause"], "gateway pause needs a SUBSCRIPTION; find one with: gateway subscriptions"),
    (["backfill"], "gateway backfill needs a PROVIDER; find one with: gateway check"),
    (["evnts"], "Did you mean 'events', 'event'?"),
    (["events", "--since", "yesterday"], "is neither a duration such as 2h, 30m or 3d"),
    (["purge", "--older-than", "5"], "write 5s, not '5'"),
    (["listen", "--to", "localhost:3000"], "--to must be a URL such as http://127.0.0.1:9000/hooks"),
    (["events", "--url", "localhost:8080"], "did you mean 'http://localhost:8080'?"),
    (["replay"], "gateway replay --failed --since 1h"),
    (["migrate", "--url", "http://x"], "run it there, without --url"),
]


@pytest.mark.parametrize(("args", "words"), MISTAKES, ids=lambda value: " ".join(value)[:40])
def test_a_mistake_is_told_with_what_to_do_next(args: list[str], words: str) -> None:
    result = CliRunner().invoke(app, args)
    assert (result.exit_code, words in result.stderr) == (2, True), result.stderr


def test_a_gateway_that_does_not_answer_is_told_with_what_to_do_next() -> None:
    result = CliRunner().invoke(app, ["events", "--url", "http://127.0.0.1:9/"])
    assert (result.exit_code, "curl http://127.0.0.1:9/healthz" in result.stderr) == (3, True)
