"""Development secrets: where `serve --dev` finds none for a source or destination, it makes one and keeps it.

They lie in `dev-secrets.json` in the data folder, readable by its owner only, under their config path:
`{"sources.stripe": "whsec_…", "subscriptions.welcome-email": "whsec_…"}`.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

import orjson

from gateway.config import Secret, Settings, load
from gateway.config.destinations.http import PREFIX, signing_key

FILE = "dev-secrets.json"
KEY_BYTES = 32


class DevSecretsError(Exception):
    """The development secrets cannot be read, made or kept. The message names the file and the way out."""


@dataclass(frozen=True)
class Development:
    """Settings whose missing secrets are filled in; `new` are those just made, to be shown once."""

    settings: Settings
    new: Mapping[str, Secret]
    file: Path


def load_for_development(path: Path, env: Mapping[str, str]) -> Development:
    """The settings at `path` with development secrets for whatever has none; makes and keeps new ones.

    Raises ConfigError as `load` does, and DevSecretsError.
    """
    draft = load(path, env, secrets="generated")
    store = DevSecrets(draft.store.folder)
    if not draft.unset_secrets:
        return Development(draft, {}, store.file)
    known, new = store.ensure(draft)
    return Development(load(path, env, secrets="generated", generated=known), new, store.file)


class DevSecrets:
    """The development secrets of one data folder (absolute)."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE

    def read(self) -> dict[str, str]:
        """Secrets by config path; empty where there is no file yet."""
        try:
            found = orjson.loads(self.file.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise DevSecretsError(f"{self.file} cannot be read: {error.strerror}") from error
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
            raise DevSecretsError(
                f"{self.file} is damaged; delete it, and new secrets are made at the next start"
            )
        return found

    def ensure(self, settings: Settings) -> tuple[dict[str, str], dict[str, Secret]]:
        """All secrets after making those that `settings.unset_secrets` asks for, and of these the new ones.

        A kept secret that its adapter would refuse, because the source has another one now, is made anew.
        """
        known = self.read()
        new = {
            owner: _make(owner, settings)
            for owner in settings.unset_secrets
            if not _fits(owner, known.get(owner, ""), settings)
        }
        if new:
            known |= new
            self._write(known)
        return known, {owner: Secret(text) for owner, text in new.items()}

    def _write(self, secrets: Mapping[str, str]) -> None:
        """Replace the file in one step; nobody else can read it at any moment."""
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, draft = mkstemp(dir=self.file.parent, prefix=f".{FILE}.")  # made with mode 0600
            try:
                with open(handle, "wb") as file:
                    file.write(orjson.dumps(secrets, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(draft, self.file)
            except BaseException:
                os.unlink(draft)
                raise
        except OSError as error:
            raise DevSecretsError(f"{self.file} cannot be written: {error.strerror}") from error


def _make(owner: str, settings: Settings) -> str:
    section, name = owner.split(".", 1)
    if section == "subscriptions":
        return PREFIX + b64encode(os.urandom(KEY_BYTES)).decode()
    try:
        return settings.sources[name].adapter.generate_secret()
    except NotImplementedError as error:
        raise DevSecretsError(f"{owner}: {error}; set {owner}.secrets") from error


def _fits(owner: str, secret: str, settings: Settings) -> bool:
    section, name = owner.split(".", 1)
    try:
        if section == "subscriptions":
            signing_key(secret)
        else:
            settings.sources[name].adapter.check_secret(secret)
    except ValueError:
        return False
    return bool(secret)
