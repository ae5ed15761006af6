"""config.yaml -> typed, checked, frozen settings; docs/configuration.md describes every key."""

from gateway.config.describing import Description, describe, restart_needed
from gateway.config.destinations import Destination
from gateway.config.event_keys import EventKey
from gateway.config.filling import SecretsMode
from gateway.config.loading import load
from gateway.config.problems import ConfigError, Problem
from gateway.config.secret import Secret
from gateway.config.settings import Dedupe, Retention, Server, Settings, Source, Store
from gateway.config.subscription import Retry, Subscription
from gateway.config.units import format_duration, format_gap, parse_duration, parse_moment

__all__ = [
    "ConfigError", "Dedupe", "Description", "Destination", "EventKey", "Problem", "Retention", "Retry",
    "Secret", "SecretsMode", "Server", "Settings", "Source", "Store", "Subscription", "describe",
    "format_duration", "format_gap", "load", "parse_duration", "parse_moment", "restart_needed",
]  # fmt: skip
