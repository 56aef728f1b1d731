"""Exercises of lesson 08: customer managed, AWS managed and AWS owned keys."""

from __future__ import annotations

from collections.abc import Sequence

from kmslab import Call
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

_SORTED_REGION = "eu-central-1"
_MANAGERS = ("AWS", "CUSTOMER")

_SETTINGS, _SETTINGS_REGION = "alias/settings", "eu-west-1"
_YEAR = 365

_CUSTOMER, _AWS, _OWNED = "customer managed", "aws managed", "aws owned"
_DECISIONS = {"a": _CUSTOMER, "b": _OWNED, "c": _CUSTOMER, "d": _AWS, "e": _CUSTOMER}


# --- 08.1 ---


def _handed_over(attempt: Attempt) -> dict[str, set[str]]:
    """Key ids by manager. Ids and ARNs are taken; what is no dictionary of lists raises, and so counts as not done."""
    found = {manager: {str(key).rpartition("/")[2] for key in attempt.answer[manager]} for manager in _MANAGERS}
    if any(isinstance(attempt.answer[manager], str) or not found[manager] for manager in _MANAGERS):
        raise ValueError("two lists with something in them are wanted")
    return found


def _there(attempt: Attempt) -> dict[str, set[str]]:
    keys = attempt.lab.inventory.select(region=_SORTED_REGION)
    return {manager: {key.key_id for key in keys if key.manager == manager} for manager in _MANAGERS}


def _are_of_the_region(attempt: Attempt) -> bool:
    return set().union(*_handed_over(attempt).values()) <= set().union(*_there(attempt).values())


def _none_is_missing(attempt: Attempt) -> bool:
    return set().union(*_there(attempt).values()) <= set().union(*_handed_over(attempt).values())


def _are_under_their_manager(attempt: Attempt) -> bool:
    found, there = _handed_over(attempt), _there(attempt)
    # Keys of other Regions are the second task's matter. The lists may not overlap, so that "all in both" is wrong.
    return not found["AWS"] & there["CUSTOMER"] and not found["CUSTOMER"] & there["AWS"]


# --- 08.2 ---


def _settings_key(attempt: Attempt) -> str:
    """The ARN of the key behind the alias; empty, and so no key's ARN, while there is none that is the customer's."""
    key = attempt.lab.inventory.named(_SETTINGS, _SETTINGS_REGION)
    return key.arn if key and key.manager == "CUSTOMER" else ""


def _rotates_yearly(attempt: Attempt) -> bool:
    switched = [
        call
        for operation in ("EnableKeyRotation", "DisableKeyRotation")
        for call in succeeded(attempt.lab, operation, _settings_key(attempt))
    ]
    last = max(switched, key=lambda call: call.time)
    return last.operation == "EnableKeyRotation" and last.params.get("RotationPeriodInDays", _YEAR) == _YEAR


def _saved(attempt: Attempt) -> Sequence[Call]:
    """What was encrypted under the key, and named it by its alias."""
    calls = succeeded(attempt.lab, "Encrypt", _settings_key(attempt))
    return [call for call in calls if str(call.params.get("KeyId", "")).rpartition(":")[2] == _SETTINGS]


def _loaded(attempt: Attempt) -> bool:
    first = _saved(attempt)[0]
    return any(call.time > first.time for call in succeeded(attempt.lab, "Decrypt", _settings_key(attempt)))


# --- 08.3 ---


def _decisions(attempt: Attempt) -> dict[str, str]:
    """The kinds by situation, however they are spelled; a missing or unknown one raises, and so counts as not done."""
    kinds = {
        situation: " ".join(str(attempt.answer[situation]).lower().replace("-", " ").split())
        .removesuffix("s")
        .removesuffix(" key")
        for situation in _DECISIONS
    }
    if not set(kinds.values()) <= {_CUSTOMER, _AWS, _OWNED}:
        raise ValueError("a kind that does not exist")
    return kinds


def _right(situation: str, label: str, advice: str) -> Task:
    return Task(label, lambda attempt: _decisions(attempt)[situation] == _DECISIONS[situation], advice)


