"""Lines of the log, for people and for programs."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.telemetry.logs import Json, Text, fields, log_to_stderr
from gateway.telemetry.trace import CURRENT, Span

SPAN = Span("a" * 32, "b" * 16)


def record(level: int = logging.INFO, error: bool = False, **extra: Any) -> logging.LogRecord:
    """A record as `log.log` makes it."""
    try:
        raise ValueError("no")
    except ValueError:
        told = sys.exc_info() if error else None
    made = logging.LogRecord("gateway.worker", level, "x.py", 1, "said %d", (1,), told)
    made.__dict__ |= extra
    made.created = 1_800_000_000.25
    return made


def test_a_json_line_has_its_time_level_message_and_fields() -> None:
    line = json.loads(Json().format(record(**fields(SPAN, {"event": "e1", "status": None}))))
    assert line == {
        "ts": "2027-01-15T08:00:00.250Z", "level": "info", "logger": "gateway.worker", "message": "said 1",
        "event": "e1", "trace_id": SPAN.trace_id, "span_id": SPAN.span_id,
    }  # fmt: skip


def test_a_json_line_is_one_line_with_its_traceback() -> None:
    text = Json().format(record(logging.ERROR, error=True))
    assert "\n" not in text and "ValueError: no" in json.loads(text)["traceback"]


def test_a_line_from_within_an_attempt_has_its_ids() -> None:
    token = CURRENT.set(SPAN)
    try:
        assert json.loads(Json().format(record()))["trace_id"] == SPAN.trace_id
    finally:
        CURRENT.reset(token)


# level, on a terminal -> whether the line has a colour
COLOURED = [(logging.INFO, True, False), (logging.ERROR, True, True), (logging.ERROR, False, False)]


@pytest.mark.parametrize(("level", "terminal", "coloured"), COLOURED)
def test_only_what_is_wrong_has_a_colour_and_on_a_terminal_only(
    level: int, terminal: bool, coloured: bool
) -> None:
    text = Text(coloured=terminal).format(record(level))
    assert text.startswith("\x1b[31m") == coloured
    assert "gateway.worker said 1" in text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards."""
    logger = logging.getLogger()
    before = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:], level = before
    logger.setLevel(level)


# --log-format, on a terminal -> whether the line is JSON
CHOSEN = [(None, True, False), (None, False, True), ("text", False, False), ("json", True, True)]


@pytest.mark.parametrize(("format", "terminal", "is_json"), CHOSEN)
def test_text_on_a_terminal_else_json_unless_told(
    monkeypatch: pytest.MonkeyPatch, root: logging.Logger, format: Any, terminal: bool, is_json: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log_to_stderr(format)
    logging.getLogger("gateway").info("here")
    assert stream.getvalue().startswith("{") == is_json
