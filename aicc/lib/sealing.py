"""How is a text kept so that equal texts stay equal, and nobody reads or changes one without its key? AES-SIV.

Here are the form of a sealed text and the file that holds the keys. Which columns are sealed, for whom and when is
left to `aicc.tenants.personal`.
"""

import base64
import binascii
import fcntl
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

# A sealed text is ~key.owner.base64: the key's id, whose text it is, and what AES-SIV made of it. These are regular
# expressions of Python and of PostgreSQL alike.
_BODY = r"[0-9a-f]{8}\.[0-9]+\.[A-Za-z0-9_-]{22,}$"
SEALED = rf"^~{_BODY}"
# Plain text that looks like a sealed one, or like one with this very escape, is kept with one more ~ before it.
LOOKS_SEALED = rf"^~+{_BODY}"
_LOOKS_SEALED = re.compile(LOOKS_SEALED.replace("$", r"\Z"))
# Sealed into every text: one made for anything else does not open here.
_PURPOSE = b"aicc personal data 1"
_HEADER = """\
# The keys of the personal data of AICC Contact Records. What they sealed, nobody can read without them: keep a copy.
# A line is a key's id, its 64 bytes, and `current` for the one that seals.
"""


class KeyFileError(Exception):
    """The key file is missing or cannot be used; the message says why, for whoever runs the site."""


class KeyFileMissing(KeyFileError):
    """There is no key file."""


class CannotOpen(ValueError):
    """A sealed text whose key is not there, or which somebody changed."""


def escaped(text: str) -> str:
    """How plain text is kept: as it is, unless it looks like a sealed text."""
    return f"~{text}" if text.startswith("~") and _LOOKS_SEALED.match(text) else text


def key_of(stored: str) -> str:
    """The id of the key that sealed what is stored; "" for plain text."""
    if not stored.startswith("~") or stored.startswith("~~") or not _LOOKS_SEALED.match(stored):
        return ""
    return stored[1:9]


def unescaped(stored: str) -> str:
    """The plain text that is stored like this."""
    return stored[1:] if stored.startswith("~~") and _LOOKS_SEALED.match(stored) else stored


def sealed_by(key: str, owner: int | None = None) -> str:
    """The regular expression of what a key sealed, for one owner or for all."""
    return SEALED.replace("[0-9a-f]{8}", key).replace("[0-9]+", "[0-9]+" if owner is None else str(owner))


