"""A KMS key: its states and its uses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kmslab.errors import InvalidCiphertextException, InvalidKeyUsageException, ValidationException
from kmslab.keys.metadata import key_metadata
from kmslab.keys.specs import KeyUsage
from kmslab.keys.states import KeyState

LATER = datetime(2026, 2, 4, tzinfo=UTC)


class TestLife:
    def test_enabled_and_disabled_change_into_each_other(self, new_key: Any) -> None:
        key = new_key()
        assert key.state is KeyState.ENABLED
        key.disable()
        assert key.state is KeyState.DISABLED
        key.enable()
        assert key.state is KeyState.ENABLED

    @pytest.mark.parametrize("disabled", [False, True])
    def test_cancelling_a_deletion_leaves_it_disabled(self, new_key: Any, disabled: bool) -> None:
        key = new_key()
        if disabled:
            key.disable()
        key.schedule_deletion(LATER)
        assert (key.state, key.deletion_date) == (KeyState.PENDING_DELETION, LATER)
        key.cancel_deletion()
        assert (key.state, key.deletion_date) == (KeyState.DISABLED, None)

    def test_two_keys_are_never_equal(self, new_key: Any) -> None:
        assert new_key(key_id="x") != new_key(key_id="x")

    def test_metadata_shows_the_deletion_date_only_when_there_is_one(self, new_key: Any) -> None:
        key = new_key()
        assert "DeletionDate" not in key_metadata(key)
        key.schedule_deletion(LATER)
        assert key_metadata(key)["DeletionDate"] == LATER
        assert key_metadata(key)["Enabled"] is False


class TestUse:
    def test_an_algorithm_that_the_spec_does_not_have(self, new_key: Any) -> None:
        rsa, mac = new_key("RSA_2048", KeyUsage.SIGN_VERIFY), new_key("HMAC_224")
        for use, algorithm, spec in (
            (lambda: rsa.sign(b"m", "ECDSA_SHA_256", is_digest=False), "ECDSA_SHA_256", "RSA_2048"),
            (lambda: rsa.verify(b"m", b"s", "ECDSA_SHA_256", is_digest=False), "ECDSA_SHA_256", "RSA_2048"),
            (lambda: rsa.encrypt(b"m", "RSAES_OAEP_SHA_1", {}), "RSAES_OAEP_SHA_1", "RSA_2048"),
            (lambda: rsa.decrypt(b"m", "RSAES_OAEP_SHA_1", {}), "RSAES_OAEP_SHA_1", "RSA_2048"),
            (lambda: mac.mac(b"m", "HMAC_SHA_256"), "HMAC_SHA_256", "HMAC_224"),
            (lambda: mac.verify_mac(b"m", b"m", "HMAC_SHA_256"), "HMAC_SHA_256", "HMAC_224"),
        ):
            with pytest.raises(InvalidKeyUsageException) as caught:
                use()
            assert caught.value.message == f"Algorithm {algorithm} is incompatible with key spec {spec}."

    @pytest.mark.parametrize(("algorithm", "capacity"), [("RSAES_OAEP_SHA_1", 214), ("RSAES_OAEP_SHA_256", 190)])
    def test_what_rsa_can_carry(self, new_key: Any, algorithm: str, capacity: int) -> None:
        key = new_key("RSA_2048", KeyUsage.ENCRYPT_DECRYPT)
        assert key.decrypt(key.encrypt(b"x" * capacity, algorithm, {}), algorithm, {}) == b"x" * capacity
        with pytest.raises(ValidationException) as caught:
            key.encrypt(b"x" * (capacity + 1), algorithm, {})
        assert caught.value.message == (
            f"Algorithm {algorithm} and key spec RSA_2048 cannot encrypt data larger than {capacity} bytes."
        )

    def test_every_bad_ciphertext_is_the_same_error_without_a_text(self, new_key: Any) -> None:
        key, other = new_key(), new_key()
        blob = key.encrypt(b"x", "SYMMETRIC_DEFAULT", {"a": "b"})
        for bad, context in ((b"garbage", {}), (blob, {}), (other.encrypt(b"x", "SYMMETRIC_DEFAULT", {}), {})):
            with pytest.raises(InvalidCiphertextException) as caught:
                key.decrypt(bad, "SYMMETRIC_DEFAULT", context)
            assert caught.value.message == ""
            assert caught.value.__cause__ is None, "no hint at what was wrong"

    def test_signing_and_macs(self, new_key: Any) -> None:
        ecc, mac = new_key("ECC_SECG_P256K1"), new_key("HMAC_512")
        signature = ecc.sign(b"m", "ECDSA_SHA_256", is_digest=False)
        assert ecc.verify(b"m", signature, "ECDSA_SHA_256", is_digest=False) is True
        assert ecc.verify(b"n", signature, "ECDSA_SHA_256", is_digest=False) is False
        code = mac.mac(b"m", "HMAC_SHA_512")
        assert mac.verify_mac(b"m", code, "HMAC_SHA_512") is True
        assert mac.verify_mac(b"n", code, "HMAC_SHA_512") is False
