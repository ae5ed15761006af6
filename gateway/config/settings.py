"""The settings that config.yaml becomes: frozen, typed, every duration in seconds, every size in bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    PrivateAttr,
    ValidationInfo,
    model_validator,
)

from adapters.base import Adapter
from gateway.config.ack import Ack, AckRule, Expect
from gateway.config.api_token import ApiToken, sent_in_a_header
from gateway.config.backfill import Backfill
from gateway.config.encrypt import Encrypt, key_of
from gateway.config.event_keys import EventKey
from gateway.config.loopback import is_loopback
from gateway.config.problems import Filled, shown
from gateway.config.redact import Redact
from gateway.config.secret import Secret, read_secret_file
from gateway.config.section import Section, server_url, shown_url, web_url, without_credentials
from gateway.config.subscription import Subscription
from gateway.config.units import Count, Duration, Size, parse_duration
from gateway.functions.reference import MODULE
from gateway.redaction import Redactions
from gateway.schema import Contract

DAY = 86_400.0
SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")
POSTGRES_EXAMPLE = "postgresql://user:password@host/gateway"


def _public_url(value: Any) -> str | None:
    if value is None or value == "":
        return None
    url = web_url(value, "https://hooks.example.com")
    if url.query or url.fragment:
        raise ValueError(f"must end with the host or a path, not {shown_url(value)}")
    return str(value).rstrip("/")


def _endpoint_url(value: Any) -> str | None:
    """As the provider has it, to the letter: a slash at the end may be part of what is signed."""
    if value is None or value == "":
        return None
    if web_url(value, "https://hooks.example.com/webhooks/square").fragment:
        raise ValueError("must not have a #fragment: it is never sent")
    return str(value)


class Server(Section):
    """Where and how the gateway listens. Timeouts in seconds, `max_body` and `max_send_body` in bytes."""

    host: str = Field("127.0.0.1", min_length=1)
    port: Count = Field(8080, ge=0, le=65_535)
    admin_token: Annotated[Secret | None, AfterValidator(sent_in_a_header)] = None
    max_body: Size = ByteSize(1_048_576)
    max_send_body: Size = ByteSize(524_288)
    max_in_flight: Count = Field(1024, ge=1, le=1_000_000)
    body_timeout: Duration = 10.0
    shutdown_timeout: Duration = 15.0
    public_url: Annotated[str | None, BeforeValidator(_public_url)] = None
    metrics: bool = True

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach `host`. A name other than localhost counts as reachable."""
        return is_loopback(self.host)


class Retention(Section):
    """How long each kind of row is kept, in seconds. `keys` None: as long as the dedupe window.

    `audit` is the audit log, which the short form leaves as it is.
    """

    events: Duration = 30 * DAY
    duplicates: Duration = 30 * DAY
    rejections: Duration = 30 * DAY
    keys: Duration | None = None
    audit: Duration = 365 * DAY


def _one_for_all(value: Any) -> Any:
    """`30d` is short for the same duration for events, duplicates and rejections."""
    if isinstance(value, dict | Retention):
        return value
    if parse_duration(value) <= 0:
        raise ValueError("must be longer than 0s")
    return {"events": value, "duplicates": value, "rejections": value}


def _store_url(value: Any, info: ValidationInfo) -> str:
    """A SQLite file, whose path follows the three slashes, or a PostgreSQL database; `file:` names a file
    that holds the URL.
    """
    if isinstance(value, str) and value.startswith("file:"):
        folder = info.context["folder"] if info.context else Path.cwd()
        value = Filled.of(read_secret_file(folder / value.removeprefix("file:")), "the file")
    if isinstance(value, str) and value.startswith(POSTGRES):
        server_url(value, ("postgresql", "postgres"), POSTGRES_EXAMPLE)
        return str(value)
    if not isinstance(value, str) or not value.startswith(SQLITE):
        raise ValueError(
            f"must be sqlite:///data/gateway.db (a path from the folder of this file), sqlite:////var/lib/"
            f"gateway.db (absolute) or {POSTGRES_EXAMPLE}, not {shown_url(value)}"
        )
    path = value.removeprefix(SQLITE)
    if not path or path.endswith("/") or "?" in path or ":memory:" in path or not path.isprintable():
        raise ValueError(f"must name a file, such as sqlite:///data/gateway.db, not {shown_url(value)}")
    return str(value)


