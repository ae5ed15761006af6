"""Logs: one line an occurrence, ids in it, never a secret or a body."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from gateway.telemetry.trace import CURRENT, Span

FORMAT = "%(asctime)s %(levelname)-7s %(name)s %(message)s"

LogFormat = Literal["text", "json"]

COLOURS = {logging.WARNING: "\x1b[33m", logging.ERROR: "\x1b[31m", logging.CRITICAL: "\x1b[31m"}
PLAIN = "\x1b[0m"


def log_to_stderr(format: LogFormat | None = None, level: int = logging.INFO) -> None:
    """Write every log line of `level` or above to standard error; None: text on a terminal, else JSON."""
    on_terminal = sys.stderr.isatty()
    coloured = on_terminal and not os.environ.get("NO_COLOR")
    handler = logging.StreamHandler(sys.stderr)
    as_text = format == "text" or (format is None and on_terminal)
    handler.setFormatter(Text(coloured) if as_text else Json())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def fields(span: Span | None, more: Mapping[str, object]) -> Mapping[str, Any]:
    """The `extra` of a log call: what the line is about, as fields of its JSON form. None is left out.

    `message` stands in for the text, which tells the fields once more.
    """
    told = {name: value for name, value in more.items() if value is not None}
    if span is not None:
        told["trace_id"], told["span_id"] = span.trace_id, span.span_id
    return {"fields": told}


class Text(logging.Formatter):
    """A line for people; on a terminal, warnings and errors have a colour."""

    def __init__(self, coloured: bool = False) -> None:
        super().__init__(FORMAT)
        self._coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback where there is one."""
        line = super().format(record)
        colour = COLOURS.get(record.levelno) if self._coloured else None
        return f"{colour}{line}{PLAIN}" if colour else line


class Json(logging.Formatter):
    """One JSON object a line: ts (UTC), level, logger, message, then the ids and other fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The object; `traceback` is in it where an exception is told."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "ts": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        span = CURRENT.get()
        if span is not None and record.name.startswith("gateway"):  # a library's task may outlive its attempt
            line |= {"trace_id": span.trace_id, "span_id": span.span_id}
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()
