"""Sealing: what is in a state file is readable, and can be changed, only by whoever has its root key.

Owns the file's data key, how it is wrapped, and what a sealed row looks like. Does not know SQLite.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from kmslab.crypto import AuthenticationError, aes, kdf
from kmslab.envelope.output import replacing
from kmslab.errors import KmslabError

#: The environment variable with the passphrase, for a file without a key file.
PASSPHRASE = "KMSLAB_PASSPHRASE"  # noqa: S105 - its name

#: Memory-hard: 128 MiB. Source: OWASP Password Storage Cheat Sheet, scrypt.
SCRYPT = (2**17, 8, 1)

#: More than any version of kmslab asks for: a forged header must not eat the machine's memory.
_MOST_COST = 2**20

_SALT_SIZE = 16
_ID_SIZE = 16
_WRAPS = b"kmslab state file data key"


class Header(msgspec.Struct, frozen=True):
    """What stands in clear in the file: how to get the data key, for whoever has the root key.

    Attributes:
        wrapped: nonce (12) | data key and tag, sealed under the root key.
        salt: The salt of the passphrase; empty for a key file.
        n: Scrypt's cost.
        r: Scrypt's block size.
        p: Scrypt's repetitions.
    """

    wrapped: bytes
    salt: bytes = b""
    n: int = 0
    r: int = 0
    p: int = 0

    @property
    def has_passphrase(self) -> bool:
        """Whether the root key comes from a passphrase."""
        return bool(self.salt)

    def terms(self) -> bytes:
        """What is authenticated together with the data key."""
        return _WRAPS + msgspec.msgpack.encode((self.salt, self.n, self.r, self.p))


class Vault:
    """Seals and opens the rows of one file."""

    def __init__(self, data_key: bytes) -> None:
        """Seal with a data key of 32 bytes."""
        self._rows = aes.Sealer(kdf.derive_key(data_key, b"kmslab state file rows", b""))
        self._id_key = kdf.derive_key(data_key, b"kmslab state file row ids", b"")
        self._sum = hashlib.blake2b(key=kdf.derive_key(data_key, b"kmslab state file sum", b""), digest_size=32)

    def row_id(self, name: str) -> bytes:
        """What stands in the file for a name, which itself is sealed: 16 bytes."""
        return hashlib.blake2b(name.encode(), key=self._id_key, digest_size=_ID_SIZE).digest()

    def seal(self, kind: str, row_id: bytes, name: str, value: bytes) -> bytes:
        """A sealed row: nonce (12) | length of the name (2), name, value, and the tag (16).

        The nonce is random: 96 bits are good for four thousand million rows under one data key. Source: NIST SP
        800-38D section 8.3.
        """
        nonce = os.urandom(aes.NONCE_SIZE)
        written = name.encode()
        plain = len(written).to_bytes(2) + written + value
        return nonce + self._rows.seal(nonce, plain, kind.encode() + b"/" + row_id)

    def unseal(self, kind: str, row_id: bytes, sealed: bytes) -> tuple[str, bytes]:
        """Undo `seal`: the name and the value.

        Raises:
            AuthenticationError: not this row of this file.
        """
        if len(sealed) < aes.NONCE_SIZE + aes.TAG_SIZE + 2:
            raise AuthenticationError
        nonce, rest = sealed[: aes.NONCE_SIZE], sealed[aes.NONCE_SIZE :]
        plain = self._rows.unseal(nonce, rest, kind.encode() + b"/" + row_id)
        end = 2 + int.from_bytes(plain[:2])
        return plain[2:end].decode(), plain[end:]

    def weight(self, kind: str, row_id: bytes, sealed: bytes) -> int:
        """What a row adds to the sum of all rows, by which a row that is missing, or of an earlier time, is noticed."""
        found = self._sum.copy()
        found.update(kind.encode() + b"/" + row_id + sealed[-aes.TAG_SIZE :])
        return int.from_bytes(found.digest())


def new_vault(path: Path, environ: Mapping[str, str]) -> tuple[Vault, Header]:
    """A new data key for the state file `path`, wrapped under the passphrase, or under the key in `FILE.key`.

    Raises:
        KmslabError: there is a key file, and it is none or others can read it.
    """
    data_key, nonce = os.urandom(aes.KEY_SIZE), os.urandom(aes.NONCE_SIZE)
    passphrase = environ.get(PASSPHRASE)
    if passphrase:
        blank = Header(b"", os.urandom(_SALT_SIZE), *SCRYPT)
        root = _stretch(passphrase, blank)
    else:
        blank = Header(b"")
        root = _read_or_make_root(key_file(path))
    wrapped = nonce + aes.seal(root, nonce, data_key, blank.terms())
    return Vault(data_key), msgspec.structs.replace(blank, wrapped=wrapped)


def open_vault(path: Path, header: Header, environ: Mapping[str, str]) -> Vault:
    """The vault of an existing state file.

    Raises:
        KmslabError: the root key is missing, or is not the one.
    """
    if header.has_passphrase:
        passphrase = environ.get(PASSPHRASE)
        if not passphrase:
            raise KmslabError(f"{path} is sealed with a passphrase; set {PASSPHRASE} to it.")
        root, source = _stretch(passphrase, header), f"the passphrase in {PASSPHRASE}"
    else:
        if not key_file(path).exists():
            raise KmslabError(f"{path} is sealed with a key that is missing; put {key_file(path)} back beside it.")
        root, source = _read_root(key_file(path)), f"the key in {key_file(path)}"
    nonce, sealed = header.wrapped[: aes.NONCE_SIZE], header.wrapped[aes.NONCE_SIZE :]
    try:
        return Vault(aes.unseal(root, nonce, sealed, header.terms()))
    except (AuthenticationError, ValueError):
        raise KmslabError(f"{path} is not sealed with {source}; it takes the one that it was made with.") from None


def key_file(path: Path) -> Path:
    """Where the root key of a state file is."""
    return path.with_name(f"{path.name}.key")


def _stretch(passphrase: str, header: Header) -> bytes:
    if not 2 <= header.n <= _MOST_COST or header.n & (header.n - 1) or header.r != SCRYPT[1] or header.p != SCRYPT[2]:
        raise KmslabError("The state file is damaged: it asks for a derivation of its passphrase that there is not.")
    return kdf.derive_from_passphrase(passphrase, header.salt, n=header.n, r=header.r, p=header.p)


def _read_or_make_root(path: Path) -> bytes:
    # Also left behind when a Lab was reset, or by a first start that came to a sudden end.
    if not path.exists():
        # At any sudden end it is there whole or not at all.
        with replacing(path) as file:
            file.write(os.urandom(aes.KEY_SIZE).hex().encode() + b"\n")
    return _read_root(path)


def _read_root(path: Path) -> bytes:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise KmslabError(f"Others can read {path}, which holds a secret key: run chmod 600 on it.")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        key = b""
    if len(key) != aes.KEY_SIZE:
        raise KmslabError(f"{path} is damaged: it has to hold one line of {2 * aes.KEY_SIZE} hexadecimal digits.")
    return key
