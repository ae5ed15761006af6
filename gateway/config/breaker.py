"""The circuit breaker of a subscription, as config.yaml states it."""

from __future__ import annotations

from pydantic import Field

from gateway.config.section import Section
from gateway.config.units import Count, Duration, Share, format_duration


class Breaker(Section):
    """When to stop asking a subscriber, and how soon to try again.

    It opens once `failures`, a share, of at least `of` attempts `within` that many seconds have failed. After
    `wait` seconds one delivery is tried.
    """

    failures: Share = Field(0.5, gt=0, le=1)
    of: Count = Field(20, ge=1, le=1_000_000)
    within: Duration = 60.0
    wait: Duration = 30.0

    @property
    def summary(self) -> str:
        """What it comes to, in words."""
        return (
            f"opens when {self.failures:.0%} of at least {self.of} attempts within "
            f"{format_duration(self.within)} fail; one is tried after {format_duration(self.wait)}"
        )
