"""What a command shows and what a page says, by form: ids, times and secrets differ from run to run."""

from __future__ import annotations

import re

MASKS = [
    (r"(?<![0-9A-Z])[0-9A-HJKMNP-TV-Z]{26}(?![0-9A-Z])", "ULID"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([,.]\d+)?Z?", "TIME"),
    # on a busy machine the second attempt comes before one has looked
    (r"pending +[12] +TIME", "pending 1 TIME"),
    (r"\bsha256 [0-9a-f]{16}\b", "sha256 DIGEST"),
    (r"whsec_[\w+/=]{30,}|\b[0-9a-f]{64}\b", "SECRET"),
    (r"[+]\d+(ms|s)\b", "GAP"),
    (r"\b\d+ ms\b", "N ms"),
    (r"\bwe_\w+", "ENDPOINT"),
    (r"\b(key|has) [0-9a-f]{8}\b", "key ID"),
    (r"replay to \S+@\S+", "replay to USER"),
    (r"\b1\d{9}(\d{3})?\b", "UNIX"),
    (r"=* ?\d+ passed.* in [^=]*=*", "PASSED"),
    (r"[ \t]+", " "),
    (r" $", ""),
]

COUNTS = ("sqlite-utils", "gateway top", "gateway backfill", "gateway events types")
"""Commands whose numbers are those of the moment, every one."""


def masked(text: str, command: str) -> str:
    """What differs from run to run replaced by its kind."""
    numbers = [(r"\d[\d,.]*", "N"), ("-{2,}", "--")] if command.startswith(COUNTS) else []
    for pattern, kind in MASKS + numbers:
        text = re.sub(pattern, kind, text, flags=re.MULTILINE)
    return text.strip() + "\n" if text.strip() else ""


def expected(shown: str, command: str) -> re.Pattern[str]:
    """What the output of `command` must be like, once it is masked."""
    lines = re.escape(masked(shown, command).replace("…\n", "\0"))
    return re.compile(lines.replace("\0", "(?:.*\\n)*?"))
