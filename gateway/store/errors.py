"""What a store raises.

StoreError
├── StoreUnavailable   full, locked or unreachable now: nothing is promised, try again later
└── StoreRefused       this file can't be used by this version: start-up stops
"""

from __future__ import annotations


class StoreError(Exception):
    """Any failure of the store; the message names the file or server, the cause and the way out."""


class StoreUnavailable(StoreError):
    """The store can't do this now; nothing is promised.

    Nothing was written, unless the connection to a server broke during the commit: then nobody knows, and the
    same once more is a duplicate, or changes nothing.
    """


class StoreRefused(StoreError):
    """The store is newer than the code, no store at all, or too damaged to open."""
