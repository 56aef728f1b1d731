"""Lesson 02: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.exercises.desk import Desk

EXISTS = "the alias alias/ledger exists"
IN_IRELAND = "it stands for a key of eu-west-1"
BY_NAME = "something was encrypted by that name"

POINTED = "alias/ledger was pointed at another key with update_alias"
NEW_BY_ALIAS = "something new was encrypted by the alias, under the new key"
OLD_READ = "an old ciphertext was decrypted after that"
NEW_READ = "a new ciphertext was decrypted too"

NEW_TARGET = "alias/archive stands for a new key"
MOVED = "the document was moved from the old key to the new one with ReEncrypt"
OFF = "the old key is disabled"
READ = "the moved document was decrypted after that"


def new_key(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["Arn"])


def named_key(kms: Any, alias_name: str) -> str:
    key_arn = new_key(kms)
    kms.create_alias(AliasName=alias_name, TargetKeyId=key_arn)
    return key_arn


def encrypt(kms: Any, key_ref: str) -> bytes:
    return bytes(kms.encrypt(KeyId=key_ref, Plaintext=b"text")["CiphertextBlob"])


def the_lesson(kms: Any) -> None:
    """What the lesson's own cells do, in us-east-1 and with other names."""
    first = named_key(kms, "alias/app")
    old = encrypt(kms, "alias/app")
    kms.update_alias(AliasName="alias/app", TargetKeyId=new_key(kms))
    new = encrypt(kms, "alias/app")
    moved = kms.re_encrypt(CiphertextBlob=old, DestinationKeyId="alias/app")["CiphertextBlob"]
    kms.disable_key(KeyId=first)
    for ciphertext in (moved, new):
        kms.decrypt(CiphertextBlob=ciphertext)


@pytest.mark.parametrize("number", ["02.1", "02.2", "02.3"])
def test_the_lesson_alone_solves_nothing(desk: Desk, kms: Any, number: str) -> None:
    the_lesson(kms)

    result = desk.check(number)

    assert not result.passed
    assert not any(item.done for item in result.items)


# --- 02.1 ---


