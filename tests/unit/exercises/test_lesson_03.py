"""Lesson 03: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.exercises.desk import Desk
from kmslab.exercises.model import CheckResult
from kmslab.terminal.kept import KeptCli

LISTED = "the aliases of us-west-2 were listed from the command line"
ALL = "the id of each key that an alias/team-... stands for was handed over, as plain text"
NOTHING_ELSE = "and nothing else"
FILTER = "Aliases[?starts_with(AliasName, 'alias/team-')].TargetKeyId"

NAMED = "alias/letters was made from the command line, in eu-west-1"
BY_NAME = "something was encrypted by that alias, from the command line"
IN_BYTES = "the file holds a ciphertext, as bytes"
UNNAMED = "it was decrypted from the command line, and no key was named"

COUNTED = "the number of bytes that KMS got was handed over"
UNDER_SAFE = "something was encrypted from the command line under alias/safe"
WHOLE = "it was the whole password and nothing more"
READ = "the right ciphertext was decrypted from the command line"
PASSWORD = b"blue-harbor-42!"

OPENED = "the parcel was decrypted from the command line"
ITS_REGION = "its Region was handed over"
REGIONS = ("ap-northeast-1", "ca-central-1", "eu-central-1", "us-west-2")

#: A client like the one in `aws`: the checks tell them by what they call themselves.
CLI = Config(user_agent="aws-cli/2.36.7 md/awscrt#0.34.0")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the learner's files are."""
    made = tmp_path / "lesson"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


def advice(result: CheckResult, label: str) -> str:
    return next(item.advice for item in result.items if item.label == label)


def cli(lab: Lab, region: str = "us-east-1") -> Any:
    """What calls KMS when a learner types a command."""
    return lab.client("kms", region, config=CLI)


def new_key_id(kms: Any) -> str:
    return str(kms.create_key()["KeyMetadata"]["KeyId"])


def named_key(kms: Any, alias_name: str) -> str:
    key_arn = str(kms.create_key()["KeyMetadata"]["Arn"])
    kms.create_alias(AliasName=alias_name, TargetKeyId=key_arn)
    return key_arn


def encrypt(kms: Any, key_ref: str, plaintext: bytes = b"text\n", **params: Any) -> bytes:
    return bytes(kms.encrypt(KeyId=key_ref, Plaintext=plaintext, **params)["CiphertextBlob"])


def the_lesson(lab: Lab) -> None:
    """What the lesson's own cells do, with what they give for the exercises."""
    kms = cli(lab)
    named_key(kms, "alias/door")
    kms.list_aliases()
    kms.decrypt(CiphertextBlob=encrypt(kms, "alias/door", b"the door code is 4711\n"))
    give_teams(lab)
    encrypt(kms, "alias/door", base64.b64decode(PASSWORD))
    named_key(kms, "alias/safe")
    with pytest.raises(ClientError, match="does not exist in this Region"):
        cli(lab, "eu-west-1").decrypt(CiphertextBlob=encrypt(kms, "alias/door"))
    give_parcel(lab, "us-west-2")


def give_teams(lab: Lab) -> tuple[list[str], list[str]]:
    """The key ids of the teams, and those of the other two keys."""
    names = ("archive", "team-red", "billing", "team-green", "team-blue")
    ids = [named_key(lab.client("kms", "us-west-2"), f"alias/{name}").rpartition("/")[2] for name in names]
    return [ids[1], ids[3], ids[4]], [ids[0], ids[2]]


def give_parcel(lab: Lab, region: str) -> bytes:
    for each in (*(other for other in REGIONS if other != region), region):
        sender = lab.client("kms", each)
        key_arn = sender.create_key(Description="parcel")["KeyMetadata"]["Arn"]
    return encrypt(sender, key_arn, b"a parcel")


@pytest.mark.parametrize("number", ["03.1", "03.2", "03.3", "03.4"])
def test_the_lesson_alone_solves_nothing(desk: Desk, lab: Lab, folder: Path, number: str) -> None:
    the_lesson(lab)

    result = desk.check(number)

    assert not result.passed
    assert not any(item.done for item in result.items)


# --- 03.1 ---


