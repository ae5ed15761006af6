"""ElevenLabs: calls of agents, transcriptions, voices.

Seen 2026-11-24: elevenlabs (PyPI) 2.78.0 webhooks_custom.py, and the page `docs`.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import ParsedEvent, WebhookRequest
from adapters.fields import Fields
from adapters.places import compile_path
from adapters.plain import PlainAdapter
from adapters.schemes import HmacSignature

_SUBJECT = "body.data.conversation_id|body.data.request_id|body.data.voice_id|body.data.id"
_ABOUT = {"agent_id": "body.data.agent_id", "conversation_id": "body.data.conversation_id"}
_subject = compile_path(_SUBJECT)
# What names nothing it is about is known by its bytes.
_NAMELESS = Fields(id="digest", type="body.type", time="body.event_timestamp", attributes=_ABOUT)


class ElevenLabs(PlainAdapter):
    """The version is v0, and the tolerance that of ElevenLabs' own library, which leaves the future open."""

    name = "elevenlabs"
    title = "ElevenLabs"
    docs = "https://elevenlabs.io/docs/eleven-api/resources/webhooks"
    scheme = HmacSignature(
        header="ElevenLabs-Signature",
        separator=",",
        version="v0",
        timestamp="t",
        signed="{timestamp}.{body}",
    )
    tolerance = 30 * 60
    # Where retries are enabled: after 30 s, 2, 8 and 30 min, each up to a tenth later.
    retry_horizon = 3600
    key = "the conversation, request or voice, the type and event_timestamp; else the SHA-256 of the body"
    first_sample = "post_call_transcription"
    fields = Fields(
        id=(_SUBJECT, "body.type", "body.event_timestamp"),
        type="body.type",
        time="body.event_timestamp",
        time_unit="s",
        attributes=_ABOUT,
    )
    example = {
        "data": {
            "agent_id": "agent_7101k5zvyjhmfg983brhmhkd98n6",
            "status": "done",
            "transcript": [{"role": "agent", "message": "Hello", "time_in_call_secs": 0}],
        }
    }
    examples = {"voice_*": {"data": {"voice_id": "21m00Tcm4TlvDq8ikWAM"}}}

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        known = _subject.read(request, request.json) is not None
        return [(self.fields if known else _NAMELESS).event(request)]


adapter = ElevenLabs
