"""Getting contact records in: one adapter a form (`native`, `vcon`), one loader for all, and its rehearsal."""

from contacts.ingest.loader import Rejection, Report, load
from contacts.ingest.rehearsal import rehearse
from contacts.ingest.sources import ENDINGS, Read, files, read, read_records

__all__ = ["ENDINGS", "Read", "Rejection", "Report", "files", "load", "read", "read_records", "rehearse"]
