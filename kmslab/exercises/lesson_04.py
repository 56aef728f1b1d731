"""Exercises of lesson 04: the 4 KB limit.

More than 300 lines, because each of the usual mistakes gets a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from kmslab import Call
from kmslab.exercises.evidence import base64_size, failed, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

#: The largest plaintext under a symmetric key, in bytes.
_SYMMETRIC_LIMIT = 4096

_RSA_SPEC, _RSA_ALGORITHM = "RSA_4096", "RSAES_OAEP_SHA_256"
_MODULUS_SIZE = 4096 // 8
#: Two SHA-256 hashes and two bytes are the padding's.
_RSA_LIMIT = _MODULUS_SIZE - 2 * 32 - 2

_PAIR = ("exercise", "04.1")
_RIGHT = {"customer": "northwind"}

#: What may be true of a call.
OfCall = Callable[[Call], object]


def _characters(size: int) -> int:
    return 4 * ceil(size / 3)


def _context(call: Call, member: str = "EncryptionContext") -> Mapping[str, Any]:
    return call.params.get(member) or {}


# --- 04.1 ---


def _filled(attempt: Attempt, *tests: OfCall) -> list[Call]:
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


def _nearly_the_pair(attempt: Attempt) -> bool:
    contexts = [_context(call) for call in succeeded(attempt.lab, "Encrypt")]
    return any(name.strip().lower() == _PAIR[0] for context in contexts for name in context)


def _over_the_brim(attempt: Attempt) -> bool:
    calls = failed(attempt.lab, "Encrypt", "ValidationException")
    return any(
        _PAIR in _context(call).items() and base64_size(call, "Plaintext") >= _characters(_SYMMETRIC_LIMIT)
        for call in calls
    )


def _opened_in_vain(attempt: Attempt) -> bool:
    """Whether a decryption was refused after something full had been encrypted, as it is with another context."""
    refused = failed(attempt.lab, "Decrypt", "InvalidCiphertextException")
    full = _filled(attempt, _is_full)
    return any(other.time > call.time and _context(other) != _context(call) for call in full for other in refused)


# --- 04.2 ---


def _number(attempt: Attempt) -> float:
    # The number 446 and the text '446' are both fine; 446.5 is not to become 446.
    return float(attempt.answer)


def _is_rsa_call(call: Call) -> bool:
    wanted = call.params.get("EncryptionAlgorithm") == _RSA_ALGORITHM
    return wanted and bool(call.keys) and call.keys[0].spec == _RSA_SPEC


def _rsa_encryptions(attempt: Attempt) -> list[Call]:
    return [call for call in succeeded(attempt.lab, "Encrypt") if _is_rsa_call(call)]


def _encrypted_limit(attempt: Attempt) -> bool:
    calls = _rsa_encryptions(attempt)
    return any(base64_size(call, "Plaintext") == _characters(_RSA_LIMIT) for call in calls)


def _with_another_algorithm(attempt: Attempt) -> bool:
    calls = [call for call in succeeded(attempt.lab, "Encrypt") if call.keys[0].spec == _RSA_SPEC]
    return any(not _is_rsa_call(call) for call in calls)


def _refused_at_all(attempt: Attempt) -> bool:
    return any(_is_rsa_call(call) for call in failed(attempt.lab, "Encrypt", "ValidationException"))


def _refused_more(attempt: Attempt) -> bool:
    # One byte more takes as many characters as the limit itself, and of the three sizes that do it alone is refused.
    calls = [call for call in failed(attempt.lab, "Encrypt", "ValidationException") if _is_rsa_call(call)]
    return any(base64_size(call, "Plaintext") == _characters(_RSA_LIMIT + 1) for call in calls)


# --- 04.3 ---


def _notes(attempt: Attempt) -> list[Call]:
    """Tom's Encrypt calls."""
    keys = [key.arn for key in attempt.lab.inventory if key.description == "notes"]
    calls = [call for arn in keys for call in succeeded(attempt.lab, "Encrypt", arn)]
    return [call for call in calls if set(_context(call)) == set(_RIGHT) and _context(call) != _RIGHT]


