"""What a KMS key does with its key material."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab.errors import InvalidCiphertextException, InvalidKeyUsageException, ValidationException
from kmslab.keys import use
from kmslab.keys.specs import KeyUsage


def test_an_algorithm_that_the_spec_does_not_have(new_key: Any) -> None:
    rsa, mac = new_key("RSA_2048", KeyUsage.SIGN_VERIFY), new_key("HMAC_224")
    for call, algorithm, spec in (
        (lambda: use.sign(rsa, b"m", "ECDSA_SHA_256"), "ECDSA_SHA_256", "RSA_2048"),
        (lambda: use.verify(rsa, b"m", b"s", "ECDSA_SHA_256"), "ECDSA_SHA_256", "RSA_2048"),
        (lambda: use.encrypt(rsa, b"m", "RSAES_OAEP_SHA_1", {}), "RSAES_OAEP_SHA_1", "RSA_2048"),
        (lambda: use.decrypt(rsa, b"m", "RSAES_OAEP_SHA_1", {}), "RSAES_OAEP_SHA_1", "RSA_2048"),
        (lambda: use.mac(mac, b"m", "HMAC_SHA_256"), "HMAC_SHA_256", "HMAC_224"),
        (lambda: use.verify_mac(mac, b"m", b"m", "HMAC_SHA_256"), "HMAC_SHA_256", "HMAC_224"),
    ):
        with pytest.raises(InvalidKeyUsageException) as caught:
            call()
        assert caught.value.message == f"Algorithm {algorithm} is incompatible with key spec {spec}."


@pytest.mark.parametrize(("algorithm", "capacity"), [("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190)])
def test_what_rsa_can_carry(new_key: Any, algorithm: str, capacity: int) -> None:
    key = new_key("RSA_2048", KeyUsage.ENCRYPT_DECRYPT)
    assert use.decrypt(key, use.encrypt(key, b"x" * capacity, algorithm, {}), algorithm, {}) == b"x" * capacity
    with pytest.raises(ValidationException) as caught:
        use.encrypt(key, b"x" * (capacity + 1), algorithm, {})
    assert caught.value.message == (
        f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {capacity} bytes."
    )


def test_every_bad_ciphertext_is_the_same_error_without_a_text(new_key: Any) -> None:
    key, other = new_key(), new_key()
    blob = use.encrypt(key, b"x", "SYMMETRIC_DEFAULT", {"a": "b"})
    for bad, context in ((b"garbage", {}), (blob, {}), (use.encrypt(other, b"x", "SYMMETRIC_DEFAULT", {}), {})):
        with pytest.raises(InvalidCiphertextException) as caught:
            use.decrypt(key, bad, "SYMMETRIC_DEFAULT", context)
        assert caught.value.message == ""
        assert caught.value.__cause__ is None, "no hint at what was wrong"


def test_signing_and_macs(new_key: Any) -> None:
    ecc, mac = new_key("ECC_SECG_P256K1"), new_key("HMAC_512")
    signature = use.sign(ecc, b"m", "ECDSA_SHA_256")
    assert use.verify(ecc, b"m", signature, "ECDSA_SHA_256") is True
    assert use.verify(ecc, b"n", signature, "ECDSA_SHA_256") is False
    code = use.mac(mac, b"m", "HMAC_SHA_512")
    assert use.verify_mac(mac, b"m", code, "HMAC_SHA_512") is True
    assert use.verify_mac(mac, b"n", code, "HMAC_SHA_512") is False
