"""Lesson 00: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.exercises.desk import Desk

SECOND, IN_IRELAND, START = "a second key exists", "it lives in eu-west-1", "its description is 'start'"
ENCRYPTED, DECRYPTED = "something was encrypted under your key from 00.1", "it was decrypted again"
HANDED_OVER = "Tom's script has run, and an answer was handed over as text"
THE_CODE = "it is the error code of the call that failed in eu-central-1"


@pytest.fixture(autouse=True)
def first_key(kms: Any) -> str:
    """What the lesson's own cells do: a key in us-east-1, used once, and a call that fails."""
    key_id = str(kms.create_key()["KeyMetadata"]["KeyId"])
    kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=key_id, Plaintext=b"ten bytes!")["CiphertextBlob"])
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="my-key")
    return key_id


def toms_script(lab: Lab) -> None:
    """What the lesson gives for 00.3: a script that hides its errors."""
    frankfurt = lab.client("kms", "eu-central-1")
    toms_key = frankfurt.create_key(Description="Tom")["KeyMetadata"]["KeyId"]
    for note in (b"order stamps", b"", b"call the printer"):
        with contextlib.suppress(ClientError):
            frankfurt.encrypt(KeyId=toms_key, Plaintext=note)


def own_key(ireland: Any) -> str:
    return str(ireland.create_key(Description="start")["KeyMetadata"]["KeyId"])


@pytest.mark.parametrize("number", ["00.1", "00.2", "00.3"])
def test_the_lesson_alone_solves_nothing(desk: Desk, lab: Lab, number: str) -> None:
    toms_script(lab)
    result = desk.check(number)
    assert not any(item.done for item in result.items)


# --- 00.1 ---


def test_your_own_key(desk: Desk, ireland: Any) -> None:
    assert desk.check("00.1").open_tasks == [SECOND, IN_IRELAND, START]
    own_key(ireland)
    assert desk.check("00.1").passed


def test_your_own_key_in_the_region_of_the_lesson(desk: Desk, kms: Any) -> None:
    kms.create_key(Description="start")
    result = desk.check("00.1")
    assert result.open_tasks == [IN_IRELAND, START]
    assert "lives in another Region" in result.items[1].advice
    assert "Your key in another Region has it" in result.items[2].advice


def test_your_own_key_made_by_running_the_lesson_again(desk: Desk, kms: Any) -> None:
    kms.create_key()
    result = desk.check("00.1")
    assert result.open_tasks == [IN_IRELAND, START]
    assert "region_name" in result.items[1].advice


def test_your_own_key_without_a_description(desk: Desk, ireland: Any) -> None:
    nameless = ireland.create_key()["KeyMetadata"]["KeyId"]
    result = desk.check("00.1")
    assert result.open_tasks == [START]
    assert "without a description" in result.items[2].advice
    ireland.update_key_description(KeyId=nameless, Description="start")
    assert desk.check("00.1").passed


@pytest.mark.parametrize("description", ["Start", "start ", "00.1"])
def test_your_own_key_with_another_description(desk: Desk, ireland: Any, description: str) -> None:
    ireland.create_key(Description=description)
    result = desk.check("00.1")
    assert result.open_tasks == [START]
    assert "has another description" in result.items[2].advice


def test_a_failed_attempt_counts_for_nothing(desk: Desk, ireland: Any) -> None:
    with pytest.raises(ireland.exceptions.ClientError):
        ireland.create_key(Description="start", KeySpec="RSA_2048")
    assert desk.check("00.1").open_tasks == [SECOND, IN_IRELAND, START]


# --- 00.2 ---


def test_there_and_back(desk: Desk, ireland: Any) -> None:
    key_id = own_key(ireland)
    assert desk.check("00.2").open_tasks == [ENCRYPTED, DECRYPTED]
    ireland.decrypt(CiphertextBlob=ireland.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"])
    assert desk.check("00.2").passed


def test_there_and_back_with_the_second_of_two_own_keys(desk: Desk, ireland: Any) -> None:
    own_key(ireland)
    again = own_key(ireland)
    ireland.decrypt(CiphertextBlob=ireland.encrypt(KeyId=again, Plaintext=b"x")["CiphertextBlob"])
    assert desk.check("00.2").passed


def test_there_and_back_without_the_key_of_00_1(desk: Desk, ireland: Any) -> None:
    other = ireland.create_key()["KeyMetadata"]["KeyId"]
    ireland.decrypt(CiphertextBlob=ireland.encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"])
    result = desk.check("00.2")
    assert result.open_tasks == [ENCRYPTED, DECRYPTED]
    assert "make it first" in result.items[0].advice


def test_there_and_back_under_the_key_of_the_lesson(desk: Desk, kms: Any, ireland: Any, first_key: str) -> None:
    own_key(ireland)
    kms.decrypt(CiphertextBlob=kms.encrypt(KeyId=first_key, Plaintext=b"x")["CiphertextBlob"])
    result = desk.check("00.2")
    assert result.open_tasks == [ENCRYPTED, DECRYPTED]
    assert "under another key" in result.items[0].advice


@pytest.mark.parametrize("member", ["KeyId", "Arn"])
def test_there_and_back_at_the_wrong_door(desk: Desk, kms: Any, ireland: Any, member: str) -> None:
    name = ireland.create_key(Description="start")["KeyMetadata"][member]
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.encrypt(KeyId=name, Plaintext=b"x")
    result = desk.check("00.2")
    assert result.open_tasks == [ENCRYPTED, DECRYPTED]
    assert "asked KMS in another Region" in result.items[0].advice


def test_there_and_not_back(desk: Desk, kms: Any, ireland: Any) -> None:
    blob = ireland.encrypt(KeyId=own_key(ireland), Plaintext=b"x")["CiphertextBlob"]
    result = desk.check("00.2")
    assert result.open_tasks == [DECRYPTED]
    assert result.items[1].advice.startswith("Hand the CiphertextBlob")
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        ireland.decrypt(CiphertextBlob=b"x" * 200)
    assert "is no ciphertext" in desk.check("00.2").items[1].advice
    with pytest.raises(ClientError, match="AccessDeniedException"):
        kms.decrypt(CiphertextBlob=blob)
    result = desk.check("00.2")
    assert result.open_tasks == [DECRYPTED]
    assert "Another Region was asked" in result.items[1].advice


# --- 00.3 ---


@pytest.mark.parametrize(
    ("answer", "open_tasks", "advice"),
    [
        (None, [HANDED_OVER, THE_CODE], "hand it over"),
        ("", [HANDED_OVER, THE_CODE], "hand it over"),
        (["ValidationException"], [HANDED_OVER, THE_CODE], "something else than a text"),
        ("NotFoundException", [THE_CODE], "was not Tom's"),
        ("validationexception", [THE_CODE], "letter by letter"),
        ("1 validation error detected", [THE_CODE], "a message, for people"),
        ("AccessDeniedException", [THE_CODE], "awsRegion"),
        (" ValidationException\n", [], ""),
    ],
    ids=repr,
)
def test_ask_the_trail(desk: Desk, lab: Lab, answer: object, open_tasks: list[str], advice: str) -> None:
    toms_script(lab)
    result = desk.check("00.3", answer)
    assert result.open_tasks == open_tasks
    assert advice in next((item.advice for item in result.items if not item.done), "")


def test_before_toms_script_has_run(desk: Desk) -> None:
    result = desk.check("00.3", "NotFoundException")
    assert result.open_tasks == [HANDED_OVER, THE_CODE]
    assert "has not run yet" in result.items[0].advice
