"""The connection to a gateway's API: how it is asked, page by page, and what its refusals become."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import orjson
from pydantic import ValidationError

from gateway.operate.answers import Page
from gateway.operate.rows import Row

LARGEST_PAGE = 500
"""Rows that the API gives at a time at most."""

NO_URL = "no_url"
"""The code of an error that no gateway answered: the URL is none."""

Item = TypeVar("Item", bound=Row)
Answer = TypeVar("Answer", bound=Row)


class GatewayError(Exception):
    """The gateway refused or could not be asked. `status` and `code` are its answer's, None without one."""

    def __init__(self, message: str, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Connection:
    """One gateway, by its URL. Not for several threads at once.

    `timeout` is seconds for each phase of a request; `transport` replaces the network.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Raises GatewayError where the URL or the token can't be used."""
        self.url = url.rstrip("/")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        try:
            self._http = httpx.Client(
                base_url=f"{self.url}/api/v1/", headers=headers, timeout=timeout, transport=transport
            )
        except (httpx.InvalidURL, UnicodeEncodeError, ValueError) as error:
            raise GatewayError(f"this can't be asked: {error}", code=NO_URL) from None
        if self._http.base_url.scheme not in ("http", "https") or not self._http.base_url.host:
            meant = (
                f"did you mean 'http://{url}'?" if url and "//" not in url else "as https://hooks.example.com"
            )
            raise GatewayError(f"{url!r} is no URL of a gateway; {meant}", code=NO_URL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def every(self, kind: type[Page[Item]], path: str, **query: Any) -> Iterator[Item]:
        """Every row of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.page(kind, path, cursor, LARGEST_PAGE, **query)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return

    def page(
        self, kind: type[Page[Item]], path: str, cursor: str | None, limit: int, **query: Any
    ) -> Page[Item]:
        """One page of a list."""
        return self.get(kind, path, cursor=cursor, limit=min(limit, LARGEST_PAGE), **query)

    def get(self, kind: type[Answer], path: str, **query: Any) -> Answer:
        """What is there. A parameter that is None is left out."""
        return self._ask(kind, "GET", path, params={k: v for k, v in query.items() if v is not None})

    def post(self, kind: type[Answer], path: str, **body: Any) -> Answer:
        """Have something done. A field that is None is left out."""
        given = {name: value for name, value in body.items() if value is not None}
        return self._ask(kind, "POST", path, json=given) if given else self._ask(kind, "POST", path)

    def _ask(self, kind: type[Answer], method: str, path: str, **how: Any) -> Answer:
        try:
            answer = self._http.request(method, path, **how)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise GatewayError(f"{self.url} can't be asked: {error or type(error).__name__}") from error
        if not answer.is_success:
            raise self._refused(answer)
        try:
            return kind.model_validate(orjson.loads(answer.content))
        except (orjson.JSONDecodeError, ValidationError) as error:
            raise GatewayError(f"{self.url} answered what is no answer of a gateway's API") from error

    def _refused(self, answer: httpx.Response) -> GatewayError:
        try:
            problem = orjson.loads(answer.content)
            detail, code = str(problem["detail"]), str(problem["code"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return GatewayError(f"{self.url} answered {answer.status_code}", answer.status_code)
        return GatewayError(f"{self.url}: {detail}", answer.status_code, code)
