"""`transform:` by a Python function: its value is the payload, its error a failed attempt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import Settings
from tests.functions.conftest import Bench, Make, modules

pytestmark = pytest.mark.anyio

SUBSCRIPTION = """
subscriptions:
  f:
    events: ["stripe/*"]
    transform: TRANSFORM
    destination: {type: python, handler: "MODULE:f", timeout: 100ms}
"""
ECHO = "async def f(event): return event.data\n"


async def one(make: Make, shape: str, transform: str = "python:MODULE:shape") -> Bench:
    """One attempt with a transform."""
    bench = await make(ECHO + shape, SUBSCRIPTION.replace("TRANSFORM", transform))
    await bench.accept()
    await bench.round()
    return bench


# a function -> the payload
SHAPES = [
    ("def shape(event): return {'n': event.data['a'] + 1, 'id': event.id}", {"n": 2, "id": "evt_1"}),
    ("def shape(event): return [1, b'ab', event.happened_at]", [1, "YWI=", "2027-01-15T08:00:00+00:00"]),
    ("class S:\n    def __call__(self, event): return 'called'\nshape = S()", "called"),
]


@pytest.mark.parametrize("transform", ["python:MODULE:shape", '{python: "MODULE:shape"}'])
@pytest.mark.parametrize(("shape", "payload"), SHAPES)
async def test_what_a_function_returns_is_the_payload(
    make: Make, shape: str, payload: object, transform: str
) -> None:
    bench = await one(make, shape, transform)
    assert json.loads((await bench.attempts())[0].response) == payload


# a function -> the error, and the state of the delivery
FAILING = [
    ("def shape(event): return event.data['b']", "transform: KeyError: 'b'", "pending"),
    ("def shape(event): raise NonRetriable('no')", "transform: NonRetriable: no", "dead"),
    (
        "def shape(event): return None",
        "transform: ValueError: MODULE:shape returned nothing; return",
        "pending",
    ),
    ("def shape(event): return object()", "transform: its value can't be written as JSON", "pending"),
    ("def shape(event): raise SystemExit", "transform: SystemExit", "pending"),
    ("def shape(event): __import__('time').sleep(0.3)", "transform: it did not end within 0.1 s;", "pending"),
]


@pytest.mark.parametrize(("shape", "error", "state"), FAILING)
async def test_a_function_that_fails_is_a_failed_attempt(
    make: Make, shape: str, error: str, state: str
) -> None:
    bench = await one(make, shape)
    [attempt] = await bench.attempts()
    assert attempt.error is not None
    assert attempt.error.startswith(error.replace("MODULE", bench.module.__name__))
    assert (await bench.delivery()).state == state


async def test_what_a_function_raises_is_kept_with_its_traceback(make: Make) -> None:
    bench = await one(make, "def shape(event): return event.data['b']")
    stack = (await bench.attempts())[0].stack
    assert stack is not None and "in shape" in stack and stack.endswith("KeyError: 'b'\n")


# what is written -> what is said
REFUSED = [
    ("python:nothing", "must name a module and a function in it, as in {python:"),
    ("{python: 5}", "must be a CEL expression in quotes, or {python:"),
    ("{pyton: a:b}", "must be a CEL expression in quotes, or {python:"),
    ("python:not_there_at_all:f", "there is no module 'not_there_at_all'"),
    ("python:MODULE:late", "a transform must be a plain def, not an async def"),
    ("python:MODULE:none", "it takes (), and is called with (event)"),
    ("python:MODULE:latte", "has no 'latte'; did you mean 'late'?"),
]


@pytest.mark.parametrize(("transform", "said"), REFUSED)
def test_a_transform_that_can_not_be_is_told(
    tmp_path: Path, problems: Callable[..., list[str]], transform: str, said: str
) -> None:
    with modules() as write:
        name = write(tmp_path, f"{ECHO}async def late(event): pass\ndef none(): pass\n")
        text = SUBSCRIPTION.replace("TRANSFORM", transform).replace("MODULE", name)
        [line] = problems(f"sources: {{s: {{adapter: github, secrets: [some-secret]}}}}{text}")
    assert line.startswith("config.yaml:5: subscriptions.f.transform: ") and said in line


def test_check_shows_it(tmp_path: Path, settings: Callable[..., Settings]) -> None:
    from gateway.config import describe

    with modules() as write:
        name = write(tmp_path, f"{ECHO}def shape(event): return 1\n")
        text = SUBSCRIPTION.replace("TRANSFORM", "python:MODULE:shape").replace("MODULE", name)
        loaded = settings(f"sources: {{s: {{adapter: github, secrets: [some-secret]}}}}{text}")
    assert describe(loaded).subscriptions[0].transform == f"python:{name}:shape"
