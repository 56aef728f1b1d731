"""Exercises of lesson 05: envelope encryption.

More than half of the lines are what learners read: tasks, advice for each mistake, and hints.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kmslab import Call
from kmslab.envelope import Receipt
from kmslab.exercises.evidence import base64_size, failed, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

_DISK_REGION = "eu-west-1"
_DISK_KEY_SIZE = 64
_KEY_SIZES = {"AES_128": 16, "AES_256": 32}
#: What an encrypted data key has more than the data key: from, to; and at most two bytes that base64 hides.
_FEWEST_MORE, _MOST_MORE = 152, 164

_BACKUP, _BACKUP_REGION = "alias/backup", "us-west-2"
_CUSTOMER = "customer"
_SMALLEST_BACKUP = 5_000_000

_LEDGERS = "ledgers"

Test = Callable[[Call], object]


def _context(call: Call) -> Mapping[str, Any]:
    return call.params.get("EncryptionContext") or {}


def _size(call: Call) -> int:
    """How many bytes a data key has."""
    return int(call.params.get("NumberOfBytes") or _KEY_SIZES[call.params["KeySpec"]])


def _came_back(attempt: Attempt, call: Call) -> bool:
    """Whether an encrypted data key of this size was opened under its KMS key and context, after it was made.

    A shorter data key under the same context must not pass for it.
    """
    decrypted = succeeded(attempt.lab, "Decrypt", call.keys[0].arn)
    return any(
        other.time > call.time
        and _context(other) == _context(call)
        and _FEWEST_MORE <= base64_size(other, "CiphertextBlob") // 4 * 3 - _size(call) <= _MOST_MORE + 2
        for other in decrypted
    )


# --- 05.1 ---


def _disk_keys(attempt: Attempt, *tests: Test) -> list[Call]:
    """The calls for a data key in clear in the exercise's Region for which all tests hold."""
    calls = [call for call in succeeded(attempt.lab, "GenerateDataKey") if call.region == _DISK_REGION]
    return [call for call in calls if all(test(call) for test in tests)]


def _is_long(call: Call) -> bool:
    return call.params.get("NumberOfBytes") == _DISK_KEY_SIZE


def _long_elsewhere(attempt: Attempt) -> list[Call]:
    return [call for call in succeeded(attempt.lab, "GenerateDataKey") if _is_long(call)]


def _refused_in_ireland(operation: str, error_code: str) -> Callable[[Attempt], list[Call]]:
    return lambda attempt: [call for call in failed(attempt.lab, operation, error_code) if call.region == _DISK_REGION]


# --- 05.2 ---


def _backup_key(attempt: Attempt) -> str:
    """The ARN of the key behind the alias; empty, and so no key's, while there is no such symmetric key."""
    key = attempt.lab.inventory.named(_BACKUP, _BACKUP_REGION)
    return key.arn if key and key.spec == "SYMMETRIC_DEFAULT" else ""


def _files(attempt: Attempt) -> Sequence[Call]:
    """The calls for a data key under that key."""
    return succeeded(attempt.lab, "GenerateDataKey", _backup_key(attempt))


def _backups(attempt: Attempt) -> list[Call]:
    """Those that say who the customer is."""
    return [call for call in _files(attempt) if _context(call).get(_CUSTOMER)]


def _receipt(attempt: Attempt) -> Receipt | None:
    """The receipt that was handed over, if it is one of a file under the exercise's key."""
    receipt = attempt.answer
    return receipt if isinstance(receipt, Receipt) and receipt.key_arn == _backup_key(attempt) else None


def _is_large(attempt: Attempt) -> bool:
    receipt = _receipt(attempt)
    return receipt is not None and receipt.plaintext_bytes >= _SMALLEST_BACKUP


# --- 05.3 ---


def _ledger_key(attempt: Attempt) -> str:
    """The id of the key of the ledgers, the newest if the lesson's cell was run again."""
    return [key.key_id for key in attempt.lab.inventory if key.description == _LEDGERS][-1]


