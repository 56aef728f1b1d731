"""Lesson 04: what its checks accept, and what they say to typical attempts that are not right yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Lab
from kmslab.exercises.desk import Desk
from kmslab.exercises.model import CheckResult
from kmslab.exercises.progress import Progress

UNDER_CONTEXT = "something was encrypted under a context with exercise = 04.1"
OWN_PAIR = "the context has a pair of your own as well"
FULL = "the plaintext was as large as it can be"
BACK = "and it was decrypted with the same context"

A_NUMBER = "a number of bytes was handed over that leaves room for the padding"
THE_LIMIT = "it is the limit with SHA-256"
RSA_KEY = "an RSA_4096 key for encryption exists"
THAT_MANY = "that many bytes were encrypted under it with RSAES_OAEP_SHA_256"
REFUSED = "one byte more was refused"

AS_USED = "the note was decrypted with the context that was really used"
CORRECTED = "it was re-encrypted from that context to customer = northwind"
AS_MEANT = "the new ciphertext was decrypted with the right context"

MISTYPED = {"customer": "nrothwind"}
RIGHT = {"customer": "northwind"}
MINE = {"exercise": "04.1", "author": "me"}


def advice(result: CheckResult, label: str) -> str:
    return next(item.advice for item in result.items if item.label == label)


def new_key(kms: Any, **params: Any) -> str:
    return str(kms.create_key(**params)["KeyMetadata"]["KeyId"])


def encrypt(kms: Any, key_id: str, size: int, **params: Any) -> bytes:
    return bytes(kms.encrypt(KeyId=key_id, Plaintext=b"x" * size, **params)["CiphertextBlob"])


def the_lesson(kms: Any) -> None:
    """What the lesson's own cells do: the limits, a context, RSA keys."""
    key_id = new_key(kms)
    encrypt(kms, key_id, 4096)
    context = {"publisher": "harbour", "season": "2026-spring"}
    kms.decrypt(CiphertextBlob=encrypt(kms, key_id, 14, EncryptionContext=context), EncryptionContext=context)
    rsa_id = new_key(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    encrypt(kms, rsa_id, 190, EncryptionAlgorithm="RSAES_OAEP_SHA_256")
    with pytest.raises(ClientError, match="cannot encrypt data larger than 190 bytes"):
        encrypt(kms, rsa_id, 191, EncryptionAlgorithm="RSAES_OAEP_SHA_256")


@pytest.mark.parametrize("number", ["04.1", "04.2", "04.3"])
def test_the_lesson_alone_solves_nothing(desk: Desk, kms: Any, number: str) -> None:
    the_lesson(kms)

    result = desk.check(number)

    assert not result.passed
    assert not any(item.done for item in result.items)


# --- 04.1 ---


@pytest.mark.parametrize(
    "context",
    [
        pytest.param(MINE, id="two pairs"),
        pytest.param({**MINE, "city": "K\N{LATIN SMALL LETTER O WITH DIAERESIS}ln"}, id="not ASCII"),
        pytest.param({**MINE, "note": 'a "quoted" word'}, id="with quotes"),
    ],
)
def test_filled_to_the_brim_solved(desk: Desk, kms: Any, context: dict[str, str]) -> None:
    blob = encrypt(kms, new_key(kms), 4096, EncryptionContext=context)
    kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)

    assert desk.check("04.1").passed


def test_filled_to_the_brim_by_alias(desk: Desk, kms: Any) -> None:
    kms.create_alias(AliasName="alias/app", TargetKeyId=new_key(kms))
    blob = encrypt(kms, "alias/app", 4096, EncryptionContext=MINE)
    kms.decrypt(CiphertextBlob=blob, EncryptionContext=MINE)

    assert desk.check("04.1").passed


def test_filled_to_the_brim_without_a_context(desk: Desk, kms: Any) -> None:
    kms.decrypt(CiphertextBlob=encrypt(kms, new_key(kms), 4096))

    assert desk.check("04.1").open_tasks == [UNDER_CONTEXT, OWN_PAIR, FULL, BACK]


def test_filled_to_the_brim_without_a_pair_of_ones_own(desk: Desk, kms: Any) -> None:
    context = {"exercise": "04.1"}
    kms.decrypt(CiphertextBlob=encrypt(kms, new_key(kms), 4096, EncryptionContext=context), EncryptionContext=context)

    result = desk.check("04.1")

    assert result.open_tasks == [OWN_PAIR, FULL, BACK]
    assert "is alone" in advice(result, OWN_PAIR)
    assert "The size is right" in advice(result, FULL)


