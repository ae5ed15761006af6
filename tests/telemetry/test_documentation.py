"""docs/operating.md lists the metrics as the code has them."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.telemetry.named import METRICS

PAGE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")


def test_the_page_lists_exactly_the_metrics() -> None:
    rows = [row.strip("| ").split(" | ") for row in re.findall(r"^\| `gateway_.*$", PAGE, re.MULTILINE)]
    labels = [", ".join(f"`{label}`" for label in metric.labels) or "-" for metric in METRICS]
    expected = [[f"`{m.name}`", m.kind, of, m.help] for m, of in zip(METRICS, labels, strict=True)]
    assert rows == expected
