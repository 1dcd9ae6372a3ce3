"""Getting IVR calls in: `native` says what a call is, `loader` makes rows of it."""

from ivrhistory.ingest.loader import Report, load
from ivrhistory.ingest.native import Read, read, read_calls

__all__ = ["Read", "Report", "load", "read", "read_calls"]
