"""Exercises of lesson 00: start."""

from __future__ import annotations

from collections.abc import Sequence

from kmslab import Call
from kmslab.exercises.evidence import failed, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

_REGION, _DESCRIPTION = "eu-west-1", "start"
#: Where Tom's script runs; nothing else in the lesson calls this Region.
_TOMS_REGION, _TOMS_KEY = "eu-central-1", "Tom"


def _own_keys(attempt: Attempt) -> list[str]:
    """The ARNs of the keys of 00.1: one, or more if its cell was run again."""
    keys = attempt.lab.inventory.select(region=_REGION)
    return [key.arn for key in keys if key.description == _DESCRIPTION]


def _second_key(attempt: Attempt) -> bool:
    return len([key for key in attempt.lab.inventory if key.description != _TOMS_KEY]) >= 2


def _elsewhere(attempt: Attempt) -> bool:
    """Whether a key has the description, in another Region."""
    return any(key.description == _DESCRIPTION and key.region != _REGION for key in attempt.lab.inventory)


def _other_description(attempt: Attempt) -> bool:
    """Whether a key of the right Region has a description, and another one."""
    return any(key.description for key in attempt.lab.inventory.select(region=_REGION))


def _used(attempt: Attempt, operation: str) -> bool:
    return any(succeeded(attempt.lab, operation, key_arn) for key_arn in _own_keys(attempt))


def _wrong_door(attempt: Attempt) -> bool:
    """Whether encrypt was called for the key in a Region where it does not exist."""
    names = {name for key_arn in _own_keys(attempt) for name in (key_arn, key_arn.rpartition("/")[2])}
    refused = failed(attempt.lab, "Encrypt", "NotFoundException")
    return any(call.params.get("KeyId") in names and call.region != _REGION for call in refused)


def _under_another_key(attempt: Attempt) -> bool:
    """Whether more was encrypted than the lesson and Tom have encrypted."""
    return len([call for call in succeeded(attempt.lab, "Encrypt") if call.region != _TOMS_REGION]) > 1


def _refused_elsewhere(attempt: Attempt) -> Sequence[Call]:
    """The decryptions that another Region has refused, as it does with a ciphertext of another Region's key."""
    calls = failed(attempt.lab, "Decrypt", "AccessDeniedException")
    return [call for call in calls if call.region != _REGION]


def _text(attempt: Attempt) -> str:
    return str(attempt.answer).strip()


def _error_codes(attempt: Attempt, region: str | None = None) -> set[str]:
    events = [event for event in attempt.lab.trail if "errorCode" in event]
    return {event["errorCode"] for event in events if region in (None, event["awsRegion"])}


def _toms_codes(attempt: Attempt) -> set[str]:
    return _error_codes(attempt, _TOMS_REGION)


