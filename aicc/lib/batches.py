"""How do many documents become batches of rows? As many as memory holds, each row with its own id.

What a document is and what its rows are is left to the loaders, how rows are merged to `bulk`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Protocol, TypeVar

# Rows of a batch with all their parts. Of parts as people write them 16 MB are fewer, of empty ones five million.
MOST_ROWS = 500_000


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that was not loaded: file, line (1 for a file that is one document), reason in words."""

    where: str
    line: int
    reason: str


@dataclass
class Report:
    """What a load did, in rows of its kind."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    bytes: int = 0

    @property
    def seen(self) -> int:
        return self.inserted + self.updated + self.unchanged + self.rejected


class Sized(Protocol):
    """What was read of a file, how much of it that was, and how many rows it becomes."""

    @property
    def bytes(self) -> int: ...

    @property
    def rows(self) -> int: ...


S = TypeVar("S", bound=Sized)
T = TypeVar("T")


def chunks(reads: Iterable[S], *, most: int, most_bytes: int) -> Iterator[list[S]]:
    """As many documents as make a batch: bounded in number, in bytes and in rows, so that memory is."""
    chunk: list[S] = []
    size = rows = 0
    for read in reads:
        chunk.append(read)
        size += read.bytes
        rows += read.rows
        if len(chunk) >= most or size >= most_bytes or rows >= MOST_ROWS:
            yield chunk
            chunk, size, rows = [], 0, 0
    if chunk:
        yield chunk


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items; the next one is made in a thread while the database works on this one.

    Whoever makes them must not ask the database: a thread has a connection of its own.
    """
    left = iter(items)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(list, islice(left, 1))
        while found := coming.result():
            coming = thread.submit(list, islice(left, 1))
            yield from found


def row_id(tenant_id: int, source: str, kind: str, id: str) -> int:
    """63 bits of a hash of tenant, source and the source's own id, never 0: loading twice makes the same row."""
    return hashed(tenant_id, source, kind, id) % (2**63 - 1) + 1


def hashed(tenant_id: int, source: str, kind: str, id: str) -> int:
    """64 bits."""
    hash = _begun_hash(tenant_id, source, kind).copy()
    hash.update(id.encode())
    return int.from_bytes(hash.digest())


@lru_cache
def _begun_hash(*parts: object) -> "hashlib.blake2b":
    """What all rows of a source have in common is hashed once."""
    return hashlib.blake2b("".join(f"{part}\x00" for part in parts).encode(), digest_size=8)


def broken_rule(error: Exception) -> str:
    """The database's rule that a row broke, without the values: they are personal data."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or getattr(diagnosis, "message_primary", None) or "invalid"
