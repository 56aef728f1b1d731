"""Exercises of lesson 00: start."""

from __future__ import annotations

from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

_REGION = "eu-west-1"


def _own_key(attempt: Attempt) -> str | None:
    """The id of the key of 00.1, or None."""
    keys = [key for key in attempt.lab.inventory.select(region=_REGION) if key.description == "start"]
    return keys[0].key_id if keys else None


def _used(attempt: Attempt, operation: str) -> bool:
    key_id = _own_key(attempt)
    return key_id is not None and bool(succeeded(attempt.lab, operation, key_id))


EXERCISES = (
    Exercise(
        number="00.1",
        title="your own key",
        tasks=(
            Task(
                "a second key exists",
                lambda attempt: len(attempt.lab.inventory) >= 2,
                "So far there is only the key of the lesson; create_key makes another.",
            ),
            Task(
                "it lives in eu-west-1",
                lambda attempt: attempt.lab.inventory.select(region=_REGION),
                "A key lives in the Region its client was made for: boto3.client('kms', region_name=...).",
            ),
            Task(
                "its description is 'start'",
                _own_key,
                "create_key takes Description='start'. A key that has another description can be given a new one.",
            ),
        ),
        hints=(
            "Your client `kms` calls us-east-1. You need a second client.",
            "boto3.client('kms', region_name='eu-west-1') makes it; then call create_key on that client.",
            "boto3.client('kms', region_name='eu-west-1').create_key(Description='start')",
        ),
    ),
    Exercise(
        number="00.2",
        title="there and back",
        tasks=(
            Task(
                "something was encrypted under your key from 00.1",
                lambda attempt: _used(attempt, "Encrypt"),
                "Call encrypt with the client for eu-west-1 and your key's id.",
            ),
            Task(
                "it was decrypted again",
                lambda attempt: _used(attempt, "Decrypt"),
                "Hand the CiphertextBlob to decrypt, with a client of the same Region.",
            ),
        ),
        hints=(
            "The lesson did it with the other key, above. Which Region must the client be for?",
            "encrypt(KeyId=..., Plaintext=b'...') returns a dictionary with 'CiphertextBlob'; decrypt takes it.",
            "c = ireland.encrypt(KeyId=your_key, Plaintext=b'x')['CiphertextBlob'], then "
            "ireland.decrypt(CiphertextBlob=c)",
        ),
    ),
    Exercise(
        number="00.3",
        title="ask the trail",
        tasks=(
            Task(
                "an answer was handed over",
                lambda attempt: isinstance(attempt.answer, str) and attempt.answer.strip(),
                "Hand the code over as text: check('00.3', '...').",
            ),
            Task(
                "it is the error code of the failed calls",
                lambda attempt: str(attempt.answer).strip() in _error_codes(attempt),
                "Look for the events with an 'errorCode'. The code is one word that ends in Exception.",
            ),
        ),
        hints=(
            "lab.trail shows a table; its last column says what failed.",
            "Loop over lab.trail. A failed event has the members errorCode and errorMessage.",
            "[event['errorCode'] for event in lab.trail if 'errorCode' in event]",
        ),
    ),
)


def _error_codes(attempt: Attempt) -> set[str]:
    return {event["errorCode"] for event in attempt.lab.trail if "errorCode" in event}
