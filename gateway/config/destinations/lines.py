"""JSON lines, to a file or to standard output."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.destinations.base import DestinationSection


def _absolute(path: str) -> str:
    if not path.startswith("/") or path.endswith("/") or not path.isprintable():
        raise ValueError("must be the absolute path of a file, such as /var/log/events.jsonl")
    return path


class File(DestinationSection):
    """A file that a line is added to for every event; made where it is missing, its folder is not."""

    formats = ("event", "cloudevents")

    type: Literal["file"] = Field(examples=["file"])
    path: Annotated[str, AfterValidator(_absolute)] = Field(examples=["/var/log/events.jsonl"])

    @property
    def summary(self) -> str:
        return f"file {self.path}"


class Stdout(DestinationSection):
    """The standard output of the process that delivers; its log goes to standard error."""

    formats = ("event", "cloudevents")

    type: Literal["stdout"] = Field(examples=["stdout"])

    @property
    def summary(self) -> str:
        return "stdout"
