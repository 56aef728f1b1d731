"""Exercises of lesson 02: aliases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kmslab import Call
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

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


def _moved(attempt: Attempt, then: Callable[[Call], object] = bool) -> bool:
    """Whether the ledger's alias went from one key to another, and something is true of that call."""
    name, region = _LEDGER
    return any(len(call.keys) == 2 and then(call) for call in _calls(attempt, "UpdateAlias", region, name))


def _after(attempt: Attempt, move: Call, operation: str, which: int, alias_name: str | None = None) -> bool:
    """Whether the ledger's old (0) or new (1) key was used after its alias had moved."""
    calls = _calls(attempt, operation, _LEDGER[1], alias_name)
    return any(call.time > move.time and call.keys[0].arn == move.keys[which].arn for call in calls)


def _had_data(attempt: Attempt, move: Call) -> bool:
    """Whether the ledger's old key had encrypted something before the alias moved."""
    return any(call.time < move.time for call in succeeded(attempt.lab, "Encrypt", move.keys[0].arn))


def _archive_keys(attempt: Attempt) -> tuple[str, str]:
    """The ARNs of the key that the archive's alias was made for and of the one it stands for now; they must differ."""
    name, region = _ARCHIVE
    first = _calls(attempt, "CreateAlias", region, name)[0].keys[0].arn
    now = attempt.lab.inventory.named(name, region)
    if now is None or now.arn == first:
        raise LookupError(f"{name} has not moved")
    return first, now.arn


def _re_encrypted(attempt: Attempt) -> bool:
    calls = _calls(attempt, "ReEncrypt", _ARCHIVE[1])
    return _archive_keys(attempt) in {tuple(key.arn for key in call.keys) for call in calls}


def _retired(attempt: Attempt) -> bool:
    key = attempt.lab.inventory.get(_archive_keys(attempt)[0])
    return key is not None and key.state == "Disabled"


def _read_without_old_key(attempt: Attempt) -> bool:
    first, now = _archive_keys(attempt)
    off = succeeded(attempt.lab, "DisableKey", first)[0]
    return _retired(attempt) and any(call.time > off.time for call in succeeded(attempt.lab, "Decrypt", now))


EXERCISES = (
    Exercise(
        number="02.1",
        title="a name of your own",
        tasks=(
            Task(
                "the alias alias/ledger exists",
                lambda attempt: attempt.lab.inventory.named(_LEDGER[0]),
                "Use create_alias(AliasName='alias/ledger', TargetKeyId=...) with the id of a key that you created.",
            ),
            Task(
                "it stands for a key of eu-west-1",
                lambda attempt: attempt.lab.inventory.named(*_LEDGER),
                "Create both the key and the alias with a client for eu-west-1; each Region has its own aliases.",
            ),
            Task(
                "something was encrypted by that name",
                lambda attempt: _calls(attempt, "Encrypt", _LEDGER[1], _LEDGER[0]),
                "Call encrypt in eu-west-1 with KeyId='alias/ledger'. The key's id works too, but is not asked for.",
            ),
        ),
        hints=(
            "The first cells of this lesson do the same in us-east-1, with another name. You need another client.",
            "boto3.client('kms', region_name='eu-west-1'), then create_key, create_alias and encrypt on it.",
            "k = ireland.create_key()['KeyMetadata']['KeyId'], ireland.create_alias(AliasName='alias/ledger', "
            "TargetKeyId=k), then ireland.encrypt(KeyId='alias/ledger', Plaintext=b'...')['CiphertextBlob']",
        ),
    ),
    Exercise(
        number="02.2",
        title="the ledger gets a new key",
        tasks=(
            Task(
                "alias/ledger was pointed at another key with update_alias",
                _moved,
                "Create another key in eu-west-1 and use update_alias. With delete_alias and create_alias there would "
                "be a moment without any key.",
            ),
            Task(
                "something new was encrypted by the alias, under the new key",
                lambda attempt: _moved(attempt, lambda move: _after(attempt, move, "Encrypt", 1, _LEDGER[0])),
                "After update_alias, call encrypt with KeyId='alias/ledger'.",
            ),
            Task(
                "an old ciphertext was decrypted after that",
                lambda attempt: _moved(
                    attempt, lambda move: _had_data(attempt, move) and _after(attempt, move, "Decrypt", 0)
                ),
                "Decrypt what you encrypted in 02.1, and name no key, or the old key: the alias now means the new one.",
            ),
            Task(
                "a new ciphertext was decrypted too",
                lambda attempt: _moved(attempt, lambda move: _after(attempt, move, "Decrypt", 1)),
                "Hand the new CiphertextBlob to decrypt, with the client for eu-west-1.",
            ),
        ),
        hints=(
            "It is what the application went through above. Everything happens with the client for eu-west-1.",
            "create_key, update_alias(AliasName=..., TargetKeyId=...), encrypt by the alias, decrypt twice.",
            "ireland.update_alias(AliasName='alias/ledger', TargetKeyId=new_key), c = ireland.encrypt(KeyId="
            "'alias/ledger', Plaintext=b'...')['CiphertextBlob'], then ireland.decrypt(CiphertextBlob=...) for the "
            "ciphertext of 02.1 and for c",
        ),
    ),
    Exercise(
        number="02.3",
        title="move and retire",
        tasks=(
            Task(
                "alias/archive stands for a new key",
                _archive_keys,
                "Create a key with the client for us-west-2 and use update_alias.",
            ),
            Task(
                "the document was moved from the old key to the new one with ReEncrypt",
                _re_encrypted,
                "re_encrypt(CiphertextBlob=minutes, DestinationKeyId=...) does it; decrypt and encrypt would bring the "
                "plaintext to your computer. Nothing can be moved from a key that is disabled already.",
            ),
            Task(
                "the old key is disabled",
                _retired,
                "disable_key takes a key id or key ARN, no alias. re_encrypt has told you the old key: SourceKeyId. "
                "Disabled is enough; a scheduled deletion can be taken back with cancel_key_deletion.",
            ),
            Task(
                "the moved document was decrypted after that",
                _read_without_old_key,
                "Hand the CiphertextBlob that re_encrypt returned to decrypt, once the old key is off.",
            ),
        ),
        hints=(
            "The section on moving a ciphertext does the steps, in us-east-1. The order of the steps matters.",
            "create_key, update_alias, re_encrypt, disable_key, decrypt. The answer of re_encrypt names both keys.",
            "r = oregon.re_encrypt(CiphertextBlob=minutes, DestinationKeyId='alias/archive'), then "
            "oregon.disable_key(KeyId=r['SourceKeyId']) and oregon.decrypt(CiphertextBlob=r['CiphertextBlob'])",
        ),
    ),
)
