"""Lesson 05: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from kmslab.envelope import ContextMismatchError, EnvelopeError, Receipt, decrypt_file, encrypt_file
from kmslab.exercises.desk import Desk

GENERATED = "a data key was generated in eu-west-1"
LONG = "it has 64 bytes"
BOUND = "it is bound to an encryption context"
GOT_BACK = "it was got back with its encrypted form and the same context"

ALIAS = "alias/backup stands for a symmetric key in us-west-2"
FOR_A_CUSTOMER = "a data key was generated under it, for a customer"
DECRYPTED = "and decrypted again with the same context"
RECEIPT = "the receipt of a file under that key was handed over"
LARGE = "the file has at least 5,000,000 bytes"

MONTHS = "two of the months were handed over"
CHANGED = "the first is the one whose file was changed"
EXCHANGED = "the second is the one in whose place lies another month's file"
FOUND = "they were found by opening all five"

MINE = {"disk": "backup-7"}
CUSTOMER = {"customer": "northwind"}
REEL = {"film": "night train", "reel": "1"}
FIVE = ["january", "february", "march", "april", "may"]


def new_key(kms: Any, **params: Any) -> str:
    return str(kms.create_key(**params)["KeyMetadata"]["KeyId"])


def there_and_back(
    kms: Any, key_id: str, folder: Path, context: dict[str, str] | None, size: int = 5_000_000
) -> Receipt:
    """Encrypt and decrypt a file; gives the second receipt."""
    (folder / "file").write_bytes(bytes(size))
    encrypt_file(kms, key_id, folder / "file", folder / "file.env", context=context)
    return decrypt_file(kms, folder / "file.env", folder / "file.again", context=context)


def the_lesson(kms: Any, folder: Path) -> Receipt:
    """What the lesson's own cells do: a data key by hand, and a film; gives the film's receipt."""
    key_id = new_key(kms, Description="films")
    kms.decrypt(CiphertextBlob=kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["CiphertextBlob"])
    kms.generate_data_key_without_plaintext(KeyId=key_id, KeySpec="AES_256")
    return there_and_back(kms, key_id, folder, REEL)


@pytest.mark.parametrize("number", ["05.1", "05.2", "05.3"])
def test_the_lesson_alone_solves_nothing(desk: Desk, kms: Any, tmp_path: Path, number: str) -> None:
    film = the_lesson(kms, tmp_path)

    for answer in (None, film):
        result = desk.check(number, answer)
        assert not result.passed
        assert not any(item.done for item in result.items)


# --- 05.1 ---


def test_05_1_solved(desk: Desk, ireland: Any) -> None:
    reply = ireland.generate_data_key(KeyId=new_key(ireland), NumberOfBytes=64, EncryptionContext=MINE)
    again = ireland.decrypt(CiphertextBlob=reply["CiphertextBlob"], EncryptionContext=MINE)

    assert again["Plaintext"] == reply["Plaintext"]
    assert desk.check("05.1").passed


def test_05_1_in_the_lessons_region(desk: Desk, kms: Any) -> None:
    reply = kms.generate_data_key(KeyId=new_key(kms), NumberOfBytes=64, EncryptionContext=MINE)
    kms.decrypt(CiphertextBlob=reply["CiphertextBlob"], EncryptionContext=MINE)

    assert desk.check("05.1").open_tasks == [GENERATED, LONG, BOUND, GOT_BACK]


def test_05_1_without_the_plaintext(desk: Desk, ireland: Any) -> None:
    reply = ireland.generate_data_key_without_plaintext(
        KeyId=new_key(ireland), NumberOfBytes=64, EncryptionContext=MINE
    )
    ireland.decrypt(CiphertextBlob=reply["CiphertextBlob"], EncryptionContext=MINE)

    assert desk.check("05.1").open_tasks == [GENERATED, LONG, BOUND, GOT_BACK]


@pytest.mark.parametrize(
    "size",
    [
        pytest.param({"KeySpec": "AES_256"}, id="the lesson's spec"),
        pytest.param({"NumberOfBytes": 512}, id="bits for bytes"),
        pytest.param({"NumberOfBytes": 32}, id="too short"),
    ],
)
def test_05_1_another_size(desk: Desk, ireland: Any, size: dict[str, Any]) -> None:
    reply = ireland.generate_data_key(KeyId=new_key(ireland), EncryptionContext=MINE, **size)
    ireland.decrypt(CiphertextBlob=reply["CiphertextBlob"], EncryptionContext=MINE)

    assert desk.check("05.1").open_tasks == [LONG, BOUND, GOT_BACK]


def test_05_1_without_a_context(desk: Desk, ireland: Any) -> None:
    reply = ireland.generate_data_key(KeyId=new_key(ireland), NumberOfBytes=64)
    ireland.decrypt(CiphertextBlob=reply["CiphertextBlob"])

    assert desk.check("05.1").open_tasks == [BOUND, GOT_BACK]


def test_05_1_the_context_forgotten_on_the_way_back(desk: Desk, ireland: Any) -> None:
    reply = ireland.generate_data_key(KeyId=new_key(ireland), NumberOfBytes=64, EncryptionContext=MINE)
    with pytest.raises(ireland.exceptions.InvalidCiphertextException):
        ireland.decrypt(CiphertextBlob=reply["CiphertextBlob"])

    assert desk.check("05.1").open_tasks == [GOT_BACK]


def test_05_1_an_earlier_data_key_got_back(desk: Desk, ireland: Any) -> None:
    key_id = new_key(ireland)
    short = ireland.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=MINE)
    ireland.decrypt(CiphertextBlob=short["CiphertextBlob"], EncryptionContext=MINE)
    ireland.generate_data_key(KeyId=key_id, NumberOfBytes=64, EncryptionContext=MINE)

    assert desk.check("05.1").open_tasks == [GOT_BACK]


def test_05_1_under_another_kms_key(desk: Desk, ireland: Any) -> None:
    ireland.generate_data_key(KeyId=new_key(ireland), NumberOfBytes=64, EncryptionContext=MINE)
    other = ireland.generate_data_key(KeyId=new_key(ireland), KeySpec="AES_256", EncryptionContext=MINE)
    ireland.decrypt(CiphertextBlob=other["CiphertextBlob"], EncryptionContext=MINE)

    assert desk.check("05.1").open_tasks == [GOT_BACK]


# --- 05.2 ---


def backup_key(kms: Any, **params: Any) -> str:
    key_id = new_key(kms, **params)
    kms.create_alias(AliasName="alias/backup", TargetKeyId=key_id)
    return key_id


@pytest.mark.parametrize("by_alias", [True, False], ids=["by alias", "by id"])
def test_05_2_solved(desk: Desk, oregon: Any, tmp_path: Path, by_alias: bool) -> None:
    key_id = backup_key(oregon)
    receipt = there_and_back(oregon, "alias/backup" if by_alias else key_id, tmp_path, CUSTOMER | {"year": "2026"})

    assert desk.check("05.2", receipt).passed
    assert desk.check("05.2").open_tasks == [RECEIPT, LARGE]
    assert desk.check("05.2", True).open_tasks == [RECEIPT, LARGE]
    assert desk.check("05.2", str(receipt)).open_tasks == [RECEIPT, LARGE]


def test_05_2_the_lessons_receipt(desk: Desk, kms: Any, oregon: Any, tmp_path: Path) -> None:
    backup_key(oregon)
    there_and_back(oregon, "alias/backup", tmp_path, CUSTOMER)

    assert desk.check("05.2", the_lesson(kms, tmp_path)).open_tasks == [RECEIPT, LARGE]


def test_05_2_in_the_lessons_region(desk: Desk, kms: Any, tmp_path: Path) -> None:
    backup_key(kms)
    receipt = there_and_back(kms, "alias/backup", tmp_path, CUSTOMER)

    assert desk.check("05.2", receipt).open_tasks == [ALIAS, FOR_A_CUSTOMER, DECRYPTED, RECEIPT, LARGE]


def test_05_2_an_rsa_key(desk: Desk, oregon: Any, tmp_path: Path) -> None:
    backup_key(oregon, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    with pytest.raises(oregon.exceptions.InvalidKeyUsageException):
        there_and_back(oregon, "alias/backup", tmp_path, CUSTOMER)

    assert desk.check("05.2").open_tasks == [ALIAS, FOR_A_CUSTOMER, DECRYPTED, RECEIPT, LARGE]


@pytest.mark.parametrize("context", [None, REEL, {"Customer": "northwind"}, {"customer": ""}])
def test_05_2_for_no_customer(desk: Desk, oregon: Any, tmp_path: Path, context: dict[str, str] | None) -> None:
    backup_key(oregon)
    receipt = there_and_back(oregon, "alias/backup", tmp_path, context)

    assert desk.check("05.2", receipt).open_tasks == [FOR_A_CUSTOMER, DECRYPTED]


def test_05_2_only_encrypted(desk: Desk, oregon: Any, tmp_path: Path) -> None:
    backup_key(oregon)
    (tmp_path / "file").write_bytes(bytes(5_000_000))
    receipt = encrypt_file(oregon, "alias/backup", tmp_path / "file", tmp_path / "file.env", context=CUSTOMER)

    assert desk.check("05.2", receipt).open_tasks == [DECRYPTED]


def test_05_2_decrypted_under_another_context(desk: Desk, oregon: Any, tmp_path: Path) -> None:
    backup_key(oregon)
    (tmp_path / "file").write_bytes(bytes(5_000_000))
    receipt = encrypt_file(oregon, "alias/backup", tmp_path / "file", tmp_path / "file.env", context=CUSTOMER)
    with pytest.raises(ContextMismatchError):
        decrypt_file(oregon, tmp_path / "file.env", tmp_path / "again", context={"customer": "southwind"})

    assert desk.check("05.2", receipt).open_tasks == [DECRYPTED]


def test_05_2_a_small_file(desk: Desk, oregon: Any, tmp_path: Path) -> None:
    backup_key(oregon)
    receipt = there_and_back(oregon, "alias/backup", tmp_path, CUSTOMER, size=4_999_999)

    assert desk.check("05.2", receipt).open_tasks == [LARGE]
    assert desk.check("05.2", replace(receipt, plaintext_bytes=5_000_000)).passed


# --- 05.3 ---


@dataclass
class Shelf:
    """What the lesson gives, and what somebody did to it."""

    kms: Any
    folder: Path
    changed: str
    exchanged: str
    copied: str

    def open(self, month: str, context: dict[str, str] | None = None) -> None:
        decrypt_file(self.kms, self.folder / f"{month}.env", self.folder / "out", context=context)

    def open_all(self, with_context: bool = True) -> dict[str, str]:
        """As the lesson's solution does it: the months that were refused, by the name of the error."""
        found = {}
        for month in FIVE:
            try:
                self.open(month, {"month": month} if with_context else None)
            except EnvelopeError as error:
                found[type(error).__name__] = month
        return found


