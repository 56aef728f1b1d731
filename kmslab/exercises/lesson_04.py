"""Exercises of lesson 04: the 4 KB limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from kmslab import Call
from kmslab.exercises.evidence import base64_size, failed, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

#: The largest plaintext under a symmetric key, in bytes.
_SYMMETRIC_LIMIT = 4096

_RSA_SPEC, _RSA_ALGORITHM = "RSA_4096", "RSAES_OAEP_SHA_256"
_MODULUS_SIZE = 4096 // 8
#: Two SHA-256 hashes and two bytes are the padding's.
_RSA_LIMIT = _MODULUS_SIZE - 2 * 32 - 2

_PAIR = ("exercise", "04.1")
_RIGHT = {"customer": "northwind"}

Test = Callable[[Call], object]


def _characters(size: int) -> int:
    return 4 * ceil(size / 3)


def _context(call: Call, member: str = "EncryptionContext") -> Mapping[str, Any]:
    return call.params.get(member) or {}


# --- 04.1 ---


def _filled(attempt: Attempt, *tests: Test) -> list[Call]:
    """The Encrypt calls with the exercise's context for which all tests hold."""
    calls = [call for call in succeeded(attempt.lab, "Encrypt") if _PAIR in _context(call).items()]
    return [call for call in calls if all(test(call) for test in tests)]


def _has_own_pair(call: Call) -> bool:
    return len(_context(call)) > 1


def _is_full(call: Call) -> bool:
    # 4096 is the only accepted size with that many characters: the others that have as many are refused.
    return call.keys[0].spec == "SYMMETRIC_DEFAULT" and base64_size(call, "Plaintext") == _characters(_SYMMETRIC_LIMIT)


def _came_back(attempt: Attempt, call: Call) -> bool:
    decrypted = succeeded(attempt.lab, "Decrypt", call.keys[0].arn)
    return any(other.time > call.time and _context(other) == _context(call) for other in decrypted)


# --- 04.2 ---


def _number(attempt: Attempt) -> float:
    # The number 446 and the text '446' are both fine; 446.5 is not to become 446.
    return float(attempt.answer)


def _is_rsa_call(call: Call) -> bool:
    wanted = call.params.get("EncryptionAlgorithm") == _RSA_ALGORITHM
    return wanted and bool(call.keys) and call.keys[0].spec == _RSA_SPEC


def _encrypted_limit(attempt: Attempt) -> bool:
    calls = [call for call in succeeded(attempt.lab, "Encrypt") if _is_rsa_call(call)]
    return any(base64_size(call, "Plaintext") == _characters(_RSA_LIMIT) for call in calls)


def _refused_more(attempt: Attempt) -> bool:
    # One byte more takes as many characters as the limit itself, and of the three sizes that do it alone is refused.
    calls = [call for call in failed(attempt.lab, "Encrypt", "ValidationException") if _is_rsa_call(call)]
    return any(base64_size(call, "Plaintext") == _characters(_RSA_LIMIT + 1) for call in calls)


# --- 04.3 ---


def _notes(attempt: Attempt) -> list[Call]:
    """The colleague's Encrypt calls."""
    keys = [key.arn for key in attempt.lab.inventory if key.description == "notes"]
    calls = [call for arn in keys for call in succeeded(attempt.lab, "Encrypt", arn)]
    return [call for call in calls if set(_context(call)) == set(_RIGHT) and _context(call) != _RIGHT]


def _corrections(attempt: Attempt) -> list[Call]:
    """The ReEncrypt calls from one of the colleague's contexts to the right one."""
    mistyped = [(note.keys[0].arn, _context(note)) for note in _notes(attempt)]
    return [
        call
        for call in succeeded(attempt.lab, "ReEncrypt")
        if (call.keys[0].arn, _context(call, "SourceEncryptionContext")) in mistyped
        and _context(call, "DestinationEncryptionContext") == _RIGHT
    ]


def _read_corrected(attempt: Attempt) -> bool:
    return any(
        other.time > call.time and _context(other) == _RIGHT
        for call in _corrections(attempt)
        for other in succeeded(attempt.lab, "Decrypt", call.keys[-1].arn)
    )


