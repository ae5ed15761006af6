"""A real gateway that calls a function: killed in the middle of a run, it goes on behind the last step."""

from __future__ import annotations

from pathlib import Path

from tests.service.conftest import Start, eventually, prepare, stripe_event

__all__ = ["prepare"]

CODE = """
import pathlib, time

from gateway.functions import Event, SyncContext, function

HERE = pathlib.Path(__file__).parent


def note(word):
    with (HERE / "done").open("a") as file:
        file.write(word + " ")
    return word


@function(events=["stripe/customer.*"], retries=["100ms"], timeout="20s")
def run(event: Event, ctx: SyncContext):
    ctx.step("first", note, "first")
    ctx.send(Event("shop/customer.welcomed", {"id": event.data["data"]["object"]["id"]}))
    while not (HERE / "go").exists():
        time.sleep(0.02)
    ctx.sleep(0.2)
    return ctx.step("second", note, "second")


@function(events=["shop/*"], concurrency=1)
async def welcomed(event: Event):
    note(event.data["id"])
"""


def test_a_killed_run_goes_on_behind_its_last_step(prepare: Start) -> None:
    gateway = prepare()
    (gateway.folder / "handlers.py").write_text(CODE)
    file = gateway.folder / "config.yaml"
    file.write_text(f"{file.read_text()}functions: [handlers]\n")
    done = gateway.folder / "done"
    gateway.start()
    assert gateway.send(stripe_event()).status_code == 200
    eventually(lambda: words(done) == ["cus_1", "first"])
    eventually(lambda: gateway.rows("deliveries", "--state", "succeeded", "--subscription", "welcomed"))
    gateway.kill()
    (gateway.folder / "go").touch()
    gateway.start()
    eventually(lambda: gateway.rows("deliveries", "--state", "succeeded", "--subscription", "run"))
    assert words(done) == ["cus_1", "first", "second"]
    [one] = gateway.rows("deliveries", "--subscription", "run")
    assert one["attempts"] == 3  # the killed one, the one that slept, the last


def words(file: Path) -> list[str]:
    """What was done, in the order of the alphabet: two functions do it."""
    return sorted(file.read_text().split()) if file.exists() else []
