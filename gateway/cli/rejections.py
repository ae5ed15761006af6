"""`gateway rejections`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from gateway.cli.listing import Columns, Listing, local, print_json, print_table, show, tell_nothing
from gateway.cli.opening import USAGE, ConfigOption, UrlOption, look, stop
from gateway.cli.options import JsonOption, LimitOption, SinceOption, SourceOption
from gateway.operate.opened import Looked
from gateway.operate.rows import RejectionRow
from gateway.store.records import Query
from gateway.store.rejections import Rejection, RejectionCount


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(rejections)


def rejections(
    source: SourceOption = None,
    since: SinceOption = None,
    counts: Annotated[
        bool, typer.Option("--counts", help="How often each source refused since ever, by reason.")
    ] = False,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
) -> None:
    """List refused requests, newest first, or count them by reason."""
    if counts and since is not None:
        raise stop("--counts counts since ever: leave out --since", USAGE)
    query = Query(source=source, since=since)

    async def job(opened: Looked) -> None:
        if counts:
            await _show_counts(opened, source, limit, as_json)
        else:
            await show(LISTING, opened.store.rejections, query, opened, limit, as_json)

    look(config, url, job)


async def _show_counts(opened: Looked, source: str | None, limit: int | None, as_json: bool) -> None:
    found = await opened.store.rejection_counts()
    counts = [count for count in found if source in (None, count.source)][:limit]
    if not counts:
        return tell_nothing(LISTING.noun, source, None, opened)
    if not as_json:
        return print_table(_COUNTS, counts)
    for count in counts:
        print_json(asdict(count))


def rejection_json(rejection: Rejection) -> dict[str, Any]:
    """The fields of a rejection; its body is not shown, since nobody proved who sent it."""
    return RejectionRow.of(rejection).plain()


def _quarantine(rejection: Rejection) -> str:
    if rejection.released_at is not None:
        return f"released {local(rejection.released_at)}"
    return "body kept" if rejection.body is not None else ""


LISTING: Listing[Rejection] = Listing(
    noun="rejections",
    columns={
        "REJECTION ID": lambda rejection: rejection.rejection_id,
        "SOURCE": lambda rejection: rejection.source,
        "REASON": lambda rejection: rejection.reason,
        "RECEIVED": lambda rejection: local(rejection.received_at),
        "FROM": lambda rejection: rejection.remote_addr,
        "BYTES": lambda rejection: str(rejection.body_size),
        "QUARANTINE": _quarantine,
        "DETAIL": lambda rejection: rejection.detail,
    },
    json=rejection_json,
)
_COUNTS: Columns[RejectionCount] = {
    "SOURCE": lambda count: count.source,
    "REASON": lambda count: count.reason,
    "COUNT": lambda count: str(count.count),
    "FIRST": lambda count: local(count.first_at),
    "LAST": lambda count: local(count.last_at),
}
