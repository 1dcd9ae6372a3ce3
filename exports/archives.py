"""How does a file leave, closed to all but those who know its password? A ZIP with AES-256 (WinZip's AE-2), streamed.

The password itself stays with the web process: it derives keys, and whoever writes the archive needs only them.
What is in the members is left to those who pack them.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pyzipper
from Cryptodome.Cipher import AES  # the cipher that pyzipper uses: its counter runs the other way round
from Cryptodome.Util import Counter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone
from pyzipper.zipfile_aes import WZ_AES_V2, AESZipEncrypter

# A key is the salt, then what is derived with it: a key to encrypt, one to authenticate, two bytes to check with.
SALT, ENCRYPT, AUTHENTICATE, CHECK = 16, 32, 32, 2
KEY_BYTES = SALT + ENCRYPT + AUTHENTICATE + CHECK
# The format fixes it, so it is the password that has to be strong.
ROUNDS = 1000
# Fast, and within a few per cent of the size at a higher level.
DEFLATE_LEVEL = 1
_NONCE = 12


class KeysLost(Exception):
    """Sealed keys that cannot be opened: made with another secret key, for another task, or changed."""


def key_material(password: str, *, keys: int) -> list[bytes]:
    """That many keys, each with a salt of its own: one for each member of each attempt, used once."""
    return [_derived(password.encode(), os.urandom(SALT)) for _ in range(keys)]


def _derived(password: bytes, salt: bytes) -> bytes:
    return salt + hashlib.pbkdf2_hmac("sha1", password, salt, ROUNDS, ENCRYPT + AUTHENTICATE + CHECK)


def seal_keys(keys: Sequence[bytes], task_id: UUID) -> bytes:
    """Keys for their time in the database: encrypted with the installation's secret, for this task alone."""
    nonce = os.urandom(_NONCE)
    return nonce + _sealer(settings.SECRET_KEY).encrypt(nonce, b"".join(keys), task_id.bytes)


def open_keys(sealed: bytes, task_id: UUID) -> list[bytes]:
    """The keys sealed for this task; KeysLost when they cannot be had."""
    sealed = bytes(sealed)
    try:
        opened = _sealer(settings.SECRET_KEY).decrypt(sealed[:_NONCE], sealed[_NONCE:], task_id.bytes)
    except (InvalidTag, ValueError):
        raise KeysLost from None
    return [opened[at : at + KEY_BYTES] for at in range(0, len(opened), KEY_BYTES)]


@cache
def _sealer(secret: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"aicc exports: keys of archives").derive(secret.encode()))


class Archive:
    """An archive that is being written, a member after the other."""

    def __init__(self, zip: "_ZipFile") -> None:
        self._zip = zip

    def add(self, name: str, chunks: Iterable[bytes], *, deflate: bool = True) -> None:
        """A member of any size. `deflate=False` is for what is compressed already.

        With keys, each member takes the next one; IndexError when there are more members than keys.
        """
        member = pyzipper.zipfile_aes.AESZipInfo(name, timezone.localtime().timetuple()[:6])
        member.compress_type = pyzipper.ZIP_DEFLATED if deflate else pyzipper.ZIP_STORED
        member._compresslevel = DEFLATE_LEVEL
        member.external_attr = 0o600 << 16
        # Nobody knows yet how large it becomes: its header holds 64-bit sizes.
        with self._zip.open(member, "w", force_zip64=True) as file:
            for chunk in chunks:
                file.write(chunk)


@contextmanager
def sealed(target: Path, *, keys: Sequence[bytes] | None) -> Iterator[Archive]:
    """Write an archive to a new file, readable by its owner only; without keys a plain ZIP.

    When the block fails there is no file: half an archive may look like a whole one.
    """
    if keys is not None and len({key[:SALT] for key in keys}) < len(keys):
        raise ValueError("A key is for one member: the same key twice would reveal both.")
    file = open(target, "xb", opener=_private)  # noqa: SIM115 - only what was opened here is removed here
    try:
        with file:
            zip = _ZipFile(file, None if keys is None else list(keys))
            try:
                yield Archive(zip)
                zip.close()
            finally:
                # Nothing is written later, when Python clears away what was not closed.
                zip.fp = None
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class _ZipFile(pyzipper.AESZipFile):
    """Encrypts each member with the next of some keys, instead of with a password."""

    def __init__(self, file: Any, keys: list[bytes] | None) -> None:
        super().__init__(file, "w")
        self._keys = keys
        self.encryption = pyzipper.WZ_AES if keys is not None else None

    def get_encrypter(self) -> "_Encrypter":
        if not self._keys:
            raise IndexError("An archive has a key for each of its members.")
        return _Encrypter(self._keys.pop(0))


class _Encrypter(AESZipEncrypter):
    """pyzipper's encrypter of one member, given what it would otherwise derive from the password."""

    def __init__(self, key: bytes) -> None:
        # Not super().__init__(), whose work is to derive. AE-2 leaves out the checksum, which would tell of the text.
        self.force_wz_aes_version = WZ_AES_V2
        self.aes_strength = 3  # 256 bits
        self.salt_length = SALT
        derived = key[SALT:]
        self.salt, self.encpwdverify = key[:SALT], derived[-CHECK:]
        counter = Counter.new(nbits=128, little_endian=True)
        self.encrypter = AES.new(derived[:ENCRYPT], AES.MODE_CTR, counter=counter)
        self.hmac = hmac.new(derived[ENCRYPT : ENCRYPT + AUTHENTICATE], digestmod="sha1")
