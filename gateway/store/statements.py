"""Named SQL: a `.sql` file with a `-- name:` line above each statement, so that Python assembles none."""

from __future__ import annotations

import re
from importlib.resources import files

_HEADER = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def load(package: str, file: str) -> dict[str, str]:
    """The statements of `file` in `package` by name. Raises ValueError where a name stands twice."""
    parts = _HEADER.split((files(package) / file).read_text(encoding="utf-8"))
    names, bodies = parts[1::2], parts[2::2]
    if len(names) != len(set(names)):
        raise ValueError(f"{file}: a statement's name stands twice")
    return {name: body.strip().rstrip(";") for name, body in zip(names, bodies, strict=True)}