def _corrections(attempt: Attempt) -> list[Call]:
    """The ReEncrypt calls from one of Tom's contexts to the right one."""
    mistyped = [(note.keys[0].arn, _context(note)) for note in _notes(attempt)]
    return [
        call
        for call in succeeded(attempt.lab, "ReEncrypt")
        if (call.keys[0].arn, _context(call, "SourceEncryptionContext")) in mistyped
        and _context(call, "DestinationEncryptionContext") == _RIGHT
    ]


def _tried_as_meant(attempt: Attempt) -> bool:
    """Whether decrypt was called with the right context more often than the lesson does."""
    refused = failed(attempt.lab, "Decrypt", "InvalidCiphertextException")
    return len([call for call in refused if _context(call) == _RIGHT]) > len(_notes(attempt))


def _tried_without_context(attempt: Attempt) -> bool:
    keys = {note.keys[0].arn for note in _notes(attempt)}
    refused = failed(attempt.lab, "Decrypt", "InvalidCiphertextException")
    return any(not _context(call) and {key.arn for key in call.keys} & keys for call in refused)


def _re_encrypted(attempt: Attempt) -> list[Call]:
    """The ReEncrypt calls from Tom's key."""
    return [call for note in _notes(attempt) for call in succeeded(attempt.lab, "ReEncrypt", note.keys[0].arn)]


