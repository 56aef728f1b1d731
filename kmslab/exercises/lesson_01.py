"""Exercises of lesson 01: creating keys.

More than 300 lines, because each of the usual mistakes gets a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

_PAPERS = {"team": "billing", "stage": "test"}
_INVOICES = ("invoices", "invoices 2026")
_INVOICES_REGION = "eu-west-1"

_RESCUED, _RESCUED_REGION = "rescued", "us-east-1"
_A_DAY = timedelta(days=1)

_LIFE, _WAIT = timedelta(hours=10), timedelta(days=5)


# --- 01.1 ---


def _invoice_keys(attempt: Attempt) -> list[str]:
    keys = attempt.lab.inventory.select(region=_INVOICES_REGION)
    return [key.key_id for key in keys if key.description in _INVOICES]


def _invoices_elsewhere(attempt: Attempt) -> bool:
    keys = attempt.lab.inventory
    return any(key.description in _INVOICES and key.region != _INVOICES_REGION for key in keys)


def _nearly_invoices(attempt: Attempt) -> bool:
    keys = attempt.lab.inventory.select(region=_INVOICES_REGION)
    return any("invoice" in key.description.lower() for key in keys if key.description not in _INVOICES)


def _tags(attempt: Attempt) -> list[dict[str, str]]:
    """The tags of each key for invoices."""
    keys = attempt.lab.inventory
    return [dict(key.tags) for key in keys if key.key_id in _invoice_keys(attempt)]


def _tagged(attempt: Attempt) -> bool:
    return any(_PAPERS.items() <= tags.items() for tags in _tags(attempt))


def _tagged_in_other_letters(attempt: Attempt) -> bool:
    return any(
        _PAPERS.items() <= {name.strip().lower(): value.strip().lower() for name, value in tags.items()}.items()
        for tags in _tags(attempt)
    )


def _tagged_the_wrong_way_round(attempt: Attempt) -> bool:
    return any({"billing", "test"} & tags.keys() for tags in _tags(attempt))


def _tagged_by_half(attempt: Attempt) -> bool:
    return any(_PAPERS.items() & tags.items() for tags in _tags(attempt))


def _redescribed(attempt: Attempt) -> bool:
    # Described anew, and not created with the final description.
    changed = [key for key in _invoice_keys(attempt) if succeeded(attempt.lab, "UpdateKeyDescription", key)]
    return any(key.description == _INVOICES[1] for key in attempt.lab.inventory if key.key_id in changed)


def _born_with_the_final_description(attempt: Attempt) -> bool:
    keys = attempt.lab.inventory.select(region=_INVOICES_REGION)
    return any(key.description == _INVOICES[1] for key in keys) and not _redescribed(attempt)


# --- 01.2 ---


def _rescued(attempt: Attempt) -> str:
    """The id of the newest key that is to be rescued; empty, and so no key's id, while there is none."""
    keys = attempt.lab.inventory.select(region=_RESCUED_REGION)
    keys_to_rescue = [key.key_id for key in keys if key.description == _RESCUED]
    return keys_to_rescue[-1] if keys_to_rescue else ""


def _rescued_elsewhere(attempt: Attempt) -> bool:
    keys = attempt.lab.inventory
    return any(key.description == _RESCUED and key.region != _RESCUED_REGION for key in keys)


def _deleted(attempt: Attempt) -> bool:
    """Whether a key that was to be rescued is gone."""
    made = [call for call in succeeded(attempt.lab, "CreateKey") if call.params.get("Description") == _RESCUED]
    return any(succeeded(attempt.lab, "DeleteKey", call.keys[0].arn) for call in made)


def _on_it(operation: str) -> Callable[[Attempt], object]:
    """Whether an operation succeeded on the key that is to be rescued."""
    return lambda attempt: succeeded(attempt.lab, operation, _rescued(attempt))


def _waited(attempt: Attempt) -> bool:
    """Whether a cancellation came a day or more after the last time the deletion had been scheduled."""
    scheduled = succeeded(attempt.lab, "ScheduleKeyDeletion", _rescued(attempt))
    cancelled = succeeded(attempt.lab, "CancelKeyDeletion", _rescued(attempt))
    return any(
        end.time - max(start.time for start in scheduled if start.time <= end.time) >= _A_DAY for end in cancelled
    )


def _state(attempt: Attempt) -> str:
    key = attempt.lab.inventory.get(_rescued(attempt))
    return key.state if key else ""