def test_filled_to_the_brim_without_a_pair_of_ones_own_and_opened_without_any(desk: Desk, kms: Any) -> None:
    blob = encrypt(kms, new_key(kms), 4096, EncryptionContext={"exercise": "04.1"})
    with pytest.raises(ClientError, match="InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=blob)

    assert "it got no context" in advice(desk.check("04.1"), BACK)


@pytest.mark.parametrize("context", [{"Exercise": "04.1", "author": "me"}, {"exercise": "4.1", "author": "me"}])
def test_filled_to_the_brim_under_nearly_the_pair(desk: Desk, kms: Any, context: dict[str, str]) -> None:
    kms.decrypt(CiphertextBlob=encrypt(kms, new_key(kms), 4096, EncryptionContext=context), EncryptionContext=context)

    result = desk.check("04.1")

    assert result.open_tasks == [UNDER_CONTEXT, OWN_PAIR, FULL, BACK]
    assert "nearly right" in advice(result, UNDER_CONTEXT)


@pytest.mark.parametrize("size", [1, 4000, 4088, 4094, 4095])
def test_filled_to_the_brim_but_for_a_little(desk: Desk, kms: Any, size: int) -> None:
    blob = encrypt(kms, new_key(kms), size, EncryptionContext=MINE)
    kms.decrypt(CiphertextBlob=blob, EncryptionContext=MINE)

    result = desk.check("04.1")

    assert result.open_tasks == [FULL, BACK]
    assert "room for more" in advice(result, FULL)


def test_filled_to_the_brim_by_halving(desk: Desk, kms: Any) -> None:
    key_id = new_key(kms)
    encrypt(kms, key_id, 4000, EncryptionContext=MINE)
    with pytest.raises(ClientError, match="less than or equal to 4096"):
        encrypt(kms, key_id, 5000, EncryptionContext=MINE)

    result = desk.check("04.1")

    assert result.open_tasks == [FULL, BACK]
    assert "the size between" in advice(result, FULL)


def test_filled_over_the_brim(desk: Desk, kms: Any) -> None:
    with pytest.raises(ClientError, match="less than or equal to 4096"):
        encrypt(kms, new_key(kms), 4097, EncryptionContext=MINE)

    result = desk.check("04.1")

    assert result.open_tasks == [UNDER_CONTEXT, OWN_PAIR, FULL, BACK]
    assert "more than it takes" in advice(result, UNDER_CONTEXT)


@pytest.mark.parametrize("context", [{}, {"exercise": "04.1"}, {**MINE, "author": "Me"}])
def test_filled_to_the_brim_and_decrypted_with_another_context(desk: Desk, kms: Any, context: dict[str, str]) -> None:
    blob = encrypt(kms, new_key(kms), 4096, EncryptionContext=MINE)
    assert "exactly the EncryptionContext" in advice(desk.check("04.1"), BACK)
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)

    result = desk.check("04.1")

    assert result.open_tasks == [BACK]
    assert "decrypt was refused" in advice(result, BACK)


# --- 04.2 ---

SHA_256 = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
SHA_1 = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_1"}


@pytest.mark.parametrize(
    ("answer", "missing", "word"),
    [
        pytest.param(None, [A_NUMBER, THE_LIMIT], "Hand the number over", id="nothing"),
        pytest.param("many", [A_NUMBER, THE_LIMIT], "Hand the number over", id="no number"),
        pytest.param(4096, [A_NUMBER, THE_LIMIT], "How many bytes are 4096 bits", id="the symmetric limit"),
        pytest.param(4030, [A_NUMBER, THE_LIMIT], "4096 bits are 512 bytes", id="bits in the formula"),
        pytest.param(512, [A_NUMBER, THE_LIMIT], "needs room too", id="the modulus"),
        pytest.param(470, [THE_LIMIT], "with SHA-1", id="with SHA-1"),
        pytest.param(190, [THE_LIMIT], "a smaller RSA key", id="of RSA_2048"),
        pytest.param(447, [THE_LIMIT], "first size that is refused", id="one too many"),
        pytest.param(478, [THE_LIMIT], "taken off one", id="one hash"),
        pytest.param(448, [THE_LIMIT], "ends with less two", id="without the two bytes"),
        pytest.param(300, [THE_LIMIT], "Bytes of the modulus", id="guessed"),
        pytest.param(446, [], "", id="right"),
    ],
)
def test_limit_of_rsa_4096_needs_more_than_a_number(desk: Desk, answer: object, missing: list[str], word: str) -> None:
    result = desk.check("04.2", answer)

    assert result.open_tasks == [*missing, RSA_KEY, THAT_MANY, REFUSED]
    assert not missing or word in advice(result, missing[0])


