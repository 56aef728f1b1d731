"""Exercises of lesson 05: envelope encryption."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kmslab import Call
from kmslab.envelope import Receipt
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

_DISK_REGION = "eu-west-1"
_DISK_KEY_SIZE = 64

_BACKUP, _BACKUP_REGION = "alias/backup", "us-west-2"
_CUSTOMER = "customer"
_SMALLEST_BACKUP = 5_000_000

_LEDGERS = "ledgers"

Test = Callable[[Call], object]


def _context(call: Call) -> Mapping[str, Any]:
    return call.params.get("EncryptionContext") or {}


def _came_back(attempt: Attempt, call: Call) -> bool:
    """Whether something was decrypted under the KMS key and the context of a data key, after it was made."""
    decrypted = succeeded(attempt.lab, "Decrypt", call.keys[0].arn)
    return any(other.time > call.time and _context(other) == _context(call) for other in decrypted)


# --- 05.1 ---


def _disk_keys(attempt: Attempt, *tests: Test) -> list[Call]:
    """The calls for a data key in clear in the exercise's Region for which all tests hold."""
    calls = [call for call in succeeded(attempt.lab, "GenerateDataKey") if call.region == _DISK_REGION]
    return [call for call in calls if all(test(call) for test in tests)]


def _is_long(call: Call) -> bool:
    return call.params.get("NumberOfBytes") == _DISK_KEY_SIZE


# --- 05.2 ---


def _backup_key(attempt: Attempt) -> str:
    """The ARN of the key behind the alias; empty, and so no key's, while there is no such symmetric key."""
    key = attempt.lab.inventory.named(_BACKUP, _BACKUP_REGION)
    return key.arn if key and key.spec == "SYMMETRIC_DEFAULT" else ""


def _backups(attempt: Attempt) -> list[Call]:
    """The calls for a data key under that key that say who the customer is."""
    calls = succeeded(attempt.lab, "GenerateDataKey", _backup_key(attempt))
    return [call for call in calls if _context(call).get(_CUSTOMER)]


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
    """The months in the order in which the lesson's visitor took them: the changed, the exchanged, then the others.

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
                "generate_data_key, with a client for eu-west-1 and a KMS key of that Region. The variant without "
                "plaintext gives you nothing to compare with.",
            ),
            Task(
                "it has 64 bytes",
                lambda attempt: _disk_keys(attempt, _is_long),
                "NumberOfBytes=64, in place of KeySpec. It counts bytes: 512 would be 4096 bits.",
            ),
            Task(
                "it is bound to an encryption context",
                lambda attempt: _disk_keys(attempt, _is_long, _context),
                "Give generate_data_key an EncryptionContext={'...': '...'} as well, in the call for the 64 bytes.",
            ),
            Task(
                "it was got back with its encrypted form and the same context",
                lambda attempt: any(_came_back(attempt, call) for call in _disk_keys(attempt, _is_long, _context)),
                "Hand the CiphertextBlob to decrypt, in the same Region and with exactly the same EncryptionContext.",
            ),
        ),
        hints=(
            "Two calls do it, after create_key, all in eu-west-1. The section 'By hand' makes both with another key.",
            "generate_data_key(KeyId=..., NumberOfBytes=..., EncryptionContext=...), then decrypt(CiphertextBlob=..., "
            "EncryptionContext=...) with the same context.",
            "r = ireland.generate_data_key(KeyId=k, NumberOfBytes=64, EncryptionContext={'disk': '7'}), then "
            "ireland.decrypt(CiphertextBlob=r['CiphertextBlob'], EncryptionContext={'disk': '7'})['Plaintext'] == "
            "r['Plaintext']",
        ),
    ),
    Exercise(
        number="05.2",
        title="your own file",
        tasks=(
            Task(
                "alias/backup stands for a symmetric key in us-west-2",
                _backup_key,
                "create_key and create_alias, both with a client for us-west-2.",
            ),
            Task(
                "a data key was generated under it, for a customer",
                _backups,
                "encrypt_file(client, 'alias/backup', source, target, context={'customer': '...'}), with the client "
                "for us-west-2.",
            ),
            Task(
                "and decrypted again with the same context",
                lambda attempt: any(_came_back(attempt, call) for call in _backups(attempt)),
                "decrypt_file(client, target, another_file, context=...), with the same client.",
            ),
            Task(
                "the receipt of a file under that key was handed over",
                _receipt,
                "decrypt_file returns it: check('05.2', decrypt_file(...)). The receipt of the lesson's film names "
                "another key.",
            ),
            Task(
                "the file has at least 5,000,000 bytes",
                _is_large,
                "Look at the receipt's plaintext_bytes, write a larger file, and encrypt it anew.",
            ),
        ),
        hints=(
            "The section 'A file of 50 MB' does it with the lesson's film. Region, key, context and file are yours.",
            "Path.write_bytes writes the file; b'...' * 400_000 makes enough bytes. encrypt_file takes the client, the "
            "key's alias, two paths and context=; decrypt_file the client, two paths and context=.",
            "encrypt_file(oregon, 'alias/backup', a, b, context={'customer': 'me'}), then "
            "check('05.2', decrypt_file(oregon, b, c, context={'customer': 'me'}))",
        ),
    ),
    Exercise(
        number="05.3",
        title="five ledgers, two visits",
        tasks=(
            Task(
                "two of the months were handed over",
                _named,
                "Hand over a pair of months: check('05.3', ('...', '...')). Run the cell that makes the ledgers first.",
            ),
            Task(
                "the first is the one whose file was changed",
                lambda attempt: _named(attempt)[0] == _by_lot(attempt)[0],
                "Open all five with decrypt_file. The changed file is refused with a TamperedError. Its month is the "
                "first of the pair.",
            ),
            Task(
                "the second is the one in whose place lies another month's file",
                lambda attempt: _named(attempt)[1] == _by_lot(attempt)[1],
                "Nothing in that file is wrong; it is only not the one you expect. Say which you expect: give "
                "decrypt_file the month as context, and it is refused with an error of another kind.",
            ),
            Task(
                "the changed one was found by opening it",
                lambda attempt: _by_lot(attempt)[0] in _opened(attempt),
                "The trail shows no Decrypt for it: somebody has guessed.",
            ),
        ),
        hints=(
            "decrypt_file refuses what is wrong with an error. Which errors are there, and what does each say?",
            "Loop over the months, decrypt_file(kms, shelf / f'{month}.env', ..., context={'month': month}), catch "
            "EnvelopeError and print month and type(error).__name__.",
            "The month with a TamperedError was changed, the one with a ContextMismatchError was exchanged: "
            "check('05.3', (tampered, mismatched))",
        ),
    ),
)
