"""Imported code stays as it is until the process ends: what was changed on disk since is told."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

_imported: dict[str, int] = {}
"""When the file of each module was written (ns) that was first seen imported."""


def stale(modules: Iterable[str]) -> tuple[str, ...]:
    """Those of `modules`, and of what shares a package with them, whose file was changed since its import."""
    roots = {name.partition(".")[0] for name in modules}
    changed = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None or name.partition(".")[0] not in roots:
            continue
        written = Path(file).stat().st_mtime_ns if Path(file).is_file() else 0
        if _imported.setdefault(name, written) != written:
            changed.append(name)
    return tuple(changed)
