"""Exercises of lesson 08: customer managed, AWS managed and AWS owned keys.

More than half of the lines are what learners read: tasks, advice for each mistake, and hints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kmslab import Call
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, Test, by_mistake

_SORTED_REGION, _PAGE = "eu-central-1", 100
_MANAGERS = ("AWS", "CUSTOMER")

_SETTINGS, _SETTINGS_REGION = "alias/settings", "eu-west-1"
_YEAR = 365

_CUSTOMER, _AWS, _OWNED = "customer managed", "aws managed", "aws owned"
_DECISIONS = {"a": _CUSTOMER, "b": _OWNED, "c": _CUSTOMER, "d": _AWS, "e": _CUSTOMER}
#: The rows of the lesson's table that decide. One can guess three kinds; to name the row, one has to read it.
_ROWS, _LAST_ROW = {"a": {5, 6}, "b": {10}, "c": {8}, "d": {9, 11}, "e": {7}}, 12


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


def _all_in_both(attempt: Attempt) -> bool:
    found = _handed_over(attempt)
    return found["AWS"] == found["CUSTOMER"]


def _managed_are_missing(attempt: Attempt) -> bool:
    """Whether only AWS managed keys are missing."""
    found, there = set().union(*_handed_over(attempt).values()), _there(attempt)
    return there["CUSTOMER"] <= found


def _one_page(attempt: Attempt) -> bool:
    """Whether a good number of keys is there, and not more than one page and those that were found by an alias."""
    return _PAGE <= len(set().union(*_handed_over(attempt).values())) <= _PAGE + len(_there(attempt)["AWS"])


def _are_under_their_manager(attempt: Attempt) -> bool:
    found, there = _handed_over(attempt), _there(attempt)
    # Keys of other Regions are the second task's matter. The lists may not overlap, so that "all in both" is wrong.
    return not found["AWS"] & there["CUSTOMER"] and not found["CUSTOMER"] & there["AWS"]


# --- 08.2 ---


def _settings_key(attempt: Attempt) -> str:
    """The ARN of the key behind the alias; empty, and so no key's ARN, while there is none that is the customer's."""
    key = attempt.lab.inventory.named(_SETTINGS, _SETTINGS_REGION)
    return key.arn if key and key.manager == "CUSTOMER" else ""


def _was_refused_a_name(attempt: Attempt) -> bool:
    refused = [call for call in attempt.lab.trail.events(name="CreateAlias").calls if call.error_code]
    return any(
        call.error_code == "AccessDeniedException" or str(call.params.get("AliasName")).startswith("alias/aws/")
        for call in refused
    )


def _last_switch(attempt: Attempt) -> Call:
    """The call that last switched the key's rotation on or off; raises, and so counts as not done, without any."""
    switched = [
        call
        for operation in ("EnableKeyRotation", "DisableKeyRotation")
        for call in succeeded(attempt.lab, operation, _settings_key(attempt))
    ]
    return max(switched, key=lambda call: call.time)


def _rotates_yearly(attempt: Attempt) -> bool:
    last = _last_switch(attempt)
    return last.operation == "EnableKeyRotation" and last.params.get("RotationPeriodInDays", _YEAR) == _YEAR


def _saved(attempt: Attempt) -> Sequence[Call]:
    """What was encrypted under the key, and named it by its alias."""
    calls = succeeded(attempt.lab, "Encrypt", _settings_key(attempt))
    return [call for call in calls if str(call.params.get("KeyId", "")).rpartition(":")[2] == _SETTINGS]


def _loaded(attempt: Attempt) -> bool:
    first = _saved(attempt)[0]
    return any(call.time > first.time for call in succeeded(attempt.lab, "Decrypt", _settings_key(attempt)))


# --- 08.3 ---


def _decisions(attempt: Attempt) -> dict[str, tuple[str, int]]:
    """Kind and row by situation, however they are spelled; what is missing or unknown raises, and so is not done."""
    pairs = {situation: tuple(attempt.answer[situation]) for situation in _DECISIONS}
    decisions = {situation: (_kind(kind), int(row)) for situation, (kind, row) in pairs.items()}
    if not all(kind in (_CUSTOMER, _AWS, _OWNED) and 1 <= row <= _LAST_ROW for kind, row in decisions.values()):
        raise ValueError("a kind or a row that does not exist")
    return decisions


def _kind(said: object) -> str:
    return " ".join(str(said).lower().replace("-", " ").split()).removesuffix("s").removesuffix(" key")


def _read(situation: str) -> Test:
    """Whether the row is one that decides."""
    return lambda attempt: _decisions(attempt)[situation][1] in _ROWS[situation]


def _chose(situation: str, kind: str) -> Test:
    return lambda attempt: _decisions(attempt)[situation][0] == kind


