"""`gateway verify`: why does my signature fail? Captured requests are judged offline; nothing is fetched."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

import adapters
from adapters.base import Reply
from adapters.checking import Captured, Verdict, judge
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, adapters_folder, stop
from gateway.cli.progress import bar

SHOWN = 2000
"""Bytes of what was signed that are shown at most."""


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(verify)


def verify(
    adapter: Annotated[
        str | None, typer.Argument(metavar="[ADAPTER]", help="Who sent it: stripe, github, …")
    ] = None,
    request: Annotated[
        str | None, typer.Option("--request", metavar="FILE", help="The request as JSON; - is stdin.")
    ] = None,
    secret: Annotated[
        list[str] | None, typer.Option("--secret", help="The endpoint's secret; may be given again.")
    ] = None,
    now: Annotated[
        float | None, typer.Option("--now", metavar="UNIX", help="When it came.  [default: now]")
    ] = None,
    tolerance: Annotated[
        float | None, typer.Option("--tolerance", metavar="SECONDS", help="[default: the adapter's]")
    ] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", metavar="FILE", help="Many requests, a JSON object a line.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The verdict as one JSON object.")] = False,
    config: ConfigOption = None,
) -> None:
    """Check captured requests offline, and show what was signed, what was expected, which check failed."""
    folder = adapters_folder(config)
    if batch is not None:
        if adapter or request:
            raise stop("--batch goes alone: its lines name the provider", USAGE)
        return _judge_all(batch, folder)
    if adapter is None or request is None:
        raise stop("name the adapter and the request: gateway verify stripe --request request.json", USAGE)
    record = _record(_read(request), request)
    given = {"secrets": secret, "tolerance": tolerance, "now": now}
    record |= {key: value for key, value in given.items() if value is not None}
    verdict = _judged({"now": time.time(), **record, "provider": adapter}, folder, request)
    typer.echo(orjson.dumps(as_line(str(record.get("id", "")), verdict)) if as_json else _told(verdict))
    if verdict.verdict == "reject":
        raise typer.Exit(NOTHING)


def as_line(id: str, verdict: Verdict) -> dict[str, Any]:
    """A verdict as `--batch` and `--json` print it."""
    line: dict[str, Any] = {
        "id": id,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "detail": verdict.detail,
        "events": [{"id": one.id, "name": one.name, "ts": one.ts} for one in verdict.events],
    }
    if verdict.reply is not None:
        line["reply"] = _reply(verdict.reply)
    if verdict.confirm is not None:
        line["confirm"] = verdict.confirm.url
    return line


def _reply(reply: Reply) -> dict[str, Any]:
    body = reply.body.decode("utf-8", "replace")
    return {"status": reply.status, "headers": dict(reply.headers), "body": body}


def _judge_all(file: str, folder: Path | None) -> None:
    """One line out for each line in; exit code 1 where a line could not be judged."""
    unusable = False
    lines = [line for line in _read(file).splitlines() if line.strip()]
    with bar("verifying", len(lines), beside=True) as tell:
        for line in lines:
            told, is_usable = _judge_line(line, folder)
            unusable |= not is_usable
            typer.echo(orjson.dumps(told))
            tell(1)
    if unusable:
        raise typer.Exit(NOTHING)


def _judge_line(line: bytes, folder: Path | None) -> tuple[dict[str, Any], bool]:
    """What is printed for a line of a batch, and whether it could be judged."""
    id = ""
    try:
        record = orjson.loads(line)
        id = str(record.get("id", ""))
        return as_line(id, judge(Captured.of(record), folder)), True
    except (ValueError, AttributeError, adapters.UnknownAdapter, adapters.BrokenAdapter) as error:
        detail = {"reason": "unusable_record", "detail": str(error)}
        return {"id": id, "verdict": "reject", **detail, "events": []}, False


def _judged(record: Mapping[str, Any], folder: Path | None, file: str) -> Verdict:
    try:
        return judge(Captured.of(record), folder)
    except (ValueError, adapters.UnknownAdapter, adapters.BrokenAdapter) as error:
        raise stop(f"{file}: {error}", USAGE) from error


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise stop(f"can't read {file}: {error.strerror or error}", USAGE) from error


def _record(text: bytes, file: str) -> dict[str, Any]:
    try:
        record = orjson.loads(text)
    except ValueError as error:
        raise stop(f"{file} is not JSON: {error}", USAGE) from error
    if not isinstance(record, dict):
        raise stop(f'{file} must be an object: {{"method", "url", "headers", "body"}}', USAGE)
    return record


def _told(verdict: Verdict) -> str:
    """A verdict for people."""
    return "\n".join(_lines(verdict))


def _lines(verdict: Verdict) -> Iterator[str]:
    yield f"{verdict.verdict}: {verdict.reason}" + (f": {verdict.detail}" if verdict.detail else "")
    if verdict.secret is not None:
        yield f"secret     number {verdict.secret + 1} matched"
    for event in verdict.events:
        yield f"event      {event.name}  {event.id}" + (f"  ts {event.ts}" if event.ts is not None else "")
    if verdict.reply is not None:
        yield f"reply      {verdict.reply.status} {verdict.reply.body.decode('utf-8', 'replace')}".rstrip()
    if verdict.confirm is not None:
        yield f"confirm    the gateway would GET {verdict.confirm.url}"
    if verdict.signed is not None:
        cut = f" (the first {SHOWN} of {len(verdict.signed)} bytes)" if len(verdict.signed) > SHOWN else ""
        yield f"signed     {verdict.signed[:SHOWN]!r}{cut}"
    for number, proof in enumerate(verdict.expected, 1):
        yield f"expected   {proof}  with secret {number}"
    for remark in verdict.notes:
        yield f"note       {remark}"
