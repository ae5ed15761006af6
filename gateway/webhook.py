"""One webhook on its way through the gateway."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import Scope

from adapters.base import WebhookRequest
from adapters.record import record
from gateway.answer import Answer
from gateway.pipeline.route import Router
from gateway.running import Endpoint

Answered = Callable[[Answer], None]


@record
class Webhook:
    """One whole request, the config that it began with, and who hears its answer."""

    endpoint: Endpoint
    router: Router
    request: WebhookRequest
    scope: Scope
    answered: Answered