def fill(kms: Any, folder: Path) -> Shelf:
    """The lesson's cell."""
    key_id = new_key(kms, Description="ledgers")
    for month in FIVE:
        (folder / "ledger").write_bytes(os.urandom(3000))
        encrypt_file(kms, key_id, folder / "ledger", folder / f"{month}.env", context={"month": month})
    lots = {hashlib.sha256(f"{key_id} {month}".encode()).digest(): month for month in FIVE}
    changed, exchanged, copied = (lots[lot] for lot in sorted(lots)[:3])
    with open(folder / f"{changed}.env", "r+b") as file:
        file.seek(-1000, os.SEEK_END)
        file.write(bytes(16))
    shutil.copy(folder / f"{copied}.env", folder / f"{exchanged}.env")
    return Shelf(kms, folder, changed, exchanged, copied)


@pytest.fixture
def shelf(kms: Any, tmp_path: Path) -> Shelf:
    return fill(kms, tmp_path)


def test_05_3_solved(desk: Desk, shelf: Shelf) -> None:
    found = shelf.open_all()

    assert found == {"TamperedError": shelf.changed, "ContextMismatchError": shelf.exchanged}
    assert desk.check("05.3", (found["TamperedError"], found["ContextMismatchError"])).passed
    assert desk.check("05.3", [shelf.changed.title(), f" {shelf.exchanged}"]).passed