def _right(situation: str, label: str, wrong: Mapping[str, str]) -> Task:
    """A task for one situation, with the advice for each of the two kinds that do not fit.

    Of a kind nothing is said before the row is right: three tries would tell it.
    """
    mistakes = [(_chose(situation, kind), sentence) for kind, sentence in wrong.items()]
    read, chose = _read(situation), _chose(situation, _DECISIONS[situation])
    return Task(
        label,
        lambda attempt: read(attempt) and chose(attempt),
        by_mistake(
            f"Choose a kind and a row for each letter first; then see what is said to {situation}.",
            (
                lambda attempt: not read(attempt),
                f"This row does not decide {situation}. What does the plan demand, and which row speaks of that?",
            ),
            *mistakes,
        ),
    )


EXERCISES = (
    Exercise(
        number="08.1",
        title="whose keys are these?",
        tasks=(
            Task(
                "the answer is a dictionary with a list of keys under 'AWS' and another under 'CUSTOMER'",
                _handed_over,
                by_mistake(
                    "Run the cell that plays the years, then hand over {'AWS': [...], 'CUSTOMER': [...]} with key ids "
                    "in the lists.",
                    (
                        lambda attempt: any(isinstance(attempt.answer[manager], int) for manager in _MANAGERS),
                        "Vera wants to know which keys, not how many: hand over the key ids.",
                    ),
                    (
                        lambda attempt: any(isinstance(attempt.answer[manager], str) for manager in _MANAGERS),
                        "One of the two is a text. Let it be a list, even if it has one key id in it.",
                    ),
                    (
                        lambda attempt: any(len(attempt.answer[manager]) == 0 for manager in _MANAGERS),
                        "One of the lists is empty. There are keys of both kinds, and those of AWS are not on the "
                        "first page.",
                    ),
                    (
                        lambda attempt: isinstance(attempt.answer, dict) and attempt.answer,
                        "The dictionary has two entries, 'AWS' and 'CUSTOMER', spelled as KeyManager spells them.",
                    ),
                ),
            ),
            Task(
                "all of them are keys of eu-central-1",
                _are_of_the_region,
                "Ask both list_keys and describe_key of the client for eu-central-1: frankfurt, not kms.",
            ),
            Task(
                "no key is missing",
                _none_is_missing,
                by_mistake(
                    "Go through all that list_keys knows in eu-central-1, page by page.",
                    (
                        _managed_are_missing,
                        "Only AWS managed keys are missing. There are some of several services.",
                    ),
                    (
                        _one_page,
                        "list_keys answers at most 100 keys unless told otherwise. Look at Truncated, or use "
                        "frankfurt.get_paginator('list_keys').",
                    ),
                ),
            ),
            Task(
                "each key is under its own manager",
                _are_under_their_manager,
                by_mistake(
                    "Go by KeyManager in the metadata. A description or an alias is what somebody wrote: anybody may "
                    "write what AWS writes.",
                    (_all_in_both, "All keys are in both lists. Each key has one manager."),
                ),
            ),
        ),
        hints=(
            "Lesson 01 turned pages and asked for each key's description in a loop. Another member says whose it is.",
            "get_paginator('list_keys').paginate(), then describe_key for each KeyId, and its KeyManager.",
            "answer = {'AWS': [], 'CUSTOMER': []}\n"
            "for page in frankfurt.get_paginator('list_keys').paginate():\n"
            "    for entry in page['Keys']:\n"
            "        metadata = frankfurt.describe_key(KeyId=entry['KeyId'])['KeyMetadata']\n"
            "        answer[metadata['KeyManager']].append(entry['KeyId'])",
        ),
    ),
    Exercise(
        number="08.2",
        title="a key of its own for the program",
        tasks=(
            Task(
                "the alias alias/settings exists",
                lambda attempt: attempt.lab.inventory.named(_SETTINGS),
                by_mistake(
                    "create_key, then create_alias(AliasName='alias/settings', TargetKeyId=...).",
                    (
                        _was_refused_a_name,
                        "A name was refused. Names that begin with alias/aws/ are AWS's, and an AWS managed key takes "
                        "no other alias: create a key of your own.",
                    ),
                ),
            ),
            Task(
                "it stands for a customer managed key of eu-west-1",
                _settings_key,
                by_mistake(
                    "create_key and create_alias with the client for eu-west-1: ireland.",
                    (
                        lambda attempt: attempt.lab.inventory.named(_SETTINGS),
                        "The alias is in another Region, and the program calls eu-west-1. Make the key and the alias "
                        "with the client for that Region: ireland.",
                    ),
                ),
            ),
            Task(
                "KMS rotates that key once a year",
                _rotates_yearly,
                by_mistake(
                    "A new customer managed key does not rotate. enable_key_rotation(KeyId=...) switches it on, for "
                    "every 365 days unless you say otherwise.",
                    (
                        lambda attempt: _last_switch(attempt).operation == "DisableKeyRotation",
                        "It was on, and has been switched off again.",
                    ),
                    (
                        _last_switch,
                        "It rotates, and not once a year: RotationPeriodInDays is 365. Say nothing, or say that.",
                    ),
                    (
                        lambda attempt: [
                            call
                            for call in attempt.lab.trail.events(name="EnableKeyRotation").calls
                            if call.error_code and _SETTINGS in str(call.params.get("KeyId"))
                        ],
                        "enable_key_rotation takes the key id or the key's ARN, and no alias.",
                    ),
                ),
            ),
            Task(
                "the program saved something by the alias",
                _saved,
                by_mistake(
                    "save('...', key='alias/settings').",
                    (
                        lambda attempt: succeeded(attempt.lab, "Encrypt", _settings_key(attempt)),
                        "It was saved by the key id. That does the same, and the program would have to be changed the "
                        "next time.",
                    ),
                ),
            ),
            Task(
                "what was saved was loaded again",
                _loaded,
                "Keep what save returns, and hand it to load. Neither needs another client.",
            ),
        ),
        hints=(
            "Lesson 02 gave keys their names. What AWS did for the default key by itself, you now switch on yourself.",
            "ireland.create_key, ireland.create_alias, ireland.enable_key_rotation, and then save and load.",
            "k = ireland.create_key()['KeyMetadata']['KeyId']\n"
            "ireland.create_alias(AliasName='alias/settings', TargetKeyId=k)\n"
            "ireland.enable_key_rotation(KeyId=k)\n"
            "print(load(save('colour=blue', key='alias/settings')))",
        ),
    ),
    Exercise(
        number="08.3",
        title="five decisions",
        tasks=(
            Task(
                "each of the five situations has one of the three kinds, and a row of the table",
                _decisions,
                by_mistake(
                    "Hand over a dictionary with 'a', 'b', 'c', 'd' and 'e'. Each value is a pair: 'customer managed', "
                    "'AWS managed' or 'AWS owned', and the number of a row.",
                    (
                        lambda attempt: not set(_DECISIONS) <= set(attempt.answer),
                        "A letter is missing: there are five situations, from a to e.",
                    ),
                    (
                        lambda attempt: any("cmk" in str(kind).lower() for kind in attempt.answer.values()),
                        "CMK has meant two things. Say customer managed, or whichever kind you mean.",
                    ),
                    (
                        lambda attempt: any(isinstance(said, str) for said in attempt.answer.values()),
                        "Mira asks why: beside the kind give the row of the table that decides, such as "
                        "('customer managed', 12).",
                    ),
                    (
                        lambda attempt: attempt.answer,
                        "One of the values is no pair of a kind ('customer managed', 'AWS managed' or 'AWS owned') and "
                        "a row from 1 to 12.",
                    ),
                ),
            ),
            _right(
                "a",
                "a: the sister company can read the backups",
                {
                    _AWS: "An AWS managed key is for one account, and its policy cannot be changed: another account is "
                    "never let in. Of which kind do you write the policy?",
                    _OWNED: "An AWS owned key is not yours to share: no policy of yours lets the sister company in. Of "
                    "which kind do you write the policy?",
                },
            ),
            _right(
                "b",
                "b: the scores are encrypted, and KMS is nowhere on the bill",
                {
                    _CUSTOMER: "That costs 1 USD a month, and each request. For which kind do you pay neither?",
                    _AWS: "Keeping it is free. Requests are charged all the same. For which kind do you see no "
                    "requests at all?",
                },
            ),
            _right(
                "c",
                "c: on the last day of the contract the data becomes unreadable",
                {
                    _AWS: "Nobody in the account can delete an AWS managed key. Which kind can you delete yourself, on "
                    "a day of your choice?",
                    _OWNED: "An AWS owned key protects other customers, too: the service will not delete it for you. "
                    "Which kind can you delete yourself?",
                },
            ),
            _right(
                "d",
                "d: Vera finds each use in the trail, and no key costs anything by the month",
                {
                    _CUSTOMER: "That would be in the trail, and it costs money to keep. Which kind is in the trail and "
                    "free to keep?",
                    _OWNED: "That would be free, and it leaves nothing in your trail. Which kind is free to keep and "
                    "seen?",
                },
            ),
            _right(
                "e",
                "e: the key material changes every 90 days",
                {
                    _AWS: "AWS rotates it once a year, and you cannot change that. Of which kind do you choose the "
                    "period?",
                    _OWNED: "The service rotates it as it thinks fit. Of which kind do you choose the period?",
                },
            ),
        ),
        hints=(
            "Look for the one demand in each situation that not every kind can meet, and find its row in the table.",
            "Writing the policy, deleting, choosing the period: one kind. The others differ in trail and bill.",
            "yours, owned, managed = 'customer managed', 'AWS owned', 'AWS managed'\n"
            "answer = {'a': (yours, 6), 'b': (owned, 10), 'c': (yours, 8), 'd': (managed, 9), 'e': (yours, 7)}",
        ),
    ),
)
