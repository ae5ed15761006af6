"""What every part of the config file has in common."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict

from gateway.config.problems import Filled, shown
from gateway.config.secret import Secret

_MAY_HIDE_A_SECRET = re.compile("[@?]")


class Section(BaseModel):
    """A part of the file: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def shown_url(value: object) -> str:
    """`value` as an error message may show it: a URL with a user, password or query only as its kind."""
    if isinstance(value, str) and not isinstance(value, Filled) and _MAY_HIDE_A_SECRET.search(value):
        return f"a URL that starts with {value.partition(':')[0][:20]!r}"
    return shown(value)


def web_url(value: Any, example: str) -> SplitResult:
    """The parts of an http or https URL with a host. Raises ValueError showing `example`.

    A user and password in it are refused: a URL is printed, a secret is not.
    """
    wrong = ValueError(f"must be a URL such as {example}, not {shown_url(value)}")
    if not isinstance(value, str) or not (value.isascii() and value.isprintable()) or " " in value:
        raise wrong
    try:
        url = urlsplit(value)
        sound = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        raise wrong from None
    if "@" in url.netloc:
        raise ValueError("must not hold a user or password: a URL is printed, put them into a header")
    if not sound:
        raise wrong
    return url


def server_url(value: Any, schemes: tuple[str, ...], example: str) -> Secret:
    """The URL of a server, a secret as a whole: people put user and password into it.

    Raises ValueError showing `example` and never the value.
    """
    wrong = ValueError(f"must be a URL such as {example}")
    if isinstance(value, Secret):
        return value
    try:
        url = urlsplit(value if isinstance(value, str) else "")
        sound = url.scheme in schemes and str(value).isprintable() and " " not in str(value) and url.port != 0
    except ValueError:
        raise wrong from None
    if not sound:
        raise wrong
    return Secret(value)


def without_credentials(url: Secret) -> str:
    """A server's URL as it may be printed: scheme, hosts and path, no user, password or query."""
    parts = urlsplit(url.get_secret_value())
    hosts = ",".join(each.rpartition("@")[2] for each in parts.netloc.split(","))
    return f"{parts.scheme}://{hosts}{parts.path}"
