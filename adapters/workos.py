"""WorkOS: events of directories, connections, users and organizations.

Seen 2026-11-24: workos 10.8.0 (PyPI), webhooks/_verification.py; https://workos.com/docs/events/data-syncing/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.fields import Fields
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature
from adapters.times import DAY


class WorkOS(PlainAdapter):
    """The signed time is in milliseconds."""

    name = "workos"
    title = "WorkOS"
    docs = "https://workos.com/docs/events/data-syncing/webhooks"
    scheme = HmacSignature(
        header="WorkOS-Signature", separator=",", version="v1", timestamp="t", timestamp_unit="ms",
        signed="{timestamp}.{body}",
    )  # fmt: skip
    tolerance = 180
    retry_horizon = 3 * DAY
    key = "id"
    first_sample = "dsync.user.created"
    fields = Fields(id="body.id", type="body.event", time="body.created_at")
    example: ClassVar[Mapping[str, Any]] = {
        "data": {
            "id": "directory_user_01E1JG7J09H96KYP8HM9B0G5SJ",
            "object": "directory_user",
            "directory_id": "directory_01ECAZ4NV9QMV47GW873HDCX74",
            "first_name": "Veda",
            "last_name": "Torp",
            "state": "active",
        },
    }


adapter = WorkOS