def test_only_these_keys_solved(desk: Desk, lab: Lab) -> None:
    teams, _ = give_teams(lab)
    cli(lab, "us-west-2").list_aliases()

    assert desk.check("03.1", "\t".join(reversed(teams))).passed


@pytest.mark.parametrize("between", ["\n", "\t"], ids=["one a line", "one line"])
def test_only_these_keys_with_an_exclamation_mark(desk: Desk, lab: Lab, between: str) -> None:
    teams, _ = give_teams(lab)
    cli(lab, "us-west-2").list_aliases()

    assert desk.check("03.1", between.join(teams).split("\n")).passed


def test_only_these_keys_listed_in_the_default_region(desk: Desk, lab: Lab) -> None:
    give_teams(lab)
    cli(lab).list_aliases()

    result = desk.check("03.1", "")

    assert result.open_tasks == [LISTED, ALL, NOTHING_ELSE]
    assert "asked another Region" in advice(result, LISTED)


def test_only_these_keys_listed_with_boto3(desk: Desk, lab: Lab) -> None:
    teams, _ = give_teams(lab)
    lab.client("kms", "us-west-2").list_aliases()

    result = desk.check("03.1", " ".join(teams))

    assert result.open_tasks == [LISTED]
    assert "with boto3" in advice(result, LISTED)


#: From the ids of the teams' keys and of the others to what is handed over.
Answer = Callable[[list[str], list[str]], str | None]


@pytest.mark.parametrize(
    ("answer", "left", "word"),
    [
        pytest.param(lambda teams, others: None, [ALL, NOTHING_ELSE], "Hand over", id="nothing handed over"),
        pytest.param(lambda teams, others: json.dumps(teams, indent=4), [ALL, NOTHING_ELSE], "is JSON", id="JSON"),
        pytest.param(
            lambda teams, others: "alias/team-blue\talias/team-green\talias/team-red",
            [ALL, NOTHING_ELSE],
            "names of aliases",
            id="names",
        ),
        pytest.param(
            lambda teams, others: "\t".join(teams[:2]), [ALL, NOTHING_ELSE], "Ids are missing", id="one missing"
        ),
        pytest.param(lambda teams, others: "None", [ALL, NOTHING_ELSE], "with these capitals", id="targetkeyid"),
        pytest.param(
            lambda teams, others: "\t".join([*others, *teams]), [NOTHING_ELSE], "other keys", id="not filtered"
        ),
        pytest.param(
            lambda teams, others: "\n".join(f"alias/team-x\t{each}" for each in teams),
            [NOTHING_ELSE],
            "names or dates",
            id="with names",
        ),
    ],
)
def test_only_these_keys_in_another_form(desk: Desk, lab: Lab, answer: Answer, left: list[str], word: str) -> None:
    teams, others = give_teams(lab)
    cli(lab, "us-west-2").list_aliases()

    result = desk.check("03.1", answer(teams, others))

    assert result.open_tasks == left
    assert word in advice(result, left[0])


def test_only_these_keys_as_json_is_more_than_the_ids(desk: Desk, lab: Lab) -> None:
    teams, _ = give_teams(lab)
    cli(lab, "us-west-2").list_aliases()

    assert "--output text" in advice(desk.check("03.1", json.dumps(teams, indent=4)), NOTHING_ELSE)


def test_only_these_keys_without_any(desk: Desk, lab: Lab) -> None:
    cli(lab, "us-west-2").list_aliases()

    assert desk.check("03.1", "").open_tasks == [ALL, NOTHING_ELSE]


# --- 03.2 ---


def test_there_and_back_solved(desk: Desk, lab: Lab, folder: Path) -> None:
    kms = cli(lab, "eu-west-1")
    named_key(kms, "alias/letters")
    blob = encrypt(kms, "alias/letters")
    (folder / "letter.encrypted").write_bytes(blob)
    kms.decrypt(CiphertextBlob=blob)

    assert desk.check("03.2", "letter.encrypted").passed


