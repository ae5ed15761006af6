"""Vercel: webhooks of a team or an account, and of an integration.

Seen 2026-11-24: hookdeck/webhook-skills (vercel) for the signature, the fields and the retries,
https://trigger.dev/docs/webhooks/providers/vercel for whose secret it is
"""

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY


class Vercel(PlainAdapter):
    """HMAC-SHA1 of the body. Vercel tries again for up to a day."""

    name = "vercel"
    title = "Vercel"
    docs = "https://vercel.com/docs/webhooks/webhooks-api#securing-webhooks"
    scheme = HmacSignature(header="x-vercel-signature", algorithm="sha1")
    retry_horizon = DAY
    key = "id"
    first_sample = "deployment.created"
    fields = Fields(
        id="body.id",
        type="body.type",
        time="body.createdAt",
        time_unit="ms",
        attributes={
            "team": "body.payload.team.id",
            "project": "body.payload.project.id|body.payload.projectId",
            "target": "body.payload.target",
            "region": "body.region",
        },
    )
    example = {
        "region": "sfo1",
        "payload": {
            "team": {"id": "team_5f2e"},
            "user": {"id": "user_91ab"},
            "target": "production",
            "deployment": {"id": "dpl_4711", "name": "shop", "url": "shop-4711.vercel.app", "meta": {}},
            "project": {"id": "prj_0815"},
            "plan": "pro",
            "regions": ["sfo1"],
        },
    }


adapter = Vercel
