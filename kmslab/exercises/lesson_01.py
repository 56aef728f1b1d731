"""Exercises of lesson 01: creating keys."""

from __future__ import annotations

from datetime import timedelta

from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

_PAPERS = {"team": "billing", "stage": "test"}
_INVOICES = ("invoices", "invoices 2026")


def _invoice_keys(attempt: Attempt) -> list[str]:
    keys = attempt.lab.inventory.select(region="eu-west-1")
    return [key.key_id for key in keys if key.description in _INVOICES]


def _tagged(attempt: Attempt) -> bool:
    keys = attempt.lab.inventory
    return any(_PAPERS.items() <= key.tags.items() for key in keys if key.key_id in _invoice_keys(attempt))


def _redescribed(attempt: Attempt) -> bool:
    # Described anew, and not created with the final description.
    changed = [key for key in _invoice_keys(attempt) if succeeded(attempt.lab, "UpdateKeyDescription", key)]
    return any(key.description == _INVOICES[1] for key in attempt.lab.inventory if key.key_id in changed)


def _rescued(attempt: Attempt) -> str:
    """The id of the newest key that is to be rescued; empty, and so no key's id, while there is none."""
    keys = [key for key in attempt.lab.inventory.select(region="us-east-1") if key.description == "rescued"]
    return keys[-1].key_id if keys else ""


def _waited(attempt: Attempt) -> bool:
    key_id = _rescued(attempt)
    scheduled = succeeded(attempt.lab, "ScheduleKeyDeletion", key_id)
    cancelled = succeeded(attempt.lab, "CancelKeyDeletion", key_id)
    return cancelled[-1].time - scheduled[0].time >= timedelta(days=1)


def _state(attempt: Attempt) -> str:
    key = attempt.lab.inventory.get(_rescued(attempt))
    return key.state if key else ""


def _waiting(attempt: Attempt) -> set[str]:
    """The ARNs of the keys that have been pending deletion for five days or more."""
    pending = {key.arn for key in attempt.lab.inventory.select(state="PendingDeletion")}
    scheduled = succeeded(attempt.lab, "ScheduleKeyDeletion")
    now = attempt.lab.clock.now()
    return {call.keys[0].arn for call in scheduled if now - call.time >= timedelta(days=5)} & pending


def _hours_answered(attempt: Attempt) -> bool:
    """Whether the answer is the key-hours of one of the keys that wait."""
    hours = attempt.lab.bill.usage.key_hours
    totals = {sum(count for (_, key), count in hours.items() if key == arn) for arn in _waiting(attempt)}
    return int(attempt.answer) in totals


EXERCISES = (
    Exercise(
        number="01.1",
        title="a key with its papers",
        tasks=(
            Task(
                "a key for invoices exists in eu-west-1",
                _invoice_keys,
                "Create it with the client for eu-west-1 and Description='invoices'.",
            ),
            Task(
                "it has the tags team=billing and stage=test",
                _tagged,
                "Tags are a list of {'TagKey': ..., 'TagValue': ...}; tag_resource adds them to a key that exists.",
            ),
            Task(
                "its description was changed to 'invoices 2026'",
                _redescribed,
                "Use update_key_description on the same key, so that its first description is replaced.",
            ),
        ),
        hints=(
            "Everything but the last step is one create_key call, like the first one of this lesson.",
            "create_key(Description=..., Tags=[...]) and then update_key_description(KeyId=..., Description=...).",
            "k = ireland.create_key(Description='invoices', Tags=[{'TagKey': 'team', 'TagValue': 'billing'}, "
            "{'TagKey': 'stage', 'TagValue': 'test'}])['KeyMetadata']['KeyId'], then "
            "ireland.update_key_description(KeyId=k, Description='invoices 2026')",
        ),
    ),
    Exercise(
        number="01.2",
        title="the rescue",
        tasks=(
            Task(
                "a key with the description 'rescued' exists in us-east-1",
                _rescued,
                "create_key(Description='rescued') with the client for us-east-1.",
            ),
            Task(
                "its deletion was scheduled",
                lambda attempt: succeeded(attempt.lab, "ScheduleKeyDeletion", _rescued(attempt)),
                "schedule_key_deletion takes KeyId and PendingWindowInDays, 7 to 30.",
            ),
            Task(
                "at least a day later it was cancelled",
                _waited,
                "lab.clock.advance(days=1) or more between schedule_key_deletion and cancel_key_deletion.",
            ),
            Task(
                "the key is enabled",
                lambda attempt: _state(attempt) == "Enabled",
                "A cancelled deletion leaves the key Disabled. One more call is needed.",
            ),
        ),
        hints=(
            "Five calls in all, one of them to the clock. The lesson made each of them above, with another key.",
            "create_key, schedule_key_deletion, lab.clock.advance, cancel_key_deletion, and then?",
            "After cancel_key_deletion(KeyId=...) the state is Disabled, so finish with enable_key(KeyId=...).",
        ),
    ),
    Exercise(
        number="01.3",
        title="what a key costs while it waits",
        tasks=(
            Task(
                "a key has been pending deletion for five days or more",
                _waiting,
                "Create a key, schedule its deletion, and let 5 days pass with lab.clock.advance.",
            ),
            Task(
                "the number is that key's hours on the bill",
                _hours_answered,
                "Add up lab.bill.usage.key_hours for the ARN of that key, and hand the sum over.",
            ),
        ),
        hints=(
            "A key is charged from the hour of its creation to the hour in which its deletion is scheduled.",
            "lab.bill.usage.key_hours is a dictionary: its keys are (month, key ARN), its values are hours.",
            "sum(count for (month, key), count in lab.bill.usage.key_hours.items() if key == arn)",
        ),
    ),
)
