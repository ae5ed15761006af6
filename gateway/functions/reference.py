"""`myapp.handlers:send_welcome`: code of one's own, named in the config and imported by that name."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
EXAMPLE = "myapp.handlers:send_welcome"


class Unloadable(ValueError):
    """The code that a name stands for can't be used. The message says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A module and an attribute in it, which may be dotted."""

    module: str
    attribute: str

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Raises ValueError where `text` is no `module:attribute`."""
        module, _, attribute = text.partition(":")
        if not (MODULE.fullmatch(module) and MODULE.fullmatch(attribute)):
            raise ValueError(f"must be a module and a function in it, such as {EXAMPLE}")
        return cls(module, attribute)

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}"

    def load(self) -> Callable[..., Any]:
        """What it stands for, its module imported where that was not done yet. Raises Unloadable."""
        value: Any = load_module(self.module)
        for part in self.attribute.split("."):
            if not hasattr(value, part):
                raise Unloadable(f"the module {self.module} has no {_near(part, vars(value))}")
            value = getattr(value, part)
        if not callable(value):
            raise Unloadable(
                f"{self} is no function, but {type(value).__name__}; name one that can be called"
            )
        return value  # type: ignore[no-any-return]


def load_module(name: str) -> ModuleType:
    """Import a module. Raises Unloadable, which tells a module that is not there from one that fails."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            raise Unloadable(
                f"there is no module {error.name!r}; put it beside config.yaml, install it into the "
                "environment of the gateway, or name its folder in PYTHONPATH"
            ) from error
        raise Unloadable(_failed(name, error)) from error
    except (Exception, SystemExit) as error:
        raise Unloadable(_failed(name, error)) from error


def takes(code: Callable[..., Any], most: int) -> int:
    """How many arguments `code` can be called with, the most from 1 to `most`. Raises Unloadable for none."""
    try:
        signature = inspect.signature(code)
    except (TypeError, ValueError):
        return 1
    for count in range(most, 0, -1):
        try:
            signature.bind(*range(count))
            return count
        except TypeError:
            continue
    wanted = "(event)" if most == 1 else "(event) or (event, ctx)"
    raise Unloadable(f"it takes {signature}, and is called with {wanted}; change its arguments")


def is_async(code: Callable[..., Any]) -> bool:
    """Whether calling it gives something to be awaited."""
    return inspect.iscoroutinefunction(code) or inspect.iscoroutinefunction(type(code).__call__)


def look_beside(folder: Path) -> None:
    """Let modules be found in `folder`, behind all that is installed: no file there hides a package."""
    path = str(folder)
    if path not in sys.path:
        sys.path.append(path)
        importlib.invalidate_caches()


def _failed(name: str, error: BaseException) -> str:
    """Where the import of a module broke off, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    if isinstance(error, SyntaxError):
        place = f" ({error.filename}, line {error.lineno})"
    return f"importing {name} failed: {type(error).__name__}: {error}{place}; correct it and try again"


def _near(name: str, known: Iterable[str]) -> str:
    public = [each for each in known if not each.startswith("_")]
    near = get_close_matches(name, public, n=1)
    return f"{name!r}; did you mean {near[0]!r}?" if near else f"{name!r}; write the name of a function in it"