EXERCISES = (
    Exercise(
        number="00.1",
        title="your own key",
        tasks=(
            Task(
                "a second key exists",
                _second_key,
                "So far there is only the key of the lesson; create_key makes another.",
            ),
            Task(
                "it lives in eu-west-1",
                lambda attempt: attempt.lab.inventory.select(region=_REGION),
                by_mistake(
                    "A key lives in the Region its client was made for: boto3.client('kms', region_name=...).",
                    (
                        _elsewhere,
                        "Your key has the right description and lives in another Region, because its client calls "
                        "that one. A key cannot move: make another, with a client for eu-west-1.",
                    ),
                ),
            ),
            Task(
                "its description is 'start'",
                _own_keys,
                by_mistake(
                    "create_key takes Description='start'. A key without a description can be given one: "
                    "update_key_description(KeyId=..., Description='start').",
                    (
                        _other_description,
                        "A key in eu-west-1 has another description. It must be start, in small letters and with "
                        "nothing else; update_key_description(KeyId=..., Description='start') changes it.",
                    ),
                    (
                        _elsewhere,
                        "Your key in another Region has it. Give the same Description to the one that you make in "
                        "eu-west-1.",
                    ),
                ),
            ),
        ),
        hints=(
            "Your client `kms` calls us-east-1. You need a second client.",
            "boto3.client('kms', region_name='eu-west-1') makes it; then call create_key on that client.",
            "# Two lines are enough:\n"
            "ireland = boto3.client('kms', region_name='eu-west-1')\n"
            "my_key = ireland.create_key(Description='start')['KeyMetadata']['KeyId']",
        ),
    ),
    Exercise(
        number="00.2",
        title="there and back",
        tasks=(
            Task(
                "something was encrypted under your key from 00.1",
                lambda attempt: _used(attempt, "Encrypt"),
                by_mistake(
                    "Call encrypt with the client for eu-west-1 and your key's id.",
                    (lambda attempt: not _own_keys(attempt), "The key of 00.1 is not there yet; make it first."),
                    (
                        _wrong_door,
                        "You named the right key, and asked KMS in another Region, which does not have it. Call "
                        "encrypt with the client for eu-west-1.",
                    ),
                    (
                        _under_another_key,
                        "You have encrypted under another key. KeyId must be the id of the key in eu-west-1, and the "
                        "client one for eu-west-1.",
                    ),
                ),
            ),
            Task(
                "it was decrypted again",
                lambda attempt: _used(attempt, "Decrypt"),
                by_mistake(
                    "Hand the CiphertextBlob of your encrypt call to decrypt, with a client of the same Region.",
                    (
                        _refused_elsewhere,
                        "Another Region was asked to decrypt, and answered AccessDeniedException. Only the Region of "
                        "the key can do it: use the client for eu-west-1.",
                    ),
                    (
                        lambda attempt: failed(attempt.lab, "Decrypt", "InvalidCiphertextException"),
                        "What decrypt was given is no ciphertext. Give it the bytes under 'CiphertextBlob' in the "
                        "answer of encrypt.",
                    ),
                ),
            ),
        ),
        hints=(
            "The lesson did it with the other key, above. Which Region must the client be for?",
            "encrypt(KeyId=..., Plaintext=b'...') returns a dictionary with 'CiphertextBlob'; decrypt takes it.",
            "# With ireland and my_key as in hint 3 of 00.1:\n"
            "sealed = ireland.encrypt(KeyId=my_key, Plaintext=b'anything')['CiphertextBlob']\n"
            "ireland.decrypt(CiphertextBlob=sealed)['Plaintext']",
        ),
    ),
    Exercise(
        number="00.3",
        title="ask the trail",
        tasks=(
            Task(
                "Tom's script has run, and an answer was handed over as text",
                lambda attempt: _toms_codes(attempt) and isinstance(attempt.answer, str) and _text(attempt),
                by_mistake(
                    "Run the cell with Tom's script, find the code, and hand it over: check('00.3', '...').",
                    (
                        lambda attempt: not _toms_codes(attempt),
                        "Tom's script has not run yet: run its cell, the one above the exercise's.",
                    ),
                    (
                        lambda attempt: attempt.answer is not None and not isinstance(attempt.answer, str),
                        "You have handed over something else than a text. Take one member of one event: "
                        "event['errorCode'].",
                    ),
                ),
            ),
            Task(
                "it is the error code of the call that failed in eu-central-1",
                lambda attempt: _text(attempt) in _toms_codes(attempt),
                by_mistake(
                    "Look for an event whose awsRegion is eu-central-1 and that has an errorCode.",
                    (
                        lambda attempt: _text(attempt) in _error_codes(attempt),
                        "That call failed in another Region and was not Tom's. Look at awsRegion too: his script "
                        "calls eu-central-1.",
                    ),
                    (
                        lambda attempt: _text(attempt).lower() in {code.lower() for code in _toms_codes(attempt)},
                        "Nearly: programs compare codes letter by letter. Write it exactly as the trail has it.",
                    ),
                    (
                        lambda attempt: " " in _text(attempt),
                        "That is a message, for people. The code is the one word that ends in Exception.",
                    ),
                ),
            ),
        ),
        hints=(
            "Type lab.trail into a cell: its column Region says where, its column Result what failed.",
            "Loop over lab.trail. Each event has the member awsRegion; one that failed has errorCode as well.",
            "# This leaves Tom's code in answer, which check wants:\n"
            "for event in lab.trail:\n"
            "    if event['awsRegion'] == 'eu-central-1' and 'errorCode' in event:\n"
            "        answer = event['errorCode']",
        ),
    ),
)