def test_there_and_back_with_boto3(desk: Desk, ireland: Any, folder: Path) -> None:
    named_key(ireland, "alias/letters")
    blob = encrypt(ireland, "alias/letters")
    (folder / "letter.encrypted").write_bytes(blob)
    ireland.decrypt(CiphertextBlob=blob)

    result = desk.check("03.2", "letter.encrypted")

    assert result.open_tasks == [NAMED, BY_NAME, UNNAMED]
    assert "not made by a command" in advice(result, NAMED)
    assert "with boto3" in advice(result, BY_NAME)


def test_there_and_back_in_the_default_region(desk: Desk, lab: Lab, folder: Path) -> None:
    kms = cli(lab)
    named_key(kms, "alias/letters")
    blob = encrypt(kms, "alias/letters")
    (folder / "letter.encrypted").write_bytes(blob)
    kms.decrypt(CiphertextBlob=blob)

    result = desk.check("03.2", "letter.encrypted")

    assert result.open_tasks == [NAMED, BY_NAME, UNNAMED]
    assert "made in another Region" in advice(result, NAMED)


def test_there_and_back_with_the_region_in_every_second_command(desk: Desk, lab: Lab, folder: Path) -> None:
    kms = cli(lab, "eu-west-1")
    with pytest.raises(ClientError, match="NotFoundException"):
        kms.create_alias(AliasName="alias/letters", TargetKeyId=new_key_id(cli(lab)))
    result = desk.check("03.2", "letter.encrypted")
    assert result.open_tasks == [NAMED, BY_NAME, IN_BYTES, UNNAMED]
    assert "must be of one Region" in advice(result, NAMED)

    named_key(kms, "alias/letters")
    with pytest.raises(ClientError, match="NotFoundException"):
        encrypt(cli(lab), "alias/letters")
    result = desk.check("03.2", "letter.encrypted")
    assert result.open_tasks == [BY_NAME, IN_BYTES, UNNAMED]
    assert "has no alias/letters" in advice(result, BY_NAME)

    blob = encrypt(kms, "alias/letters")
    (folder / "letter.encrypted").write_bytes(blob)
    with pytest.raises(ClientError, match="does not exist in this Region"):
        cli(lab).decrypt(CiphertextBlob=blob)
    result = desk.check("03.2", "letter.encrypted")
    assert result.open_tasks == [UNNAMED]
    assert "was denied" in advice(result, UNNAMED)


@pytest.mark.parametrize(
    ("kept", "word"),
    [
        pytest.param(base64.b64encode, "still base64", id="still base64"),
        pytest.param(
            lambda blob: b'{"CiphertextBlob": "' + base64.b64encode(blob) + b'"}', "whole answer", id="the whole answer"
        ),
        pytest.param(lambda blob: b"", "is empty", id="empty"),
        pytest.param(lambda blob: b"see you\n", "Is it the plaintext?", id="the letter itself"),
    ],
)
def test_there_and_back_with_a_file_of_another_kind(desk: Desk, lab: Lab, folder: Path, kept: Any, word: str) -> None:
    kms = cli(lab, "eu-west-1")
    named_key(kms, "alias/letters")
    blob = encrypt(kms, "alias/letters")
    (folder / "letter.encrypted").write_bytes(kept(blob))
    kms.decrypt(CiphertextBlob=blob)

    result = desk.check("03.2", "letter.encrypted")

    assert result.open_tasks == [IN_BYTES, UNNAMED]
    assert word in advice(result, IN_BYTES)
    assert "First the file" in advice(result, UNNAMED)


def test_there_and_back_without_a_file(desk: Desk, lab: Lab, folder: Path) -> None:
    kms = cli(lab, "eu-west-1")
    named_key(kms, "alias/letters")
    kms.decrypt(CiphertextBlob=encrypt(kms, "alias/letters"))

    result = desk.check("03.2", "letter.encrypted")

    assert result.open_tasks == [IN_BYTES, UNNAMED]
    assert "There must be a file" in advice(result, IN_BYTES)


def test_there_and_back_by_key_id(desk: Desk, lab: Lab, folder: Path) -> None:
    kms = cli(lab, "eu-west-1")
    key_arn = named_key(kms, "alias/letters")
    blob = encrypt(kms, key_arn)
    (folder / "letter.encrypted").write_bytes(blob)
    kms.decrypt(CiphertextBlob=blob, KeyId=key_arn)

    result = desk.check("03.2", "letter.encrypted")

    assert result.open_tasks == [BY_NAME, UNNAMED]
    assert "by its own id" in advice(result, BY_NAME)
    assert "works without --key-id" in advice(result, UNNAMED)


