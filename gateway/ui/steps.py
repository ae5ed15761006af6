"""The set-up steps of a provider, from its page in docs/providers, as HTML."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import adapters

PAGES = Path(adapters.__file__).parent.parent / "docs" / "providers"
"""The pages of the providers, in a checkout."""

_TO_A_FILE = re.compile(r"\[([^\]]+)\]\((?!https?://)[^)]*\)")


@cache
def steps(adapter: str, folder: Path = PAGES) -> str | None:
    """The set-up steps on the page of a provider; None where it is not here.

    HTML in the page stays text; a link to another file of the docs is its words only.
    """
    from markdown_it import MarkdownIt  # here, not above: the command line would wait for it

    file = folder / f"{adapter}.md"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    _, found, rest = text.partition("\n## Set-up\n")
    if not found:
        return None
    section = _TO_A_FILE.sub(r"\1", rest.partition("\n## ")[0])
    made: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(section)
    return made
