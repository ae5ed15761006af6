"""Slack: the Events API, interactivity and slash commands, all at one address if you like.

Seen 2026-11-24: slack_sdk 3.48.0 (`slack_sdk.signature`) for the signature; @slack/bolt 5.1.0 for
`ssl_check`, `url_verification` and the three shapes of a body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.base import Adapter, ParsedEvent, PayloadError, Reply, WebhookRequest, json_object, text_field
from adapters.fields import Fields
from adapters.plain import form_document, form_request, json_request
from adapters.schemes import HmacSignature
from adapters.slack_samples import COMMAND, INTERACTIONS, event_body
from adapters.times import DAY

_EVENT = Fields(
    id="body.event_id|digest",
    type=("body.event.type|body.type", "body.event.subtype"),
    time="body.event_time",
    attributes={"team": "body.team_id", "app": "body.api_app_id", "retry": "header.X-Slack-Retry-Num"},
)
_INTERACTION = Fields(
    id="body.trigger_id|digest",
    type="body.type",
    attributes={
        "team": "body.team.id",
        "app": "body.api_app_id",
        "callback_id": "body.callback_id|body.view.callback_id",
    },
)
_COMMAND = Fields(
    id="body.trigger_id|digest",
    type="=command",
    attributes={"team": "body.team_id", "app": "body.api_app_id", "command": "body.command"},
)
_WORD = re.compile(r"/([!-.0-~]{1,100})")


class Slack(Adapter):
    """An event keeps its `event_id` when it is sent again; interactions and commands are sent once."""

    name = "slack"
    title = "Slack"
    docs = "https://docs.slack.dev/authentication/verifying-requests-from-slack"
    scheme = HmacSignature(
        header="X-Slack-Signature",
        prefix="v0=",
        signed="v0:{timestamp}:{body}",
        timestamp="X-Slack-Request-Timestamp",
    )
    tolerance = 300
    # Three retries within some minutes; where an app asks for delayed events, each hour for a day.
    retry_horizon = DAY
    key = "event_id; of an interaction or a command its trigger_id, without one the SHA-256 of the body"
    first_sample = "app_mention"
    # @slack/bolt 5.1.0, as above: `ack()` puts the words to show, or the errors of a view, into the answer
    acts_on_answer = {
        "command": "the answer's body is shown to who typed the command, within 3 seconds",
        "command.*": "the answer's body is shown to who typed the command, within 3 seconds",
        "view_submission": "the answer closes the view, holds its errors or the next one, within 3 seconds",
    }

    def handshake(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        """Slack looks now and then whether the certificate of a command's URL is good (`ssl_check=1`)."""
        if request.method != "POST" or b"ssl_check" not in request.body or _is_json(request):
            return None
        try:
            form = request.form
        except PayloadError:
            return None
        is_check = form.get("ssl_check") == ["1"] and "payload" not in form and "command" not in form
        return Reply(200) if is_check else None

    def challenge(self, request: WebhookRequest, secrets: Sequence[str]) -> Reply | None:
        if not _is_json(request) or request.json.get("type") != "url_verification":
            return None
        challenge = request.json.get("challenge")
        if not isinstance(challenge, str) or len(challenge) > 1000:
            raise PayloadError("the url_verification holds no challenge")
        return Reply(200, challenge.encode(), {"Content-Type": "text/plain; charset=utf-8"})

    def parse(self, request: WebhookRequest) -> Sequence[ParsedEvent]:
        if _is_json(request):
            return [_EVENT.event(request)]
        form = form_document(request)
        if "payload" in form:
            return [_interaction(request, form["payload"])]
        return [replace(_COMMAND.event(request, form), type=_command_type(text_field(form, "command")))]

    def reply(self, request: WebhookRequest) -> Reply | None:
        """Nothing to a click or a command: whatever we said, Slack would show it or take it for an order."""
        return None if _is_json(request) else Reply(200)

    def sample(self, type: str, now: float, id: str) -> WebhookRequest:
        if type.startswith("command"):
            word = type.partition(".")[2] or "weather"
            return form_request(self.name, {**COMMAND, "command": f"/{word}", "trigger_id": id}, now)
        if type not in INTERACTIONS:
            draft = _EVENT.draft(type, now, id, event_body(now))
            return json_request(self.name, {**draft.document, "event_time": int(now)}, now)
        draft = _INTERACTION.draft(type, now, id, {**INTERACTIONS[type], "action_ts": f"{now:.6f}"})
        payload = json_request(self.name, draft.document, now).body.decode()
        return form_request(self.name, {"payload": payload}, now)


def _is_json(request: WebhookRequest) -> bool:
    """Events are JSON objects, all else is a form; a form cannot begin with a brace."""
    return request.body.lstrip().startswith(b"{")


def _interaction(request: WebhookRequest, text: object) -> ParsedEvent:
    if not isinstance(text, str):
        raise PayloadError("the form holds the field 'payload' more than once")
    document = json_object(text, "the form's field 'payload'")
    return replace(_INTERACTION.event(request, document), ts=_action_time(document))


def _action_time(document: Mapping[str, Any]) -> int | None:
    """Unix ms of `action_ts` (`1548261231.789`), the interaction's own or that of its first action."""
    actions = document.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    for place in (document, first):
        text = place.get("action_ts") if isinstance(place, Mapping) else None
        if isinstance(text, str) and re.fullmatch(r"[0-9]{1,11}(\.[0-9]{1,9})?", text):
            return round(float(text) * 1000)
    return None


def _command_type(command: str) -> str:
    """`/weather` is `command.weather`; one that no event's name can hold (`/天気`) is just `command`."""
    match = _WORD.fullmatch(command)
    return f"command.{match[1]}" if match else "command"


adapter = Slack
