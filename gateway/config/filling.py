"""YAML nodes -> plain values: placeholders filled from the environment, secrets read and wrapped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gateway.config.placeholders import Placeholder, fill, within
from gateway.config.problems import Filled, KeyPath, Problems, dotted
from gateway.config.secret import Secret, read_secret_file
from gateway.config.yaml_file import BROKEN, Document, is_usable

SecretsMode = Literal["required", "optional", "generated"]
"""What to do where a secret is not set: refuse, leave it out, or take the development secret."""

GENERATE = "run with --dev to have one generated"

SOURCE_SECRETS = ("sources", "*", "secrets")
DESTINATION_SECRETS = ("subscriptions", "*", "destination", "secrets")
EVENT_KEYS = ("event_keys",)
STORE_KEYS = ("store", "encrypt")
SECRET_LISTS = (SOURCE_SECRETS, DESTINATION_SECRETS, EVENT_KEYS, STORE_KEYS)
SECRET_SCALARS = (
    ("server", "admin_token"),
    ("api_tokens", "*", "token"),
    ("sources", "*", "backfill", "api_key"),
    ("event_keys", "*"),
    ("subscriptions", "*", "destination", "headers", "*"),
    ("subscriptions", "*", "destination", "password"),
    ("subscriptions", "*", "destination", "token"),
    ("subscriptions", "*", "destination", "secret_key"),
    ("subscriptions", "*", "destination", "event_key"),
    ("subscriptions", "*", "destination", "credentials"),
)

_NULL = ("", "~", "null", "Null", "NULL")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\d+\.\d*|\.?\d+)([eE][-+]?\d+)?", re.ASCII)
_STR = "tag:yaml.org,2002:str"


def is_at(path: KeyPath, pattern: tuple[str, ...]) -> bool:
    """Whether `path` is the place that `pattern` describes; `*` stands for any one key."""
    if len(path) != len(pattern):
        return False
    return all(want in ("*", part) for part, want in zip(path, pattern, strict=True))


def typed(node: ScalarNode) -> str | int | float | bool | None:
    """The value of a scalar without placeholders: YAML 1.2 rules, so `yes` and dates are text."""
    text: str = node.value
    if node.style is not None or node.tag == _STR:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


@dataclass
class Filling:
    """Turns one document into plain values. What it cannot fill goes to `problems`.

    `generated` are the development secrets by config path; `unset` lists, after `tree()`, the config
    paths that should have a secret and have none, `made` those that have a development secret.
    """

    document: Document
    env: Mapping[str, str]
    folder: Path
    mode: SecretsMode
    generated: Mapping[str, str]
    problems: Problems
    unset: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    kept: dict[KeyPath, list[int]] = field(default_factory=dict)

    def tree(self) -> dict[str, Any]:
        """The whole document."""
        return self._mapping(self.document.root, ())

    def wrong(self, path: KeyPath, message: str, key: str | None = None) -> None:
        """Note a problem at `path`; `key` is what to print where that is not the path."""
        self.problems.add(self.document.line(path), path, message, key)

    def wrong_value(self, path: KeyPath, message: str) -> None:
        """Note a problem at `path`, whose index into a list of secrets does not count those left out."""
        head, index = path[:-1], path[-1] if path else None
        if isinstance(index, int) and index < len(self.kept.get(head, ())):
            path = (*head, self.kept[head][index])
        self.wrong(path, message)

    def missing(self, owner: KeyPath) -> list[Secret]:
        """The development secret of a source or subscription that has no other, or none: then noted."""
        made = self.generated.get(dotted(owner))
        (self.unset if made is None else self.made).append(dotted(owner))
        return [Secret(made)] if made else []

    def _value(self, node: Node, path: KeyPath) -> Any:
        if path == EVENT_KEYS and isinstance(node, MappingNode):
            return self._mapping(node, path)
        if any(is_at(path, pattern) for pattern in SECRET_LISTS):
            return self._secrets(node, path)
        if any(is_at(path, pattern) for pattern in SECRET_SCALARS):
            return self._secret(node, path, dotted(path))
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        """A secret that is not set is left out with its key."""
        pairs = [(key.value, value) for key, value in node.value if is_usable(key)]
        values = {key: self._value(value, (*path, key)) for key, value in pairs}
        optional = {key for key in values if any(is_at((*path, key), each) for each in SECRET_SCALARS)}
        return {key: value for key, value in values.items() if value is not None or key not in optional}

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Any:
        parts = self._parts(node, path, dotted(path))
        if not parts:
            return typed(node)
        for part in parts:
            if part.value(self.env) is None and not part.is_broken:
                message = f"the environment variable {part.name} is not set; set it, or give it a default"
                self.wrong(path, f"{message} as in ${{{part.name}:-…}}")
        origin = " and ".join(f"${{{part.name}}}" for part in parts if part.name) or "an escaped ${…}"
        return Filled.of(fill(node.value, self.document.placeholders, self.env), origin)

    def _parts(self, node: ScalarNode, path: KeyPath, key: str) -> list[Placeholder]:
        parts = within(node.value, self.document.placeholders)
        if any(part.is_broken for part in parts):
            self.wrong(path, BROKEN, key)
        return parts

    def _secrets(self, node: Node, path: KeyPath) -> list[Secret]:
        """Those that are set. Without --dev a declared list must not end up empty: that is no accident."""
        if not isinstance(node, SequenceNode):
            if isinstance(node, ScalarNode) and typed(node) is None:
                return self._ensured([], [], path)
            self.wrong(path, f'must be a list; write {path[-1]}: ["${{NAME}}"]')
            return []
        values = [self._secret(item, (*path, index), dotted(path)) for index, item in enumerate(node.value)]
        self.kept[path] = [index for index, value in enumerate(values) if value is not None]
        return self._ensured([value for value in values if value is not None], node.value, path)

    def _ensured(self, found: list[Secret], declared: list[Node], path: KeyPath) -> list[Secret]:
        is_source = is_at(path, SOURCE_SECRETS)
        needs_one = is_source or (is_at(path, DESTINATION_SECRETS) and bool(declared))
        if found or not needs_one or self.problems.under(path):
            return found
        if self.mode != "required":
            return self.missing(path[:-1] if is_source else path[:-2])
        parts = [p for node in declared for p in within(str(node.value), self.document.placeholders)]
        names = " or ".join(part.name for part in parts if part.name) or 'one, as in ["${NAME}"]'
        way_out = GENERATE if is_source else "write [] to send unsigned"
        self.wrong(path, f"no secret is set; set {names}, or {way_out}")
        return []

    def _secret(self, node: Node, path: KeyPath, key: str) -> Secret | None:
        """The secret at `path`, None where it is empty or may be left out."""
        if not isinstance(node, ScalarNode):
            self.wrong(path, "must be one text", key)
            return None
        parts = self._parts(node, path, key)
        if not parts and typed(node) is None:
            return None
        unset = [part for part in parts if part.name and part.default is None and not part.value(self.env)]
        if unset:
            self._unset(unset, path, key)
            return None
        text = fill(node.value, self.document.placeholders, self.env)
        if text.startswith("file:"):
            text = self._from_file(text.removeprefix("file:"), path, key)
        return Secret(text) if text else None

    def _unset(self, parts: list[Placeholder], path: KeyPath, key: str) -> None:
        """Whether a variable that is not set is a problem depends on the mode and on what it is for."""
        can_generate = is_at(path[:-1], SOURCE_SECRETS) or is_at(path[:-1], DESTINATION_SECRETS)
        if self.mode == "optional" or (self.mode == "generated" and can_generate):
            return
        way_out = GENERATE if can_generate else "give it a default as in ${{{}:-}}"
        for part in parts:
            state = "is not set" if part.value(self.env) is None else "is empty"
            message = f"the environment variable {part.name} {state}; set it, or {way_out.format(part.name)}"
            self.wrong((*path, part.name), message, key)

    def _from_file(self, name: str, path: KeyPath, key: str) -> str:
        try:
            if not name:
                raise ValueError("file: needs a path, as in file:/run/secrets/stripe")
            return read_secret_file(self.folder / name)
        except ValueError as error:
            if self.mode != "optional":
                self.wrong(path, str(error), key)
            return ""