def test_05_3_nothing_done(desk: Desk, shelf: Shelf) -> None:
    assert desk.check("05.3").open_tasks == [MONTHS, CHANGED, EXCHANGED, FOUND]


def test_05_3_guessed(desk: Desk, shelf: Shelf) -> None:
    assert desk.check("05.3", (shelf.changed, shelf.exchanged)).open_tasks == [FOUND]


def test_05_3_guessed_after_opening_another_one(desk: Desk, shelf: Shelf) -> None:
    shelf.open(shelf.copied, {"month": shelf.copied})

    assert desk.check("05.3", (shelf.changed, shelf.exchanged)).open_tasks == [FOUND]


def test_05_3_without_contexts_only_the_changed_one_is_refused(desk: Desk, shelf: Shelf) -> None:
    found = shelf.open_all(with_context=False)

    assert found == {"TamperedError": shelf.changed}
    assert desk.check("05.3", shelf.changed).open_tasks == [MONTHS, CHANGED, EXCHANGED]
    assert desk.check("05.3", (shelf.changed, shelf.copied)).open_tasks == [EXCHANGED]


def test_05_3_the_other_way_round(desk: Desk, shelf: Shelf) -> None:
    shelf.open_all()

    assert desk.check("05.3", (shelf.exchanged, shelf.changed)).open_tasks == [CHANGED, EXCHANGED]


