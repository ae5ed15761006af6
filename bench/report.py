"""The table, the ratios and the files that a benchmark leaves."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from bench.machine import short_name
from bench.targets import TARGETS
from bench.webhooks import BODY_BYTES

Results = dict[str, list[dict[str, Any]]]

MUST_BE_ZERO = ("errors", "lost", "undelivered")
PACKAGES = ("webhook-gateway", "uvicorn", "uvloop", "httptools", "starlette", "stripe", "httpx")


def median(measurements: list[dict[str, Any]], key: str) -> float:
    return float(statistics.median(measurement[key] for measurement in measurements))


def ratio(results: Results, over: str, under: str) -> float:
    """The median over the rounds of `over` against `under`, each pair measured in the same round."""
    pairs = zip(results[over], results[under], strict=True)
    return float(statistics.median(one["rps"] / other["rps"] for one, other in pairs))


def failures(results: Results) -> int:
    """1 when any measurement had an error, a lost event or an undelivered one; 0 else."""
    every = [measurement for measurements in results.values() for measurement in measurements]
    return int(any(measurement.get(key) for measurement in every for key in MUST_BE_ZERO))


def markdown(machine: dict[str, Any], results: Results) -> str:
    """The whole result for people."""
    rows = [row(name, measurements) for name, measurements in results.items()]
    parts = [
        "| target | requests/s | lowest to highest | p50 ms | p99 ms | errors | lost |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *rows,
        "",
        *ratios(results),
        *deliveries(results),
        "",
        *(f"- {target.name}: {target.title}" for target in TARGETS if target.name in results),
        "",
        ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in machine.items()),
    ]
    return "\n".join(parts) + "\n"


def row(name: str, measurements: list[dict[str, Any]]) -> str:
    rates = [measurement["rps"] for measurement in measurements]
    errors = sum(measurement["errors"] for measurement in measurements)
    lost = sum(measurement["lost"] for measurement in measurements)
    return (
        f"| {name} | {statistics.median(rates):,.0f} | {min(rates):,.0f} to {max(rates):,.0f} "
        f"| {median(measurements, 'p50_ms'):.1f} | {median(measurements, 'p99_ms'):.1f} | {errors} | {lost} |"
    )


def ratios(results: Results) -> list[str]:
    """What the benchmark is for: the gateway against the ceiling and against the hand-written receiver."""
    against = [("ceiling", "of the ceiling"), ("by-hand", "times the receiver written by hand")]
    return [
        f"The gateway reaches {ratio(results, 'gateway', other):.2f} {words}."
        for other, words in against
        if "gateway" in results and other in results
    ]


def deliveries(results: Results) -> list[str]:
    return [
        f"{name}: {median(seen, 'delivered_rps'):,.0f} deliveries/s; from request to subscriber "
        f"p50 {median(seen, 'delivered_p50_ms'):.1f} ms, p99 {median(seen, 'delivered_p99_ms'):.1f} ms; "
        f"{sum(one['undelivered'] for one in seen)} undelivered."
        for name, seen in results.items()
        if "delivered_rps" in seen[0]
    ]


def write(folder: Path, machine: dict[str, Any], results: Results, text: str) -> None:
    """Leave `<date>-<machine>.json` and `.md` in `folder`; a second run of a day replaces the first."""
    folder.mkdir(exist_ok=True)
    today = datetime.now(UTC).date().isoformat()
    name = f"{today}-{short_name(machine)}"
    versions = {package: version(package) for package in PACKAGES}
    run = {"date": today, "machine": machine, "versions": versions, "body_bytes": BODY_BYTES}
    document = orjson.dumps(run | {"rounds": results}, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    (folder / f"{name}.json").write_bytes(document)
    (folder / f"{name}.md").write_text(f"# Benchmark of {today}\n\n{text}")
    print(f"written to bench/results/{name}.json and .md")
