"""What PostgreSQL and its driver raise, in the store's words."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from gateway.store.errors import StoreError, StoreRefused, StoreUnavailable

FAULTS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.SyntaxOrAccessError,
    ValueError,
    TypeError,
)
"""What one write can bring upon itself, while another would succeed."""

AGAIN = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.InvalidCachedStatementError)
"""The transaction was undone for another one's sake, or for a migration's, and may simply be done again."""

LOST = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)
"""There is no connection (any more)."""

_REFUSED = {
    asyncpg.InvalidCatalogNameError: "make it with: createdb",
    asyncpg.InvalidAuthorizationSpecificationError: "check the user and the password in store.url",
    asyncpg.InsufficientPrivilegeError: "let the gateway's user own its database, or its schema",
    asyncpg.ClientConfigurationError: "write store.url as postgresql://user:password@host:5432/database",
}

_UNAVAILABLE = {
    asyncpg.ReadOnlySQLTransactionError: "name the primary in store.url, or all servers and "
    "target_session_attrs=read-write",
    asyncpg.DiskFullError: "free some space on the server's disk",
    asyncpg.TooManyConnectionsError: "raise max_connections, or lower store.connections",
    asyncpg.OutOfMemoryError: "give the server more memory, or lower max_connections",
    asyncpg.LockNotAvailableError: "another session holds a lock for long; see pg_locks",
    asyncpg.QueryCanceledError: "somebody cancelled it, or it took longer than statement_timeout allows",
    asyncpg.CannotConnectNowError: "it starts or stops; it is tried again",
    asyncpg.OperatorInterventionError: "it stops or restarts; it is tried again",
    TimeoutError: "check that it runs, is not overloaded, and that nothing in between drops packets",
}

_ROW_KEY = re.compile(r"\((?:event_id|moment)\) = \(([0-9A-Z]{10})")


def address(url: str) -> str:
    """The server and database of `url`, for messages: never its user, its password or its options."""
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = unquote(parts.netloc.rpartition("@")[2]) or options.get("host", "the default host")
    port = f":{options['port']}" if "port" in options else ""
    named = options.get("dbname") or options.get("database")
    database = parts.path.lstrip("/") or named or "the default database"
    return f"PostgreSQL at {host}{port}/{database}"


def translate(error: Exception, where: str) -> StoreError:
    """One error in the store's words: `where`, the cause, and the way out."""
    if isinstance(error, StoreError):
        return error
    cause = str(error) or ("no answer in time" if isinstance(error, TimeoutError) else type(error).__name__)
    for kind, way_out in _REFUSED.items():
        if isinstance(error, kind):
            return StoreRefused(f"{where}: {cause}; {way_out}")
    for kind, way_out in _UNAVAILABLE.items():
        if isinstance(error, kind):
            return StoreUnavailable(f"{where}: {cause}; {way_out}")
    if isinstance(error, LOST):
        return StoreUnavailable(f"{where} can't be reached: {cause}; check that it runs and may be reached")
    return StoreUnavailable(f"{where}: {cause}")


def missing_moment(error: asyncpg.CheckViolationError) -> str | None:
    """The moment of a row that no partition takes, where that is what `error` says."""
    found = _ROW_KEY.search(error.detail or "")
    return found[1] if found else None