def test_05_3_the_changed_one_is_not_named(desk: Desk, shelf: Shelf) -> None:
    shelf.open_all()

    assert desk.check("05.3", (shelf.copied, shelf.exchanged)).open_tasks == [CHANGED]


@pytest.mark.parametrize("answer", ["march", 3, ("march",), ("march", "march"), ("march", "june"), ["may", None]])
def test_05_3_no_pair_of_months(desk: Desk, shelf: Shelf, answer: object) -> None:
    shelf.open_all()

    assert desk.check("05.3", answer).open_tasks == [MONTHS, CHANGED, EXCHANGED]


def test_05_3_any_two_of_a_set(desk: Desk, shelf: Shelf) -> None:
    shelf.open_all()

    assert MONTHS in desk.check("05.3", {shelf.changed, shelf.exchanged}).open_tasks


def test_05_3_ledgers_made_twice(desk: Desk, shelf: Shelf) -> None:
    shelf.open_all()
    anew = fill(shelf.kms, shelf.folder)
    assert desk.check("05.3", (anew.changed, anew.exchanged)).open_tasks == [FOUND]

    anew.open_all()

    assert desk.check("05.3", (anew.changed, anew.exchanged)).passed


# --- advice that fits the mistake ---


def advice(desk: Desk, number: str, label: str, answer: Any = None) -> str:
    """What is said to a task that is open."""
    (item,) = (item for item in desk.check(number, answer).items if item.label == label)
    assert not item.done
    return item.advice


def test_05_1_advice_on_the_data_key(desk: Desk, kms: Any, ireland: Any) -> None:
    assert "with a client for eu-west-1" in advice(desk, "05.1", GENERATED)
    kms.generate_data_key(KeyId=new_key(kms), NumberOfBytes=64, EncryptionContext=MINE)
    assert "in another Region" in advice(desk, "05.1", GENERATED)
    with pytest.raises(ireland.exceptions.NotFoundException):
        ireland.generate_data_key(KeyId=new_key(kms), NumberOfBytes=64)
    assert "the lesson's is in us-east-1" in advice(desk, "05.1", GENERATED)
    ireland.generate_data_key_without_plaintext(KeyId=new_key(ireland), NumberOfBytes=64)
    assert "nothing to compare with" in advice(desk, "05.1", GENERATED)


def test_05_1_advice_on_the_size(desk: Desk, ireland: Any) -> None:
    key_id = new_key(ireland)
    ireland.generate_data_key(KeyId=key_id, NumberOfBytes=65)
    assert advice(desk, "05.1", LONG) == "NumberOfBytes=64, in place of KeySpec."
    ireland.generate_data_key(KeyId=key_id, KeySpec="AES_256")
    assert "KeySpec has names for 16 and for 32" in advice(desk, "05.1", LONG)
    with suppress(ireland.exceptions.ClientError):
        ireland.generate_data_key(KeyId=key_id, KeySpec="AES_256", NumberOfBytes=64)
    assert "exactly one" in advice(desk, "05.1", LONG)
    ireland.generate_data_key(KeyId=key_id, NumberOfBytes=512)
    assert "bytes, not bits" in advice(desk, "05.1", LONG)