def _by_lot(attempt: Attempt) -> Sequence[str]:
    """The months in the order in which the lesson's move took them: the changed, the exchanged, then the others.

    The lots are drawn from the key's id, so a check can draw them again; so does the lesson's own cell.
    """
    key_id = _ledger_key(attempt)
    months = {_context(call).get("month", "") for call in succeeded(attempt.lab, "GenerateDataKey", key_id)}
    return sorted(months, key=lambda month: hashlib.sha256(f"{key_id} {month}".encode()).digest())


def _named(attempt: Attempt) -> tuple[str, str]:
    """Two different months, in order; whatever else was handed over raises, and so counts as not done."""
    if not isinstance(attempt.answer, (tuple, list)):
        raise TypeError("a pair is wanted")
    changed, exchanged = (str(name).strip().lower() for name in attempt.answer)
    if changed == exchanged or not {changed, exchanged} <= set(_by_lot(attempt)):
        raise ValueError("two of the months are wanted")
    return changed, exchanged


def _is_swapped(attempt: Attempt) -> bool:
    """Whether the right pair was handed over in the wrong order."""
    return list(reversed(_named(attempt))) == list(_by_lot(attempt)[:2])


def _opened(attempt: Attempt) -> list[str]:
    """The months whose data keys were decrypted."""
    return [_context(call).get("month", "") for call in succeeded(attempt.lab, "Decrypt", _ledger_key(attempt))]


