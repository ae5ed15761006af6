"""The registry: the adapters of this folder, of installed packages, and of a folder of your own.

An adapter is a module that ends with `adapter = TheClass`. Nothing is imported before `load` is asked for
it, so an unused provider's SDK costs nothing and a broken plug-in harms no other.
"""

from __future__ import annotations

import importlib
import re
import sys
import warnings
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from adapters.base import Adapter

GROUP = "webhook_gateway.adapters"
"""The entry point group; an entry's name is the adapter's, its value `package.module` or `….module:Class`."""

ALIASES = {"svix": "standard_webhooks", "generic_hmac": "hmac", "generic_token": "token"}
"""Other words for some adapters; events are named by the adapter's own."""

_HERE = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LAST_LINE = re.compile(r"^adapter\s*=", re.MULTILINE)


class UnknownAdapter(Exception):
    """No adapter has this name. The message lists those there are."""


class BrokenAdapter(Exception):
    """There is such an adapter, but it cannot be loaded or is not one. The message says why."""


def names(path: str | Path | None = None) -> list[str]:
    """Every adapter that can be asked for, sorted; `path` is a further folder of adapters.

    Warns, naming it, of a plug-in that cannot be meant or that another of its name hides.
    """
    folders, installed = _in_folders(path), _installed()
    for name in sorted(set(installed)):
        if not _NAME.fullmatch(name):
            warnings.warn(f"the installed adapter {name!r} has no usable name: {_NAME.pattern}", stacklevel=2)
        elif name in folders or installed.count(name) > 1:
            warnings.warn(f"the installed adapter {name!r} is hidden by another of its name", stacklevel=2)
    return sorted(folders.union(filter(_NAME.fullmatch, installed)))


def load(name: str, path: str | Path | None = None) -> type[Adapter]:
    """The class of the adapter `name`: from the folder `path`, else from this one, else an installed one.

    A word of ALIASES stands for another name, where there is no adapter of that word itself. Raises
    UnknownAdapter or BrokenAdapter.
    """
    if path and _NAME.fullmatch(name) and (file := Path(path, f"{name}.py")).is_file():
        return _checked(name, str(file), partial(_run, name, file))
    if _in_folder(name, _HERE):
        return _checked(name, f"adapters.{name}", partial(importlib.import_module, f"adapters.{name}"))
    for entry in entry_points(group=GROUP, name=name):
        return _checked(name, entry.value, entry.load)
    if name in ALIASES:
        return load(ALIASES[name], path)
    raise UnknownAdapter(_advice(name, path))


def _in_folders(path: str | Path | None = None) -> set[str]:
    """The adapters of this folder and of `path`. Their files are read, not run."""
    folders = [_HERE, *([Path(path)] if path else ())]
    return {file.stem for folder in folders for file in folder.glob("*.py") if _in_folder(file.stem, folder)}


def _in_folder(name: str, folder: Path) -> bool:
    """Whether `folder` has a module of this name that ends as an adapter does."""
    file = folder / f"{name}.py"
    if not _NAME.fullmatch(name) or not file.is_file():
        return False
    return _LAST_LINE.search(file.read_text(encoding="utf-8", errors="replace")) is not None


def _installed() -> list[str]:
    return [entry.name for entry in entry_points(group=GROUP)]


def _checked(name: str, where: str, find: Callable[[], object]) -> type[Adapter]:
    """What `find` gives (a class, or a module with an `adapter`), where it is the adapter `name`."""
    try:
        found = find()
    except Exception as error:
        raise BrokenAdapter(
            f"the adapter {name!r} ({where}) does not load: {type(error).__name__}: {error}"
        ) from error
    found = getattr(found, "adapter", None) if isinstance(found, ModuleType) else found
    if not (isinstance(found, type) and issubclass(found, Adapter)):
        raise BrokenAdapter(f"the adapter {name!r} ({where}) gives {found!r}, not a subclass of Adapter")
    missing = [fact for fact in ("name", "title", "docs") if not isinstance(getattr(found, fact, None), str)]
    if missing:
        raise BrokenAdapter(f"the adapter {name!r} ({where}) does not state its {' and '.join(missing)}")
    if found.name != name:
        raise BrokenAdapter(f"the adapter {name!r} ({where}) calls itself {found.name!r}")
    return found


def _run(name: str, file: Path) -> ModuleType:
    """The module in `file`, run anew, so that a reload sees a changed file."""
    spec = spec_from_file_location(f"adapters_path.{name}", file)
    assert spec and spec.loader, "a .py file always has a loader"
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pydantic look their module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module


def _advice(name: str, path: str | Path | None) -> str:
    valid = sorted(_in_folders(path).union(_installed()))
    near = get_close_matches(name, valid, n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no adapter {name!r}.{guess} There are: {', '.join(valid)}."
