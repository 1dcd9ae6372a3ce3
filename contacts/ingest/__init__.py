"""Getting contact records in: one adapter a form (`native`, `vcon`), one loader for all."""

from contacts.ingest.loader import Rejection, Report, load
from contacts.ingest.sources import Read, files, read, read_records

__all__ = ["Read", "Rejection", "Report", "files", "load", "read", "read_records"]
