"""Getting IVR calls in: `native` says what a call is, `loader` makes rows of it, `rehearsal` only counts them."""

from ivrhistory.ingest.loader import Report, load
from ivrhistory.ingest.native import Read, read, read_calls
from ivrhistory.ingest.rehearsal import rehearse

__all__ = ["Read", "Report", "load", "read", "read_calls", "rehearse"]
