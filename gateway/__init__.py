"""The webhook gateway: verify, dedupe, store, route, deliver."""

from importlib.metadata import version

__version__ = version("webhook-gateway")