def test_limit_of_rsa_4096_on_a_key_for_signatures(desk: Desk, kms: Any) -> None:
    key_id = new_key(kms, KeySpec="RSA_4096", KeyUsage="SIGN_VERIFY")
    with pytest.raises(kms.exceptions.InvalidKeyUsageException):
        encrypt(kms, key_id, 446, **SHA_256)

    result = desk.check("04.2", 446)

    assert result.open_tasks == [RSA_KEY, THAT_MANY, REFUSED]
    assert "is for signatures" in advice(result, RSA_KEY)


def test_limit_of_rsa_4096_on_a_symmetric_key(desk: Desk, kms: Any) -> None:
    key_id = new_key(kms)
    encrypt(kms, key_id, 446)
    with pytest.raises(kms.exceptions.InvalidKeyUsageException):
        encrypt(kms, key_id, 446, **SHA_256)

    assert desk.check("04.2", 446).open_tasks == [RSA_KEY, THAT_MANY, REFUSED]


@pytest.fixture(scope="module")
def rsa_lab() -> Iterator[Lab]:
    """A Lab with one RSA_4096 key, which takes a second to make; its trail grows from test to test."""
    with Lab(seed=1) as lab:
        lab.client("kms").create_key(KeySpec="RSA_4096", KeyUsage="ENCRYPT_DECRYPT")
        yield lab


def test_limit_of_rsa_4096_step_by_step(rsa_lab: Lab, tmp_path: Path) -> None:
    desk, kms = Desk(rsa_lab, Progress(tmp_path)), rsa_lab.client("kms")
    key_id = rsa_lab.inventory[0].key_id
    assert desk.check("04.2", 446).open_tasks == [THAT_MANY, REFUSED]

    # The wrong algorithm, the wrong sizes.
    encrypt(kms, key_id, 446, **SHA_1)
    assert "another algorithm" in advice(desk.check("04.2", 446), THAT_MANY)
    assert "one byte more in the same way" in advice(desk.check("04.2", 446), REFUSED)
    encrypt(kms, key_id, 190, **SHA_256)
    encrypt(kms, key_id, 444, **SHA_256)
    for size in (448, 470, 4096):
        with pytest.raises(ClientError, match="cannot encrypt data larger than 446 bytes"):
            encrypt(kms, key_id, size, **SHA_256)
    result = desk.check("04.2", 446)
    assert result.open_tasks == [THAT_MANY, REFUSED]
    assert "of another size" in advice(result, THAT_MANY)
    assert "leaves a gap" in advice(result, REFUSED)

    encrypt(kms, key_id, 446, **SHA_256)
    assert desk.check("04.2", 446).open_tasks == [REFUSED]

    with pytest.raises(ClientError, match="cannot encrypt data larger than 446 bytes"):
        encrypt(kms, key_id, 447, **SHA_256)
    assert desk.check("04.2", 446).passed
    assert desk.check("04.2", "446").passed
    assert desk.check("04.2", 446.5).open_tasks == [THE_LIMIT]
    assert desk.check("04.2", 470).open_tasks == [THE_LIMIT]


# --- 04.3 ---


@pytest.fixture
def note(kms: Any) -> tuple[str, bytes]:
    """What the lesson gives: Tom's key and his note, which cannot be decrypted with what he meant."""
    key_id = new_key(kms, Description="notes")
    blob = encrypt(kms, key_id, 20, EncryptionContext=MISTYPED)
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=RIGHT)
    return key_id, blob


def correct(kms: Any, note: tuple[str, bytes]) -> bytes:
    return bytes(
        kms.re_encrypt(
            CiphertextBlob=note[1],
            SourceEncryptionContext=MISTYPED,
            DestinationKeyId=note[0],
            DestinationEncryptionContext=RIGHT,
        )["CiphertextBlob"]
    )


def test_mistyped_context_solved(desk: Desk, kms: Any, note: tuple[str, bytes]) -> None:
    kms.decrypt(CiphertextBlob=note[1], EncryptionContext=MISTYPED)
    kms.decrypt(CiphertextBlob=correct(kms, note), EncryptionContext=RIGHT)

    assert desk.check("04.3").passed


