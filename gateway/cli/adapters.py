"""`gateway adapters`: which there are, whether one keeps the contract, and how a new one begins."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

import adapters
from adapters import conformance, page
from adapters.base import Adapter
from adapters.page import Facts
from adapters.vectors import Vector, read_vectors
from gateway.cli.new_adapter import FOLDER, begin
from gateway.cli.opening import NOTHING, USAGE, ConfigOption, adapters_folder, stop
from gateway.cli.progress import bar

PathOption = Annotated[
    Path | None,
    typer.Option("--path", metavar="DIR", help="A further folder of adapters.  [default: the config's]"),
]
REPOSITORY = Path(adapters.__file__).parent.parent
OURS = REPOSITORY / "tests" / "vectors"
"""The vectors of the adapters that come with the gateway, in a checkout."""


def register(app: typer.Typer) -> None:
    """Add the group of commands to `app`."""
    group = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
    group.callback()(adapters_)
    group.command()(new)
    group.command()(test)
    group.command()(pages)
    app.add_typer(group, name="adapters", help="List adapters, test one, begin a new one.")


def adapters_(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    path: PathOption = None,
    config: ConfigOption = None,
) -> None:
    """List the adapters with how they prove a request, what makes a duplicate, and where it is documented."""
    if ctx.invoked_subcommand is not None:
        return
    for facts in _facts(path or adapters_folder(config), _every(path or adapters_folder(config))):
        if as_json:
            typer.echo(orjson.dumps(asdict(facts)))
        else:
            typer.echo(f"{facts.name}  ({facts.title})\n  proof  {facts.scheme}\n  key    {facts.key}")
            typer.echo(f"  docs   {facts.docs}")


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The provider, in a-z, 0-9 and _.")],
    path: Annotated[
        Path, typer.Option("--path", metavar="DIR", help="Where to write it; made where it is missing.")
    ] = FOLDER,
) -> None:
    """Write a commented adapter that works, and its test, to go on from."""
    try:
        written = begin(name, path, adapters.names())
    except (ValueError, OSError) as error:
        raise stop(str(error), USAGE) from error
    for line in written:
        typer.echo(line)


def test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The adapter to try.")],
    vectors: Annotated[
        Path | None,
        typer.Option("--vectors", metavar="FILE", help="Requests that someone else signed."),
    ] = None,
    options: Annotated[
        str, typer.Option("--options", metavar="JSON", help="Config keys of a source that it needs.")
    ] = "{}",
    path: PathOption = None,
    config: ConfigOption = None,
) -> None:
    """Run the conformance kit over an adapter: try to break its proof, fuzz it, and judge its vectors."""
    folder = path or adapters_folder(config)
    kind = _loaded(name, folder)
    try:
        adapter = kind(orjson.loads(options))
        given = read_vectors(vectors) if vectors else _vectors(name, folder)
    except (ValueError, OSError) as error:
        raise stop(f"{name}: {error}", USAGE) from error
    failed = 0
    with bar("checking", len(conformance.CHECKS), beside=True) as tell:
        for check, problem in conformance.run(adapter, given):
            failed += problem is not None
            typer.echo(f"ok      {check}" if problem is None else f"FAILED  {check}: {problem}")
            tell(1)
    if failed:
        raise stop(f"{name}: {failed} of {len(conformance.CHECKS)} checks failed", NOTHING)
    typer.echo(f"{name}: {len(conformance.CHECKS)} checks and {len(given)} vectors hold")


def pages(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the pages: docs/providers")],
    path: PathOption = None,
    config: ConfigOption = None,
) -> None:
    """Write what the adapters declare into their pages, and the index of all; what you wrote there stays."""
    own = path or adapters_folder(config)
    every = list(_facts(own, _every(own)))
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in written_pages(folder, every).items():
        file.write_text(text, encoding="utf-8")
    typer.echo(f"{folder}: {len(every)} pages and their index")


def written_pages(folder: Path, every: Sequence[Facts]) -> dict[Path, str]:
    """Every page as it should stand in `folder`. Raises ValueError where one lacks its markers."""
    made = {folder / "index.md": page.index(every)}
    for facts in every:
        file = folder / f"{facts.name}.md"
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        made[file] = page.filled(text, facts) if text else page.blank(facts)
    return made


def _every(path: Path | None) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        names = adapters.names(path)
    for warning in caught:
        typer.echo(str(warning.message), err=True)
    return names


def _facts(path: Path | None, names: Sequence[str]) -> Any:
    """The facts of every adapter; a broken plug-in is told of, and does not stop the others."""
    for name in names:
        try:
            yield Facts.of(adapters.load(name, path), _vectors(name, path))
        except adapters.BrokenAdapter as error:
            typer.echo(str(error), err=True)


def _loaded(name: str, path: Path | None) -> type[Adapter]:
    try:
        return adapters.load(name, path)
    except (adapters.UnknownAdapter, adapters.BrokenAdapter) as error:
        raise stop(str(error), USAGE) from error


def _vectors(name: str, path: Path | None) -> Sequence[Vector]:
    """The vectors beside an adapter of one's own, or ours in a checkout; else none."""
    places = [path / f"{name}.json"] if path else []
    for file in (*places, OURS / f"{name}.json"):
        if file.is_file():
            return read_vectors(file)
    return []
