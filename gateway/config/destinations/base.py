"""What every destination's keys have in common."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, ClassVar

from pydantic import model_validator

from gateway.config.section import Section
from gateway.config.units import Duration


def _can_import(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of the package that it is in
        return False


class DestinationSection(Section):
    """Where a subscription delivers. `timeout` in seconds for one attempt.

    A kind of destination that needs a package of its own names it (`package`, as it is imported) and the
    extra of `webhook-gateway` that brings it: a config that uses the kind without it is refused. `formats`
    are the bodies that it can take; `signs` says whether its secrets sign what is sent, `batches` whether it
    takes several events in one call, `takes_two` whether the body of format `event` may hold another beside.
    """

    extra: ClassVar[str | None] = None
    package: ClassVar[str | None] = None
    signs: ClassVar[bool] = False
    batches: ClassVar[bool] = False
    formats: ClassVar[tuple[str, ...]] = ("event", "raw", "cloudevents")
    takes_two: ClassVar[bool] = True

    type: str
    timeout: Duration = 15.0

    @model_validator(mode="before")
    @classmethod
    def _is_installed(cls, values: Any) -> Any:
        if cls.package is not None and not _can_import(cls.package):
            raise ValueError(
                f"needs the package {cls.package}, which is not installed; "
                f"install it with: pip install 'webhook-gateway[{cls.extra}]'"
            )
        return values

    @property
    def summary(self) -> str:
        """The destination in a few words, without anything that is or may hold a secret."""
        raise NotImplementedError

    @property
    def needed_secrets(self) -> tuple[str, ...]:
        """Keys that must be there wherever something is delivered; where the store is only read, none is."""
        return ()

    @property
    def shown_secrets(self) -> tuple[str, ...]:
        """Its secrets, masked."""
        return ()
