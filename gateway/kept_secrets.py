"""Secrets that a provider told once, when `gateway connect` made an endpoint: a file each, for its owner.

They lie in the folder `secrets` of the data folder as `{source}-{endpoint id}`; config.yaml names them with
`file:`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import mkstemp

from gateway.config.secret import read_secret_file

FOLDER = "secrets"
_ID = re.compile(r"[A-Za-z0-9_]{1,200}")


class KeptSecretsError(Exception):
    """A secret cannot be kept or read. The message names the file."""


class KeptSecrets:
    """Those of one source, in one data folder (absolute)."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder / FOLDER
        self._source = source

    def prepare(self) -> None:
        """Make sure that one could be kept, before the provider makes it. Raises KeptSecretsError."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, draft = mkstemp(dir=self.folder)
            os.close(handle)
            os.unlink(draft)
        except OSError as error:
            raise KeptSecretsError(f"{self.folder} cannot be written: {error.strerror}") from error

    def file(self, endpoint: str) -> Path:
        """Where the secret of an endpoint is or would be. Raises KeptSecretsError where its id is no name."""
        if not _ID.fullmatch(endpoint):
            raise KeptSecretsError(f"{endpoint[:80]!r} is no id of an endpoint")
        return self.folder / f"{self._source}-{endpoint}"

    def keep(self, endpoint: str, secret: str) -> Path:
        """Write the secret of an endpoint in one step; nobody else can read it at any moment."""
        file = self.file(endpoint)
        try:
            handle, draft = mkstemp(dir=self.folder, prefix=".")  # made with mode 0600
            try:
                with open(handle, "wb") as opened:
                    opened.write(secret.encode())
                    opened.flush()
                    os.fsync(opened.fileno())
                os.replace(draft, file)
            except BaseException:
                os.unlink(draft)
                raise
        except OSError as error:
            raise KeptSecretsError(f"{file} cannot be written: {error.strerror}") from error
        return file

    def read(self) -> dict[str, str]:
        """The secrets by the ids of their endpoints. Raises KeptSecretsError."""
        files = sorted(self.folder.glob(f"{self._source}-*")) if self.folder.is_dir() else []
        begin = len(self._source) + 1
        try:
            # The files of a source "stripe-connect" begin as those of "stripe" do; an id has no dash.
            return {id: read_secret_file(file) for file in files if _ID.fullmatch(id := file.name[begin:])}
        except ValueError as error:
            raise KeptSecretsError(str(error)) from error
