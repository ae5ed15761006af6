"""One request to a service that speaks JSON over HTTP, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from gateway import __version__
from gateway.destinations.attempt import Refused, failure
from gateway.destinations.connections import Connections

LARGEST = 65_536
"""Bytes of an answer that are read. What is answered here is an id or a complaint."""

KEPT = 4096
"""Characters of an answer that are kept with the attempt."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: `json` is what its body says, an empty mapping where that is no JSON object."""

    status: int
    text: str
    json: Mapping[str, Any]
    retry_after: str | None = None


async def post(connections: Connections, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """POST `body`, which is JSON. Raises Refused where no whole answer came; a refusal is an answer."""
    own = {"content-type": "application/json", "accept-encoding": "identity"}
    every = own | {"user-agent": f"webhook-gateway/{__version__}"} | dict(headers)
    try:
        request = httpx.Request("POST", url, headers=every, content=body)
        async with connections.send(request) as response:
            content = await _read(response)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise Refused(failure(error)) from None
    text = content[:KEPT].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return Reply(response.status_code, text, _parsed(content), response.headers.get("retry-after"))


async def _read(response: httpx.Response) -> bytes:
    content = b""
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > LARGEST:
            break
    return content


def _parsed(content: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