def _encrypted_anew(attempt: Attempt) -> bool:
    return any(_context(call) == _RIGHT for call in succeeded(attempt.lab, "Encrypt"))


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
                by_mistake(
                    "encrypt takes EncryptionContext={'exercise': '04.1', ...}. Both key and value are texts.",
                    (
                        _over_the_brim,
                        "KMS has refused it: that was more than it takes. The first experiment of this lesson shows "
                        "the largest size.",
                    ),
                    (
                        _nearly_the_pair,
                        "There is a pair that is nearly right. Names and values count to the letter: "
                        "'exercise': '04.1'.",
                    ),
                ),
            ),
            Task(
                "the context has a pair of your own as well",
                lambda attempt: _filled(attempt, _has_own_pair),
                by_mistake(
                    "Besides exercise = 04.1 the context is to have one more pair, in the same dictionary.",
                    (
                        _filled,
                        "The pair of the exercise is alone. Add a second one to the same dictionary; it may say "
                        "anything that is no secret.",
                    ),
                ),
            ),
            Task(
                "the plaintext was as large as it can be",
                lambda attempt: _filled(attempt, _has_own_pair, _is_full),
                by_mistake(
                    "The first experiment of this lesson shows the largest size. b'y' * 10 is ten bytes.",
                    (
                        lambda attempt: _filled(attempt, _is_full),
                        "The size is right, and its context has the pair of the exercise alone. Encrypt as much once "
                        "more, with both pairs.",
                    ),
                    (
                        _over_the_brim,
                        "One of your plaintexts was too large and was refused, and the ones that were taken have room "
                        "left. The first experiment shows the size between.",
                    ),
                    (
                        lambda attempt: _filled(attempt, _has_own_pair),
                        "KMS took it, and there was room for more. 4 KB are not 4000 bytes; look at the first "
                        "experiment.",
                    ),
                ),
            ),
            Task(
                "and it was decrypted with the same context",
                lambda attempt: any(_came_back(attempt, call) for call in _filled(attempt, _has_own_pair, _is_full)),
                by_mistake(
                    "Give decrypt the ciphertext and exactly the EncryptionContext that encrypt was given.",
                    (
                        _opened_in_vain,
                        "decrypt was refused: it got no context, or not all of its pairs. Hand it the same dictionary "
                        "that encrypt got.",
                    ),
                ),
            ),
        ),
        hints=(
            "The first experiment of this lesson shows the largest size, the section on the context how to bind one.",
            "encrypt(KeyId=..., Plaintext=b'y' * ..., EncryptionContext={...}), then decrypt with the same context.",
            "# As large as it can be, and with a pair of your own:\n"
            "mine = {'exercise': '04.1', 'author': 'me'}\n"
            "full = kms.encrypt(KeyId=symmetric_key['KeyId'], Plaintext=b'y' * 4096,\n"
            "    EncryptionContext=mine)['CiphertextBlob']\n"
            "kms.decrypt(CiphertextBlob=full, EncryptionContext=mine)",
        ),
    ),
    Exercise(
        number="04.2",
        title="the limit of RSA_4096",
        tasks=(
            Task(
                "a number of bytes was handed over that leaves room for the padding",
                lambda attempt: 0 < _number(attempt) < _MODULUS_SIZE - 2,
                by_mistake(
                    "Hand the number over: check('04.2', answer). It is the result of the formula above the bars.",
                    (
                        lambda attempt: _number(attempt) == _SYMMETRIC_LIMIT,
                        "4096 is the limit of a symmetric key in bytes, and the modulus of this one in bits. How many "
                        "bytes are 4096 bits?",
                    ),
                    (
                        lambda attempt: _number(attempt) > _MODULUS_SIZE,
                        "More than the modulus has bytes: 4096 bits are 512 bytes.",
                    ),
                    (
                        lambda attempt: _number(attempt) >= _MODULUS_SIZE - 2,
                        "That would fill the modulus. The padding needs room too: two hashes and two bytes.",
                    ),
                ),
            ),
            Task(
                "it is the limit with SHA-256",
                lambda attempt: _number(attempt) == _RSA_LIMIT,
                by_mistake(
                    "Bytes of the modulus, less two hashes of 32 bytes, less two.",
                    (
                        lambda attempt: _number(attempt) == _MODULUS_SIZE - 2 * 20 - 2,
                        "That is the limit with SHA-1, whose hashes have 20 bytes. A SHA-256 hash has 32.",
                    ),
                    (
                        lambda attempt: _number(attempt) in (190, 214, 318, 342),
                        "That is the limit of a smaller RSA key. RSA_4096 has a modulus of 512 bytes.",
                    ),
                    (
                        lambda attempt: _number(attempt) == _RSA_LIMIT + 1,
                        "That is the first size that is refused. The limit is the largest one that is taken.",
                    ),
                    (
                        lambda attempt: _number(attempt) == _MODULUS_SIZE - 32 - 2,
                        "The padding needs room for two hashes, and you have taken off one.",
                    ),
                    (
                        lambda attempt: _number(attempt) == _MODULUS_SIZE - 2 * 32,
                        "Two bytes more: the formula ends with less two.",
                    ),
                ),
            ),
            Task(
                "an RSA_4096 key for encryption exists",
                lambda attempt: attempt.lab.inventory.select(spec=_RSA_SPEC, usage="ENCRYPT_DECRYPT"),
                by_mistake(
                    "create_key takes KeySpec='RSA_4096' and KeyUsage='ENCRYPT_DECRYPT'.",
                    (
                        lambda attempt: attempt.lab.inventory.select(spec=_RSA_SPEC),
                        "Your RSA_4096 key is for signatures, and a key's usage never changes. Make another, with "
                        "KeyUsage='ENCRYPT_DECRYPT'.",
                    ),
                ),
            ),
            Task(
                "that many bytes were encrypted under it with RSAES_OAEP_SHA_256",
                _encrypted_limit,
                by_mistake(
                    "Call encrypt with EncryptionAlgorithm='RSAES_OAEP_SHA_256' and a plaintext of exactly that size.",
                    (
                        _rsa_encryptions,
                        "Something was encrypted with it, of another size. Take as many bytes as your answer says.",
                    ),
                    (
                        _with_another_algorithm,
                        "It was another algorithm, and each has its own limit. Name "
                        "EncryptionAlgorithm='RSAES_OAEP_SHA_256'.",
                    ),
                ),
            ),
            Task(
                "one byte more was refused",
                _refused_more,
                by_mistake(
                    "Try exactly one byte more in the same way, and catch the error; the function attempt does that.",
                    (
                        _refused_at_all,
                        "A larger size was refused, which leaves a gap. Try exactly one byte more than the limit.",
                    ),
                ),
            ),
        ),
        hints=(
            "The formula stands above the bars. Careful with bits and bytes.",
            "limit(4096, 32) computes it; attempt(size, key_id, EncryptionAlgorithm=...) tries a size.",
            "# With the lesson's own limit and attempt:\n"
            "answer = limit(4096, 32)\n"
            "largest = kms.create_key(KeySpec='RSA_4096', KeyUsage='ENCRYPT_DECRYPT')['KeyMetadata']['KeyId']\n"
            "for size in (answer, answer + 1):\n"
            "    print(size, attempt(size, largest, EncryptionAlgorithm='RSAES_OAEP_SHA_256'))",
        ),
    ),
    Exercise(
        number="04.3",
        title="the mistyped context",
        tasks=(
            Task(
                "the note was decrypted with the context that was really used",
                lambda attempt: any(_came_back(attempt, note) for note in _notes(attempt)),
                by_mistake(
                    "Every call with a context logs it. Look at the Encrypt event of notes_key in the trail.",
                    (
                        _tried_without_context,
                        "decrypt was called without a context. The note has one, with a slip in it: the Encrypt event "
                        "of notes_key in the trail says which.",
                    ),
                    (
                        _tried_as_meant,
                        "You have tried the context that was meant. The note needs the one that was typed; the Encrypt "
                        "event of notes_key in the trail has it, slip and all.",
                    ),
                ),
            ),
            Task(
                "it was re-encrypted from that context to customer = northwind",
                _corrections,
                by_mistake(
                    "re_encrypt needs both: SourceEncryptionContext as it was mistyped, DestinationEncryptionContext "
                    "as it should be.",
                    (
                        lambda attempt: any(
                            not _context(call, "DestinationEncryptionContext") for call in _re_encrypted(attempt)
                        ),
                        "re_encrypt was given no DestinationEncryptionContext, so the new ciphertext has none. Call it "
                        "again with {'customer': 'northwind'}.",
                    ),
                    (
                        _re_encrypted,
                        "The new ciphertext got another context. DestinationEncryptionContext must be "
                        "{'customer': 'northwind'}.",
                    ),
                    (
                        lambda attempt: failed(attempt.lab, "ReEncrypt", "InvalidCiphertextException"),
                        "re_encrypt was refused: SourceEncryptionContext must be the mistyped context, with which the "
                        "note can be decrypted.",
                    ),
                    (
                        _encrypted_anew,
                        "The note was encrypted anew, which needs its plaintext on your computer. re_encrypt does it "
                        "inside KMS.",
                    ),
                ),
            ),
            Task(
                "the new ciphertext was decrypted with the right context",
                _read_corrected,
                by_mistake(
                    "decrypt the CiphertextBlob of the re_encrypt answer with EncryptionContext="
                    "{'customer': 'northwind'}.",
                    (
                        lambda attempt: _corrections(attempt) and _tried_as_meant(attempt),
                        "The right context was refused, so it was the old ciphertext. re_encrypt does not change note; "
                        "decrypt the CiphertextBlob in its answer.",
                    ),
                ),
            ),
        ),
        hints=(
            "Something keeps a record of what each call was given; a section of this lesson finds contexts there.",
            "lab.trail.events(name='Encrypt', key=notes_key)[-1]['requestParameters']['encryptionContext']",
            "# From the trail to the corrected note:\n"
            "event = lab.trail.events(name='Encrypt', key=notes_key)[-1]\n"
            "wrong, right = event['requestParameters']['encryptionContext'], {'customer': 'northwind'}\n"
            "kms.decrypt(CiphertextBlob=note, EncryptionContext=wrong)\n"
            "corrected = kms.re_encrypt(\n"
            "    CiphertextBlob=note, DestinationKeyId=notes_key,\n"
            "    SourceEncryptionContext=wrong, DestinationEncryptionContext=right,\n"
            ")['CiphertextBlob']\n"
            "kms.decrypt(CiphertextBlob=corrected, EncryptionContext=right)",
        ),
    ),
)
