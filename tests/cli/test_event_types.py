"""`gateway events types`: the list, one name, models; here and of a gateway elsewhere."""

from __future__ import annotations

import json

import pytest

from gateway.schema import Schema
from tests.api.v1.conftest import READER, Served, serve, served  # noqa: F401 - fixtures
from tests.api.v1.test_client import elsewhere
from tests.cli.conftest import NOW, Home, event


def _fill(home: Home) -> None:
    for number in range(3):
        data = json.dumps({"id": f"cus_{number}", "object": "customer", "n": number or None})
        home.accept(event(f"evt_{number}", at=NOW + number, data=data))
    home.accept(event("evt_9", at=NOW + 9, name="github/push", source="billing", data="{}"))


def test_every_name_with_how_often_it_came(home: Home) -> None:
    _fill(home)
    lines = home.gateway("events", "types").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["NAME", "EVENTS"],
        ["github/push", "1"],
        ["stripe/customer.created", "3"],
    ]


def test_one_name_with_its_schema_and_an_example(home: Home) -> None:
    _fill(home)
    [page] = home.lines("events", "types", "stripe/customer.created")
    assert (page["events"], page["versions"], page["sources"], page["samples"]) == (3, ["v1"], ["stripe"], 3)
    assert page["schema"]["properties"]["object"] == {"type": "string", "enum": ["customer"]}
    assert page["example"]["id"] == "evt_2"
    assert Schema(page["schema"]).faults(page["example"]["data"]) == ()
    shown = home.gateway("events", "types", "stripe/customer.created").stdout
    assert '"required": [' in shown and '"cus_2"' in shown


def test_a_pattern_chooses_names(home: Home) -> None:
    _fill(home)
    assert [row["name"] for row in home.lines("events", "types", "*/push")] == ["github/push"]


def test_models_are_written_for_what_was_chosen(home: Home) -> None:
    _fill(home)
    result = home.gateway("events", "types", "stripe/*", "--emit", "python-typeddict")
    spaces: dict[str, object] = {}
    exec(result.stdout, spaces)
    assert "StripeCustomerCreated" in spaces and "GithubPush" not in spaces


REFUSED = [
    # arguments -> exit code, what is said
    (["stripe/none"], 1, "none of the newest 100000 events is called stripe/none; see: gateway events types"),
    (["--emit", "cobol"], 2, "'cobol' is not one of"),
    (["--emit", "pydantic", "--json"], 2, "--emit and --json are two ways to print"),
]


@pytest.mark.parametrize(("args", "code", "said"), REFUSED)
def test_what_is_refused(home: Home, args: list[str], code: int, said: str) -> None:
    result = home.gateway("events", "types", *args)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_an_empty_store_has_none_and_that_is_no_failure(home: Home) -> None:
    result = home.gateway("events", "types")
    assert (result.exit_code, result.stdout) == (0, "") and "no events match" in result.stderr


def test_the_options_stand_behind_the_word(home: Home) -> None:
    result = home.gateway("events", "--json", "types")
    assert "write the options behind types: gateway events types --json" in result.stderr


@pytest.mark.parametrize(
    "args", [["--json"], ["stripe/customer.created"], ["stripe/*", "--emit", "pydantic"]]
)
def test_a_gateway_elsewhere_tells_the_same(served: Served, args: list[str]) -> None:  # noqa: F811
    _fill(served.home)
    here, there = served.home.gateway("events", "types", *args), elsewhere(served, "events", "types", *args)
    assert there.exit_code == 0, there.output
    if "--json" not in args:
        assert here.stdout == there.stdout
    else:
        assert [*map(json.loads, here.stdout.splitlines())] == [*map(json.loads, there.stdout.splitlines())]


def test_the_client_gives_rows(served: Served) -> None:  # noqa: F811
    _fill(served.home)
    with served.client(READER) as gateway:
        assert [row.name for row in gateway.event_types(name="stripe/*")] == ["stripe/customer.created"]
        page = gateway.event_type("github/push")
        assert (page.schema_, page.example.id) == ({"type": "object"}, "evt_9")
    assert served.get("/event-types/none").status_code == 404


def test_what_a_source_redacts_is_in_no_schema_and_no_example(home: Home) -> None:
    text = home.config.read_text().replace("quarantine: true}", "redact: [object]}", 1)
    home.config.write_text(text)
    _fill(home)
    result = home.gateway("events", "types", "stripe/customer.created", "--json")
    assert result.exit_code == 0, result.output
    assert '"customer"' not in result.stdout and "cus_2" in result.stdout
