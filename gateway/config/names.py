"""What sources and subscriptions may be called."""

from __future__ import annotations

import re

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
RULE = "a name is 1 to 64 characters, each a-z, 0-9, - or _, the first a letter or digit"
