"""Lays the documentation out to be built as a site: `python docs/site.py build/site`, then zensical.

The pages name files of the repository beside docs/, which a site does not have: those come along under
`repository/`, and their links are turned to them. What is no file, a folder, loses its link.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
FENCE = re.compile(r"^( *```\w[\w-]*) .*$", re.MULTILINE)
"""The beginning of a block of code whose language is followed by a word for the tests."""

LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#\s]*)(#[^)\s]*)?\)")
"""A link that leads up: within docs/, or out of it."""


def lay_out(target: Path) -> None:
    """Fill the folder `target` with the pages and the site's config."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(DOCS, target / "docs", ignore=shutil.ignore_patterns("*.py", "*.toml"))
    shutil.copy(DOCS / "zensical.toml", target)
    waiting = [(page, target / "docs" / page.relative_to(DOCS)) for page in DOCS.rglob("*.md")]
    done: set[Path] = set()
    while waiting:
        source, copy = waiting.pop()
        waiting += _turned(source, copy, target / "docs", done)


def _turned(source: Path, copy: Path, site: Path, done: set[Path]) -> list[tuple[Path, Path]]:
    """Turn the links of a page that lead out of docs/. Returns the pages there that are new."""
    found: list[tuple[Path, Path]] = []

    def turn(link: re.Match[str]) -> str:
        named = (source.parent / link[2]).resolve()
        if named.is_relative_to(DOCS):
            there = site / named.relative_to(DOCS)
        elif named.is_file():
            there = site / "repository" / named.relative_to(ROOT)
            if named not in done:
                done.add(named)
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(named, there)
                found.extend([(named, there)] if named.suffix == ".md" else [])
        else:
            return link[1]
        up = "../" * len(copy.parent.relative_to(site).parts)
        return f"[{link[1]}]({up}{there.relative_to(site)}{link[3] or ''})"

    text = source.read_text(encoding="utf-8")
    if not source.is_relative_to(DOCS):
        # Beside the page's own folder a file outside of docs/ names docs/ and its neighbours.
        text = re.sub(r"\]\((?![a-z]+:|#|/|\.\./)([^)\s]+)\)", rf"](../{source.parent.name}/\1)", text)
    text = FENCE.sub(r"\1", text)
    copy.write_text(LINK.sub(turn, text), encoding="utf-8")
    return found


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