# --- 01.3 ---


def _doomed(attempt: Attempt, life: timedelta = _LIFE, wait: timedelta = _WAIT) -> set[str]:
    """The ARNs of the keys that are pending deletion, and had lived and have waited for some time."""
    now = attempt.lab.clock.now()
    found = set()
    for key in attempt.lab.inventory.select(state="PendingDeletion"):
        scheduled = succeeded(attempt.lab, "ScheduleKeyDeletion", key.key_id)[-1].time
        if scheduled - key.created >= life and now - scheduled >= wait:
            found.add(key.arn)
    return found


def _hours(attempt: Attempt, key_arn: str) -> int:
    return sum(count for (_, arn), count in attempt.lab.bill.usage.key_hours.items() if arn == key_arn)


def _answer(attempt: Attempt) -> float:
    # The text '11' is fine too; 11.5 is not to become 11.
    return float(attempt.answer)


def _hours_answered(attempt: Attempt) -> bool:
    """Whether the answer is the key-hours of one of the keys that wait."""
    return _answer(attempt) in {_hours(attempt, key_arn) for key_arn in _doomed(attempt)}


EXERCISES = (
    Exercise(
        number="01.1",
        title="a key with its papers",
        tasks=(
            Task(
                "a key for invoices exists in eu-west-1",
                _invoice_keys,
                by_mistake(
                    "Create it with the client for eu-west-1 and Description='invoices'.",
                    (
                        _invoices_elsewhere,
                        "Your key for invoices lives in another Region. Keys do not move: create it again, with "
                        "ireland, the client for eu-west-1.",
                    ),
                    (
                        _nearly_invoices,
                        "There is one whose description is nearly right. It must be invoices, in small letters, and "
                        "then invoices 2026; update_key_description corrects it.",
                    ),
                ),
            ),
            Task(
                "it has the tags team=billing and stage=test",
                _tagged,
                by_mistake(
                    "Tags are a list of {'TagKey': ..., 'TagValue': ...}; tag_resource(KeyId=..., Tags=[...]) adds "
                    "them to a key that exists.",
                    (
                        _tagged_in_other_letters,
                        "The tags are there in other letters. Capitals and blanks count, in names and in values: write "
                        "them exactly as in the text.",
                    ),
                    (
                        _tagged_the_wrong_way_round,
                        "Name and value have changed places: TagKey is team or stage, TagValue is billing or test.",
                    ),
                    (
                        _tagged_by_half,
                        "One of the two tags is right. tag_resource adds the other and leaves the first as it is.",
                    ),
                ),
            ),
            Task(
                "its description was changed to 'invoices 2026'",
                _redescribed,
                by_mistake(
                    "Use update_key_description(KeyId=..., Description='invoices 2026') on the same key.",
                    (
                        _born_with_the_final_description,
                        "A key was created with this description. The first key was to keep its id and get the new "
                        "description: use update_key_description on the key called invoices.",
                    ),
                ),
            ),
        ),
        hints=(
            "Everything but the last step is one create_key call, like the first one of this lesson.",
            "create_key(Description=..., Tags=[...]) and then update_key_description(KeyId=..., Description=...).",
            "# With ireland, the client of this lesson for eu-west-1:\n"
            "tags = [{'TagKey': 'team', 'TagValue': 'billing'}, {'TagKey': 'stage', 'TagValue': 'test'}]\n"
            "invoices = ireland.create_key(Description='invoices', Tags=tags)['KeyMetadata']['KeyId']\n"
            "ireland.update_key_description(KeyId=invoices, Description='invoices 2026')",
        ),
    ),
    Exercise(
        number="01.2",
        title="the rescue",
        tasks=(
            Task(
                "a key with the description 'rescued' exists in us-east-1",
                _rescued,
                by_mistake(
                    "create_key(Description='rescued') with the client for us-east-1.",
                    (
                        _deleted,
                        "The waiting period is over and your key is deleted; nothing brings it back. Begin again with "
                        "another key, and cancel before its DeletionDate.",
                    ),
                    (_rescued_elsewhere, "Yours lives in another Region. Create one with kms, the us-east-1 client."),
                ),
            ),
            Task(
                "its deletion was scheduled",
                _on_it("ScheduleKeyDeletion"),
                by_mistake(
                    "schedule_key_deletion takes KeyId and PendingWindowInDays, 7 to 30.",
                    (
                        _on_it("DisableKey"),
                        "A disabled key is only switched off and would stay so for ever. Call schedule_key_deletion.",
                    ),
                ),
            ),
            Task(
                "at least a day later it was cancelled",
                _waited,
                by_mistake(
                    "After schedule_key_deletion, call lab.clock.advance(days=1) or more, then cancel_key_deletion.",
                    (
                        _on_it("CancelKeyDeletion"),
                        "You have cancelled within a day. Schedule the deletion again, push the clock with "
                        "lab.clock.advance(days=1), and cancel after that.",
                    ),
                ),
            ),
            Task(
                "the key is enabled again",
                lambda attempt: _on_it("CancelKeyDeletion")(attempt) and _state(attempt) == "Enabled",
                by_mistake(
                    "When the deletion is cancelled, look at the key's state: one more call is needed.",
                    (
                        lambda attempt: _state(attempt) == "PendingDeletion",
                        "The key is still pending deletion, and such a key cannot be enabled. cancel_key_deletion "
                        "comes first.",
                    ),
                    (
                        lambda attempt: _state(attempt) == "Disabled",
                        "A cancelled deletion leaves the key Disabled. Switch it on: enable_key.",
                    ),
                ),
            ),
        ),
        hints=(
            "Five calls in all, one of them to the clock. The lesson made each of them above, with another key.",
            "create_key, schedule_key_deletion, lab.clock.advance, cancel_key_deletion, and then?",
            "# Five lines, in this order:\n"
            "rescued = kms.create_key(Description='rescued')['KeyMetadata']['KeyId']\n"
            "kms.schedule_key_deletion(KeyId=rescued, PendingWindowInDays=7)\n"
            "lab.clock.advance(days=2)\n"
            "kms.cancel_key_deletion(KeyId=rescued)\n"
            "kms.enable_key(KeyId=rescued)",
        ),
    ),
    Exercise(
        number="01.3",
        title="what a key costs while it waits",
        tasks=(
            Task(
                "a key that had lived for ten hours or more is pending deletion",
                lambda attempt: _doomed(attempt, wait=timedelta(0)),
                by_mistake(
                    "Create a key, push the clock with lab.clock.advance(hours=10), and schedule the key's deletion.",
                    (
                        lambda attempt: _doomed(attempt, life=timedelta(0), wait=timedelta(0)),
                        "A key is pending deletion that was scheduled for it too early. Take another key, and let ten "
                        "hours pass between create_key and schedule_key_deletion.",
                    ),
                ),
            ),
            Task(
                "it has been pending for five days or more",
                _doomed,
                by_mistake(
                    "After schedule_key_deletion, let 5 days pass: lab.clock.advance(days=5). After 7 days the key "
                    "would be gone.",
                    (
                        lambda attempt: _doomed(attempt, wait=timedelta(0)),
                        "Fewer than five days have passed since its deletion was scheduled; lab.clock.advance(days=5).",
                    ),
                ),
            ),
            Task(
                "the number is that key's hours on the bill",
                _hours_answered,
                by_mistake(
                    "Add up lab.bill.usage.key_hours for the ARN of that key, and hand the sum over.",
                    (
                        lambda attempt: _answer(attempt) == sum(attempt.lab.bill.usage.key_hours.values()),
                        "That is every key's hours together. Count only the entries whose ARN is your key's.",
                    ),
                    (
                        lambda attempt: _answer(attempt) + 1 in {_hours(attempt, arn) for arn in _doomed(attempt)},
                        "One hour is missing: an hour that has begun counts as a whole one. Read the number from the "
                        "bill.",
                    ),
                    (
                        lambda attempt: _doomed(attempt) and _answer(attempt) >= _WAIT / timedelta(hours=1),
                        "You have counted hours in which the key was pending deletion. They are free; the bill has "
                        "fewer.",
                    ),
                ),
            ),
        ),
        hints=(
            "A key is charged from the hour of its creation to the hour in which its deletion is scheduled.",
            "lab.bill.usage.key_hours is a dictionary: its keys are (month, key ARN), its values are hours.",
            "# This leaves the number in hours:\n"
            "arn = kms.create_key()['KeyMetadata']['Arn']\n"
            "lab.clock.advance(hours=10)\n"
            "kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)\n"
            "lab.clock.advance(days=5)\n"
            "hours = sum(count for (month, key), count in lab.bill.usage.key_hours.items() if key == arn)",
        ),
    ),
)