def test_there_and_back_with_another_ciphertext(desk: Desk, lab: Lab, folder: Path) -> None:
    kms = cli(lab, "eu-west-1")
    named_key(kms, "alias/letters")
    (folder / "letter.encrypted").write_bytes(encrypt(kms, "alias/letters", b"a long letter to a friend"))
    kms.decrypt(CiphertextBlob=encrypt(kms, "alias/letters", b"short"))

    result = desk.check("03.2", "letter.encrypted")

    assert result.open_tasks == [UNNAMED]
    assert "Another ciphertext" in advice(result, UNNAMED)


# --- 03.3 ---


@pytest.fixture
def safe(lab: Lab) -> Any:
    """The command line in us-east-1, where the lesson has made its keys and Tom his mistake."""
    kms = cli(lab)
    named_key(kms, "alias/door")
    encrypt(kms, "alias/door", base64.b64decode(PASSWORD))
    named_key(kms, "alias/safe")
    return kms


def test_what_kms_got_solved(desk: Desk, safe: Any) -> None:
    safe.decrypt(CiphertextBlob=encrypt(safe, "alias/safe", PASSWORD))

    assert desk.check("03.3", 9).passed


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (None, "count the bytes"),
        (b"9 bytes", "count the bytes"),
        (12, "in base64"),
        (15, "So long is the password"),
        (16, "So long is the password"),
        (161, "length of a ciphertext"),
        (216, "length of a ciphertext"),
    ],
)
def test_what_kms_got_miscounted(desk: Desk, safe: Any, answer: Any, word: str) -> None:
    safe.decrypt(CiphertextBlob=encrypt(safe, "alias/safe", PASSWORD))

    result = desk.check("03.3", answer)

    assert result.open_tasks == [COUNTED]
    assert word in advice(result, COUNTED)


@pytest.mark.parametrize(
    ("plaintext", "word"),
    [
        pytest.param(base64.b64decode(PASSWORD), "Tom's mistake again", id="the same mistake again"),
        pytest.param(PASSWORD + b"\n", "a byte or two too many", id="with the end of a line"),
        pytest.param(base64.b64encode(PASSWORD), "in base64", id="base64 once too often"),
        pytest.param(b"another, much longer text", "another number of bytes", id="something else"),
    ],
)
def test_what_kms_got_wrong_once_more(desk: Desk, safe: Any, plaintext: bytes, word: str) -> None:
    safe.decrypt(CiphertextBlob=encrypt(safe, "alias/safe", plaintext))

    result = desk.check("03.3", 9)

    assert result.open_tasks == [WHOLE, READ]
    assert word in advice(result, WHOLE)


def test_what_kms_got_under_the_key_of_the_lesson(desk: Desk, safe: Any) -> None:
    safe.decrypt(CiphertextBlob=encrypt(safe, "alias/door", PASSWORD))

    result = desk.check("03.3", 9)

    assert result.open_tasks == [UNDER_SAFE, WHOLE, READ]
    assert "--key-id alias/safe" in advice(result, UNDER_SAFE)


def test_what_kms_got_decrypted_too_early(desk: Desk, safe: Any) -> None:
    safe.decrypt(CiphertextBlob=encrypt(safe, "alias/safe", base64.b64decode(PASSWORD)))
    encrypt(safe, "alias/safe", PASSWORD)

    result = desk.check("03.3", 9)

    assert result.open_tasks == [READ]
    assert "the newest one" in advice(result, READ)


def test_what_kms_got_decrypted_from_the_wrong_ciphertext(desk: Desk, safe: Any) -> None:
    spoiled = encrypt(safe, "alias/safe", base64.b64decode(PASSWORD))
    encrypt(safe, "alias/safe", PASSWORD)
    safe.decrypt(CiphertextBlob=spoiled)

    assert desk.check("03.3", 9).open_tasks == [READ]