EXERCISES = (
    Exercise(
        number="05.1",
        title="a longer key",
        tasks=(
            Task(
                "a data key was generated in eu-west-1",
                _disk_keys,
                by_mistake(
                    "generate_data_key, with a client for eu-west-1 and a KMS key of that Region.",
                    (
                        lambda attempt: [
                            call
                            for call in succeeded(attempt.lab, "GenerateDataKeyWithoutPlaintext")
                            if call.region == _DISK_REGION
                        ],
                        "generate_data_key_without_plaintext never shows the key, so you have nothing to compare with. "
                        "Take generate_data_key.",
                    ),
                    (
                        _refused_in_ireland("GenerateDataKey", "NotFoundException"),
                        "KMS did not find the KMS key in eu-west-1: keys live in one Region, and the lesson's is in "
                        "us-east-1. Create one with the client for eu-west-1.",
                    ),
                    (
                        _long_elsewhere,
                        "There is one of 64 bytes, in another Region. Make the client with region_name='eu-west-1', "
                        "and the KMS key with that client.",
                    ),
                ),
            ),
            Task(
                "it has 64 bytes",
                lambda attempt: _disk_keys(attempt, _is_long),
                by_mistake(
                    "NumberOfBytes=64, in place of KeySpec.",
                    (
                        lambda attempt: _disk_keys(attempt, lambda call: _size(call) == 8 * _DISK_KEY_SIZE),
                        "NumberOfBytes counts bytes, not bits: 512 of them are 4096 bits. Ask for 64.",
                    ),
                    (
                        _refused_in_ireland("GenerateDataKey", "ValidationException"),
                        "KMS takes either KeySpec or NumberOfBytes, exactly one. Leave KeySpec out.",
                    ),
                    (
                        lambda attempt: _disk_keys(attempt, lambda call: "KeySpec" in call.params),
                        "KeySpec has names for 16 and for 32 bytes only. Say NumberOfBytes=64 in its place.",
                    ),
                ),
            ),
            Task(
                "it is bound to an encryption context",
                lambda attempt: _disk_keys(attempt, _is_long, _context),
                "Give generate_data_key an EncryptionContext={'...': '...'} as well, in the call for the 64 bytes.",
            ),
            Task(
                "it was got back with its encrypted form and the same context",
                lambda attempt: any(_came_back(attempt, call) for call in _disk_keys(attempt, _is_long, _context)),
                by_mistake(
                    "Hand the CiphertextBlob to decrypt, with the client for eu-west-1 and the same EncryptionContext.",
                    (
                        _refused_in_ireland("Decrypt", "InvalidCiphertextException"),
                        "KMS refused a Decrypt in eu-west-1: the context was missing, or not the same to the letter.",
                    ),
                    (
                        lambda attempt: failed(attempt.lab, "Decrypt", "AccessDeniedException"),
                        "A Decrypt was sent to another Region than the KMS key's. Call decrypt with the client for "
                        "eu-west-1.",
                    ),
                    (
                        lambda attempt: [
                            call for call in succeeded(attempt.lab, "Decrypt") if call.region == _DISK_REGION
                        ],
                        "Something else was decrypted in eu-west-1. Take the CiphertextBlob of the 64 bytes, and the "
                        "context that they were made with.",
                    ),
                ),
            ),
        ),
        hints=(
            "Two calls do it, after create_key, all in eu-west-1. The section 'By hand' makes both with another key.",
            "generate_data_key(KeyId=..., NumberOfBytes=..., EncryptionContext=...), then decrypt(CiphertextBlob=..., "
            "EncryptionContext=...) with the same context.",
            "ireland = boto3.client('kms', region_name='eu-west-1')\n"
            "k = ireland.create_key()['KeyMetadata']['KeyId']\n"
            "r = ireland.generate_data_key(KeyId=k, NumberOfBytes=64, EncryptionContext={'disk': '7'})\n"
            "again = ireland.decrypt(CiphertextBlob=r['CiphertextBlob'], EncryptionContext={'disk': '7'})\n"
            "print(again['Plaintext'] == r['Plaintext'])",
        ),
    ),
    Exercise(
        number="05.2",
        title="your own file",
        tasks=(
            Task(
                "alias/backup stands for a symmetric key in us-west-2",
                _backup_key,
                by_mistake(
                    "create_key and create_alias(AliasName='alias/backup', TargetKeyId=...), both with a client for "
                    "us-west-2.",
                    (
                        lambda attempt: attempt.lab.inventory.named(_BACKUP, _BACKUP_REGION),
                        "alias/backup stands for a key that makes no data keys. create_key without a KeySpec makes a "
                        "symmetric one; update_alias lets the alias stand for it.",
                    ),
                    (
                        lambda attempt: attempt.lab.inventory.named(_BACKUP),
                        "There is an alias/backup in another Region. An alias counts in its own Region only: make key "
                        "and alias with a client for us-west-2.",
                    ),
                ),
            ),
            Task(
                "a data key was generated under it, for a customer",
                _backups,
                by_mistake(
                    "encrypt_file(client, 'alias/backup', source, target, context={'customer': '...'}), with the "
                    "client for us-west-2.",
                    (
                        lambda attempt: _files(attempt) and not any(_context(call) for call in _files(attempt)),
                        "Your file was encrypted without a context. Give encrypt_file context={'customer': '...'}.",
                    ),
                    (
                        lambda attempt: any(_CUSTOMER in _context(call) for call in _files(attempt)),
                        "The context has the pair 'customer', and its value is empty. Say who it is.",
                    ),
                    (
                        _files,
                        "The context does not have the name 'customer', in small letters. To KMS, Customer is another.",
                    ),
                ),
            ),
            Task(
                "and decrypted again with the same context",
                lambda attempt: any(_came_back(attempt, call) for call in _backups(attempt)),
                by_mistake(
                    "decrypt_file(client, target, another_file, context=...), with the same client.",
                    (
                        lambda attempt: [call for call in _files(attempt) if _came_back(attempt, call)],
                        "A file was decrypted that names no customer. Encrypt it anew, with the context, and decrypt "
                        "that one.",
                    ),
                ),
            ),
            Task(
                "the receipt of a file under that key was handed over",
                _receipt,
                by_mistake(
                    "decrypt_file returns it: answer = decrypt_file(...), and then check('05.2', answer).",
                    (
                        lambda attempt: isinstance(attempt.answer, Receipt),
                        "This receipt names another key than the one behind alias/backup in us-west-2. The lesson's "
                        "receipt does, too: encrypt a file of yours, under your key.",
                    ),
                    (
                        lambda attempt: attempt.answer is not None,
                        "That is no receipt. Hand over what decrypt_file returned, as it is: not its text, no path "
                        "and no part of it.",
                    ),
                ),
            ),
            Task(
                "the file has at least 5,000,000 bytes",
                _is_large,
                by_mistake(
                    "It is read from the receipt's plaintext_bytes. b'...' * 400_000 makes many bytes quickly.",
                    (
                        _receipt,
                        "The receipt's plaintext_bytes says how large yours is. Write a larger file, and encrypt it "
                        "anew.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section 'A file of 50 MB' does it with the manuscript. Region, key, context and file are yours.",
            "Path.write_bytes writes the file; b'...' * 400_000 makes enough bytes. encrypt_file takes the client, the "
            "key's alias, two paths and context=; decrypt_file the client, two paths and context=.",
            "oregon = boto3.client('kms', region_name='us-west-2')\n"
            "k = oregon.create_key()['KeyMetadata']['KeyId']\n"
            "oregon.create_alias(AliasName='alias/backup', TargetKeyId=k)\n"
            "a, b, c = folder / 'a', folder / 'b', folder / 'c'\n"
            "a.write_bytes(b'all my orders ' * 400_000)\n"
            "encrypt_file(oregon, 'alias/backup', a, b, context={'customer': 'me'})\n"
            "answer = decrypt_file(oregon, b, c, context={'customer': 'me'})",
        ),
    ),
    Exercise(
        number="05.3",
        title="five ledgers, two accidents",
        tasks=(
            Task(
                "two of the months were handed over",
                _named,
                by_mistake(
                    "Run the cell that makes the ledgers, then hand over a pair: answer = ('...', '...').",
                    (
                        lambda attempt: isinstance(attempt.answer, str),
                        "One month is not enough: two files are wrong, each in its own way. Hand over a pair.",
                    ),
                    (
                        lambda attempt: isinstance(attempt.answer, (set, dict)),
                        "A set or a dictionary does not say which is the changed one. Hand over a pair in brackets: "
                        "(changed, exchanged).",
                    ),
                    (
                        lambda attempt: len(set(attempt.answer)) < len(attempt.answer),
                        "The same month twice: they are two different files.",
                    ),
                    (
                        lambda attempt: attempt.answer is not None and _by_lot(attempt),
                        "Two months are wanted, in small letters as in the list months: (changed, exchanged).",
                    ),
                ),
            ),
            Task(
                "the first is the one whose file was changed",
                lambda attempt: _named(attempt)[0] == _by_lot(attempt)[0],
                by_mistake(
                    "Open all five with decrypt_file. The changed file is refused with a TamperedError. Its month is "
                    "the first of the pair.",
                    (_is_swapped, "The right two months, in the other order: the changed one comes first."),
                ),
            ),
            Task(
                "the second is the one in whose place lies another month's file",
                lambda attempt: _named(attempt)[1] == _by_lot(attempt)[1],
                by_mistake(
                    "Nothing in that file is wrong; it is only not the one you expect. Say which you expect: give "
                    "decrypt_file the month as context, and it is refused with an error of another kind.",
                    (_is_swapped, "The right two months, in the other order: the exchanged one comes second."),
                    (
                        lambda attempt: _named(attempt)[1] == _by_lot(attempt)[2],
                        "That is the month whose file was copied. It is in its own place, and right; in the place of "
                        "which other month does its copy lie?",
                    ),
                ),
            ),
            Task(
                "they were found by opening all five",
                # The exchanged one need not appear: given its month as context, it is refused without a call.
                lambda attempt: set(_by_lot(attempt)) - {_by_lot(attempt)[1]} <= set(_opened(attempt)),
                "The trail does not show a Decrypt for each of them. Guessing tells Mira nothing: let decrypt_file "
                "try all five.",
            ),
        ),
        hints=(
            "decrypt_file refuses what is wrong with an error. Which errors are there, and what does each say?",
            "Loop over the months, decrypt_file(kms, shelf / f'{month}.env', ..., context={'month': month}), catch "
            "EnvelopeError and print month and type(error).__name__.",
            "found = {}\n"
            "for month in months:\n"
            "    try:\n"
            "        decrypt_file(kms, shelf / f'{month}.env', folder / 'out', context={'month': month})\n"
            "    except EnvelopeError as error:\n"
            "        found[type(error).__name__] = month\n"
            "print(found)\n"
            "answer = (found['TamperedError'], found['ContextMismatchError'])",
        ),
    ),
)
