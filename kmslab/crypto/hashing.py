"""The hash functions that signatures and paddings use, by the name Python's hashlib gives them."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

_HASHES: dict[str, hashes.HashAlgorithm] = {
    # SHA-1 only serves RSAES_OAEP_SHA_1, where collisions do no harm.
    "sha1": hashes.SHA1(),  # noqa: S303
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def hash_function(name: str) -> hashes.HashAlgorithm:
    """A hash function by name: `sha1`, `sha256`, `sha384` or `sha512`."""
    return _HASHES[name]


def digest_size(name: str) -> int:
    """The number of bytes of a digest."""
    return _HASHES[name].digest_size


def to_be_signed(name: str, *, prehashed: bool) -> hashes.HashAlgorithm | Prehashed:
    """The hash function for a message, or the mark that the message already is its digest."""
    return Prehashed(hash_function(name)) if prehashed else hash_function(name)
