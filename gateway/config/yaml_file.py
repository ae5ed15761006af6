"""The text of a config file -> a tree of YAML nodes that knows its lines; no value is filled in yet."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gateway.config.placeholders import CLOSE, OPEN, Placeholder, hide
from gateway.config.problems import KeyPath, Problems

BROKEN = "this ${…} is not a variable; write ${NAME} or ${NAME:-default} on one line, without other braces"
LARGEST_FILE = 1_048_576
"""Bytes. A larger file is not a config file."""

MOST_VALUES = 100_000
"""Nodes. A few lines of nested aliases can stand for billions."""

_QUOTED = re.compile(r"'[\w.!-]{3,}'")
_CORE = "tag:yaml.org,2002:"
_PLAIN_TAGS = ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "value")


@dataclass(frozen=True)
class Document:
    """A parsed config file: its nodes, and the placeholders that its scalars hold tokens of."""

    root: MappingNode
    placeholders: Sequence[Placeholder]

    def line(self, path: KeyPath) -> int:
        """The line (from 1) of the key or item at `path`, or of the nearest thing that holds it."""
        node: Node | None = self.root
        line = self.root.start_mark.line + 1
        for part in path:
            found, node = _step(node, part)
            line = found or line
        return line


def is_usable(key: Node) -> bool:
    """Whether a mapping's key is plain text, without placeholders, and not YAML's merge key."""
    return isinstance(key, ScalarNode) and OPEN not in key.value and key.tag != f"{_CORE}merge"


def _step(node: Node | None, part: str | int) -> tuple[int, Node | None]:
    """The line of a key or item, and its value; 0 and None where there is none."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == part:
                return key.start_mark.line + 1, value
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part].start_mark.line + 1, node.value[part]
    return 0, None


def read(path: Path, problems: Problems) -> Document:
    """Parse the file at `path`. Raises ConfigError where it cannot be used at all.

    Repeated keys, tags and keys that are not plain text are noted in `problems`.
    """
    hidden, placeholders = hide(_text(path, problems))
    root = _compose(hidden, placeholders, problems)
    if root is None or (isinstance(root, ScalarNode) and not root.value):
        problems.stop(0, "the file is empty; start with `sources:` and `subscriptions:`")
    if not isinstance(root, MappingNode):
        problems.stop(root.start_mark.line + 1, "must be a mapping; start with `sources:`")
    if _size(root, {}) > MOST_VALUES:
        problems.stop(0, f"an alias holds itself, or the aliases make more than {MOST_VALUES} values")
    for line, key, message in _oddities(root, ()):
        problems.add(line, key, message)
    return Document(root, placeholders)


def _text(path: Path, problems: Problems) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        problems.stop(0, "there is no such file; name the config file with --config")
    except OSError as error:
        problems.stop(0, f"the file cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        problems.stop(data.count(b"\n", 0, error.start) + 1, "the file is not UTF-8 text")
    if len(data) > LARGEST_FILE:
        problems.stop(0, f"the file is larger than {LARGEST_FILE} bytes; is it a config file?")
    for number, line in enumerate(text.split("\n"), 1):
        if OPEN in line or CLOSE in line:
            problems.stop(number, "the private-use characters U+E000 and U+E001 cannot stand in this file")
    return text


def _compose(text: str, placeholders: Sequence[Placeholder], problems: Problems) -> Node | None:
    """The root node; a `${…}` that is broken and swallowed a bracket or quote is named beside the error."""
    try:
        root: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        return root
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"the character U+{error.character:04X} is not allowed"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, message = mark.line + 1 if mark else 0, _words(error)
    except RecursionError:
        line, message = 0, "nested too deep"
    for placeholder in placeholders:
        if placeholder.is_broken:
            problems.add(placeholder.line, (), BROKEN)
    problems.stop(line, f"not valid YAML: {message}")


def _words(error: yaml.MarkedYAMLError) -> str:
    """The parser's words without the text of the file: a value that needs quotes may be a secret."""
    if error.problem and r"'\t'" in error.problem:
        return "a tab cannot indent; use spaces"
    if error.problem and "undefined alias" in error.problem:
        return "this alias stands for nothing; put a text that starts with * into quotes"
    return _QUOTED.sub("'…'", ", ".join(part for part in (error.context, error.problem) if part))


def _size(node: Node, sizes: dict[int, float]) -> float:
    """How many values `node` stands for with its aliases written out; infinite where it holds itself."""
    if id(node) not in sizes:
        sizes[id(node)] = math.inf
        children = [value for _, value in node.value] if isinstance(node, MappingNode) else node.value
        inner = [] if isinstance(node, ScalarNode) else children
        sizes[id(node)] = 1 + sum(_size(child, sizes) for child in inner)
    return sizes[id(node)]


def _oddities(node: Node, path: KeyPath) -> Iterator[tuple[int, KeyPath, str]]:
    """(line, path, message) of everything that is YAML but has no place in a config file."""
    if node.tag.removeprefix(_CORE) not in _PLAIN_TAGS:
        yield node.start_mark.line + 1, path, "YAML tags do not work here; write a plain value"
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield from _oddities(item, (*path, index))
    if isinstance(node, MappingNode):
        yield from _odd_keys(node, path)
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                yield from _oddities(value, (*path, key.value))


def _odd_keys(node: MappingNode, path: KeyPath) -> Iterator[tuple[int, KeyPath, str]]:
    first: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode) or not key.value:
            yield line, path, "a key must be plain text"
        elif OPEN in key.value:
            yield line, path, "${…} works in values only, not in a key"
        elif key.tag == f"{_CORE}merge":
            yield line, path, "merge keys (<<) do not work here; write the keys out"
        elif key.value in first:
            yield line, (*path, key.value), f"the key stands twice, first in line {first[key.value]}"
        else:
            first[key.value] = line
