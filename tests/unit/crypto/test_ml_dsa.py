"""ML-DSA against published answers, and against what must not verify."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from kmslab.crypto import KeyFormatError
from kmslab.crypto.ec import EcPrivateKey
from kmslab.crypto.ml_dsa import MlDsaPrivateKey

# Level: bytes of the public key, of its SPKI, and of a signature. Source: FIPS 204 table 2.
LEVELS = {44: (1312, 1334, 2420), 65: (1952, 1974, 3309), 87: (2592, 2614, 4627)}
PRIVATE_SIZE = 54
# SEQUENCE { 0, SEQUENCE { 2.16.840.1.101.3.4.3.17, .18 or .19 }, OCTET STRING { [0] seed } }. Source: RFC 9881.
PKCS8 = "3034020100300b06096086480165030403{:02x}04228020"
OID = {44: 17, 65: 18, 87: 19}


def from_seed(seed: str, level: int) -> MlDsaPrivateKey:
    return MlDsaPrivateKey.from_pkcs8(bytes.fromhex(PKCS8.format(OID[level]) + seed), level)


def raw_public(key: MlDsaPrivateKey, level: int) -> bytes:
    return key.spki()[-LEVELS[level][0] :]


def mu_of(key: MlDsaPrivateKey, level: int, message: bytes) -> bytes:
    """FIPS 204 algorithm 7, line 6, with an empty context."""
    tr = hashlib.shake_256(raw_public(key, level)).digest(64)
    return hashlib.shake_256(tr + b"\0\0" + message).digest(64)


def check_published(case: Any) -> None:
    level, message, signature = case["level"], bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    key = from_seed(case["seed"], level)
    assert hashlib.sha256(raw_public(key, level)).hexdigest() == case["public_sha256"]
    assert key.verify(message, signature, is_mu=False) is case["valid"]
    mu = mu_of(key, level, message)
    assert case["mu"] in (None, mu.hex())
    assert key.verify(mu, signature, is_mu=True) is case["valid"]


def test_published_answers_44(ml_dsa_44_case: Any) -> None:
    check_published(ml_dsa_44_case)


def test_published_answers_65(ml_dsa_65_case: Any) -> None:
    check_published(ml_dsa_65_case)


def test_published_answers_87(ml_dsa_87_case: Any) -> None:
    check_published(ml_dsa_87_case)


@pytest.mark.parametrize("level", LEVELS)
def test_message_and_mu_agree(level: int) -> None:
    key = MlDsaPrivateKey.generate(level)
    mu = mu_of(key, level, b"message")
    for signature in (key.sign(b"message", is_mu=False), key.sign(mu, is_mu=True)):
        assert len(signature) == LEVELS[level][2]
        assert key.verify(b"message", signature, is_mu=False)
        assert key.verify(mu, signature, is_mu=True)
        assert not key.verify(mu, signature, is_mu=False)
        assert not key.verify(b"Message", signature, is_mu=False)
        assert not key.verify(mu[::-1], signature, is_mu=True)
        assert not MlDsaPrivateKey.generate(level).verify(b"message", signature, is_mu=False)


@pytest.mark.parametrize("level", LEVELS)
def test_no_other_signature_verifies(level: int) -> None:
    key = MlDsaPrivateKey.generate(level)
    mu = mu_of(key, level, b"message")
    signature = key.sign(b"message", is_mu=False)
    wrong = [b"", signature[:-1], signature + b"\0", bytes(len(signature))]
    for position in range(0, len(signature), 97):
        changed = bytearray(signature)
        changed[position] ^= 1 << position % 8
        wrong.append(bytes(changed))
    for each in wrong:
        assert not key.verify(b"message", each, is_mu=False)
        assert not key.verify(mu, each, is_mu=True)


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_mu_has_64_bytes(size: int) -> None:
    key = MlDsaPrivateKey.generate(44)
    with pytest.raises(ValueError, match="mu must be 64 bytes"):
        key.sign(bytes(size), is_mu=True)
    with pytest.raises(ValueError, match="mu must be 64 bytes"):
        key.verify(bytes(size), bytes(2420), is_mu=True)


@pytest.mark.parametrize("level", LEVELS)
def test_with_the_library_alone(level: int) -> None:
    key = MlDsaPrivateKey.generate(level)
    public = load_der_public_key(key.spki())
    assert isinstance(public, mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey)
    assert public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == key.spki()
    signature = key.sign(b"message", is_mu=False)
    public.verify(signature, b"message")
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"message", b"some context")


@pytest.mark.parametrize("level", LEVELS)
def test_formats(level: int) -> None:
    key = MlDsaPrivateKey.generate(level)
    assert (len(key.spki()), len(key.pkcs8())) == (LEVELS[level][1], PRIVATE_SIZE)
    assert key.pkcs8().hex().startswith(PKCS8.format(OID[level]))
    again = MlDsaPrivateKey.from_pkcs8(key.pkcs8(), level)
    assert again.pkcs8() == key.pkcs8()
    assert again.spki() == key.spki()


def test_what_is_no_key_of_the_level() -> None:
    key = MlDsaPrivateKey.generate(65)
    for wrong in (b"", b"garbage", key.pkcs8()[:-1], key.spki(), EcPrivateKey.generate("P-256").pkcs8()):
        with pytest.raises(KeyFormatError):
            MlDsaPrivateKey.from_pkcs8(wrong, 65)
    for level in (44, 87):
        with pytest.raises(KeyFormatError):
            MlDsaPrivateKey.from_pkcs8(key.pkcs8(), level)


def test_the_expanded_form_is_refused() -> None:
    """A private key without its seed, 4032 bytes in an OCTET STRING, is what RFC 9881 calls expandedKey."""
    inside = bytes.fromhex("020100300b0609608648016503040312") + bytes.fromhex("04820fc404820fc0") + bytes(4032)
    with pytest.raises(KeyFormatError):
        MlDsaPrivateKey.from_pkcs8(b"\x30\x82" + len(inside).to_bytes(2) + inside, 65)
