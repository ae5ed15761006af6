"""The lanes of one worker, by the names of their subscriptions: one each of the config in force."""

from __future__ import annotations

from collections.abc import Collection

from gateway.config import Settings
from gateway.functions.run import Runs
from gateway.pipeline.lane import Lane
from gateway.telemetry import named
from gateway.telemetry.counts import Counts
from gateway.telemetry.series import Labels, Series, Value


class Lanes(dict[str, Lane]):
    """A lane whose subscription is no longer there stays until what is under way has ended."""

    def __init__(self, only: Collection[str] | None, runs: Runs) -> None:
        """`only` names the subscriptions that have a lane here, None for all; `runs` is for functions."""
        super().__init__()
        self._only = only
        self._runs = runs
        self._settings: Settings | None = None

    def follow(self, settings: Settings) -> None:
        """Go on as the config in force says."""
        if settings is self._settings:
            return
        self._settings = settings
        wanted = {
            n: each for n, each in settings.subscriptions.items() if self._only is None or n in self._only
        }
        for name in self.keys() - wanted.keys():
            self[name].follow(None)
        for name, subscription in wanted.items():
            if name in self:
                self[name].follow(subscription)
            else:
                self[name] = Lane.of(subscription, self._runs)

    async def look_again(self) -> None:
        """Have every lane claim, put idle connections away, and forget lanes that nobody needs any more."""
        for name, lane in list(self.items()):
            lane.claimable = True
            await lane.tidy()
            if not lane.wanted and not lane.under_way:
                await self.pop(name).close()

    def claiming(self, now: float, at: float) -> dict[str, Lane]:
        """Those that should claim `now` (monotonic seconds), which is `at` (Unix seconds)."""
        found = {n: lane for n, lane in self.items() if lane.claims_in(now) == 0 and lane.opens_at <= at}
        for lane in found.values():
            lane.claimable, lane.claimed_at = False, now
        return found

    @property
    def prioritized(self) -> list[str]:
        """Those whose deliveries may have a priority; also what was made before a reload keeps its own."""
        return [name for name, lane in self.items() if lane.subscription.priority is not None]

    def series(self, counts: Counts) -> Series:
        """What is under way and how much may be, for /metrics."""
        found: dict[tuple[str, Labels], Value] = {}
        for name, lane in self.items():
            counts.subscription(name)
            found[named.DELIVERING.name, (name,)] = len(lane.under_way)
            found[named.SLOTS.name, (name,)] = lane.subscription.concurrency if lane.wanted else 0
        return found
