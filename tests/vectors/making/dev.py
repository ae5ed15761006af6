"""Makes the vectors of sixteen providers of developer tools, with the providers' own libraries and openssl.

    python tests/vectors/making/dev.py FOLDER      (writes FOLDER/slack.json and so on)

Needs the command openssl, from PyPI slack_sdk 3.48.0, discord-interactions 0.4.0 (with PyNaCl) and
standardwebhooks 1.1.0, and with NODE_PATH set, from npm, @notionhq/client 5.26.0 and @linear/sdk 98.0.0. None
of our own code signs or judges anything here. What an event must be called, and when it happened, is
written by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dev_chat as chat
import dev_code as code
import dev_work as work

BOOKS = (
    *(chat.slack, chat.discord, chat.notion, chat.zoom, chat.zendesk, chat.intercom),
    *(code.gitlab, code.bitbucket, code.linear, code.sentry, code.vercel, code.netlify),
    *(work.pagerduty, work.jira, work.asana, work.trello),
)

if __name__ == "__main__":
    for make in BOOKS:
        make().write(Path(sys.argv[1]))