def test_name_of_your_own_solved(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    encrypt(ireland, "alias/ledger")

    assert desk.check("02.1").passed


def test_name_of_your_own_takes_the_alias_arn(desk: Desk, lab: Lab, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    encrypt(ireland, f"arn:aws:kms:eu-west-1:{lab.account_id}:alias/ledger")

    assert desk.check("02.1").passed


def test_name_of_your_own_in_the_wrong_region(desk: Desk, kms: Any) -> None:
    named_key(kms, "alias/ledger")
    encrypt(kms, "alias/ledger")

    assert desk.check("02.1").open_tasks == [IN_IRELAND, BY_NAME]


def test_name_of_your_own_under_another_name(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/my-ledger")
    encrypt(ireland, "alias/my-ledger")

    assert desk.check("02.1").open_tasks == [EXISTS, IN_IRELAND, BY_NAME]


def test_name_of_your_own_encrypted_by_key_id(desk: Desk, ireland: Any) -> None:
    key_arn = named_key(ireland, "alias/ledger")
    encrypt(ireland, key_arn)

    assert desk.check("02.1").open_tasks == [BY_NAME]


def test_name_of_your_own_encrypted_in_vain(desk: Desk, ireland: Any) -> None:
    key_arn = named_key(ireland, "alias/ledger")
    ireland.disable_key(KeyId=key_arn)
    with pytest.raises(ClientError, match="is disabled"):
        encrypt(ireland, "alias/ledger")

    assert desk.check("02.1").open_tasks == [BY_NAME]


# --- 02.2 ---


def test_new_key_for_the_ledger_solved(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    old = encrypt(ireland, "alias/ledger")
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=new_key(ireland))
    new = encrypt(ireland, "alias/ledger")
    ireland.decrypt(CiphertextBlob=old)
    ireland.decrypt(CiphertextBlob=new)

    assert desk.check("02.2").passed


def test_new_key_for_the_ledger_by_delete_and_create(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    old = encrypt(ireland, "alias/ledger")
    ireland.delete_alias(AliasName="alias/ledger")
    named_key(ireland, "alias/ledger")
    for ciphertext in (old, encrypt(ireland, "alias/ledger")):
        ireland.decrypt(CiphertextBlob=ciphertext)

    result = desk.check("02.2")

    assert POINTED in result.open_tasks
    assert "update_alias" in result.items[0].advice


def test_new_key_for_the_ledger_pointed_at_the_same_key(desk: Desk, ireland: Any) -> None:
    key_arn = named_key(ireland, "alias/ledger")
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=key_arn)

    assert POINTED in desk.check("02.2").open_tasks


def test_new_key_for_the_ledger_with_the_alias_on_decrypt(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    old = encrypt(ireland, "alias/ledger")
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=new_key(ireland))
    new = encrypt(ireland, "alias/ledger")
    ireland.decrypt(KeyId="alias/ledger", CiphertextBlob=new)
    with pytest.raises(ireland.exceptions.IncorrectKeyException):
        ireland.decrypt(KeyId="alias/ledger", CiphertextBlob=old)

    assert desk.check("02.2").open_tasks == [OLD_READ]


def test_new_key_for_the_ledger_with_everything_decrypted_too_early(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    ireland.decrypt(CiphertextBlob=encrypt(ireland, "alias/ledger"))
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=new_key(ireland))

    assert desk.check("02.2").open_tasks == [NEW_BY_ALIAS, OLD_READ, NEW_READ]


def test_new_key_for_the_ledger_without_old_data(desk: Desk, ireland: Any) -> None:
    first = named_key(ireland, "alias/ledger")
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=new_key(ireland))
    for ciphertext in (encrypt(ireland, first), encrypt(ireland, "alias/ledger")):
        ireland.decrypt(CiphertextBlob=ciphertext)

    assert desk.check("02.2").open_tasks == [OLD_READ]


# --- 02.3 ---


@pytest.fixture
def archive(oregon: Any) -> tuple[str, bytes]:
    """What the lesson gives: the old key, and a document under it."""
    return named_key(oregon, "alias/archive"), encrypt(oregon, "alias/archive")


def retarget(oregon: Any) -> str:
    key_arn = new_key(oregon)
    oregon.update_alias(AliasName="alias/archive", TargetKeyId=key_arn)
    return key_arn


def test_move_and_retire_solved(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    retarget(oregon)
    answer = oregon.re_encrypt(CiphertextBlob=archive[1], DestinationKeyId="alias/archive")
    oregon.disable_key(KeyId=answer["SourceKeyId"])
    oregon.decrypt(CiphertextBlob=answer["CiphertextBlob"])

    assert desk.check("02.3").passed


def test_move_and_retire_with_what_is_given(desk: Desk, archive: tuple[str, bytes]) -> None:
    assert desk.check("02.3").open_tasks == [NEW_TARGET, MOVED, OFF, READ]


def test_move_and_retire_by_decrypt_and_encrypt(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    retarget(oregon)
    plaintext = oregon.decrypt(CiphertextBlob=document)["Plaintext"]
    moved = oregon.encrypt(KeyId="alias/archive", Plaintext=plaintext)["CiphertextBlob"]
    oregon.disable_key(KeyId=old_key)
    oregon.decrypt(CiphertextBlob=moved)

    assert desk.check("02.3").open_tasks == [MOVED]


def test_move_and_retire_moved_before_the_alias(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    oregon.re_encrypt(CiphertextBlob=document, DestinationKeyId="alias/archive")
    retarget(oregon)
    oregon.disable_key(KeyId=old_key)

    assert desk.check("02.3").open_tasks == [MOVED, READ]


def test_move_and_retire_disabled_too_early(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    retarget(oregon)
    oregon.disable_key(KeyId=old_key)
    with pytest.raises(oregon.exceptions.DisabledException):
        oregon.re_encrypt(CiphertextBlob=document, DestinationKeyId="alias/archive")

    assert desk.check("02.3").open_tasks == [MOVED, READ]


def test_move_and_retire_the_wrong_key(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    successor = retarget(oregon)
    oregon.re_encrypt(CiphertextBlob=archive[1], DestinationKeyId="alias/archive")
    oregon.disable_key(KeyId=successor)

    assert desk.check("02.3").open_tasks == [OFF, READ]


def test_move_and_retire_by_deletion(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    retarget(oregon)
    answer = oregon.re_encrypt(CiphertextBlob=document, DestinationKeyId="alias/archive")
    oregon.schedule_key_deletion(KeyId=old_key)
    oregon.decrypt(CiphertextBlob=answer["CiphertextBlob"])

    result = desk.check("02.3")

    assert result.open_tasks == [OFF, READ]
    assert "cancel_key_deletion" in result.items[2].advice


def test_move_and_retire_proved_too_early(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    retarget(oregon)
    answer = oregon.re_encrypt(CiphertextBlob=document, DestinationKeyId="alias/archive")
    oregon.decrypt(CiphertextBlob=answer["CiphertextBlob"])
    oregon.disable_key(KeyId=old_key)

    assert desk.check("02.3").open_tasks == [READ]
