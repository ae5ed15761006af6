"""`functions:` and `type: python`: what is declared becomes a subscription, what can't be loaded is told."""

# ruff: noqa: E501 (code and messages, each on a line of its own)

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.config import Settings, load, restart_needed
from tests.functions.conftest import modules

Write = Callable[[str], str]
Load = Callable[..., Settings]
Problems = Callable[..., list[str]]

SOURCES = "sources: {s: {adapter: github, secrets: [some-secret]}}\n"
DIRECT = SOURCES + 'subscriptions: {app: {events: ["**"], destination: {type: python, handler: "HANDLER"}}}\n'


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Write]:
    """Writes a module beside config.yaml; returns its name."""
    with modules() as write:
        yield lambda text: write(tmp_path, text)


def test_a_declared_function_is_a_subscription(settings: Load, module: Write) -> None:
    declared = (
        "@function(events=['s/*'], if_='event.id != \"\"', retries=2, timeout='1m', concurrency=3, id='mine')"
    )
    name = module(f"{declared}\ndef f(event): pass\n")
    one = settings(f"{SOURCES}functions: [{name}]").subscriptions["mine"]
    assert (one.events, one.if_ and one.if_.text) == (("s/*",), 'event.id != ""')
    assert (one.retry.schedule, one.concurrency, one.destination.timeout) == ((5.0, 60.0), 3, 60.0)
    assert one.destination.summary == f"python {name}:f"


# what retries= says -> the schedule
SCHEDULES = [
    ("0", ()),
    ("['1s', '2m']", (1.0, 120.0)),
    ("('1s',)", (1.0,)),
    ("10", (5.0, 60.0, 600.0, 3600.0, 10_800.0, 21_600.0, 43_200.0, 86_400.0, 86_400.0, 86_400.0)),
]


@pytest.mark.parametrize(("retries", "schedule"), SCHEDULES)
def test_retries_are_a_number_or_a_schedule(
    settings: Load, module: Write, retries: str, schedule: tuple[float, ...]
) -> None:
    name = module(f"@function(events=['s/*'], retries={retries})\ndef f(event): pass\n")
    assert settings(f"{SOURCES}functions: [{name}]").subscriptions["f"].retry.schedule == schedule


def test_without_an_id_the_name_of_the_function_counts(settings: Load, module: Write) -> None:
    name = module("@function(events='s/*')\ndef send_welcome(event): pass\n")
    assert list(settings(f"{SOURCES}functions: [{name}]").subscriptions) == ["send-welcome"]


def test_a_module_that_imports_functions_declares_them_too(settings: Load, module: Write) -> None:
    inner = module("@function(events='s/*')\ndef f(event): pass\n")
    name = module(f"from {inner} import f\n")
    assert list(settings(f"{SOURCES}functions: [{name}]").subscriptions) == ["f"]


