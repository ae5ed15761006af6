"""What functions of your own are written with: `from gateway.functions import function, Event, Context`.

docs/functions.md is the guide.
"""

from gateway.functions.context import Context
from gateway.functions.declaration import function
from gateway.functions.errors import NonRetriable, RetryAfter
from gateway.functions.event import Event
from gateway.functions.sync import SyncContext

__all__ = ["Context", "Event", "NonRetriable", "RetryAfter", "SyncContext", "function"]
