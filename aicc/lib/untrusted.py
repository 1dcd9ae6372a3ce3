"""How is a file read that may lie about itself? In small pieces, none of which lies outside the file.

What the bytes mean is left to `riff`, `mp4` and `mpegts`.
"""

import os
from typing import BinaryIO

# Whatever a file claims, no more than this is in memory.
LARGEST_PIECE = 64 * 1024
# Nor are more pieces read: the largest recording, of 4 GB, needs two thirds of them.
MOST_PIECES = 100_000
# Longer than any contact: a file that claims more is broken.
LONGEST_SECONDS = 7 * 24 * 3600


class Malformed(ValueError):
    """A file that is not what it claims to be, with the reason in words."""


class Untrusted:
    """A file of somebody else's. `size` is what it really has, in bytes."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)
        self._pieces = 0

    def at(self, offset: int, length: int) -> bytes:
        """Exactly these bytes. Raises Malformed where the file ends before them, or is read for too long."""
        if length > LARGEST_PIECE:
            raise ValueError(f"{length} bytes at once are too many.")
        if offset + length > self.size:
            raise Malformed("ends too early")
        self._pieces += 1
        if self._pieces > MOST_PIECES:
            raise Malformed("is in too many pieces")
        self._file.seek(offset)
        piece = self._file.read(length)
        if len(piece) != length:
            raise Malformed("became shorter while it was read")
        return piece
