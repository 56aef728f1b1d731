"""Lesson 02: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.exercises.desk import Desk
from kmslab.exercises.model import CheckResult

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


def advice(result: CheckResult, label: str) -> str:
    return next(item.advice for item in result.items if item.label == label)


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

    result = desk.check("02.1")

    assert result.open_tasks == [IN_IRELAND, BY_NAME]
    assert "still free in eu-west-1" in advice(result, IN_IRELAND)


@pytest.mark.parametrize("name", ["alias/my-ledger", "alias/Ledger", "alias/alias/ledger"])
def test_name_of_your_own_under_another_name(desk: Desk, ireland: Any, name: str) -> None:
    named_key(ireland, name)
    encrypt(ireland, name)

    result = desk.check("02.1")

    assert result.open_tasks == [EXISTS, IN_IRELAND, BY_NAME]
    assert "cannot be renamed" in advice(result, EXISTS)


def test_name_of_your_own_without_its_beginning(desk: Desk, ireland: Any) -> None:
    with pytest.raises(ClientError, match="must start with the prefix"):
        named_key(ireland, "ledger")

    result = desk.check("02.1")

    assert result.open_tasks == [EXISTS, IN_IRELAND, BY_NAME]
    assert "is part of it" in advice(result, EXISTS)


def test_name_of_your_own_for_a_key_of_another_region(desk: Desk, kms: Any, ireland: Any) -> None:
    with pytest.raises(kms.exceptions.NotFoundException):
        ireland.create_alias(AliasName="alias/ledger", TargetKeyId=new_key(kms).rpartition("/")[2])

    result = desk.check("02.1")

    assert result.open_tasks == [EXISTS, IN_IRELAND, BY_NAME]
    assert "must be of one Region" in advice(result, EXISTS)


def test_name_of_your_own_encrypted_by_key_id(desk: Desk, ireland: Any) -> None:
    key_arn = named_key(ireland, "alias/ledger")
    encrypt(ireland, key_arn)

    result = desk.check("02.1")

    assert result.open_tasks == [BY_NAME]
    assert "by its own id" in advice(result, BY_NAME)


def test_name_of_your_own_encrypted_by_half_of_it(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    with pytest.raises(ireland.exceptions.NotFoundException):
        encrypt(ireland, "ledger")

    result = desk.check("02.1")

    assert result.open_tasks == [BY_NAME]
    assert "for a key id" in advice(result, BY_NAME)


def test_name_of_your_own_asked_for_in_another_region(desk: Desk, kms: Any, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    with pytest.raises(kms.exceptions.NotFoundException):
        encrypt(kms, "alias/ledger")

    result = desk.check("02.1")

    assert result.open_tasks == [BY_NAME]
    assert "does not have it" in advice(result, BY_NAME)


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

    assert result.open_tasks == [POINTED, NEW_BY_ALIAS, OLD_READ, NEW_READ]
    assert "a moment without any key" in advice(result, POINTED)


def test_new_key_for_the_ledger_after_delete_and_create(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    old = encrypt(ireland, "alias/ledger")
    ireland.delete_alias(AliasName="alias/ledger")
    named_key(ireland, "alias/ledger")
    ireland.decrypt(CiphertextBlob=old)
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=new_key(ireland))
    ireland.decrypt(CiphertextBlob=encrypt(ireland, "alias/ledger"))

    assert desk.check("02.2").open_tasks == [OLD_READ]

    ireland.decrypt(CiphertextBlob=old)

    assert desk.check("02.2").passed


def test_new_key_for_the_ledger_by_create_alone(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    with pytest.raises(ireland.exceptions.AlreadyExistsException):
        named_key(ireland, "alias/ledger")

    result = desk.check("02.2")

    assert result.open_tasks == [POINTED, NEW_BY_ALIAS, OLD_READ, NEW_READ]
    assert "this one exists" in advice(result, POINTED)


def test_new_key_for_the_ledger_pointed_at_the_same_key(desk: Desk, ireland: Any) -> None:
    key_arn = named_key(ireland, "alias/ledger")
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=key_arn)

    result = desk.check("02.2")

    assert result.open_tasks == [POINTED, NEW_BY_ALIAS, OLD_READ, NEW_READ]
    assert "Take another key" in advice(result, POINTED)


def test_new_key_for_the_ledger_used_by_its_id(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    old, successor = encrypt(ireland, "alias/ledger"), new_key(ireland)
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=successor)
    for ciphertext in (old, encrypt(ireland, successor)):
        ireland.decrypt(CiphertextBlob=ciphertext)

    result = desk.check("02.2")

    assert result.open_tasks == [NEW_BY_ALIAS]
    assert "the new key itself" in advice(result, NEW_BY_ALIAS)


def test_new_key_for_the_ledger_with_the_alias_on_decrypt(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    old = encrypt(ireland, "alias/ledger")
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=new_key(ireland))
    new = encrypt(ireland, "alias/ledger")
    ireland.decrypt(KeyId="alias/ledger", CiphertextBlob=new)
    with pytest.raises(ireland.exceptions.IncorrectKeyException):
        ireland.decrypt(KeyId="alias/ledger", CiphertextBlob=old)

    result = desk.check("02.2")

    assert result.open_tasks == [OLD_READ]
    assert "now means the new key" in advice(result, OLD_READ)


def test_new_key_for_the_ledger_with_everything_decrypted_too_early(desk: Desk, ireland: Any) -> None:
    named_key(ireland, "alias/ledger")
    ireland.decrypt(CiphertextBlob=encrypt(ireland, "alias/ledger"))
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=new_key(ireland))

    result = desk.check("02.2")

    assert result.open_tasks == [NEW_BY_ALIAS, OLD_READ, NEW_READ]
    assert "before the alias moved" in advice(result, OLD_READ)


def test_new_key_for_the_ledger_without_old_data(desk: Desk, ireland: Any) -> None:
    first = named_key(ireland, "alias/ledger")
    ireland.update_alias(AliasName="alias/ledger", TargetKeyId=new_key(ireland))
    for ciphertext in (encrypt(ireland, first), encrypt(ireland, "alias/ledger")):
        ireland.decrypt(CiphertextBlob=ciphertext)

    result = desk.check("02.2")

    assert result.open_tasks == [OLD_READ]
    assert "there is no old data" in advice(result, OLD_READ)


# --- 02.3 ---


@pytest.fixture
def archive(oregon: Any) -> tuple[str, bytes]:
    """What the lesson gives: the old key, and a document under it."""
    key_arn = named_key(oregon, "alias/archive")
    blob = oregon.encrypt(KeyId="alias/archive", Plaintext=b"minutes of the meeting")["CiphertextBlob"]
    return key_arn, blob


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

    result = desk.check("02.3")

    assert result.open_tasks == [MOVED, READ]
    assert "was on your computer" in advice(result, MOVED)


def test_move_and_retire_moved_before_the_alias(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    oregon.re_encrypt(CiphertextBlob=document, DestinationKeyId="alias/archive")
    retarget(oregon)
    oregon.disable_key(KeyId=old_key)

    result = desk.check("02.3")

    assert result.open_tasks == [MOVED, READ]
    assert "came back under that one" in advice(result, MOVED)


def test_move_and_retire_disabled_too_early(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    retarget(oregon)
    oregon.disable_key(KeyId=old_key)
    with pytest.raises(oregon.exceptions.DisabledException):
        oregon.re_encrypt(CiphertextBlob=document, DestinationKeyId="alias/archive")

    result = desk.check("02.3")

    assert result.open_tasks == [MOVED, READ]
    assert "a key that is disabled" in advice(result, MOVED)


def test_move_and_retire_the_wrong_key(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    successor = retarget(oregon)
    oregon.re_encrypt(CiphertextBlob=archive[1], DestinationKeyId="alias/archive")
    oregon.disable_key(KeyId=successor)

    result = desk.check("02.3")

    assert result.open_tasks == [OFF, READ]
    assert "disabled the new key" in advice(result, OFF)


def test_move_and_retire_by_alias(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    retarget(oregon)
    oregon.re_encrypt(CiphertextBlob=archive[1], DestinationKeyId="alias/archive")
    with pytest.raises(oregon.exceptions.InvalidArnException):
        oregon.disable_key(KeyId="alias/archive")

    result = desk.check("02.3")

    assert result.open_tasks == [OFF, READ]
    assert "takes no alias" in advice(result, OFF)


def test_move_and_retire_to_a_key_of_another_region(
    desk: Desk, kms: Any, oregon: Any, archive: tuple[str, bytes]
) -> None:
    with pytest.raises(kms.exceptions.NotFoundException):
        oregon.update_alias(AliasName="alias/archive", TargetKeyId=new_key(kms).rpartition("/")[2])

    result = desk.check("02.3")

    assert result.open_tasks == [NEW_TARGET, MOVED, OFF, READ]
    assert "make the key with oregon" in advice(result, NEW_TARGET)


def test_move_and_retire_without_a_name(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    oregon.delete_alias(AliasName="alias/archive")

    result = desk.check("02.3")

    assert result.open_tasks == [NEW_TARGET, MOVED, OFF, READ]
    assert "is gone" in advice(result, NEW_TARGET)


def test_move_and_retire_by_deletion(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    retarget(oregon)
    answer = oregon.re_encrypt(CiphertextBlob=document, DestinationKeyId="alias/archive")
    oregon.schedule_key_deletion(KeyId=old_key)
    oregon.decrypt(CiphertextBlob=answer["CiphertextBlob"])

    result = desk.check("02.3")

    assert result.open_tasks == [OFF, READ]
    assert "cancel_key_deletion" in advice(result, OFF)


def test_move_and_retire_proved_too_early(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    retarget(oregon)
    answer = oregon.re_encrypt(CiphertextBlob=document, DestinationKeyId="alias/archive")
    oregon.decrypt(CiphertextBlob=answer["CiphertextBlob"])
    oregon.disable_key(KeyId=old_key)

    result = desk.check("02.3")

    assert result.open_tasks == [READ]
    assert "still on" in advice(result, READ)


def test_move_and_retire_proved_with_the_wrong_ciphertext(desk: Desk, oregon: Any, archive: tuple[str, bytes]) -> None:
    old_key, document = archive
    retarget(oregon)
    oregon.re_encrypt(CiphertextBlob=document, DestinationKeyId="alias/archive")
    oregon.disable_key(KeyId=old_key)
    oregon.decrypt(CiphertextBlob=encrypt(oregon, "alias/archive"))  # something new proves nothing
    assert desk.check("02.3").open_tasks == [READ]

    with pytest.raises(oregon.exceptions.DisabledException):
        oregon.decrypt(CiphertextBlob=document)
    result = desk.check("02.3")

    assert result.open_tasks == [READ]
    assert "from before" in advice(result, READ)
