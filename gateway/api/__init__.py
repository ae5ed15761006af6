"""What others ask of the gateway over HTTP besides webhooks: sending events of their own."""

from gateway.api.send import PREFIX, Send

__all__ = ["PREFIX", "Send"]
