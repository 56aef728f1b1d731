"""Envelopes: what is sealed can be opened, kept as text, and not be opened as anything else."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from kmslab.cloud.sealed import Envelope, KeyUser, quoted
from kmslab.crypto import AuthenticationError
from kmslab.errors import AwsError, DisabledException, NotFoundException
from kmslab.ids import Ids
from kmslab.principals import make_administrator
from kmslab.service.visit import OnBehalf

CONTEXT = {"SecretARN": "arn", "SecretVersionId": "1"}


class OneKey:
    """A KMS with one data key for each KMS key."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.keys: dict[bytes, bytes] = {}
        self.refused: set[bytes] = set()

    def __call__(self, wish: OnBehalf) -> Mapping[str, Any]:
        self.asked.append((wish.operation, wish.params))
        if wish.operation == "GenerateDataKey":
            made, wrapped = secrets.token_bytes(32), str(wish.params["KeyId"]).encode()
            self.keys[wrapped] = made
            return {"Plaintext": made, "CiphertextBlob": wrapped}
        if wish.operation == "Decrypt":
            if wish.params["CiphertextBlob"] in self.refused:
                raise DisabledException(f"{wish.params['CiphertextBlob'].decode()} is disabled.")
            return {"Plaintext": self.keys[wish.params["CiphertextBlob"]]}
        return {}


@pytest.fixture
def kms() -> OneKey:
    return OneKey()


@pytest.fixture
def user(kms: OneKey) -> KeyUser:
    return KeyUser(kms, "ssm", make_administrator("123456789010", "us-east-1", Ids(1)), "us-east-1")


def test_sealed_kept_and_opened(user: KeyUser, kms: OneKey) -> None:
    envelope = user.seal("key", b"value", CONTEXT)
    again = Envelope.read(envelope.text)
    assert again == envelope
    assert user.open(envelope) == b"value"
    assert kms.asked == [
        ("GenerateDataKey", {"KeyId": "key", "KeySpec": "AES_256", "EncryptionContext": CONTEXT}),
        ("Decrypt", {"CiphertextBlob": b"key", "EncryptionContext": CONTEXT}),
    ]
    assert b"value" not in envelope.sealed
    assert "sealed" not in repr(envelope)


@pytest.mark.parametrize("text", ["", "value", "dmFsdWU=", "kms:alias/aws/ssm:value"])
def test_other_texts_are_no_envelopes(text: str) -> None:
    assert Envelope.read(text) is None


def test_a_value_is_bound_to_its_context(user: KeyUser) -> None:
    envelope = user.seal("key", b"value", CONTEXT)
    moved = replace(envelope, context={**CONTEXT, "SecretVersionId": "2"})
    with pytest.raises(AuthenticationError):
        user.open(moved)


def test_the_newest_key_that_decrypts_opens_it(user: KeyUser, kms: OneKey) -> None:
    envelope = user.seal("old", b"value", CONTEXT)
    kms.keys[b"new"] = kms.keys[b"old"]
    both = envelope.also_under(b"new")
    for refused in (set(), {b"new"}, {b"old"}):
        kms.refused = refused
        assert user.open(both) == b"value"
    kms.refused = {b"new", b"old"}
    with pytest.raises(DisabledException) as caught:
        user.open(both)
    assert caught.value.message == "new is disabled."


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            NotFoundException("Alias a is not found."),
            "Alias a is not found. (Service: AWSKMS; Status Code: 400; Error Code: NotFoundException; Request ID: 1; "
            "Proxy: null)",
        ),
        (
            NotFoundException(),
            "(Service: AWSKMS; Status Code: 400; Error Code: NotFoundException; Request ID: 1; Proxy: null)",
        ),
    ],
)
def test_errors_are_quoted(error: AwsError, expected: str) -> None:
    assert quoted(error, "1") == expected
