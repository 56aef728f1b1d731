"""Wrapped key material: round trips, published answers for AES-KWP, and every way to fail."""

from __future__ import annotations

import os
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kmslab.crypto import AuthenticationError, KeyFormatError
from kmslab.crypto.ec import EcPrivateKey
from kmslab.crypto.rsa import RsaPrivateKey, encrypt_oaep
from kmslab.crypto.wrapping import WRAPPING_ALGORITHMS, unwrap, wrap

OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
WITH_AES = ("RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256")
MODULUS = 256


@pytest.fixture(scope="module")
def key() -> RsaPrivateKey:
    return RsaPrivateKey.generate(2048)


def test_the_algorithms_of_kms() -> None:
    assert set(WRAPPING_ALGORITHMS) == {*OAEP, *WITH_AES}


def test_published_answers(key: RsaPrivateKey, aes_kwp_case: Any) -> None:
    case = aes_kwp_case
    aes_key, second = bytes.fromhex(case["key"]), bytes.fromhex(case["wrapped"])
    wrapped = encrypt_oaep(key.spki(), aes_key, "sha256") + second
    if case["material"] is None or len(aes_key) != 32:
        with pytest.raises(AuthenticationError):
            unwrap(key, wrapped, "RSA_AES_KEY_WRAP_SHA_256")
    else:
        assert unwrap(key, wrapped, "RSA_AES_KEY_WRAP_SHA_256").hex() == case["material"]
    # The RFC's answers are right, under a key that is too short.
    if len(aes_key) != 32:
        assert keywrap.aes_key_unwrap_with_padding(aes_key, second).hex() == case["material"]


@pytest.mark.parametrize("algorithm", WRAPPING_ALGORITHMS)
@pytest.mark.parametrize("size", [1, 16, 28, 32, 48, 64, 190])
def test_round_trip(key: RsaPrivateKey, algorithm: str, size: int) -> None:
    material = os.urandom(size)
    wrapped = wrap(key.spki(), material, algorithm)
    padded = -(-size // 8) * 8 + 8
    assert len(wrapped) == MODULUS + (padded if algorithm in WITH_AES else 0)
    assert unwrap(key, wrapped, algorithm) == material
    assert wrap(key.spki(), material, algorithm) != wrapped


@pytest.mark.parametrize(("bits", "size"), [(2048, 2064), (3072, 2192), (4096, 2320)])
def test_an_rsa_private_key_under_an_aes_key(bits: int, size: int) -> None:
    """A 3072-bit RSA key has 1792 to 1795 bytes, which AES-KWP makes 1800 or 1808."""
    wrapping, material = RsaPrivateKey.generate(bits), os.urandom(1794)
    wrapped = wrap(wrapping.spki(), material, "RSA_AES_KEY_WRAP_SHA_256")
    assert len(wrapped) == size
    assert unwrap(wrapping, wrapped, "RSA_AES_KEY_WRAP_SHA_256") == material


@pytest.mark.parametrize(("algorithm", "capacity"), [("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190)])
def test_what_oaep_alone_cannot_hold(key: RsaPrivateKey, algorithm: str, capacity: int) -> None:
    assert unwrap(key, wrap(key.spki(), bytes(capacity), algorithm), algorithm) == bytes(capacity)
    with pytest.raises(ValueError, match="Encryption failed"):
        wrap(key.spki(), bytes(capacity + 1), algorithm)


@pytest.mark.parametrize("algorithm", WITH_AES)
def test_nothing_is_not_wrapped(key: RsaPrivateKey, algorithm: str) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        wrap(key.spki(), b"", algorithm)


@pytest.mark.parametrize("algorithm", WRAPPING_ALGORITHMS)
def test_what_was_not_wrapped_so(key: RsaPrivateKey, algorithm: str) -> None:
    wrapped = wrap(key.spki(), bytes(range(32)), algorithm)
    wrong = [b"", b"\0", wrapped[:-1], wrapped[1:], wrapped + b"\0", wrapped[:100], bytes(len(wrapped))]
    if algorithm in WITH_AES:
        wrong += [wrapped[:MODULUS] + second for second in (b"", bytes(8), bytes(15), bytes(40))]
    for position in (0, 1, 128, 255, *range(MODULUS, len(wrapped))):
        changed = bytearray(wrapped)
        changed[position] ^= 1 << position % 8
        wrong.append(bytes(changed))
    for each in wrong:
        with pytest.raises(AuthenticationError):
            unwrap(key, each, algorithm)
    with pytest.raises(AuthenticationError):
        unwrap(RsaPrivateKey.generate(2048), wrapped, algorithm)
    for other in WRAPPING_ALGORITHMS:
        if other != algorithm:
            with pytest.raises(AuthenticationError):
                unwrap(key, wrapped, other)
    assert unwrap(key, wrapped, algorithm) == bytes(range(32))


@pytest.mark.parametrize("size", [1, 16, 24, 31, 33, 64])
def test_the_aes_key_has_256_bits(key: RsaPrivateKey, size: int) -> None:
    kek = os.urandom(size)
    second = keywrap.aes_key_wrap_with_padding(kek if size in (16, 24) else bytes(32), b"material")
    with pytest.raises(AuthenticationError):
        unwrap(key, encrypt_oaep(key.spki(), kek, "sha1") + second, "RSA_AES_KEY_WRAP_SHA_1")


def test_wrapped_with_the_library_alone(key: RsaPrivateKey) -> None:
    public = load_der_public_key(key.spki())
    assert isinstance(public, rsa.RSAPublicKey)
    material, kek = os.urandom(138), os.urandom(32)
    sha_1, sha_256 = hashes.SHA1(), hashes.SHA256()  # noqa: S303
    for hash_function, suffix in ((sha_1, "SHA_1"), (sha_256, "SHA_256")):
        oaep = padding.OAEP(padding.MGF1(hash_function), hash_function, None)
        assert unwrap(key, public.encrypt(material, oaep), f"RSAES_OAEP_{suffix}") == material
        wrapped = public.encrypt(kek, oaep) + keywrap.aes_key_wrap_with_padding(kek, material)
        assert unwrap(key, wrapped, f"RSA_AES_KEY_WRAP_{suffix}") == material
    for other in (
        padding.OAEP(padding.MGF1(sha_1), sha_256, None),
        padding.OAEP(padding.MGF1(sha_256), sha_256, b"label"),
        padding.PKCS1v15(),
    ):
        with pytest.raises(AuthenticationError):
            unwrap(key, public.encrypt(material, other), "RSAES_OAEP_SHA_256")


@pytest.mark.parametrize("algorithm", WRAPPING_ALGORITHMS)
def test_no_rsa_public_key(key: RsaPrivateKey, algorithm: str) -> None:
    for wrong in (b"", b"garbage", key.pkcs8(), EcPrivateKey.generate("P-256").spki()):
        with pytest.raises(KeyFormatError):
            wrap(wrong, bytes(32), algorithm)
