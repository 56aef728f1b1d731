"""Lesson 00: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from typing import Any

import pytest

from kmslab.exercises.desk import Desk

SECOND, IN_IRELAND, START = "a second key exists", "it lives in eu-west-1", "its description is 'start'"
ENCRYPTED, DECRYPTED = "something was encrypted under your key from 00.1", "it was decrypted again"
HANDED_OVER, THE_CODE = "an answer was handed over", "it is the error code of the failed calls"


@pytest.fixture(autouse=True)
def first_key(kms: Any) -> str:
    """What the lesson's own cells do: a key in us-east-1, used once, and a call that fails."""
    key_id = str(kms.create_key()["KeyMetadata"]["KeyId"])
    kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key_id, Plaintext=b"ten bytes!")["CiphertextBlob"])
    return key_id


def own_key(ireland: Any) -> str:
    return str(ireland.create_key(Description="start")["KeyMetadata"]["KeyId"])


def fail(kms: Any) -> None:
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="my-key")


@pytest.mark.parametrize("number", ["00.1", "00.2", "00.3"])
def test_the_lesson_alone_solves_nothing(desk: Desk, number: str) -> None:
    assert not desk.check(number).passed


def test_your_own_key(desk: Desk, kms: Any, ireland: Any) -> None:
    assert desk.check("00.1").open_tasks == [SECOND, IN_IRELAND, START]
    kms.create_key(Description="start")
    assert desk.check("00.1").open_tasks == [IN_IRELAND, START]
    misspelt = ireland.create_key(Description="Start")["KeyMetadata"]["KeyId"]
    assert desk.check("00.1").open_tasks == [START]
    ireland.update_key_description(KeyId=misspelt, Description="start")
    assert desk.check("00.1").passed


def test_a_failed_attempt_counts_for_nothing(desk: Desk, ireland: Any) -> None:
    with pytest.raises(ireland.exceptions.ClientError):
        ireland.create_key(Description="start", KeySpec="RSA_2048")
    assert not desk.check("00.1").passed


def test_there_and_back(desk: Desk, kms: Any, ireland: Any, first_key: str) -> None:
    key_id = own_key(ireland)
    kms.encrypt(KeyId=first_key, Plaintext=b"under the other key")
    assert desk.check("00.2").open_tasks == [ENCRYPTED, DECRYPTED]
    blob = ireland.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    assert desk.check("00.2").open_tasks == [DECRYPTED]
    with pytest.raises(kms.exceptions.ClientError):
        kms.decrypt(CiphertextBlob=blob)  # the right ciphertext in the wrong Region
    assert desk.check("00.2").open_tasks == [DECRYPTED]
    ireland.decrypt(CiphertextBlob=blob)
    assert desk.check("00.2").passed


@pytest.mark.parametrize(
    ("answer", "open_tasks"),
    [
        (None, [HANDED_OVER, THE_CODE]),
        ("", [HANDED_OVER, THE_CODE]),
        (404, [HANDED_OVER, THE_CODE]),
        ("Invalid keyId 'my-key'", [THE_CODE]),
        ("AccessDeniedException", [THE_CODE]),
        ("notfoundexception", [THE_CODE]),
        (" NotFoundException\n", []),
    ],
    ids=repr,
)
def test_ask_the_trail(desk: Desk, kms: Any, answer: object, open_tasks: list[str]) -> None:
    fail(kms)
    assert desk.check("00.3", answer).open_tasks == open_tasks


def test_the_code_is_wrong_before_anything_failed(desk: Desk) -> None:
    assert desk.check("00.3", "NotFoundException").open_tasks == [THE_CODE]