def test_what_kms_got_decrypted_from_letters(desk: Desk, safe: Any) -> None:
    blob = encrypt(safe, "alias/safe", PASSWORD)
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        safe.decrypt(CiphertextBlob=base64.b64encode(blob))

    result = desk.check("03.3", 9)

    assert result.open_tasks == [READ]
    assert "did not get a ciphertext" in advice(result, READ)


def test_what_kms_got_put_right_with_boto3(desk: Desk, kms: Any, safe: Any) -> None:
    kms.decrypt(CiphertextBlob=encrypt(kms, "alias/safe", PASSWORD))

    result = desk.check("03.3", 9)

    assert result.open_tasks == [UNDER_SAFE, WHOLE, READ]
    assert "with boto3" in advice(result, UNDER_SAFE)


# --- 03.4 ---


@pytest.mark.parametrize("region", REGIONS)
def test_which_region_solved(desk: Desk, lab: Lab, region: str) -> None:
    cli(lab, region).decrypt(CiphertextBlob=give_parcel(lab, region))

    assert desk.check("03.4", region).passed


def test_which_region_guessed(desk: Desk, lab: Lab) -> None:
    give_parcel(lab, "ca-central-1")

    assert desk.check("03.4", "ca-central-1").open_tasks == [OPENED, ITS_REGION]


def test_which_region_only_refused(desk: Desk, lab: Lab) -> None:
    parcel = give_parcel(lab, "ca-central-1")
    with pytest.raises(ClientError, match="does not exist in this Region"):
        cli(lab, "us-west-2").decrypt(CiphertextBlob=parcel)

    result = desk.check("03.4", "us-west-2")

    assert result.open_tasks == [OPENED, ITS_REGION]
    assert "ask all four" in advice(result, OPENED)


def test_which_region_found_with_boto3(desk: Desk, lab: Lab) -> None:
    parcel = give_parcel(lab, "ca-central-1")
    lab.client("kms", "ca-central-1").decrypt(CiphertextBlob=parcel)

    result = desk.check("03.4", "ca-central-1")

    assert result.open_tasks == [OPENED, ITS_REGION]
    assert "with boto3" in advice(result, OPENED)


@pytest.mark.parametrize(
    ("answer", "word"),
    [(None, "exit status 0"), ("us-west-2", "has refused"), (["ca-central-1"], "not a list")],
)
def test_which_region_handed_over_wrong(desk: Desk, lab: Lab, answer: Any, word: str) -> None:
    cli(lab, "ca-central-1").decrypt(CiphertextBlob=give_parcel(lab, "ca-central-1"))

    result = desk.check("03.4", answer)

    assert result.open_tasks == [ITS_REGION]
    assert word in advice(result, ITS_REGION)


def test_which_region_with_another_ciphertext(desk: Desk, lab: Lab) -> None:
    give_parcel(lab, "ca-central-1")
    kms = cli(lab, "eu-west-1")
    named_key(kms, "alias/letters")
    kms.decrypt(CiphertextBlob=encrypt(kms, "alias/letters"))

    assert desk.check("03.4", "eu-west-1").open_tasks == [OPENED, ITS_REGION]


# --- typed in truth ---


@pytest.mark.skipif(find_spec("awscli") is None, reason="awscli is not installed")
def test_real_commands_are_recognised(desk: Desk, lab: Lab, folder: Path) -> None:
    """What the other tests play with boto3: who calls, and how long a request is."""
    give_teams(lab)
    named_key(lab.client("kms"), "alias/safe")
    (folder / "password.txt").write_bytes(PASSWORD)
    command_line = KeptCli()

    def type_in(command: str, *more: str) -> str:
        done = command_line.run([*command.split(), *more], lab.environ())
        assert (done.code, done.errors) == (0, "")
        return done.output.strip()

    try:
        names = type_in("kms list-aliases --region us-west-2 --output text --query", FILTER)
        shown = ("--output", "text", "--query")
        sealed = type_in("kms encrypt --key-id alias/safe --plaintext fileb://password.txt", *shown, "CiphertextBlob")
        type_in(f"kms decrypt --ciphertext-blob {sealed}", *shown, "Plaintext")
    finally:
        command_line.close()

    assert desk.check("03.1", names).passed
    assert desk.check("03.3", 9).passed
