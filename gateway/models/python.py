"""Python's words for shapes."""

from __future__ import annotations

import keyword

from gateway.models.shapes import Choice, ListOf, MapOf, Named, Scalar, Shape

SCALARS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
    "any": "Any",
}


def written(shape: Shape) -> str:
    """The shape as an annotation."""
    if isinstance(shape, Scalar):
        return SCALARS[shape.kind]
    if isinstance(shape, Choice):
        return f"Literal[{', '.join(map(repr, shape.texts))}]"
    if isinstance(shape, ListOf):
        return f"list[{written(shape.item)}]"
    if isinstance(shape, MapOf):
        return f"dict[str, {written(shape.value)}]"
    if isinstance(shape, Named):
        return shape.name
    return " | ".join(dict.fromkeys(map(written, shape.shapes)))


def is_name(text: str) -> bool:
    """Whether a field can be called so in Python."""
    return (
        text.isascii() and text.isidentifier() and not keyword.iskeyword(text) and not text.startswith("__")
    )


def docstring(text: str) -> str:
    """A docstring of one line, whatever stands in the text."""
    plain = "".join(char if char.isprintable() and char not in '\\\\"' else "'" for char in text)
    return f'    """{plain}"""'
