"""Bodies as Slack sends them, shortened, for `gateway trigger` and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEAM = {"id": "T061EG9R6", "domain": "acme"}
_USER = {"id": "U061F7AUR", "username": "zoe", "team_id": "T061EG9R6"}
_VIEW = {"id": "VNHU13V36", "type": "modal", "callback_id": "order", "state": {"values": {}}, "hash": "156.7"}
_COMMON = {"team": _TEAM, "user": _USER, "api_app_id": "A0FFV41KK", "token": "not-the-signing-secret"}

COMMAND: Mapping[str, str] = {
    "token": "not-the-signing-secret",
    "team_id": "T061EG9R6",
    "team_domain": "acme",
    "channel_id": "C061EG9SL",
    "channel_name": "general",
    "user_id": "U061F7AUR",
    "user_name": "zoe",
    "text": "94070",
    "api_app_id": "A0FFV41KK",
    "response_url": "https://hooks.slack.com/commands/T061EG9R6/1/a",
}
"""The fields of a slash command, but for its word and its trigger_id."""

INTERACTIONS: Mapping[str, Mapping[str, Any]] = {
    "block_actions": {
        **_COMMON,
        "container": {"type": "message", "message_ts": "1548261231.000200", "channel_id": "C061EG9SL"},
        "actions": [{"action_id": "approve", "block_id": "b1", "type": "button", "value": "4711"}],
        "response_url": "https://hooks.slack.com/actions/T061EG9R6/1/a",
    },
    "view_submission": {**_COMMON, "view": _VIEW, "response_urls": []},
    "view_closed": {**_COMMON, "view": _VIEW, "is_cleared": False},
    "shortcut": {**_COMMON, "callback_id": "new_order"},
    "message_action": {
        **_COMMON,
        "callback_id": "to_ticket",
        "message": {"type": "message", "text": "It broke", "ts": "1548261231.000200"},
        "channel": {"id": "C061EG9SL", "name": "general"},
    },
}
"""The payloads of interactions by their type."""


def event_body(now: float) -> dict[str, Any]:
    """A body of the Events API without the event's type; `now` is Unix seconds."""
    stamp = f"{now:.6f}"
    return {
        "token": "not-the-signing-secret",
        "team_id": "T061EG9R6",
        "api_app_id": "A0FFV41KK",
        "event": {
            "user": "U061F7AUR",
            "text": "<@U0LAN0Z89> is it there yet?",
            "ts": stamp,
            "channel": "C061EG9SL",
            "event_ts": stamp,
        },
        "type": "event_callback",
        "authorizations": [{"team_id": "T061EG9R6", "user_id": "U0LAN0Z89", "is_bot": True}],
    }
