"""The beginning of an adapter: files that work as they are, with comments on what to put where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path("my-adapters")
"""Where a new adapter goes unless told otherwise."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_ADAPTER = '''"""{title}: say here which of its webhooks these are, and where you read how they are signed."""

from __future__ import annotations

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature


class {title}(PlainAdapter):
    """What is special about this provider. State where you saw a fact, and when."""

    name = "{name}"
    title = "{title}"
    docs = "https://example.com/how-{name}-signs-its-webhooks"
    # How a request is proven. Others are in adapters.schemes: SharedToken, BasicAuth, Ed25519Signature …
    # With a signed time also: timestamp="X-{title}-Timestamp", signed="{{timestamp}}.{{body}}", and below
    # tolerance = 300 (seconds, to both sides).
    scheme = HmacSignature(header="X-{title}-Signature", prefix="sha256=")
    # Seconds for which the provider keeps retrying: a copy that late is still a duplicate.
    retry_horizon = 86_400
    # What makes the dedupe key, in words.
    key = "body.id"
    # Where the event's id, type and time are: body.x.y, header.X-Name; id="digest" where none is sent.
    fields = Fields(id="body.id", type="body.type", time="body.created_at")
    # A body in the provider's shape, for `gateway trigger`; id, type and time are filled in.
    example = {{"data": {{"object": "order", "total": 4200}}}}
    first_sample = "order.paid"


adapter = {title}
'''

_TEST = '''"""The conformance kit over the {title} adapter, and a request that someone else signed."""

from pathlib import Path

import pytest

import adapters
from adapters import conformance
from adapters.vectors import read_vectors

HERE = Path(__file__).parent
VECTORS = HERE / "{name}.json"
"""Requests signed by {title} or its own library; the format: tests/vectors/README.md of the gateway."""


@pytest.mark.parametrize("check", conformance.CHECKS.values(), ids=list(conformance.CHECKS))
def test_it_keeps_the_contract(check):
    if not VECTORS.is_file() and "vectors" in check.__name__:
        pytest.skip("there are no vectors yet; put some into {name}.json")
    vectors = read_vectors(VECTORS) if VECTORS.is_file() else []
    check(adapters.load("{name}", HERE)(), vectors)
'''


def begin(name: str, folder: Path, taken: Sequence[str]) -> list[str]:
    """Write an adapter `name` and its test into `folder`. Returns what to tell of it.

    Raises ValueError where the name can't be or is taken, and where a file is there already.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for an adapter: a-z, 0-9 and _, a letter first, such as acme")
    if name in taken:
        raise ValueError(f"there is an adapter {name!r} already; choose another name")
    title = "".join(part.capitalize() for part in name.split("_"))
    texts = {folder / f"{name}.py": _ADAPTER, folder / f"test_{name}.py": _TEST}
    for file in texts:
        if file.exists():
            raise ValueError(f"{file} is there already; remove it, or choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        file.write_text(text.format(name=name, title=title), encoding="utf-8")
    return [
        *(f"wrote {file}" for file in texts),
        "",
        f"Edit it, then:  gateway adapters test {name} --path {folder}",
        "Use it in config.yaml:",
        f"  adapters_path: {folder}",
        "  sources:",
        f'    {name}: {{adapter: {name}, secrets: ["${{{name.upper()}_SECRET}}"]}}',
    ]
