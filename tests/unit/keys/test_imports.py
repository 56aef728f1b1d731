"""Import tokens, fingerprints, and what can be wrapped how. What importing does is in tests/api/test_imports.py."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from kmslab.crypto import AuthenticationError, KeyFormatError
from kmslab.crypto.rsa import RsaPrivateKey
from kmslab.crypto.wrapping import wrap
from kmslab.keys import imports
from kmslab.keys.imports import ImportParameters, ImportTokens
from kmslab.keys.material import KeyMaterial, generate
from kmslab.keys.specs import KEY_SPECS

ARN = "arn:aws:kms:us-east-1:123456789010:key/00000000-0000-4000-8000-000000000001"
ENDS = datetime(2026, 1, 6, 9, 0, 0, 123456, tzinfo=UTC)
TOKENS = ImportTokens()


@cache
def parameters(algorithm: str = "RSAES_OAEP_SHA_256") -> ImportParameters:
    return ImportParameters(ARN, algorithm, ENDS, RsaPrivateKey.generate(2048))


def test_a_token_carries_its_parameters() -> None:
    issued = parameters()
    read = TOKENS.read(TOKENS.issue(issued))
    assert (read.key_arn, read.algorithm, read.valid_to) == (ARN, "RSAES_OAEP_SHA_256", ENDS)
    assert read.wrapping_key.pkcs8() == issued.wrapping_key.pkcs8()


def test_a_token_gives_nothing_away() -> None:
    issued = parameters()
    token = TOKENS.issue(issued)
    assert token != TOKENS.issue(issued)
    assert ARN.encode() not in token
    # PKCS #8 ends with the last of the private numbers.
    assert issued.wrapping_key.pkcs8()[-64:] not in token
    assert "wrapping_key" not in repr(issued)


def test_a_token_is_of_one_world() -> None:
    with pytest.raises(AuthenticationError):
        ImportTokens().read(TOKENS.issue(parameters()))


@given(st.data())
def test_no_changed_token_is_read(data: Any) -> None:
    token = bytearray(TOKENS.issue(parameters()))
    place = data.draw(st.integers(0, len(token) - 1))
    token[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(AuthenticationError):
        TOKENS.read(bytes(token))


@given(st.binary(max_size=200))
def test_noise_is_no_token(noise: bytes) -> None:
    with pytest.raises(AuthenticationError):
        TOKENS.read(noise)


@pytest.mark.parametrize(
    ("algorithm", "sizes"),
    [("RSAES_OAEP_SHA_1", {256}), ("RSA_AES_KEY_WRAP_SHA_256", {272, 280, 2320})],
)
def test_sizes_of_wrapped_material(algorithm: str, sizes: set[int]) -> None:
    tried = sizes | {0, 255, 257, 264, 271}
    accepted = {size for size in tried if imports.has_wrapped_size(parameters(algorithm), bytes(size))}
    assert accepted == sizes


@pytest.mark.parametrize("algorithm", ["RSAES_OAEP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"])
def test_what_is_wrapped_can_be_opened(algorithm: str) -> None:
    made = parameters(algorithm)
    wrapped = wrap(made.wrapping_key.spki(), b"\1" * 32, algorithm)
    assert imports.has_wrapped_size(made, wrapped)
    assert imports.open_wrapped(made, wrapped) == b"\1" * 32
    with pytest.raises(AuthenticationError):
        imports.open_wrapped(made, wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


def test_what_can_be_imported() -> None:
    refused = {name for name, spec in KEY_SPECS.items() if not imports.is_importable(spec)}
    assert refused == {"ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"}


@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "HMAC_224", "HMAC_512", "ECC_NIST_P384"])
def test_material_is_read_as_what_it_is(spec: str) -> None:
    made = generate(KEY_SPECS[spec], "0" * 64)
    plain = made.secret if isinstance(made.secret, bytes) else made.secret.pkcs8()
    read = imports.read_material(KEY_SPECS[spec], plain, "1" * 64)
    assert read.material_id == "1" * 64
    assert imports.is_of(imports.fingerprint(made), read)
    with pytest.raises(KeyFormatError):
        imports.read_material(KEY_SPECS[spec], plain[:-1], "1" * 64)


def test_a_fingerprint_recognises_its_material_only() -> None:
    one, two = KeyMaterial("1" * 64, b"\1" * 32), KeyMaterial("2" * 64, b"\2" * 32)
    known = imports.fingerprint(one)
    assert imports.is_of(known, KeyMaterial("3" * 64, b"\1" * 32)), "whatever its id"
    assert not imports.is_of(known, two)
    assert len(known) == 48
    assert imports.fingerprint(one) != known, "salted"
    assert b"\1" * 8 not in known


def test_a_private_key_is_recognised_in_every_form() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    spec = KEY_SPECS["ECC_NIST_P256"]
    forms = (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL)
    one, other = (
        imports.read_material(spec, private.private_bytes(Encoding.DER, form, NoEncryption()), "1" * 64)
        for form in forms
    )
    assert imports.is_of(imports.fingerprint(one), other)
