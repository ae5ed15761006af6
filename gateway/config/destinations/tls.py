"""What the brokers that are reached over TLS have in common: whom to trust, and what to show."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, model_validator

from gateway.config.destinations.base import DestinationSection
from gateway.config.problems import shown


def _absolute(path: str) -> str:
    if not path.startswith("/") or path.endswith("/") or not path.isprintable():
        raise ValueError(
            f"must be the absolute path of a PEM file, such as /etc/ssl/broker.pem, not {shown(path)}"
        )
    return path


PemFile = Annotated[str, AfterValidator(_absolute)]


class TlsSection(DestinationSection):
    """A broker that may be behind TLS. Its certificate must fit its name; without `ca` the system's count.

    `certificate` is the gateway's own, for brokers that ask for one, with its `key` unless that is inside.
    """

    ca: PemFile | None = None
    certificate: PemFile | None = None
    key: PemFile | None = None

    @model_validator(mode="after")
    def _is_used(self) -> TlsSection:
        for name in ("ca", "certificate", "key"):
            if getattr(self, name) is not None and not self.uses_tls:
                raise ValueError(f"has {name}, but no TLS; {self.tls_how}, or leave {name} out")
        if self.key is not None and self.certificate is None:
            raise ValueError("has a key without its certificate; write both, or neither")
        return self

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is made over TLS."""
        raise NotImplementedError

    @property
    def tls_how(self) -> str:
        """How a config says that it is."""
        return "write tls: true"