EXERCISES = (
    Exercise(
        number="08.1",
        title="whose keys are these?",
        tasks=(
            Task(
                "the answer is a dictionary with a list of keys under 'AWS' and another under 'CUSTOMER'",
                _handed_over,
                "Run the cell that plays the years, then hand over {'AWS': [...], 'CUSTOMER': [...]} with key ids in "
                "the lists. Both have something in them.",
            ),
            Task(
                "all of them are keys of eu-central-1",
                _are_of_the_region,
                "Ask both list_keys and describe_key of the client for eu-central-1: frankfurt, not kms.",
            ),
            Task(
                "no key is missing",
                _none_is_missing,
                "list_keys answers at most 100 keys unless told otherwise. Look at Truncated, or use "
                "frankfurt.get_paginator('list_keys').",
            ),
            Task(
                "each key is under its own manager",
                _are_under_their_manager,
                "Go by KeyManager in the metadata. A description or an alias is what somebody wrote: anybody may write "
                "what AWS writes.",
            ),
        ),
        hints=(
            "Lesson 01 turned pages and asked for each key's description in a loop. Another member says whose it is.",
            "get_paginator('list_keys').paginate(), then describe_key for each KeyId, and its KeyManager.",
            "for page in frankfurt.get_paginator('list_keys').paginate(): for entry in page['Keys']: "
            "answer[frankfurt.describe_key(KeyId=entry['KeyId'])['KeyMetadata']['KeyManager']].append(entry['KeyId'])",
        ),
    ),
    Exercise(
        number="08.2",
        title="a key of its own for the program",
        tasks=(
            Task(
                "the alias alias/settings exists",
                lambda attempt: attempt.lab.inventory.named(_SETTINGS),
                "create_key, then create_alias(AliasName='alias/settings', TargetKeyId=...). Names that begin with "
                "alias/aws/ are AWS's, and an AWS managed key takes no other alias.",
            ),
            Task(
                "it stands for a customer managed key of eu-west-1",
                _settings_key,
                "The program calls eu-west-1. Make the key and the alias with the client for that Region: ireland.",
            ),
            Task(
                "KMS rotates that key once a year",
                _rotates_yearly,
                "A new customer managed key does not rotate. enable_key_rotation(KeyId=...) takes the key id, not the "
                "alias, and means 365 days unless you say otherwise.",
            ),
            Task(
                "the program saved something by the alias",
                _saved,
                "save('...', key='alias/settings'). A key id would do the same, and the program would have to be "
                "changed the next time.",
            ),
            Task(
                "what was saved was loaded again",
                _loaded,
                "Keep what save returns, and hand it to load.",
            ),
        ),
        hints=(
            "Lesson 02 gave keys their names. What AWS did for the default key by itself, you now switch on yourself.",
            "ireland.create_key, ireland.create_alias, ireland.enable_key_rotation, and then save and load.",
            "k = ireland.create_key()['KeyMetadata']['KeyId'], ireland.create_alias(AliasName='alias/settings', "
            "TargetKeyId=k), ireland.enable_key_rotation(KeyId=k), then load(save('...', key='alias/settings'))",
        ),
    ),
    Exercise(
        number="08.3",
        title="five decisions",
        tasks=(
            Task(
                "each of the five situations has one of the three kinds",
                _decisions,
                "Hand over a dictionary with 'a', 'b', 'c', 'd' and 'e'. Each value is 'customer managed', "
                "'AWS managed' or 'AWS owned'.",
            ),
            _right(
                "a",
                "a: the sister company can read the backups",
                "Somebody in another account must be named in the key policy. Of which kind can you write it?",
            ),
            _right(
                "b",
                "b: the scores are encrypted, and KMS is nowhere on the bill",
                "Requests are charged even where keeping the key is not. For which kind do you see no requests at all?",
            ),
            _right(
                "c",
                "c: on the last day of the contract the data becomes unreadable",
                "You have to be able to delete the key on a day of your choice. See the row on deleting in the table.",
            ),
            _right(
                "d",
                "d: the auditor finds each use in the trail, and no key costs anything by the month",
                "One kind costs money to keep, and one leaves nothing in your trail. Which is neither?",
            ),
            _right(
                "e",
                "e: the key material changes every 90 days",
                "Two kinds rotate as AWS thinks fit. Of which can you choose the period?",
            ),
        ),
        hints=(
            "Look for the one demand in each situation that not every kind can meet, and find its row in the table.",
            "Writing the policy, deleting, choosing the period: one kind. The others differ in trail and bill.",
            "Three times it is the kind that you make yourself. The other two kinds are right once each: one of them "
            "is in your trail, the other is not.",
        ),
    ),
)