GOOD = "@function(events=['s/*'])\ndef f(event): pass\n"
TWICE = GOOD + "@function(events=['s/*'], id='f')\ndef g(event): pass\n"
# a module -> what is wrong with `functions: [it]`, M being its name
DECLARED = [
    ("import nothing_of_this_name\n", "functions[0]: importing M failed: ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    ("1 / 0\n", "functions[0]: importing M failed: ZeroDivisionError: division by zero"),
    ("def f(\n", "functions[0]: importing M failed: SyntaxError"),
    ("raise SystemExit\n", "functions[0]: importing M failed: SystemExit"),
    ("def f(event): pass\n", "functions[0]: the module M has no function with @function; add one, or leave it out"),
    ("@function(id='f')\ndef f(event): pass\n", "functions[0]: importing M failed: TypeError: function() missing 1 required keyword-only argument: 'events'"),
    ("@function(events=[])\ndef f(event): pass\n", "functions[0].f.events: must name at least one pattern"),
    ("@function(events=['s/*'], if_='evnt.x')\ndef f(event): pass\n", "functions[0].f.if: column 1: there is no 'evnt'"),
    ("@function(events=['s/*'], concurency=1)\ndef f(event): pass\n", "functions[0].f.concurency: unknown key; did you mean 'concurrency'?"),
    ("@function(events=['s/*'], timeout=5)\ndef f(event): pass\n", "functions[0].f.destination.timeout: needs a unit"),
    ("@function(events=['s/*'], retries=101)\ndef f(event): pass\n", "functions[0].f.retry.schedule: must have at most 100 items"),
    ("@function(events=['s/*'], id='A b')\ndef f(event): pass\n", "functions[0].A b: a name is 1 to 64 characters, each a-z, 0-9, - or _, the first a letter or digit; give M:f an id= of that form"),
    ("@function(events=['s/*'])\ndef f(event, ctx, more): pass\n", "functions[0].f: M:f: it takes (event, ctx, more), and is called with (event) or (event, ctx); change its arguments"),
    (TWICE, "functions[0].f: the name is taken: M:f has it; give one of them another id="),
]  # fmt: skip


@pytest.mark.parametrize(("code", "said"), DECLARED)
def test_what_is_wrong_with_declared_functions_is_told(
    problems: Problems, module: Write, code: str, said: str
) -> None:
    name = module(code)
    [line] = problems(f"{SOURCES}functions: [{name}]")
    assert line.startswith(f"config.yaml:2: {said.replace('M:', f'{name}:').replace(' M ', f' {name} ')}")


def test_a_name_of_the_config_can_not_be_taken(problems: Problems, module: Write) -> None:
    name = module(GOOD)
    to = "destination: {type: stdout}"
    [line] = problems(f"{SOURCES}functions: [{name}]\nsubscriptions: {{f: {{events: ['**'], {to}}}}}")
    assert line.endswith(
        "functions[0].f: the name is taken: a subscription of the config has it; give one of them another id="
    )


# a handler -> what is wrong with it, M being a module with f and a number
HANDLERS = [
    ("M:g", "the module M has no 'g'; write the name of a function in it"),
    ("M:ff", "the module M has no 'ff'; did you mean 'f'?"),
    ("M:number", "M:number is no function, but int; name one that can be called"),
    ("M:two", "M:two: it takes (a, b, c), and is called with (event) or (event, ctx); change its arguments"),
    ("not_there_at_all:f", "there is no module 'not_there_at_all'; put it beside config.yaml, install it into the environment of the gateway, or name its folder in PYTHONPATH"),
    ("not_there.inner:f", "there is no module 'not_there'; put it"),
    ("M", "must be a module and a function in it, such as myapp.handlers:send_welcome, not 'M'"),
    ("M:", "must be a module and a function in it"),
    ("M.py:f()", "must be a module and a function in it"),
]  # fmt: skip


@pytest.mark.parametrize(("handler", "said"), HANDLERS)
def test_a_handler_that_can_not_be_used_is_told(
    problems: Problems, module: Write, handler: str, said: str
) -> None:
    name = module("number = 5\ndef f(event): pass\ndef two(a, b, c): pass\n")
    [line] = problems(DIRECT.replace("HANDLER", handler.replace("M", name)))
    wanted = said.replace("M", name) if "such as" not in said else said.replace("'M'", f"'{name}'")
    assert line.startswith(f"config.yaml:2: subscriptions.app.destination.handler: {wanted}")


def test_what_is_no_module_is_told(problems: Problems) -> None:
    lines = problems(f"{SOURCES}functions: [my-app, 5]")
    assert "functions[0]: must be the name of a module, such as myapp.handlers, not 'my-app'" in lines[0]


def test_commands_that_only_read_go_on_without_what_can_not_be_imported(
    settings: Load, module: Write, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = module(GOOD), module("1 / 0\n")
    text = DIRECT.replace("HANDLER", f"{bad}:f") + f"functions: [{bad}, {good}]"
    assert list(settings(text, secrets="optional").subscriptions) == ["app", "f"]
    assert f"importing {bad} failed: ZeroDivisionError" in caplog.text


def test_a_file_beside_the_config_hides_no_package(settings: Load, module: Write, tmp_path: Path) -> None:
    (tmp_path / "orjson.py").write_text("1 / 0")
    name = module("import orjson\n" + GOOD)
    assert list(settings(f"{SOURCES}functions: [{name}]").subscriptions) == ["f"]


def test_a_reload_takes_new_functions_and_says_whose_code_is_old(module: Write, tmp_path: Path) -> None:
    file, first, second = tmp_path / "config.yaml", module(GOOD), module(GOOD.replace("f(", "g("))
    file.write_text(f"{SOURCES}functions: [{first}]")
    old = load(file, {})
    file.write_text(f"{SOURCES}functions: [{first}, {second}]")
    new = load(file, {})
    assert (list(new.subscriptions), restart_needed(old, new)) == (["f", "g"], [])
    os.utime(tmp_path / f"{first}.py", ns=(1, 1))
    for _ in range(2):  # and says so until the restart
        assert restart_needed(new, load(file, {})) == [f"the code of {first}"]


def test_check_and_subscriptions_show_functions(module: Write, tmp_path: Path) -> None:
    name = module(GOOD)
    file = tmp_path / "config.yaml"
    file.write_text(f"{SOURCES}functions: [{name}]")
    shown: Any = CliRunner().invoke(app, ["check", "--config", str(file)])
    assert "  f  s/*\n" in shown.stdout
    assert f"    destination  python {name}:f, timeout 15s, 16 at once\n" in shown.stdout