class Store(Section):
    """Where events are kept and for how long. The `url` may hold a password: show `name` instead."""

    url: Annotated[str, BeforeValidator(_store_url)] = Field("sqlite:///data/gateway.db", repr=False)
    retention: Annotated[Retention, BeforeValidator(_one_for_all)] = Retention()
    connections: Count = Field(4, ge=1, le=100)
    data_folder: str | None = None
    encrypt: Encrypt = ()
    _base: Path = PrivateAttr(default_factory=Path.cwd)

    @model_validator(mode="after")
    def _remember_base(self, info: ValidationInfo) -> Self:
        if info.context:
            self._base = info.context["folder"]
        return self

    @property
    def is_shared(self) -> bool:
        """Whether several machines can work on it at once: PostgreSQL, not a file."""
        return not self.url.startswith(SQLITE)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The keys that bodies are encrypted with, the first, and were before."""
        return tuple(map(key_of, self.encrypt))

    @property
    def target(self) -> Path | str:
        """What to open: the database file, absolute, from the config file's folder; else the server's URL."""
        return self.url if self.is_shared else self._base / self.url.removeprefix(SQLITE)

    @property
    def name(self) -> str:
        """The store as messages name it: the file, or the server without user and password."""
        return without_credentials(Secret(self.url)) if self.is_shared else str(self.target)

    @property
    def folder(self) -> Path:
        """The data folder, absolute: `data_folder`, else where the database file is, else `data`."""
        if self.data_folder is not None:
            return self._base / self.data_folder
        return self.target.parent if isinstance(self.target, Path) else self._base / "data"


class Dedupe(Section):
    """How duplicates are told. `window` in seconds, from the first reception."""

    window: Duration = DAY


def _module(name: str) -> str:
    if not MODULE.fullmatch(name):
        raise ValueError(f"must be the name of a module, such as myapp.handlers, not {shown(name)}")
    return name


class TopLevel(Section):
    """The file without its sources and subscriptions, which are checked one by one."""

    server: Server = Server()
    store: Store = Store()
    dedupe: Dedupe = Dedupe()
    event_keys: tuple[EventKey, ...] = ()
    api_tokens: tuple[ApiToken, ...] = ()
    adapters_path: str | None = None
    functions: tuple[Annotated[str, AfterValidator(_module)], ...] = ()


class SourceKeys(Section):
    """The keys that every source has; those of its adapter stand beside them in the file."""

    adapter: str = Field(examples=["stripe"])
    secrets: tuple[Secret, ...] = ()
    dedupe_window: Duration | None = None
    tolerance: Duration | None = None
    quarantine: bool = False
    keep_rejections: Count = Field(1000, ge=0, le=1_000_000)
    public_url: Annotated[str | None, BeforeValidator(_endpoint_url)] = None
    ack: Ack = ()
    expect: Expect = None
    backfill: Backfill | None = None
    redact: Redact = ()


@dataclass(frozen=True)
class Source:
    """One configured inbound endpoint, its adapter built and ready. Durations in seconds."""

    name: str
    adapter: Adapter = field(compare=False)
    secrets: tuple[Secret, ...]
    dedupe_window: float | None = None
    tolerance: float | None = None
    quarantine: bool = False
    keep_rejections: int = 1000
    public_url: str | None = None
    ack: tuple[AckRule, ...] = ()
    expect: float | None = None
    backfill: Backfill | None = None
    redact: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The URL path that the provider posts to."""
        return f"/webhooks/{self.name}"

    def window(self, settings: Settings) -> float:
        """Seconds from first reception in which the same dedupe key is a duplicate."""
        if self.dedupe_window is not None:
            return self.dedupe_window
        return max(settings.dedupe.window, self.adapter.retry_horizon)

    def key_kept(self, settings: Settings) -> float:
        """Seconds for which a dedupe key stays, also after its event is purged."""
        return max(self.window(settings), settings.store.retention.keys or 0.0)


@dataclass(frozen=True)
class Settings:
    """A whole config file, checked. `file` is its absolute path.

    `unset_secrets` names the config paths (`sources.stripe`) that should have a secret and have none;
    it is empty unless the file was loaded with secrets "optional" or "generated". `made_secrets` names
    those that have a secret of development mode. `stale` are imported modules whose file was changed since.
    """

    file: Path
    server: Server
    store: Store
    dedupe: Dedupe
    event_keys: tuple[EventKey, ...]
    adapters_path: Path | None
    sources: Mapping[str, Source]
    subscriptions: Mapping[str, Subscription]
    unset_secrets: tuple[str, ...] = ()
    made_secrets: frozenset[str] = frozenset()
    api_tokens: tuple[ApiToken, ...] = ()
    stale: tuple[str, ...] = ()
    contract: Contract | None = None

    @cached_property
    def redactions(self) -> Redactions:
        """What each source hides from those who look."""
        return Redactions.of({name: source.redact for name, source in self.sources.items()})
