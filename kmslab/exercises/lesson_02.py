"""Exercises of lesson 02: aliases.

More than 300 lines, because each of the usual mistakes gets a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kmslab import Call
from kmslab.exercises.evidence import base64_size, failed, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

#: An alias name and the Region it is asked for in.
_LEDGER = ("alias/ledger", "eu-west-1")
_ARCHIVE = ("alias/archive", "us-west-2")


def _calls(attempt: Attempt, operation: str, region: str, alias_name: str | None = None) -> Sequence[Call]:
    """The successful calls of an operation in a Region; with an alias, only those that name it, or are about it."""
    return [
        call
        for call in succeeded(attempt.lab, operation)
        if call.region == region and (alias_name is None or _names(call, alias_name))
    ]


def _names(call: Call, alias_name: str) -> bool:
    asked = call.alias_arn or str(call.params.get("KeyId", ""))
    return asked == alias_name or asked.endswith(f":{alias_name}")


def _refused(attempt: Attempt, operation: str, error_code: str, **params: str) -> bool:
    """Whether a call with these parameters was answered with this error."""
    calls = failed(attempt.lab, operation, error_code)
    return any(params.items() <= call.params.items() for call in calls)


# --- 02.1 ---


def _without_prefix(attempt: Attempt) -> bool:
    return _refused(attempt, "CreateAlias", "ValidationException", AliasName="ledger")


def _for_a_key_elsewhere(attempt: Attempt) -> bool:
    return _refused(attempt, "CreateAlias", "NotFoundException", AliasName=_LEDGER[0])


def _nearly_named(attempt: Attempt) -> bool:
    names = [name for key in attempt.lab.inventory for name in key.aliases]
    return any("ledger" in name.lower() for name in names if name != _LEDGER[0])


def _by_key_id(attempt: Attempt) -> bool:
    """Whether the ledger's key was used by its own name."""
    key = attempt.lab.inventory.named(*_LEDGER)
    return key is not None and bool(succeeded(attempt.lab, "Encrypt", key.arn))


def _by_half_a_name(attempt: Attempt) -> bool:
    return _refused(attempt, "Encrypt", "NotFoundException", KeyId="ledger")


def _by_name_elsewhere(attempt: Attempt) -> bool:
    return _refused(attempt, "Encrypt", "NotFoundException", KeyId=_LEDGER[0])


# --- 02.2 ---


def _moved(attempt: Attempt, then: Callable[[Call], object] = bool) -> bool:
    """Whether the ledger's alias went from one key to another, and something is true of that call."""
    name, region = _LEDGER
    return any(len(call.keys) == 2 and then(call) for call in _calls(attempt, "UpdateAlias", region, name))


def _after(attempt: Attempt, move: Call, operation: str, keys: set[str], alias_name: str | None = None) -> bool:
    """Whether one of these keys of the ledger was used after its alias had moved."""
    calls = _calls(attempt, operation, _LEDGER[1], alias_name)
    return any(call.time > move.time and call.keys[0].arn in keys for call in calls)


def _new_key(move: Call) -> set[str]:
    return {move.keys[1].arn}


def _old_keys(attempt: Attempt, move: Call) -> set[str]:
    """The keys that the alias had stood for before it moved: more than one where it was deleted and made again."""
    name, region = _LEDGER
    made = [call for each in ("CreateAlias", "UpdateAlias") for call in _calls(attempt, each, region, name)]
    before = {key.arn for call in made if call.time < move.time for key in call.keys}
    return (before | {move.keys[0].arn}) - _new_key(move)


def _had_data(attempt: Attempt, move: Call) -> bool:
    """Whether an old key of the ledger had encrypted something before the alias moved."""
    keys = _old_keys(attempt, move)
    return any(call.time < move.time for key in keys for call in succeeded(attempt.lab, "Encrypt", key))


def _was_decrypted(attempt: Attempt, move: Call) -> bool:
    """Whether a ciphertext of an old key was decrypted at any time."""
    return any(succeeded(attempt.lab, "Decrypt", key) for key in _old_keys(attempt, move))


def _deleted_in_between(attempt: Attempt) -> bool:
    return bool(_calls(attempt, "DeleteAlias", _LEDGER[1], _LEDGER[0]))


def _created_again(attempt: Attempt) -> bool:
    return _refused(attempt, "CreateAlias", "AlreadyExistsException", AliasName=_LEDGER[0])