def test_05_1_a_shorter_data_key_under_the_same_context_is_not_it(desk: Desk, ireland: Any) -> None:
    key_id = new_key(ireland)
    short = ireland.generate_data_key(KeyId=key_id, KeySpec="AES_256", EncryptionContext=MINE)
    ireland.generate_data_key(KeyId=key_id, NumberOfBytes=64, EncryptionContext=MINE)
    assert "Hand the CiphertextBlob" in advice(desk, "05.1", GOT_BACK)
    ireland.decrypt(CiphertextBlob=short["CiphertextBlob"], EncryptionContext=MINE)

    assert desk.check("05.1").open_tasks == [GOT_BACK]
    assert "Something else was decrypted" in advice(desk, "05.1", GOT_BACK)


def test_05_1_advice_on_a_refused_decrypt(desk: Desk, kms: Any, ireland: Any) -> None:
    blob = ireland.generate_data_key(KeyId=new_key(ireland), NumberOfBytes=64, EncryptionContext=MINE)["CiphertextBlob"]
    with pytest.raises(kms.exceptions.ClientError):
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=MINE)
    assert "sent to another Region" in advice(desk, "05.1", GOT_BACK)
    with pytest.raises(ireland.exceptions.InvalidCiphertextException):
        ireland.decrypt(CiphertextBlob=blob, EncryptionContext={"Disk": "backup-7"})
    assert "to the letter" in advice(desk, "05.1", GOT_BACK)


def test_05_2_advice_on_the_alias(desk: Desk, kms: Any, oregon: Any) -> None:
    backup_key(kms)
    assert "in another Region" in advice(desk, "05.2", ALIAS)
    backup_key(oregon, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    assert "makes no data keys" in advice(desk, "05.2", ALIAS)


@pytest.mark.parametrize(
    ("context", "word"),
    [(None, "without a context"), ({"Customer": "northwind"}, "small letters"), ({"customer": ""}, "value is empty")],
)
def test_05_2_advice_on_the_context(
    desk: Desk, oregon: Any, tmp_path: Path, context: dict[str, str] | None, word: str
) -> None:
    backup_key(oregon)
    receipt = there_and_back(oregon, "alias/backup", tmp_path, context)

    assert word in advice(desk, "05.2", FOR_A_CUSTOMER, receipt)
    assert "names no customer" in advice(desk, "05.2", DECRYPTED, receipt)


def test_05_2_advice_on_the_receipt(desk: Desk, kms: Any, oregon: Any, tmp_path: Path) -> None:
    backup_key(oregon)
    receipt = there_and_back(oregon, "alias/backup", tmp_path, CUSTOMER, size=1000)

    assert "decrypt_file returns it" in advice(desk, "05.2", RECEIPT)
    assert "names another key" in advice(desk, "05.2", RECEIPT, the_lesson(kms, tmp_path))
    assert "That is no receipt" in advice(desk, "05.2", RECEIPT, str(receipt))
    assert "how large yours is" in advice(desk, "05.2", LARGE, receipt)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("march", "One month is not enough"),
        ({"march", "may"}, "in brackets"),
        (("march", "march"), "twice"),
        (("march", "june"), "Two months are wanted"),
        (None, "Run the cell"),
    ],
)
def test_05_3_advice_on_what_was_handed_over(desk: Desk, shelf: Shelf, answer: object, word: str) -> None:
    shelf.open_all()

    assert word in advice(desk, "05.3", MONTHS, answer)


def test_05_3_opening_only_the_changed_one_is_guessing(desk: Desk, shelf: Shelf) -> None:
    with pytest.raises(EnvelopeError):
        shelf.open(shelf.changed)

    assert desk.check("05.3", (shelf.changed, shelf.exchanged)).open_tasks == [FOUND]


def test_05_3_advice_on_the_pair(desk: Desk, shelf: Shelf) -> None:
    assert "Guessing" in advice(desk, "05.3", FOUND, (shelf.changed, shelf.exchanged))
    shelf.open_all()
    swapped = (shelf.exchanged, shelf.changed)

    assert "the changed one comes first" in advice(desk, "05.3", CHANGED, swapped)
    assert "comes second" in advice(desk, "05.3", EXCHANGED, swapped)
    assert "file was copied" in advice(desk, "05.3", EXCHANGED, (shelf.changed, shelf.copied))
