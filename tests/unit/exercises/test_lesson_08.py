"""Lesson 08: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.exercises.desk import Desk

LISTS = "the answer is a dictionary with a list of keys under 'AWS' and another under 'CUSTOMER'"
OF_REGION = "all of them are keys of eu-central-1"
NONE_MISSING = "no key is missing"
BY_MANAGER = "each key is under its own manager"

EXISTS = "the alias alias/settings exists"
IN_IRELAND = "it stands for a customer managed key of eu-west-1"
ROTATES = "KMS rotates that key once a year"
SAVED = "the program saved something by the alias"
LOADED = "what was saved was loaded again"

KINDS = "each of the five situations has one of the three kinds, and a row of the table"
ROWS = {"a": 6, "b": 10, "c": 8, "d": 9, "e": 7}
RIGHT = {
    "a": ("customer managed", 6),
    "b": ("AWS owned", 10),
    "c": ("customer managed", 8),
    "d": ("AWS managed", 9),
    "e": ("customer managed", 7),
}


@pytest.fixture
def frankfurt(lab: Lab) -> Any:
    """A client for eu-central-1."""
    return lab.client("kms", region_name="eu-central-1")


@pytest.fixture
def grown(frankfurt: Any) -> Any:
    """The Region after the years that the lesson plays, and a client for it."""
    for number in range(1, 109):
        frankfurt.create_key(Description=f"tenant {number}")
    for service in ("rds", "s3", "backup"):
        frankfurt.describe_key(KeyId=f"alias/aws/{service}")
    photos = frankfurt.create_key(Description="Default key that protects my S3 objects when no other key is defined")
    frankfurt.create_alias(AliasName="alias/s3", TargetKeyId=photos["KeyMetadata"]["KeyId"])
    return frankfurt


def paged(kms: Any) -> list[str]:
    return [entry["KeyId"] for page in kms.get_paginator("list_keys").paginate() for entry in page["Keys"]]


def advice(desk: Desk, number: str, label: str, answer: object = None) -> str:
    """What is said to a task that is open."""
    (item,) = (item for item in desk.check(number, answer).items if item.label == label)
    assert not item.done
    return item.advice


def sorted_by(kms: Any, key_ids: list[str], member: str = "KeyManager") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"AWS": [], "CUSTOMER": []}
    for key_id in key_ids:
        metadata = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        manager = metadata[member]
        if member == "Description":
            manager = "AWS" if manager.startswith("Default key") else "CUSTOMER"
        found[manager].append(metadata["KeyId"])
    return found


def encrypt(kms: Any, key_ref: str) -> bytes:
    return bytes(kms.encrypt(KeyId=key_ref, Plaintext=b"colour=blue")["CiphertextBlob"])


def settings_key(kms: Any) -> str:
    key_id = str(kms.create_key()["KeyMetadata"]["KeyId"])
    kms.create_alias(AliasName="alias/settings", TargetKeyId=key_id)
    return key_id


# --- what the lesson itself does ---


@pytest.mark.parametrize("number", ["08.1", "08.2", "08.3"])
def test_the_lesson_alone_solves_nothing(desk: Desk, lab: Lab, kms: Any, ireland: Any, grown: Any, number: str) -> None:
    for client, service in ((kms, "s3"), (ireland, "s3"), (ireland, "ssm")):
        client.describe_key(KeyId=f"alias/aws/{service}")
    spare = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=spare)
    encrypt(kms, spare)
    with pytest.raises(ClientError, match="no resource-based policy allows the kms:Encrypt action"):
        encrypt(ireland, "alias/aws/ssm")

    result = desk.check(number)

    assert not result.passed
    assert not any(item.done for item in result.items)


# --- 08.1 ---


def test_whose_keys_solved(desk: Desk, grown: Any) -> None:
    assert desk.check("08.1", sorted_by(grown, paged(grown))).passed


def test_whose_keys_takes_arns_and_sets(desk: Desk, lab: Lab, grown: Any) -> None:
    prefix = f"arn:aws:kms:eu-central-1:{lab.account_id}:key/"
    found = sorted_by(grown, paged(grown))
    arns = {manager: {prefix + key_id for key_id in key_ids} for manager, key_ids in found.items()}

    assert desk.check("08.1", arns).passed


def test_whose_keys_first_page_only(desk: Desk, grown: Any) -> None:
    one_page = [entry["KeyId"] for entry in grown.list_keys()["Keys"]]
    found = sorted_by(grown, one_page)
    # The first hundred keys are all the customer's; a learner who wants two full lists adds one from the aliases.
    found["AWS"].append(grown.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyId"])

    result = desk.check("08.1", found)

    assert result.open_tasks == [NONE_MISSING]
    assert "100 keys" in result.items[2].advice


def test_whose_keys_sorted_by_description(desk: Desk, grown: Any) -> None:
    result = desk.check("08.1", sorted_by(grown, paged(grown), "Description"))

    assert result.open_tasks == [BY_MANAGER]
    assert "KeyManager" in result.items[3].advice


def test_whose_keys_all_in_both_lists(desk: Desk, grown: Any) -> None:
    key_ids = paged(grown)

    assert desk.check("08.1", {"AWS": key_ids, "CUSTOMER": key_ids}).open_tasks == [BY_MANAGER]


def test_whose_keys_of_another_region(desk: Desk, kms: Any, grown: Any) -> None:
    kms.describe_key(KeyId="alias/aws/s3")
    kms.create_key()

    assert desk.check("08.1", sorted_by(kms, paged(kms))).open_tasks == [OF_REGION, NONE_MISSING]


@pytest.mark.parametrize(
    "answer",
    [None, {"AWS": 3, "CUSTOMER": 109}, {"AWS": [], "CUSTOMER": []}, {"AWS": "x", "CUSTOMER": "y"}, {"AWS": ["x"]}],
    ids=["nothing", "counts", "empty", "texts", "one list"],
)
def test_whose_keys_without_two_lists(desk: Desk, grown: Any, answer: object) -> None:
    assert desk.check("08.1", answer).open_tasks == [LISTS, OF_REGION, NONE_MISSING, BY_MANAGER]


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (None, "Run the cell"),
        ({"AWS": 3, "CUSTOMER": 109}, "not how many"),
        ({"AWS": [], "CUSTOMER": ["x"]}, "lists is empty"),
        ({"AWS": "x", "CUSTOMER": ["y"]}, "is a text"),
        ({"aws": ["x"], "customer": ["y"]}, "spelled as KeyManager"),
    ],
)
def test_whose_keys_advice_on_the_lists(desk: Desk, grown: Any, answer: object, word: str) -> None:
    assert word in advice(desk, "08.1", LISTS, answer)


def test_whose_keys_advice_on_missing_and_doubled_ones(desk: Desk, grown: Any) -> None:
    found = sorted_by(grown, paged(grown))

    assert "Only AWS managed" in advice(desk, "08.1", NONE_MISSING, {**found, "AWS": found["AWS"][:1]})
    assert "page by page" in advice(desk, "08.1", NONE_MISSING, {**found, "CUSTOMER": found["CUSTOMER"][:5]})
    key_ids = paged(grown)
    assert "in both lists" in advice(desk, "08.1", BY_MANAGER, {"AWS": key_ids, "CUSTOMER": key_ids})


# --- 08.2 ---


def test_key_for_the_program_solved(desk: Desk, ireland: Any) -> None:
    ireland.enable_key_rotation(KeyId=settings_key(ireland))
    ireland.decrypt(CiphertextBlob=encrypt(ireland, "alias/settings"))

    assert desk.check("08.2").passed


def test_key_for_the_program_with_the_period_said_and_the_alias_arn(desk: Desk, lab: Lab, ireland: Any) -> None:
    ireland.enable_key_rotation(KeyId=settings_key(ireland), RotationPeriodInDays=365)
    name = f"arn:aws:kms:eu-west-1:{lab.account_id}:alias/settings"
    ireland.decrypt(CiphertextBlob=encrypt(ireland, name), KeyId=name)

    assert desk.check("08.2").passed


def test_key_for_the_program_in_the_wrong_region(desk: Desk, kms: Any) -> None:
    kms.enable_key_rotation(KeyId=settings_key(kms))
    kms.decrypt(CiphertextBlob=encrypt(kms, "alias/settings"))

    result = desk.check("08.2")

    assert result.open_tasks == [IN_IRELAND, ROTATES, SAVED, LOADED]
    assert "ireland" in result.items[1].advice


def test_key_for_the_program_by_renaming_the_managed_key(desk: Desk, ireland: Any) -> None:
    managed = ireland.describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="kms:CreateAlias"):
        ireland.create_alias(AliasName="alias/settings", TargetKeyId=managed)

    result = desk.check("08.2")

    assert result.open_tasks == [EXISTS, IN_IRELAND, ROTATES, SAVED, LOADED]
    assert "takes no other alias" in result.items[0].advice


def test_key_for_the_program_that_does_not_rotate(desk: Desk, ireland: Any) -> None:
    settings_key(ireland)
    ireland.decrypt(CiphertextBlob=encrypt(ireland, "alias/settings"))

    assert desk.check("08.2").open_tasks == [ROTATES]


@pytest.mark.parametrize("then", ["another period", "off again"])
def test_key_for_the_program_that_rotates_otherwise(desk: Desk, ireland: Any, then: str) -> None:
    key_id = settings_key(ireland)
    ireland.enable_key_rotation(KeyId=key_id)
    if then == "off again":
        ireland.disable_key_rotation(KeyId=key_id)
    else:
        ireland.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    ireland.decrypt(CiphertextBlob=encrypt(ireland, "alias/settings"))

    assert desk.check("08.2").open_tasks == [ROTATES]


def test_key_for_the_program_saved_by_key_id(desk: Desk, ireland: Any) -> None:
    key_id = settings_key(ireland)
    ireland.enable_key_rotation(KeyId=key_id)
    ireland.decrypt(CiphertextBlob=encrypt(ireland, key_id))

    assert desk.check("08.2").open_tasks == [SAVED, LOADED]


def test_key_for_the_program_never_loaded(desk: Desk, ireland: Any) -> None:
    ireland.enable_key_rotation(KeyId=settings_key(ireland))
    encrypt(ireland, "alias/settings")

    assert desk.check("08.2").open_tasks == [LOADED]


def test_key_for_the_program_advice_on_rotation(desk: Desk, ireland: Any) -> None:
    assert "create_key, then create_alias" in advice(desk, "08.2", EXISTS)
    key_id = settings_key(ireland)
    assert "does not rotate" in advice(desk, "08.2", ROTATES)
    with pytest.raises(ClientError):
        ireland.enable_key_rotation(KeyId="alias/settings")
    assert "and no alias" in advice(desk, "08.2", ROTATES)
    ireland.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    assert "not once a year" in advice(desk, "08.2", ROTATES)
    ireland.disable_key_rotation(KeyId=key_id)
    assert "switched off again" in advice(desk, "08.2", ROTATES)


def test_key_for_the_program_advice_on_the_name(desk: Desk, ireland: Any) -> None:
    key_id = settings_key(ireland)
    assert advice(desk, "08.2", SAVED) == "save('...', key='alias/settings')."
    encrypt(ireland, key_id)
    assert "by the key id" in advice(desk, "08.2", SAVED)
    with pytest.raises(ClientError):
        ireland.create_alias(AliasName="alias/aws/settings", TargetKeyId=key_id)
    ireland.delete_alias(AliasName="alias/settings")
    assert "A name was refused" in advice(desk, "08.2", EXISTS)


# --- 08.3 ---


def test_five_decisions_solved(desk: Desk) -> None:
    assert desk.check("08.3", RIGHT).passed


def test_five_decisions_spelled_otherwise(desk: Desk) -> None:
    spelled = {
        situation: [f" {kind.replace(' ', '-').upper()} keys", str(row)] for situation, (kind, row) in RIGHT.items()
    }

    assert desk.check("08.3", spelled).passed


@pytest.mark.parametrize(
    ("kind", "wrong"), [("customer managed", "bd"), ("AWS managed", "abce"), ("AWS owned", "acde")]
)
def test_five_decisions_always_the_same(desk: Desk, kind: str, wrong: str) -> None:
    result = desk.check("08.3", {situation: (kind, row) for situation, row in ROWS.items()})

    assert [label[0] for label in result.open_tasks] == list(wrong)


@pytest.mark.parametrize(("situation", "row"), [("a", 5), ("d", 11)])
def test_five_decisions_with_another_row_that_decides(desk: Desk, situation: str, row: int) -> None:
    assert desk.check("08.3", {**RIGHT, situation: (RIGHT[situation][0], row)}).passed


@pytest.mark.parametrize("kind", ["customer managed", "AWS managed", "AWS owned"])
def test_five_decisions_say_nothing_of_the_kind_before_the_row_is_right(desk: Desk, kind: str) -> None:
    result = desk.check("08.3", dict.fromkeys(RIGHT, (kind, 12)))

    assert len(result.open_tasks) == 5
    assert all(item.advice.startswith("This row does not decide") for item in result.items[1:])


@pytest.mark.parametrize(("situation", "kind", "word"), [
    ("a", "AWS managed", "another account"),
    ("a", "AWS owned", "not yours to share"),
    ("b", "AWS managed", "Requests are charged"),
    ("b", "customer managed", "1 USD a month"),
    ("c", "AWS managed", "Nobody in the account can delete"),
    ("c", "AWS owned", "other customers"),
    ("d", "customer managed", "costs money to keep"),
    ("d", "AWS owned", "nothing in your trail"),
    ("e", "AWS managed", "once a year"),
    ("e", "AWS owned", "as it thinks fit"),
])  # fmt: skip
def test_five_decisions_with_one_mistake(desk: Desk, situation: str, kind: str, word: str) -> None:
    result = desk.check("08.3", {**RIGHT, situation: (kind, ROWS[situation])})

    (still_open,) = (item for item in result.items if not item.done)
    assert still_open.label.startswith(f"{situation}: ")
    assert word in still_open.advice


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "customer managed",
        {"a": ("customer managed", 6)},
        {**RIGHT, "e": ("CMK", 7)},
        {**RIGHT, "e": ("customer managed", 13)},
        {**RIGHT, "e": "customer managed"},
        {**RIGHT, "b": None},
    ],
    ids=["nothing", "a word", "one of five", "an unknown kind", "an unknown row", "no row", "one left open"],
)
def test_five_decisions_incomplete(desk: Desk, answer: object) -> None:
    result = desk.check("08.3", answer)

    assert result.open_tasks[0] == KINDS
    assert len(result.open_tasks) == 6


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (None, "Hand over a dictionary"),
        ({"a": ("customer managed", 6)}, "A letter is missing"),
        ({**RIGHT, "e": ("CMK", 7)}, "has meant two things"),
        ({**RIGHT, "e": ("mine", 7)}, "is no pair"),
        ({**RIGHT, "e": ("customer managed", 13)}, "from 1 to 12"),
        ({**RIGHT, "e": "customer managed"}, "Mira asks why"),
    ],
)
def test_five_decisions_advice_on_the_kinds(desk: Desk, answer: object, word: str) -> None:
    assert word in advice(desk, "08.3", KINDS, answer)
    assert "Choose a kind and a row for each letter first" in advice(
        desk, "08.3", "e: the key material changes every 90 days", answer
    )
