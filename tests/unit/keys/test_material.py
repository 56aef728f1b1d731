"""Key material, and symmetric encryption under it."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab.crypto import AuthenticationError, aes, kdf
from kmslab.crypto.ec import EcPrivateKey
from kmslab.crypto.rsa import RsaPrivateKey
from kmslab.keys import blob, material
from kmslab.keys.context import serialise
from kmslab.keys.material import KeyMaterial
from kmslab.keys.specs import KEY_SPECS

ID = "ab" * 32
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("spec", "size"),
    [("SYMMETRIC_DEFAULT", 32), ("HMAC_224", 28), ("HMAC_256", 32), ("HMAC_384", 48), ("HMAC_512", 64)],
)
def test_secrets_are_random_and_of_the_right_length(spec: str, size: int) -> None:
    made = [material.generate(KEY_SPECS[spec], ID) for _ in range(5)]
    assert {len(each.raw) for each in made} == {size}
    assert len({each.raw for each in made}) == 5


@pytest.mark.parametrize(("spec", "kind"), [("RSA_2048", RsaPrivateKey), ("ECC_NIST_P384", EcPrivateKey)])
def test_pairs(spec: str, kind: type) -> None:
    first, second = (material.generate(KEY_SPECS[spec], ID) for _ in range(2))
    assert isinstance(first.pair, kind)
    assert first.pair.spki() != second.pair.spki()


def test_never_shown() -> None:
    made = material.generate(KEY_SPECS["SYMMETRIC_DEFAULT"], ID)
    assert repr(made) == f"KeyMaterial(material_id='{ID}')"


def test_asking_for_another_kind_is_a_bug_and_looks_like_one() -> None:
    raw, pair = KeyMaterial(ID, b"secret"), material.generate(KEY_SPECS["ECC_NIST_P256"], ID)
    for wrong in (lambda: raw.rsa, lambda: raw.ec, lambda: raw.pair, lambda: pair.raw, lambda: pair.rsa):
        with pytest.raises(TypeError, match="this key material is"):
            wrong()
    assert isinstance(pair.ec, EcPrivateKey)


def sealed(plaintext: bytes = b"x", **context: str) -> tuple[KeyMaterial, blob.Blob]:
    made = KeyMaterial(ID, bytes(range(32)))
    return made, blob.parse(material.encrypt(made, KEY_ID, plaintext, context, operation="Encrypt"))


def test_built_as_documented() -> None:
    """A key of its own for each encryption from KDF and nonce; header, key id and context authenticated."""
    made, parsed = sealed(b"hello", a="b")
    key = kdf.derive_key(made.raw, b"kmslab symmetric encryption", parsed.derivation_nonce)
    aad = parsed.header + bytes([len(KEY_ID)]) + KEY_ID.encode() + serialise({"a": "b"})
    assert aes.unseal(key, parsed.nonce, parsed.sealed, aad) == b"hello"


def test_there_and_back() -> None:
    made, parsed = sealed(b"hello", a="b")
    assert material.decrypt(made, KEY_ID, parsed, {"a": "b"}) == b"hello"


def test_every_encryption_has_nonces_of_its_own() -> None:
    blobs = [sealed()[1] for _ in range(20)]
    assert len({each.derivation_nonce for each in blobs}) == 20
    assert len({each.nonce for each in blobs}) == 20


def test_everything_is_bound() -> None:
    made, parsed = sealed(b"hello", a="b")
    other_id = KeyMaterial("cd" * 32, made.secret)
    other_secret = KeyMaterial(ID, bytes(32))
    tries: list[tuple[Any, str, dict[str, str]]] = [
        (other_id, KEY_ID, {"a": "b"}),
        (other_secret, KEY_ID, {"a": "b"}),
        (made, KEY_ID.replace("1", "2"), {"a": "b"}),
        (made, KEY_ID, {}),
        (made, KEY_ID, {"a": "c"}),
    ]
    for key_material, key_id, context in tries:
        with pytest.raises(AuthenticationError):
            material.decrypt(key_material, key_id, parsed, context)


def test_the_same_material_in_another_key_does_not_decrypt() -> None:
    """KMS ties a symmetric ciphertext to its KMS key, not only to the bytes of the material."""
    made, parsed = sealed()
    with pytest.raises(AuthenticationError):
        material.decrypt(made, "00000000-0000-0000-0000-000000000000", parsed, {})
