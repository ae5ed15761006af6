"""docs/scale.md: its queries run, and its sums are those of the files."""

from __future__ import annotations

import re

import psycopg
import pytest

from tests.deploy.files import ROOT, WAYS, of

PAGE = (ROOT / "docs" / "scale.md").read_text()
QUERIES = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:40].split("\n")[0])
def test_the_query_runs_on_a_real_store(query: str, database: str) -> None:
    with psycopg.connect(database) as db:
        assert db.execute(query).description is not None


def test_partitions_are_found_by_the_query_for_them(database: str) -> None:
    with psycopg.connect(database) as db:
        (last,) = db.execute(QUERIES[-1]).fetchone() or ("",)
    assert re.fullmatch(r"events_\d{8}", last)


def test_the_connections_of_the_manifests_are_as_the_page_says() -> None:
    pods = sum(one["spec"]["maxReplicas"] for one in of("HorizontalPodAutoscaler").values())
    (connections,) = map(int, re.findall(r"connections: (\d+)", WAYS["kubernetes"].config))
    total = (pods + 2) * (connections + 1)
    said = f"{pods} pods and 2 that come up beside them, each with {connections} + 1, is {total} of 100"
    assert said in " ".join(PAGE.split())
