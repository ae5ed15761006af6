"""TLS to a broker, as its section asks for it."""

from __future__ import annotations

import ssl

from gateway.config.destinations.tls import TlsSection
from gateway.destinations.attempt import Refused


def context(section: TlsSection) -> ssl.SSLContext | None:
    """The context for one connection, or None. The files are read anew, so that renewed ones count.

    Raises Refused naming the key whose file cannot be used.
    """
    if not section.uses_tls:
        return None
    try:
        made = ssl.create_default_context(cafile=section.ca)
    except (OSError, ssl.SSLError) as error:
        raise Refused(f"ca: {section.ca} cannot be used: {_said(error)}") from None
    if section.certificate is not None:
        try:
            made.load_cert_chain(section.certificate, section.key)
        except (OSError, ssl.SSLError) as error:
            files = f"{section.certificate} with {section.key or 'the key in it'}"
            raise Refused(f"certificate: {files} cannot be used: {_said(error)}") from None
    return made


def _said(error: OSError) -> str:
    return (isinstance(error, ssl.SSLError) and error.reason) or error.strerror or "no certificate in it"