def test_mistyped_context_with_what_is_given(desk: Desk, kms: Any, note: tuple[str, bytes]) -> None:
    result = desk.check("04.3")

    assert result.open_tasks == [AS_USED, CORRECTED, AS_MEANT]
    assert advice(result, AS_USED).startswith("Every call")


@pytest.mark.parametrize(
    ("context", "word"), [({}, "without a context"), (RIGHT, "was meant"), ({"customer": "nortwhind"}, "Every call")]
)
def test_mistyped_context_tried_out(
    desk: Desk, kms: Any, note: tuple[str, bytes], context: dict[str, str], word: str
) -> None:
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=note[1], EncryptionContext=context)

    result = desk.check("04.3")

    assert result.open_tasks == [AS_USED, CORRECTED, AS_MEANT]
    assert word in advice(result, AS_USED)


def test_mistyped_context_only_found(desk: Desk, kms: Any, note: tuple[str, bytes]) -> None:
    kms.decrypt(CiphertextBlob=note[1], EncryptionContext=MISTYPED)

    assert desk.check("04.3").open_tasks == [CORRECTED, AS_MEANT]


def test_mistyped_context_encrypted_anew(desk: Desk, kms: Any, note: tuple[str, bytes]) -> None:
    kms.decrypt(CiphertextBlob=note[1], EncryptionContext=MISTYPED)
    kms.decrypt(CiphertextBlob=encrypt(kms, note[0], 20, EncryptionContext=RIGHT), EncryptionContext=RIGHT)

    result = desk.check("04.3")

    assert result.open_tasks == [CORRECTED, AS_MEANT]
    assert "encrypted anew" in advice(result, CORRECTED)


def test_mistyped_context_without_a_new_context(desk: Desk, kms: Any, note: tuple[str, bytes]) -> None:
    kms.decrypt(CiphertextBlob=note[1], EncryptionContext=MISTYPED)
    bare = kms.re_encrypt(CiphertextBlob=note[1], SourceEncryptionContext=MISTYPED, DestinationKeyId=note[0])
    kms.decrypt(CiphertextBlob=bare["CiphertextBlob"])

    result = desk.check("04.3")

    assert result.open_tasks == [CORRECTED, AS_MEANT]
    assert "given no DestinationEncryptionContext" in advice(result, CORRECTED)


def test_mistyped_context_corrected_to_another_one(desk: Desk, kms: Any, note: tuple[str, bytes]) -> None:
    kms.decrypt(CiphertextBlob=note[1], EncryptionContext=MISTYPED)
    contexts = {"SourceEncryptionContext": MISTYPED, "DestinationEncryptionContext": {"Customer": "northwind"}}
    kms.re_encrypt(CiphertextBlob=note[1], DestinationKeyId=note[0], **contexts)

    result = desk.check("04.3")

    assert result.open_tasks == [CORRECTED, AS_MEANT]
    assert "got another context" in advice(result, CORRECTED)


def test_mistyped_context_corrected_the_wrong_way_round(desk: Desk, kms: Any, note: tuple[str, bytes]) -> None:
    kms.decrypt(CiphertextBlob=note[1], EncryptionContext=MISTYPED)
    contexts = {"SourceEncryptionContext": RIGHT, "DestinationEncryptionContext": MISTYPED}
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.re_encrypt(CiphertextBlob=note[1], DestinationKeyId=note[0], **contexts)

    result = desk.check("04.3")

    assert result.open_tasks == [CORRECTED, AS_MEANT]
    assert "re_encrypt was refused" in advice(result, CORRECTED)


def test_mistyped_context_corrected_and_not_read(desk: Desk, kms: Any, note: tuple[str, bytes]) -> None:
    kms.decrypt(CiphertextBlob=note[1], EncryptionContext=MISTYPED)
    correct(kms, note)
    result = desk.check("04.3")
    assert result.open_tasks == [AS_MEANT]
    assert "of the re_encrypt answer" in advice(result, AS_MEANT)

    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=note[1], EncryptionContext=RIGHT)
    result = desk.check("04.3")
    assert result.open_tasks == [AS_MEANT]
    assert "the old ciphertext" in advice(result, AS_MEANT)


def test_mistyped_context_corrected_onto_another_key(desk: Desk, kms: Any, note: tuple[str, bytes]) -> None:
    kms.decrypt(CiphertextBlob=note[1], EncryptionContext=MISTYPED)
    other = (new_key(kms), note[1])
    kms.decrypt(CiphertextBlob=correct(kms, other), EncryptionContext=RIGHT)

    assert desk.check("04.3").passed
