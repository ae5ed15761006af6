"""A short rage through a cluster; `make chaos` is the long one."""

from __future__ import annotations

import asyncio
import random

from tests.cluster.chaos import run


def test_a_raging_cluster_keeps_every_promise() -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}")  # pytest shows it where the test fails
    result = asyncio.run(run(webhooks=2500, seed=seed, pause=0.3))
    assert result.problems == [], f"with seed {seed}, after {dict(result.happened)}"
    assert result.happened.total() > 0
