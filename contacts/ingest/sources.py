"""Which contacts are in these files? What a document says is left to `native` and `vcon`, what a file holds to
`aicc.lib.documents`. A document that is no contact is a reason, not an end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aicc.lib import documents
from aicc.lib.checks import Rejected
from aicc.lib.documents import Document
from contacts.ingest import vcon
from contacts.ingest.native import Contact, check

ENDINGS = (*documents.ENDINGS, ".vcon")


@dataclass(frozen=True, slots=True)
class Read:
    """What was made of one document: contacts, or the reason why not. `bytes` measures progress."""

    where: str
    line: int
    contacts: tuple[Contact, ...]
    reason: str = ""
    bytes: int = 0

    @property
    def rows(self) -> int:
        """Rows of records and of their parts."""
        return sum(1 + len(one.messages) + len(one.transfers) + len(one.phases) for one in self.contacts)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named."""
    return documents.files(paths, ENDINGS)


def read(path: Path, *, now: datetime) -> Iterator[Read]:
    """Every document of a file. NDJSON when its first line is a document, else one document."""
    return (_read(document, now) for document in documents.read(path))


def read_records(records: Iterable[Any], *, where: str, now: datetime) -> Iterator[Read]:
    """The same for documents that are in memory already."""
    return (_read(Document(where, number, record), now) for number, record in enumerate(records, 1))


def _read(document: Document, now: datetime) -> Read:
    place = (document.where, document.line)
    try:
        if document.reason:
            raise Rejected(document.reason)
        records = vcon.records(document.value) if vcon.is_vcon(document.value) else [document.value]
        return Read(*place, tuple(check(record, now=now) for record in records), bytes=document.bytes)
    except Rejected as error:
        return Read(*place, (), str(error), document.bytes)