def _moved_to_itself(attempt: Attempt) -> bool:
    calls = _calls(attempt, "UpdateAlias", _LEDGER[1], _LEDGER[0])
    return any(len({key.arn for key in call.keys}) == 1 for call in calls)


def _decrypted_by_alias(attempt: Attempt) -> bool:
    calls = failed(attempt.lab, "Decrypt", "IncorrectKeyException")
    return any(call.region == _LEDGER[1] and _names(call, _LEDGER[0]) for call in calls)


# --- 02.3 ---


def _first_archive_key(attempt: Attempt) -> str:
    """The ARN of the key that the archive's alias was made for."""
    name, region = _ARCHIVE
    return _calls(attempt, "CreateAlias", region, name)[0].keys[0].arn


def _archive_keys(attempt: Attempt) -> tuple[str, str]:
    """The archive's first key and the one that its alias stands for now, as ARNs; they must differ."""
    name, region = _ARCHIVE
    first = _first_archive_key(attempt)
    now = attempt.lab.inventory.named(name, region)
    if now is None or now.arn == first:
        raise LookupError(f"{name} has not moved")
    return first, now.arn


def _re_encryptions(attempt: Attempt) -> Sequence[Call]:
    calls = _calls(attempt, "ReEncrypt", _ARCHIVE[1])
    return [call for call in calls if tuple(key.arn for key in call.keys) == _archive_keys(attempt)]


def _re_encrypted_too_early(attempt: Attempt) -> bool:
    """Whether the document came back under the key that it had."""
    calls = succeeded(attempt.lab, "ReEncrypt", _first_archive_key(attempt))
    return any({key.arn for key in call.keys} == {_first_archive_key(attempt)} for call in calls)


def _re_encrypted_too_late(attempt: Attempt) -> bool:
    return any(call.region == _ARCHIVE[1] for call in failed(attempt.lab, "ReEncrypt", "DisabledException"))


def _seen_in_clear(attempt: Attempt) -> bool:
    first, now = _archive_keys(attempt)
    return bool(succeeded(attempt.lab, "Decrypt", first) and succeeded(attempt.lab, "Encrypt", now))


def _state(attempt: Attempt, which: int) -> str:
    key = attempt.lab.inventory.get(_archive_keys(attempt)[which])
    return key.state if key else ""


def _retired(attempt: Attempt) -> bool:
    return _state(attempt, 0) == "Disabled"


def _switched_off_by_alias(attempt: Attempt) -> bool:
    return _refused(attempt, "DisableKey", "InvalidArnException", KeyId=_ARCHIVE[0])


def _readings(attempt: Attempt) -> Sequence[Call]:
    """The decryptions of a ciphertext under the new key that is as long as the moved document."""
    # Encrypted again under another key, it keeps its length.
    sizes = {base64_size(call, "CiphertextBlob") for call in _re_encryptions(attempt)}
    calls = succeeded(attempt.lab, "Decrypt", _archive_keys(attempt)[1])
    return [call for call in calls if base64_size(call, "CiphertextBlob") in sizes]


def _read_without_old_key(attempt: Attempt) -> bool:
    off = succeeded(attempt.lab, "DisableKey", _archive_keys(attempt)[0])[0]
    return _retired(attempt) and any(call.time > off.time for call in _readings(attempt))


def _read_the_old_one(attempt: Attempt) -> bool:
    return any(call.region == _ARCHIVE[1] for call in failed(attempt.lab, "Decrypt", "DisabledException"))