class KeyRing:
    """Keys by their ids, and which of them seals. The id is a fingerprint, so that none is ever given out twice."""

    def __init__(self, secrets: Sequence[bytes], current: str) -> None:
        self._secrets = {fingerprint(secret): secret for secret in secrets}
        self._ciphers = {id: AESSIV(secret) for id, secret in self._secrets.items()}
        if current not in self._secrets:
            raise KeyFileError("No key is the current one.")
        self.current = current

    def __contains__(self, id: str) -> bool:
        return id in self._secrets

    def __iter__(self) -> Iterator[str]:
        return iter(self._secrets)

    def seal(self, text: str, kind: str, owner: int, *, key: str = "") -> str:
        """The stored form of a text that is not empty: always the same for the same key, kind and owner."""
        key = key or self.current
        body = self._ciphers[key].encrypt(text.encode(), _context(kind, str(owner)))
        return f"~{key}.{owner}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}"

    def open(self, stored: str, kind: str) -> str:
        """The text that `seal` was given. Raises CannotOpen."""
        key, owner, body = stored[1:].split(".")
        try:
            padded = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            return self._ciphers[key].decrypt(padded, _context(kind, owner)).decode()
        except (KeyError, InvalidTag, binascii.Error, UnicodeDecodeError):
            raise CannotOpen(key) from None

    def with_new(self) -> "KeyRing":
        """With one more key, which opens and finds, but does not seal yet."""
        return KeyRing([*self._secrets.values(), new_secret()], self.current)

    def using(self, id: str) -> "KeyRing":
        return KeyRing(list(self._secrets.values()), id)

    def without(self, id: str) -> "KeyRing":
        return KeyRing([secret for other, secret in self._secrets.items() if other != id], self.current)

    def lines(self) -> Iterator[str]:
        """The key file."""
        yield _HEADER
        for id, secret in self._secrets.items():
            mark = " current" if id == self.current else ""
            yield f"{id} {base64.b64encode(secret).decode()}{mark}\n"

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Raises KeyFileError, whose message never holds a key."""
        secrets, current = [], []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            try:
                id, secret = words[0], base64.b64decode(words[1], validate=True)
            except (IndexError, binascii.Error):
                raise KeyFileError(f"Line {number} of the key file is no key.") from None
            if len(secret) != 64 or id != fingerprint(secret) or words[2:] not in ([], ["current"]):
                raise KeyFileError(f"Line {number} of the key file is damaged.")
            secrets.append(secret)
            current += [id] if words[2:] else []
        if len(current) != 1:
            raise KeyFileError("The key file has to name one current key.")
        return cls(secrets, current[0])


def new_secret() -> bytes:
    return AESSIV.generate_key(512)


def fingerprint(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()[:8]


def _context(kind: str, owner: str) -> list[bytes]:
    return [_PURPOSE, kind.encode(), owner.encode()]


class KeyFile:
    """A file that holds a key ring, readable by its owner alone. Changes of it count at once, without a restart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opening: KeyRing | None = None

    def ring(self) -> KeyRing:
        """The keys as they are now. Raises KeyFileError."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            raise KeyFileMissing(
                f"There is no key file {self.path}: make one with `manage.py personal_data_keys create`."
            ) from None
        except OSError as error:
            raise KeyFileError(f"The key file {self.path} cannot be read: {error.strerror}.") from None
        if not stat.S_ISREG(found.st_mode):
            raise KeyFileError(f"The key file {self.path} is no file.")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise KeyFileError(f"The key file {self.path} is open to others: `chmod 600` it, and ask who has read it.")
        self._opening = _read(self.path, found.st_mtime_ns, found.st_ino, found.st_size)
        return self._opening

    def open(self, stored: str, kind: str) -> str:
        """The text of what is stored, sealed or plain. Raises CannotOpen.

        The file is looked at only when a key is new: a page of rows would look at it hundreds of times.
        """
        key = key_of(stored)
        if not key:
            return unescaped(stored)
        try:
            ring = self._opening if self._opening and key in self._opening else self.ring()
        except KeyFileError:
            raise CannotOpen(key) from None
        return ring.open(stored, kind)

    def create(self) -> KeyRing:
        """A file with a first key. Raises KeyFileError when there is one already."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            if self.path.exists():
                raise KeyFileError(f"{self.path} is there already; it stays as it is.")
            secret = new_secret()
            self._write(KeyRing([secret], fingerprint(secret)))
        return self.ring()

    def change(self, into: Callable[[KeyRing], KeyRing]) -> KeyRing:
        """Replace the keys, whole or not at all; two changes at once come one after the other."""
        with self._alone():
            self._write(into(self.ring()))
        return self.ring()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _write(self, ring: KeyRing) -> None:
        # Made with mode 0600, and given to whoever had the file: the site may run as somebody else.
        number, name = tempfile.mkstemp(dir=self.path.parent, prefix=f"{self.path.name}.")
        try:
            with os.fdopen(number, "w") as file:
                file.writelines(ring.lines())
                file.flush()
                if self.path.exists():
                    owner = self.path.stat()
                    os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)


@lru_cache(maxsize=4)
def _read(path: Path, *_version: int) -> KeyRing:
    try:
        return KeyRing.parse(path.read_text())
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise KeyFileError(f"The key file {path} is damaged.") from None


@cache
def _file(path: Path) -> KeyFile:
    return KeyFile(path)


def key_file() -> KeyFile:
    """The key file of this installation."""
    return _file(settings.KEY_FILE)
