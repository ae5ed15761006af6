"""Netlify: HTTP POST notifications of deploys and forms.

Seen 2026-11-24: https://docs.netlify.com/site-deploys/notifications, simstudioai/sim#4518 (a JWS in HS256
whose claims are `iss` and the SHA-256 of the body), and receivers of X-Netlify-Event
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.fields import Fields
from adapters.jwt import JwtSignature
from adapters.plain import PlainAdapter
from adapters.times import DAY


class Netlify(PlainAdapter):
    """The token has no time of its own, so that a request stays good; its digest makes it a duplicate."""

    name = "netlify"
    title = "Netlify"
    docs = "https://docs.netlify.com/site-deploys/notifications/#payload-signature"
    scheme = JwtSignature(
        header="X-Webhook-Signature",
        prefix="",
        algorithms=("HS256",),
        issuers=("netlify",),
        body_hash_claim="sha256",
    )
    retry_horizon = DAY
    key = "the SHA-256 of the body: the id that Netlify sends is the deploy's, the same in all its states"
    first_sample = "deploy_created"
    fields = Fields(
        id="digest",
        type="header.X-Netlify-Event|body.state",
        time="body.updated_at|body.created_at",
        attributes={"site": "body.site_id", "state": "body.state", "context": "body.context"},
    )
    example: ClassVar[Mapping[str, Any]] = {
        "id": "5ebc34bf4fea0b01f02efa3a",
        "site_id": "fa4dd95a-994e-4f89-8a7a-2d9e9fc36a32",
        "build_id": "5ebc34bf4fea0b01f02efa38",
        "state": "ready",
        "name": "acme",
        "url": "https://acme.netlify.app",
        "branch": "main",
        "context": "production",
    }
    examples: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "submission*": {"number": 1, "email": "zoe@example.com", "form_name": "contact", "data": {}}
    }


adapter = Netlify