EXERCISES = (
    Exercise(
        number="02.1",
        title="a name of your own",
        tasks=(
            Task(
                "the alias alias/ledger exists",
                lambda attempt: attempt.lab.inventory.named(_LEDGER[0]),
                by_mistake(
                    "Use create_alias(AliasName='alias/ledger', TargetKeyId=...) with the id of a key that you "
                    "created.",
                    (
                        _for_a_key_elsewhere,
                        "KMS did not find the key that the alias was to stand for: key and alias must be of one "
                        "Region. Make both with the client for eu-west-1.",
                    ),
                    (_without_prefix, "The name is alias/ledger: the alias/ in front is part of it."),
                    (
                        _nearly_named,
                        "There is an alias with nearly that name. An alias cannot be renamed; make one that is called "
                        "exactly alias/ledger.",
                    ),
                ),
            ),
            Task(
                "it stands for a key of eu-west-1",
                lambda attempt: attempt.lab.inventory.named(*_LEDGER),
                by_mistake(
                    "Create both the key and the alias with a client for eu-west-1; each Region has its own aliases.",
                    (
                        lambda attempt: attempt.lab.inventory.named(_LEDGER[0]),
                        "Your alias is one of another Region, and so is its key. The same name is still free in "
                        "eu-west-1: make a key and the alias there.",
                    ),
                ),
            ),
            Task(
                "something was encrypted by that name",
                lambda attempt: _calls(attempt, "Encrypt", _LEDGER[1], _LEDGER[0]),
                by_mistake(
                    "Call encrypt with the client for eu-west-1 and KeyId='alias/ledger'.",
                    (
                        _by_key_id,
                        "You have used the right key, by its own id. The program is to know only the name: "
                        "KeyId='alias/ledger'.",
                    ),
                    (_by_half_a_name, "Without alias/ in front, KMS takes the name for a key id: 'alias/ledger'."),
                    (
                        _by_name_elsewhere,
                        "You have asked by that name in a Region that does not have it. Use the client for eu-west-1.",
                    ),
                ),
            ),
        ),
        hints=(
            "The first cells of this lesson do the same in us-east-1, with another name. You need another client.",
            "boto3.client('kms', region_name='eu-west-1'), then create_key, create_alias and encrypt on it.",
            "# Four lines:\n"
            "ireland = boto3.client('kms', region_name='eu-west-1')\n"
            "ledger_key = ireland.create_key()['KeyMetadata']['KeyId']\n"
            "ireland.create_alias(AliasName='alias/ledger', TargetKeyId=ledger_key)\n"
            "page_one = ireland.encrypt(KeyId='alias/ledger', Plaintext=b'page 1')['CiphertextBlob']",
        ),
    ),
    Exercise(
        number="02.2",
        title="the ledger gets a new key",
        tasks=(
            Task(
                "alias/ledger was pointed at another key with update_alias",
                _moved,
                by_mistake(
                    "Create another key in eu-west-1 and call update_alias(AliasName='alias/ledger', TargetKeyId=...).",
                    (
                        _deleted_in_between,
                        "With delete_alias and create_alias there was a moment without any key. Do it again, with one "
                        "more key and update_alias.",
                    ),
                    (_moved_to_itself, "The alias stands for the key that it stood for before. Take another key."),
                    (_created_again, "create_alias makes new names, and this one exists. update_alias moves it."),
                ),
            ),
            Task(
                "something new was encrypted by the alias, under the new key",
                lambda attempt: _moved(
                    attempt, lambda move: _after(attempt, move, "Encrypt", _new_key(move), _LEDGER[0])
                ),
                by_mistake(
                    "After update_alias, call encrypt with KeyId='alias/ledger'.",
                    (
                        lambda attempt: _moved(attempt, lambda move: _after(attempt, move, "Encrypt", _new_key(move))),
                        "You have named the new key itself. The ledger knows only the name: KeyId='alias/ledger'.",
                    ),
                ),
            ),
            Task(
                "an old ciphertext was decrypted after that",
                lambda attempt: _moved(
                    attempt,
                    lambda move: (
                        _had_data(attempt, move) and _after(attempt, move, "Decrypt", _old_keys(attempt, move))
                    ),
                ),
                by_mistake(
                    "When the alias has moved, decrypt what you encrypted in 02.1, and name no key.",
                    (
                        lambda attempt: _moved(attempt) and not _moved(attempt, lambda move: _had_data(attempt, move)),
                        "Nothing had been encrypted under the old key before its alias moved, so there is no old data. "
                        "Encrypt something by the alias now, then move the alias to one more key.",
                    ),
                    (
                        _decrypted_by_alias,
                        "You have named alias/ledger on decrypt, and the alias now means the new key. Name no key, or "
                        "the old one; the ciphertext knows.",
                    ),
                    (
                        lambda attempt: _moved(attempt, lambda move: _was_decrypted(attempt, move)),
                        "You decrypted it before the alias moved. That proves nothing yet: do it once more.",
                    ),
                ),
            ),
            Task(
                "a new ciphertext was decrypted too",
                lambda attempt: _moved(attempt, lambda move: _after(attempt, move, "Decrypt", _new_key(move))),
                "Hand the new CiphertextBlob to decrypt, with the client for eu-west-1.",
            ),
        ),
        hints=(
            "It is what the shop went through above. Everything happens with the client for eu-west-1.",
            "create_key, update_alias(AliasName=..., TargetKeyId=...), encrypt by the alias, decrypt twice.",
            "# With ireland and page_one, the client and the ciphertext of 02.1:\n"
            "next_key = ireland.create_key()['KeyMetadata']['KeyId']\n"
            "ireland.update_alias(AliasName='alias/ledger', TargetKeyId=next_key)\n"
            "page_two = ireland.encrypt(KeyId='alias/ledger', Plaintext=b'page 2')['CiphertextBlob']\n"
            "ireland.decrypt(CiphertextBlob=page_one)\n"
            "ireland.decrypt(CiphertextBlob=page_two)",
        ),
    ),
    Exercise(
        number="02.3",
        title="move and retire",
        tasks=(
            Task(
                "alias/archive stands for a new key",
                _archive_keys,
                by_mistake(
                    "Create a key with the client for us-west-2 and use update_alias.",
                    (
                        lambda attempt: _refused(attempt, "UpdateAlias", "NotFoundException", AliasName=_ARCHIVE[0]),
                        "KMS did not find the alias, or the key that you gave. Both are of us-west-2: make the key "
                        "with oregon and call update_alias on it too.",
                    ),
                    (
                        lambda attempt: _calls(attempt, "DeleteAlias", _ARCHIVE[1], _ARCHIVE[0]),
                        "alias/archive is gone. Create it for the new key; next time update_alias does it in one step.",
                    ),
                ),
            ),
            Task(
                "the document was moved from the old key to the new one with ReEncrypt",
                _re_encryptions,
                by_mistake(
                    "re_encrypt(CiphertextBlob=minutes, DestinationKeyId='alias/archive') does it, once the alias "
                    "stands for the new key.",
                    (
                        _re_encrypted_too_late,
                        "Nothing can be moved from a key that is disabled. enable_key, then re_encrypt, then disable "
                        "it again.",
                    ),
                    (
                        _re_encrypted_too_early,
                        "alias/archive still stood for the old key, so the document came back under that one. Move the "
                        "alias first, then call re_encrypt again.",
                    ),
                    (
                        _seen_in_clear,
                        "With decrypt and encrypt the plaintext was on your computer. re_encrypt keeps it inside KMS.",
                    ),
                ),
            ),
            Task(
                "the old key is disabled",
                _retired,
                by_mistake(
                    "disable_key(KeyId=...) with the old key's id. re_encrypt has told you which it is: SourceKeyId.",
                    (
                        lambda attempt: _state(attempt, 1) == "Disabled",
                        "You have disabled the new key, which is in use. Enable it again; the old one is the "
                        "SourceKeyId of re_encrypt's answer.",
                    ),
                    (
                        lambda attempt: _state(attempt, 0) == "PendingDeletion",
                        "Disabled is enough and can be undone for ever; a deletion cannot. Take it back with "
                        "cancel_key_deletion, which leaves the key disabled.",
                    ),
                    (
                        _switched_off_by_alias,
                        "disable_key takes no alias, and this one means the new key now. Name the old key: "
                        "SourceKeyId in re_encrypt's answer.",
                    ),
                ),
            ),
            Task(
                "the moved document was decrypted after that",
                _read_without_old_key,
                by_mistake(
                    "Hand the CiphertextBlob that re_encrypt returned to decrypt, once the old key is off.",
                    (
                        _read_the_old_one,
                        "That was the ciphertext from before: it still needs the old key. Decrypt the CiphertextBlob "
                        "in re_encrypt's answer.",
                    ),
                    (
                        lambda attempt: _retired(attempt) and _readings(attempt),
                        "You decrypted it while the old key was still on. That proves nothing yet: do it once more.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section on moving a ciphertext does the steps, in us-east-1. The order of the steps matters.",
            "create_key, update_alias, re_encrypt, disable_key, decrypt. The answer of re_encrypt names both keys.",
            "# The order matters:\n"
            "fresh_key = oregon.create_key()['KeyMetadata']['KeyId']\n"
            "oregon.update_alias(AliasName='alias/archive', TargetKeyId=fresh_key)\n"
            "result = oregon.re_encrypt(CiphertextBlob=minutes, DestinationKeyId='alias/archive')\n"
            "oregon.disable_key(KeyId=result['SourceKeyId'])\n"
            "oregon.decrypt(CiphertextBlob=result['CiphertextBlob'])",
        ),
    ),
)
