"""Ed25519 and Ed25519ph against the RFC's answers, and against what must not verify."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_public_key

from kmslab.crypto import KeyFormatError
from kmslab.crypto.ec import EcPrivateKey
from kmslab.crypto.ed25519 import Ed25519PrivateKey

# The order of the base point. Source: RFC 8032 section 5.1.
ORDER = 2**252 + 27742317777372353535851937790883648493


def from_seed(seed: bytes) -> Ed25519PrivateKey:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return Ed25519PrivateKey.from_pkcs8(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def library_public(key: Ed25519PrivateKey) -> ed25519.Ed25519PublicKey:
    public = load_der_public_key(key.spki())
    assert isinstance(public, ed25519.Ed25519PublicKey)
    return public


def test_published_answers(ed25519_case: Any) -> None:
    case = ed25519_case
    key = from_seed(bytes.fromhex(case["seed"]))
    assert library_public(key).public_bytes_raw().hex() == case["public"]
    message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    assert key.verify(message, signature, prehash=case["prehash"]) is case["valid"]
    assert (key.sign(message, prehash=case["prehash"]) == signature) is case["valid"]
    assert not key.verify(message, signature, prehash=not case["prehash"])


@pytest.mark.parametrize("prehash", [False, True], ids=["pure", "prehash"])
def test_every_byte_counts(prehash: bool) -> None:
    key, message = Ed25519PrivateKey.generate(), b"message"
    signature = key.sign(message, prehash=prehash)
    assert len(signature) == 64
    assert key.verify(message, signature, prehash=prehash)
    for position in range(64):
        changed = bytearray(signature)
        changed[position] ^= 1 << position % 8
        assert not key.verify(message, bytes(changed), prehash=prehash)
    for wrong in (b"", signature[:-1], signature[1:], signature + b"\0", bytes(64), b"\xff" * 64):
        assert not key.verify(message, wrong, prehash=prehash)
    assert not key.verify(b"Message", signature, prehash=prehash)
    assert not Ed25519PrivateKey.generate().verify(message, signature, prehash=prehash)


@pytest.mark.parametrize("prehash", [False, True], ids=["pure", "prehash"])
def test_not_malleable(prehash: bool) -> None:
    key = Ed25519PrivateKey.generate()
    signature = key.sign(b"message", prehash=prehash)
    other = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")
    assert not key.verify(b"message", other, prehash=prehash)


def test_deterministic_and_separated() -> None:
    key = Ed25519PrivateKey.generate()
    digest = hashlib.sha512(b"message").digest()
    signatures = {
        key.sign(b"message", prehash=False),
        key.sign(digest, prehash=False),
        key.sign(b"message", prehash=True),
        key.sign(digest, prehash=True),
    }
    assert len(signatures) == 4
    assert key.sign(digest, prehash=True) == key.sign(digest, prehash=True)
    # Ed25519ph over a digest hashes the digest; it is not Ed25519ph over the message.
    assert not key.verify(b"message", key.sign(digest, prehash=True), prehash=True)


def test_with_the_library_alone() -> None:
    key = Ed25519PrivateKey.generate()
    library_public(key).verify(key.sign(b"message", prehash=False), b"message")
    with pytest.raises(InvalidSignature):
        library_public(key).verify(key.sign(b"message", prehash=True), hashlib.sha512(b"message").digest())


def test_formats() -> None:
    key = Ed25519PrivateKey.generate()
    assert (len(key.spki()), len(key.pkcs8())) == (44, 48)
    again = Ed25519PrivateKey.from_pkcs8(key.pkcs8())
    assert again.pkcs8() == key.pkcs8()
    assert again.spki() == key.spki()


def test_what_is_no_key() -> None:
    key = Ed25519PrivateKey.generate()
    other = x25519.X25519PrivateKey.generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for wrong in (b"", b"garbage", key.pkcs8()[:-1], key.spki(), other, EcPrivateKey.generate("P-256").pkcs8()):
        with pytest.raises(KeyFormatError):
            Ed25519PrivateKey.from_pkcs8(wrong)
