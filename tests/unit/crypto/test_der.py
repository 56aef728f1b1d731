"""What is no key, and keys of kinds that the cryptography library does not know."""

from __future__ import annotations

import pytest

from kmslab.crypto import KeyFormatError, der
from kmslab.crypto.ec import EcPrivateKey
from kmslab.crypto.ml_kem import MlKemPrivateKey

EC = EcPrivateKey.generate("P-256")
UNKNOWN = MlKemPrivateKey.generate(512)
NO_KEY = {"nothing": b"", "garbage": b"garbage", "another structure": bytes.fromhex("3003020100")}


@pytest.mark.parametrize(
    "wrong", [*NO_KEY.values(), EC.spki(), EC.pkcs8()[:-1], UNKNOWN.pkcs8()], ids=[*NO_KEY, "public", "cut", "unknown"]
)
def test_no_private_key(wrong: bytes) -> None:
    with pytest.raises(KeyFormatError):
        der.load_pkcs8(wrong)


@pytest.mark.parametrize(
    "wrong", [*NO_KEY.values(), EC.pkcs8(), EC.spki()[:-1], UNKNOWN.spki()], ids=[*NO_KEY, "private", "cut", "unknown"]
)
def test_no_public_key(wrong: bytes) -> None:
    with pytest.raises(KeyFormatError):
        der.load_spki(wrong)


def test_round_trip() -> None:
    assert der.to_pkcs8(der.load_pkcs8(EC.pkcs8())) == EC.pkcs8()
    assert der.load_spki(EC.spki()) == der.load_pkcs8(EC.pkcs8()).public_key()
