"""Which arguments are blobs, and what becomes of them; what version 1 does with the rules is in tests/http."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest

from kmslab.terminal import blobs
from kmslab.terminal.request import service_model


class Session:
    """As much of awscli's session as the rules need."""

    def __init__(self, **config: str) -> None:
        self.config = config
        self.handlers: dict[str, Any] = {}

    def get_scoped_config(self) -> dict[str, str]:
        return self.config

    def register(self, event: str, handler: Any) -> None:
        self.handlers[event] = handler


def decode(operation: str, parameters: dict[str, Any], service: str = "kms") -> dict[str, Any]:
    """The parameters after the rules."""
    changed = copy.deepcopy(parameters)
    blobs._decode_blobs(params=changed, model=service_model(service).operation_model(operation))
    return changed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aGVsbG8=", b"hello"),
        ("", b""),
        ("a Gk=\n", b"hi"),
        # Not meant as base64, and taken for it all the same.
        ("test", b"\xb5\xeb-"),
        ("hell!", b"\x85\xe9e"),
    ],
)
def test_text_is_taken_for_base64(text: str, expected: bytes) -> None:
    assert decode("Encrypt", {"KeyId": "aGVsbG8=", "Plaintext": text}) == {"KeyId": "aGVsbG8=", "Plaintext": expected}


@pytest.mark.parametrize("text", ["hello", "secrect.txt", " secrect text\n", "a"])
def test_what_is_not_base64_is_refused_in_version_2s_words(text: str) -> None:
    with pytest.raises(blobs.InvalidBase64Error) as caught:
        decode("Encrypt", {"KeyId": "a", "Plaintext": text})
    assert str(caught.value) == f'Invalid base64: "{text}"'


def test_bytes_of_a_file_are_left_alone() -> None:
    assert decode("Encrypt", {"Plaintext": b"aGVsbG8="}) == {"Plaintext": b"aGVsbG8="}


def test_blobs_are_found_wherever_they_are() -> None:
    recipient = {"KeyEncryptionAlgorithm": "aGk=", "AttestationDocument": "aGk="}
    assert decode("GenerateRandom", {"Recipient": recipient})["Recipient"] == {
        **recipient,
        "AttestationDocument": b"hi",
    }
    item = {"one": {"B": "aGk="}, "many": {"BS": ["aGk=", "aG8="]}, "text": {"S": "aGk="}}
    assert decode("PutItem", {"TableName": "t", "Item": item}, "dynamodb")["Item"] == {
        "one": {"B": b"hi"}, "many": {"BS": [b"hi", b"ho"]}, "text": {"S": "aGk="}
    }  # fmt: skip


def test_what_does_not_fit_the_model_is_left_to_the_models_own_check() -> None:
    odd = {"Recipient": "text", "Unknown": "hello", "NumberOfBytes": None}
    assert decode("GenerateRandom", odd) == odd
    assert decode("GetCallerIdentity", {}, "sts") == {}


@pytest.mark.parametrize(
    ("option", "config", "decodes"),
    [
        (None, {}, True),
        ("base64", {"cli_binary_format": "raw-in-base64-out"}, True),
        (None, {"cli_binary_format": "raw-in-base64-out"}, False),
        ("raw-in-base64-out", {}, False),
    ],
)
def test_the_option_goes_before_the_profile(option: str | None, config: dict[str, str], decodes: bool) -> None:
    session = Session(**config)
    blobs._obey(session=session, parsed_args=SimpleNamespace(cli_binary_format=option))
    assert bool(session.handlers) is decodes
