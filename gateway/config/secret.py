"""A secret: a value that no repr, message or listing shows, and where it may be mounted."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

LARGEST_FILE = 65_536
"""Bytes. A larger file is not a secret but a wrong path."""

SHOWS_ITS_END = 16
"""Characters. A shorter secret is masked whole: its last four would be too much of it."""


class Secret(SecretStr):
    """Text that prints as asterisks. `get_secret_value()` gives it, `masked` a form to recognise it by."""

    @property
    def masked(self) -> str:
        """`****` and the last four characters, these only of a secret of 16 characters or more."""
        text = self.get_secret_value()
        return f"****{text[-4:]}" if len(text) >= SHOWS_ITS_END else "****"


def read_secret_file(path: Path) -> str:
    """The text of a mounted secret without one trailing newline. Raises ValueError naming the file."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        text = data.decode("utf-8")
    except OSError as error:
        raise ValueError(f"the secret file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ValueError(f"the secret file {path} is not UTF-8 text") from None
    if len(data) > LARGEST_FILE:
        raise ValueError(f"the secret file {path} is larger than {LARGEST_FILE} bytes; is the path right?")
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ValueError(f"the secret file {path} is empty")
    return text
