"""Who the gateway is to Google Cloud: a token, renewed before it runs out.

google-auth knows every way to be somebody there (a key, a machine, a cluster, another cloud). It blocks, so
it works in a thread. A service account's key signs its tokens itself, without asking Google.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import google.auth
import httpx
import orjson
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
from google.auth.transport import Request, Response
from google.oauth2 import service_account

from gateway.config.secret import Secret
from gateway.destinations.attempt import Refused, failure

SCOPES = ["https://www.googleapis.com/auth/pubsub"]
"""https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish, seen 2026-11-24."""

_NONE = "set credentials, or give this machine application default credentials"
_WRONG = "are the credentials right, and is the clock of this machine?"


class Token:
    """The bearer token of one set of credentials, shared by all deliveries."""

    def __init__(self, key: Secret | None, timeout: float) -> None:
        """`key` is the JSON of a service account's key; without it, the machine's own credentials."""
        self._key = key
        self._timeout = timeout
        self._credentials: Any = None
        self._renewing = asyncio.Lock()

    async def header(self) -> dict[str, str]:
        """The header to send. Raises Refused where there are no credentials, or nobody gives a token."""
        async with self._renewing:
            if self._credentials is None or not self._credentials.valid:
                await self._renew()
            return {"authorization": f"Bearer {self._credentials.token}"}

    def drop(self) -> None:
        """Forget the credentials, which were refused: the next delivery looks for them anew."""
        self._credentials = None

    async def _renew(self) -> None:
        try:
            self._credentials = await asyncio.to_thread(self._renewed, self._credentials)
        except DefaultCredentialsError as error:
            raise Refused(f"{failure(error)}; {_NONE}") from None
        except (GoogleAuthError, OSError, ValueError) as error:
            raise Refused(f"no token from Google: {failure(error)}; {_WRONG}") from None

    def _renewed(self, known: Credentials | None) -> Any:
        request = _Request(self._timeout)
        credentials = known or self._found(request)
        credentials.refresh(request)
        return credentials

    def _found(self, request: Request) -> Any:
        if self._key is None:
            return google.auth.default(scopes=SCOPES, request=request)[0]
        info = orjson.loads(self._key.get_secret_value())
        return service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            info, scopes=SCOPES, always_use_jwt_access=True
        )


class _Response(Response):
    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def data(self) -> bytes:
        return self._response.content


class _Request(Request):
    """How google-auth asks: by httpx, so that requests need not be installed for it."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> Response:
        allowed = min(timeout or self._timeout, self._timeout)
        try:
            return _Response(httpx.request(method, url, content=body, headers=headers, timeout=allowed))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransportError(failure(error)) from error  # type: ignore[no-untyped-call]