EXERCISES = (
    Exercise(
        number="04.1",
        title="filled to the brim",
        tasks=(
            Task(
                "something was encrypted under a context with exercise = 04.1",
                _filled,
                "encrypt takes EncryptionContext={'exercise': '04.1', ...}. Both key and value are texts.",
            ),
            Task(
                "the context has a pair of your own as well",
                lambda attempt: _filled(attempt, _has_own_pair),
                "Add a second pair to the same dictionary; it may say anything that is no secret.",
            ),
            Task(
                "the plaintext was as large as it can be",
                lambda attempt: _filled(attempt, _has_own_pair, _is_full),
                "With both pairs, something smaller was encrypted, or nothing yet. The error text for a byte too many "
                "names the limit, and it counts bytes. Use a symmetric key.",
            ),
            Task(
                "and it was decrypted with the same context",
                lambda attempt: any(_came_back(attempt, call) for call in _filled(attempt, _has_own_pair, _is_full)),
                "Give decrypt the ciphertext and exactly the EncryptionContext that encrypt was given.",
            ),
        ),
        hints=(
            "The first experiment of this lesson shows the largest size, the section on the context how to bind one.",
            "encrypt(KeyId=..., Plaintext=b'y' * ..., EncryptionContext={...}), then decrypt with the same context.",
            "ctx = {'exercise': '04.1', 'author': 'me'}; c = kms.encrypt(KeyId=key['KeyId'], Plaintext=b'y' * 4096, "
            "EncryptionContext=ctx)['CiphertextBlob']; kms.decrypt(CiphertextBlob=c, EncryptionContext=ctx)",
        ),
    ),
    Exercise(
        number="04.2",
        title="the limit of RSA_4096",
        tasks=(
            Task(
                "a number of bytes was handed over that leaves room for the padding",
                lambda attempt: 0 < _number(attempt) < _MODULUS_SIZE - 2,
                "Hand the number over: check('04.2', answer). A modulus of 4096 bits has 512 bytes, and the padding "
                "takes some of them.",
            ),
            Task(
                "it is the limit with SHA-256",
                lambda attempt: _number(attempt) == _RSA_LIMIT,
                "Bytes of the modulus, less two hashes, less two. A SHA-256 hash has 32 bytes, one of SHA-1 has 20.",
            ),
            Task(
                "an RSA_4096 key for encryption exists",
                lambda attempt: attempt.lab.inventory.select(spec=_RSA_SPEC, usage="ENCRYPT_DECRYPT"),
                "create_key takes KeySpec='RSA_4096' and KeyUsage='ENCRYPT_DECRYPT'.",
            ),
            Task(
                "that many bytes were encrypted under it with RSAES_OAEP_SHA_256",
                _encrypted_limit,
                "Call encrypt with EncryptionAlgorithm='RSAES_OAEP_SHA_256' and a plaintext of exactly that size.",
            ),
            Task(
                "one byte more was refused",
                _refused_more,
                "Try exactly one byte more in the same way, and catch the error; the function attempt does that.",
            ),
        ),
        hints=(
            "The formula stands above the bars. Careful with bits and bytes.",
            "limit(4096, 32) computes it; attempt(size, key_id, EncryptionAlgorithm=...) tries a size.",
            "answer = limit(4096, 32), k = kms.create_key(KeySpec='RSA_4096', KeyUsage='ENCRYPT_DECRYPT')"
            "['KeyMetadata']['KeyId'], then attempt(answer, k, EncryptionAlgorithm='RSAES_OAEP_SHA_256'), and the same "
            "with answer + 1",
        ),
    ),
    Exercise(
        number="04.3",
        title="the mistyped context",
        tasks=(
            Task(
                "the note was decrypted with the context that was really used",
                lambda attempt: any(_came_back(attempt, note) for note in _notes(attempt)),
                "Every call with a context logs it. Look at the Encrypt event of notes_key in the trail.",
            ),
            Task(
                "it was re-encrypted from that context to customer = northwind",
                _corrections,
                "re_encrypt needs both: SourceEncryptionContext as it was mistyped, DestinationEncryptionContext as it "
                "should be. Encrypting the note anew would show its plaintext once more than needed.",
            ),
            Task(
                "the new ciphertext was decrypted with the right context",
                _read_corrected,
                "decrypt the CiphertextBlob of the re_encrypt answer with EncryptionContext={'customer': 'northwind'}.",
            ),
        ),
        hints=(
            "Something keeps a record of what each call was given; a section of this lesson finds contexts there.",
            "lab.trail.events(name='Encrypt', key=notes_key)[-1]['requestParameters']['encryptionContext']",
            "With that as wrong: kms.decrypt(CiphertextBlob=note, EncryptionContext=wrong), then kms.re_encrypt("
            "CiphertextBlob=note, SourceEncryptionContext=wrong, DestinationKeyId=notes_key, "
            "DestinationEncryptionContext={'customer': 'northwind'}), then decrypt its CiphertextBlob",
        ),
    ),
)
