"""Hash functions by the name hashlib gives them."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import Hash

from kmslab.crypto.hashing import digest_size, hash_function, to_be_signed


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha384", "sha512"])
def test_they_are_hashlibs(name: str) -> None:
    hashing = Hash(hash_function(name))
    hashing.update(b"message")
    assert hashing.finalize() == hashlib.new(name, b"message").digest()
    assert digest_size(name) == hashlib.new(name).digest_size


def test_what_is_to_be_signed() -> None:
    assert to_be_signed("sha256", prehashed=False) is hash_function("sha256")
    marked = to_be_signed("sha256", prehashed=True)
    assert isinstance(marked, Prehashed)
    assert marked.digest_size == 32


def test_another_hash() -> None:
    with pytest.raises(KeyError):
        hash_function("md5")
