"""ML-KEM against published answers, implicit rejection too, and the levels against further implementations."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import pytest
from Crypto.PublicKey import MLKEM
from cryptography.hazmat.primitives.asymmetric import mlkem
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_der_public_key,
)

from kmslab.crypto import AuthenticationError, KeyFormatError
from kmslab.crypto.ec import EcPrivateKey
from kmslab.crypto.ml_kem import SEED_SIZE, SHARED_SECRET_SIZE, MlKemPrivateKey

# Level: bytes of the encapsulation key, of its SPKI, and of a ciphertext. Source: FIPS 203 table 3.
LEVELS = {512: (800, 822, 768), 768: (1184, 1206, 1088), 1024: (1568, 1590, 1568)}
PRIVATE_SIZE = 86


def rejection_secret(seed: bytes, ciphertext: bytes) -> bytes:
    """What an implicitly rejected ciphertext gives. Source: FIPS 203 algorithm 18, line 7."""
    return hashlib.shake_256(seed[32:] + ciphertext).digest(32)


def test_published_answers(ml_kem_case: Any) -> None:
    case = ml_kem_case
    level, seed, ciphertext = case["level"], bytes.fromhex(case["seed"]), bytes.fromhex(case["ciphertext"])
    key = MlKemPrivateKey(seed, level)
    if case["public_sha256"] is not None:
        assert hashlib.sha256(key.spki()[-LEVELS[level][0] :]).hexdigest() == case["public_sha256"]
    if case["secret"] is None:
        with pytest.raises(AuthenticationError):
            key.decapsulate(ciphertext)
        return
    assert key.decapsulate(ciphertext).hex() == case["secret"]
    assert (rejection_secret(seed, ciphertext).hex() == case["secret"]) is case["rejected"]


@pytest.mark.parametrize("level", LEVELS)
def test_round_trip(level: int) -> None:
    key = MlKemPrivateKey.generate(level)
    secret, ciphertext = key.encapsulate()
    assert (len(secret), len(ciphertext)) == (SHARED_SECRET_SIZE, LEVELS[level][2])
    assert key.decapsulate(ciphertext) == secret
    other_secret, other_ciphertext = key.encapsulate()
    assert other_secret != secret
    assert other_ciphertext != ciphertext


@pytest.mark.parametrize("level", LEVELS)
def test_another_ciphertext_gives_another_secret(level: int) -> None:
    seed = os.urandom(SEED_SIZE)
    key = MlKemPrivateKey(seed, level)
    secret, ciphertext = key.encapsulate()
    wrong = [bytes(len(ciphertext)), os.urandom(len(ciphertext)), MlKemPrivateKey.generate(level).encapsulate()[1]]
    for position in range(0, len(ciphertext), 211):
        changed = bytearray(ciphertext)
        changed[position] ^= 1 << position % 8
        wrong.append(bytes(changed))
    wrong.append(ciphertext[:-1] + bytes([ciphertext[-1] ^ 1]))
    for each in wrong:
        given = key.decapsulate(each)
        assert given == rejection_secret(seed, each)
        assert given != secret


@pytest.mark.parametrize("level", LEVELS)
def test_another_length_is_refused(level: int) -> None:
    key = MlKemPrivateKey.generate(level)
    _, ciphertext = key.encapsulate()
    sizes = [size for _, _, size in LEVELS.values() if size != len(ciphertext)]
    for wrong in (b"", ciphertext[:-1], ciphertext[1:], ciphertext + b"\0", *map(bytes, sizes)):
        with pytest.raises(AuthenticationError):
            key.decapsulate(wrong)


@pytest.mark.parametrize("level", LEVELS)
def test_formats(level: int) -> None:
    key = MlKemPrivateKey.generate(level)
    assert (len(key.spki()), len(key.pkcs8())) == (LEVELS[level][1], PRIVATE_SIZE)
    again = MlKemPrivateKey.from_pkcs8(key.pkcs8(), level)
    assert again.pkcs8() == key.pkcs8()
    assert again.spki() == key.spki()
    secret, ciphertext = again.encapsulate()
    assert key.decapsulate(ciphertext) == secret


@pytest.mark.parametrize("level", [768, 1024])
def test_with_the_library_alone(level: int) -> None:
    key = MlKemPrivateKey.generate(level)
    public, private = load_der_public_key(key.spki()), load_der_private_key(key.pkcs8(), None)
    assert isinstance(public, mlkem.MLKEM768PublicKey | mlkem.MLKEM1024PublicKey)
    assert isinstance(private, mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey)
    assert private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()) == key.pkcs8()
    secret, ciphertext = public.encapsulate()
    assert key.decapsulate(ciphertext) == secret
    assert private.decapsulate(key.encapsulate()[1]) != secret
    secret, ciphertext = key.encapsulate()
    assert private.decapsulate(ciphertext) == secret


@pytest.mark.parametrize("level", LEVELS)
def test_keys_with_another_implementation(level: int) -> None:
    """PyCryptodome brings the C code of mlkem-native: same keys from a seed, same encodings."""
    key = MlKemPrivateKey.generate(level)
    other = MLKEM.import_key(key.pkcs8())
    assert other.param_set.value == f"ML-KEM-{level}"
    assert other.export_key() == key.pkcs8()
    assert other.public_key().export_key() == key.spki()


def test_what_is_no_key_of_the_level() -> None:
    key = MlKemPrivateKey.generate(768)
    der = key.pkcs8()
    expanded = MLKEM.construct(param_set=MLKEM.ML_KEM_768, expanded_dk=MLKEM.import_key(der).expanded_dk)
    others = (EcPrivateKey.generate("P-256").pkcs8(), expanded.export_key())
    for wrong in (b"", b"garbage", der[:-1], der + b"\0", b"\x31" + der[1:], key.spki(), *others):
        with pytest.raises(KeyFormatError):
            MlKemPrivateKey.from_pkcs8(wrong, 768)
    for level in (512, 1024):
        with pytest.raises(KeyFormatError):
            MlKemPrivateKey.from_pkcs8(der, level)
