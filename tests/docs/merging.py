"""config.yaml as who follows a page changes it: what a block names takes the place of what was there."""

from __future__ import annotations

import re


def merged(config: str, part: str) -> str:
    """`config` with the sections of `part`; of a section of named entries, with the entries of it."""
    sections = _pieces(config, "")
    for name, text in _pieces(part, "").items():
        before, entries = _pieces(sections.get(name, ""), "  "), _pieces(text, "  ")
        keyed = bool(before) and bool(entries) and not any(one.startswith("-") for one in entries)
        sections[name] = f"{name}:\n" + "".join({**before, **entries}.values()) if keyed else text
    return "".join(sections.values())


def _pieces(text: str, indent: str) -> dict[str, str]:
    """The lines that begin with a key at `indent`, each with what is deeper below it, by that key."""
    found = re.finditer(rf"^{indent}(?=[^\s#])([^:\n]+):.*\n(?:(?:{indent} .*)?\n)*", text, re.MULTILINE)
    return {one[1].strip("'\""): one[0] for one in found}
