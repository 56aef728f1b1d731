"""Exercises of lesson 09: rotation and lifecycle.

Four stories of months and years, each read from the trail in the order in which it happened. More than half of the
lines are what learners read: tasks, advice for each mistake, and hints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from kmslab import Call
from kmslab.exercises.evidence import failed, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

#: Descriptions, and the Region in which a key with it is asked for.
_PAYROLL = ("payroll", "eu-west-1")
_RECORDS = ("records", "us-west-2")
_FAILOVER = ("failover", "eu-central-1")
_STANDBY_REGION = "eu-north-1"

_HALF_A_YEAR, _HUNDRED = 180, 100
#: A key-month, and one more for each of the first two rotations.
_DOLLARS = 3

_INHERITED_REGION = "ap-southeast-2"
_MAY_GO, _NEEDED = "grey", ("blue", "green")
_TRIAL = timedelta(days=14)
_LONGEST_WINDOW = 30

Test = Callable[[Call], object]


def _created(attempt: Attempt, description: str, region: str) -> list[Call]:
    """The CreateKey calls with a description, those of keys that are gone by now included."""
    calls = succeeded(attempt.lab, "CreateKey")
    return [call for call in calls if call.region == region and call.params.get("Description") == description]


def _made_under(call: Call) -> str:
    return call.notes.get("keyMaterialId", "")


# --- 09.1 ---


def _payrolls(attempt: Attempt) -> list[str]:
    keys = attempt.lab.inventory.select(region=_PAYROLL[1], spec="SYMMETRIC_DEFAULT")
    return [key.arn for key in keys if key.description == _PAYROLL[0]]


def _period(attempt: Attempt, arn: str) -> int:
    """The days between rotations that were asked for last; 0 if none were."""
    calls = succeeded(attempt.lab, "EnableKeyRotation", arn)
    return int(calls[-1].params.get("RotationPeriodInDays", 365)) if calls else 0


def _rotations(attempt: Attempt, arn: str) -> list[Call]:
    events = succeeded(attempt.lab, "RotateKey", arn)
    return [event for event in events if event.details["rotationType"] == "AUTOMATIC"]


def _any_payroll(attempt: Attempt, *tests: Callable[[Attempt, str], object]) -> bool:
    return any(all(test(attempt, arn) for test in tests) for arn in _payrolls(attempt))


def _is_half_yearly(attempt: Attempt, arn: str) -> bool:
    return _period(attempt, arn) == _HALF_A_YEAR


def _has_old_data(attempt: Attempt, arn: str) -> bool:
    created = succeeded(attempt.lab, "CreateKey", arn)[0]
    first = created.reply["KeyMetadata"]["CurrentKeyMaterialId"]
    return any(_made_under(call) == first for call in succeeded(attempt.lab, "Encrypt", arn))


def _rotated_twice(attempt: Attempt, arn: str) -> bool:
    return len(_rotations(attempt, arn)) >= 2


def _has_new_data(attempt: Attempt, arn: str) -> bool:
    second = _rotations(attempt, arn)[1]
    return any(call.time > second.time for call in succeeded(attempt.lab, "Encrypt", arn))


def _read_old_data(attempt: Attempt, arn: str) -> bool:
    second, first = _rotations(attempt, arn)[1], _rotations(attempt, arn)[0].details["previousKeyMaterialId"]
    decrypted = succeeded(attempt.lab, "Decrypt", arn)
    return any(call.time > second.time and _made_under(call) == first for call in decrypted)


def _rotated_on_demand(attempt: Attempt, arn: str) -> list[Call]:
    return list(succeeded(attempt.lab, "RotateKeyOnDemand", arn))


def _rotated_once(attempt: Attempt, arn: str) -> bool:
    return len(_rotations(attempt, arn)) == 1


def _was_rotated(attempt: Attempt, arn: str) -> bool:
    return bool(_rotations(attempt, arn) or _rotated_on_demand(attempt, arn))


def _encrypted_between(attempt: Attempt, arn: str) -> bool:
    """Whether something was encrypted after the first rotation; the task wants it after the second."""
    first = _rotations(attempt, arn)[0]
    return any(call.time > first.time for call in succeeded(attempt.lab, "Encrypt", arn))


def _read_something(attempt: Attempt, arn: str) -> bool:
    return bool(succeeded(attempt.lab, "Decrypt", arn))


def _on_payroll(test: Callable[[Attempt, str], object]) -> Callable[[Attempt], bool]:
    return lambda attempt: _any_payroll(attempt, test)


def _offered(dollars: float) -> Callable[[Attempt], bool]:
    return lambda attempt: float(attempt.answer) == dollars


# --- 09.2 ---


def _context(call: Call, member: str = "EncryptionContext") -> Mapping[str, Any]:
    return call.params.get(member) or {}


def _records_key(attempt: Attempt) -> str:
    return _created(attempt, *_RECORDS)[-1].keys[0].arn


def _moves(attempt: Attempt) -> list[Call]:
    """The ReEncrypt calls from the records' key to itself that keep the context."""
    arn = _records_key(attempt)
    return [
        call
        for call in succeeded(attempt.lab, "ReEncrypt", arn)
        if {key.arn for key in call.keys} == {arn}
        and _context(call, "SourceEncryptionContext") == _context(call, "DestinationEncryptionContext")
    ]


def _re_encrypted(attempt: Attempt, *, same_key: bool) -> list[Call]:
    """The ReEncrypt calls from the records' key, to itself or to another."""
    arn = _records_key(attempt)
    calls = succeeded(attempt.lab, "ReEncrypt", arn)
    return [call for call in calls if ({key.arn for key in call.keys} == {arn}) is same_key]


def _answers(attempt: Attempt) -> set[str]:
    return {str(number) for number in attempt.answer}


def _record(call: Call, member: str) -> str:
    return str(_context(call, member).get("record", ""))


def _old_records(attempt: Attempt) -> set[str]:
    """The records that were not under the key material that was current when the learner moved them."""
    current = _moves(attempt)[-1].notes["destinationKeyMaterialId"]
    calls = succeeded(attempt.lab, "Encrypt", _records_key(attempt))
    return {_record(call, "EncryptionContext") for call in calls if _made_under(call) != current}


def _moved(attempt: Attempt) -> set[str]:
    return {_record(call, "SourceEncryptionContext") for call in _moves(attempt)}


def _moved_all(attempt: Attempt) -> bool:
    return _old_records(attempt) <= _moved(attempt)


def _moved_no_others(attempt: Attempt) -> bool:
    return bool(_moved(attempt)) and _moved(attempt) <= _old_records(attempt)


def _named_them(attempt: Attempt) -> bool:
    return sorted(str(number) for number in attempt.answer) == sorted(_old_records(attempt))


def _are_numbers(attempt: Attempt) -> bool:
    return all(name.isdigit() for name in _answers(attempt))


# --- 09.3 ---


def _inherited(attempt: Attempt, description: str) -> str:
    """The ARN of the newest key with this description; the cell that plays the past may have been run again."""
    return _created(attempt, description, _INHERITED_REGION)[-1].keys[0].arn


def _asked_for_all(attempt: Attempt) -> bool:
    names = (_MAY_GO, *_NEEDED)
    return all(succeeded(attempt.lab, "GetKeyLastUsage", _inherited(attempt, name)) for name in names)


def _trials(attempt: Attempt) -> list[Call]:
    return list(succeeded(attempt.lab, "DisableKey", _inherited(attempt, _MAY_GO)))


def _scheduled(attempt: Attempt, *tests: Test) -> list[Call]:
    calls = succeeded(attempt.lab, "ScheduleKeyDeletion", _inherited(attempt, _MAY_GO))
    return [call for call in calls if all(test(call) for test in tests)]


def _waited(attempt: Attempt) -> Test:
    """Whether the key had been disabled for two weeks, without a break, when a call was made."""
    cancelled = succeeded(attempt.lab, "CancelKeyDeletion", _inherited(attempt, _MAY_GO))
    off = sorted([*_trials(attempt), *cancelled], key=lambda call: call.time)  # both leave the key disabled
    on = succeeded(attempt.lab, "EnableKey", _inherited(attempt, _MAY_GO))

    def holds(call: Call) -> bool:
        begun = [
            each.time
            for each in off
            if each.time < call.time and not any(each.time < again.time < call.time for again in on)
        ]
        return bool(begun) and call.time - begun[0] >= _TRIAL

    return holds


def _asked_for_some(attempt: Attempt) -> bool:
    return any(call.region == _INHERITED_REGION for call in succeeded(attempt.lab, "GetKeyLastUsage"))


def _touched_a_needed_one(operation: str) -> Callable[[Attempt], bool]:
    return lambda attempt: any(succeeded(attempt.lab, operation, _inherited(attempt, name)) for name in _NEEDED)


def _switched_on_again(attempt: Attempt) -> bool:
    """Whether the key was enabled between being disabled and its deletion being scheduled."""
    on, last = succeeded(attempt.lab, "EnableKey", _inherited(attempt, _MAY_GO)), _scheduled(attempt)[-1]
    return any(_trials(attempt)[0].time < call.time < last.time for call in on)


def _is_long(call: Call) -> bool:
    return bool(call.reply["PendingWindowInDays"] == _LONGEST_WINDOW)


def _others_work(attempt: Attempt) -> bool:
    keys = [attempt.lab.inventory.get(_inherited(attempt, name)) for name in _NEEDED]
    # Nobody has done anything yet if the third one is untouched.
    return bool(_scheduled(attempt)) and all(key is not None and key.state == "Enabled" for key in keys)


def _one_is_not_enabled(attempt: Attempt) -> bool:
    keys = [attempt.lab.inventory.get(_inherited(attempt, name)) for name in _NEEDED]
    return any(key is None or key.state != "Enabled" for key in keys)


# --- 09.4 ---


def _pairs(attempt: Attempt) -> list[str]:
    """The ids of the exercise's keys that have a related key where the replica is to be."""
    ids = {call.keys[0].arn.rpartition("/")[2] for call in _created(attempt, *_FAILOVER)}
    standby = attempt.lab.inventory.select(region=_STANDBY_REGION)
    return [key.key_id for key in standby if key.multi_region and key.key_id in ids]


def _in_region(attempt: Attempt, operation: str, region: str) -> list[Call]:
    wanted = [f":{region}:{attempt.lab.account_id}:key/{key_id}" for key_id in _pairs(attempt)]
    calls = succeeded(attempt.lab, operation)
    return [call for call in calls if call.keys and call.keys[0].arn.endswith(tuple(wanted))]


def _read_elsewhere(attempt: Attempt) -> bool:
    made = _in_region(attempt, "Encrypt", _FAILOVER[1])
    read = _in_region(attempt, "Decrypt", _STANDBY_REGION)
    return any(_is_after(each, before) for each in read for before in made)


def _is_after(call: Call, before: Call) -> bool:
    same_key = call.keys[0].arn.rpartition("/")[2] == before.keys[0].arn.rpartition("/")[2]
    return same_key and call.time > before.time


def _failovers(attempt: Attempt, region: str = "", *, multi_region: bool = True) -> list[str]:
    """The ARNs of keys with the description, wherever they are or in one Region."""
    return [
        key.arn
        for key in attempt.lab.inventory
        if key.description == _FAILOVER[0] and region in ("", key.region) and key.multi_region is multi_region
    ]


def _tried_while_creating(attempt: Attempt) -> list[Call]:
    return [
        call for call in failed(attempt.lab, "Decrypt", "KMSInvalidStateException") if call.region == _STANDBY_REGION
    ]


def _said_at_the_replica(attempt: Attempt) -> bool:
    """Whether rotation was asked for where the key is no primary, and refused."""
    return any(
        call.keys and call.keys[0].arn.rpartition("/")[2] in _pairs(attempt)
        for call in attempt.lab.trail.events(name="EnableKeyRotation").calls
        if call.error_code
    )


def _promoted(attempt: Attempt) -> list[str]:
    standby = attempt.lab.inventory.select(region=_STANDBY_REGION)
    return [key.arn for key in standby if key.key_id in _pairs(attempt) and key.multi_region_type == "PRIMARY"]


EXERCISES = (
    Exercise(
        number="09.1",
        title="twice a year",
        tasks=(
            Task(
                "a key for the payroll exists in eu-west-1",
                _payrolls,
                by_mistake(
                    "Create it with a client for eu-west-1 and Description='payroll'; symmetric, as keys are by "
                    "default.",
                    (
                        lambda attempt: any(key.description == _PAYROLL[0] for key in attempt.lab.inventory),
                        "There is a key for the payroll in another Region, or of another kind. Symmetric, and made "
                        "with a client for eu-west-1, it is right.",
                    ),
                ),
            ),
            Task(
                "it rotates by itself every 180 days",
                lambda attempt: _any_payroll(attempt, _is_half_yearly),
                by_mistake(
                    "enable_key_rotation(KeyId=..., RotationPeriodInDays=180) switches it on.",
                    (
                        lambda attempt: _any_payroll(attempt, lambda _, arn: _period(attempt, arn) == 365),
                        "It rotates every 365 days, because nothing else was said. Call enable_key_rotation again, "
                        "with RotationPeriodInDays.",
                    ),
                    (
                        _on_payroll(_period),
                        "It rotates with another period. Half a year is RotationPeriodInDays=180 here.",
                    ),
                    (
                        _on_payroll(_rotated_on_demand),
                        "It was rotated on demand. By itself it rotates only after enable_key_rotation.",
                    ),
                ),
            ),
            Task(
                "something was encrypted under its first key material",
                lambda attempt: _any_payroll(attempt, _is_half_yearly, _has_old_data),
                by_mistake(
                    "Encrypt something under the key before time passes.",
                    (
                        _on_payroll(_was_rotated),
                        "It has been rotated already, and its first key material encrypts nothing any more. Begin with "
                        "another key.",
                    ),
                ),
            ),
            Task(
                "KMS has rotated it twice by the calendar",
                lambda attempt: _any_payroll(attempt, _is_half_yearly, _rotated_twice),
                by_mistake(
                    "Let two periods pass with lab.clock.advance(days=...).",
                    (
                        _on_payroll(_rotated_on_demand),
                        "Rotations on demand do not count here: the bookkeeper wants to rely on the calendar. Let two "
                        "periods pass.",
                    ),
                    (_on_payroll(_rotated_once), "Once so far. Let another 180 days pass."),
                ),
            ),
            Task(
                "something new was encrypted after that",
                lambda attempt: _any_payroll(attempt, _is_half_yearly, _rotated_twice, _has_new_data),
                by_mistake(
                    "Encrypt once more under the same key, after its second rotation.",
                    (
                        _on_payroll(_encrypted_between),
                        "That was after the first rotation, and before the second. Encrypt once more.",
                    ),
                ),
            ),
            Task(
                "the old ciphertext was decrypted after that",
                lambda attempt: _any_payroll(attempt, _is_half_yearly, _rotated_twice, _read_old_data),
                by_mistake(
                    "Hand the ciphertext from before the first rotation to decrypt, with the client for eu-west-1.",
                    (
                        _on_payroll(_read_something),
                        "Something else was decrypted, or too early. Take the very first ciphertext, after the second "
                        "rotation.",
                    ),
                ),
            ),
            Task(
                "the number is what a month of it costs",
                lambda attempt: float(attempt.answer) == _DOLLARS,
                by_mistake(
                    "The key itself costs 1 USD. Add what its first and its second rotation cost, and hand the sum "
                    "over.",
                    (_offered(1), "That is the key without its rotations. Both of them cost something, each month."),
                    (_offered(2), "The second rotation costs as much as the first."),
                    (
                        lambda attempt: float(attempt.answer) > _DOLLARS,
                        "That is too much: only the first and the second rotation cost something, and for a whole "
                        "month, not for a year.",
                    ),
                ),
            ),
        ),
        hints=(
            "The first half of this lesson does it with the orders. You need another client and another period.",
            "create_key, enable_key_rotation(KeyId=..., RotationPeriodInDays=...), encrypt, lab.clock.advance, "
            "encrypt, decrypt. The bars show the price.",
            "ireland = boto3.client('kms', region_name='eu-west-1')\n"
            "k = ireland.create_key(Description='payroll')['KeyMetadata']['KeyId']\n"
            "ireland.enable_key_rotation(KeyId=k, RotationPeriodInDays=180)\n"
            "c = ireland.encrypt(KeyId=k, Plaintext=b'old')['CiphertextBlob']\n"
            "lab.clock.advance(days=361)\n"
            "ireland.encrypt(KeyId=k, Plaintext=b'new')\n"
            "ireland.decrypt(CiphertextBlob=c)\n"
            "answer = 1 + 1 + 1",
        ),
    ),
    Exercise(
        number="09.2",
        title="only what is old",
        tasks=(
            Task(
                "a record was re-encrypted under the same key, with its context",
                _moves,
                by_mistake(
                    "re_encrypt takes SourceEncryptionContext and DestinationEncryptionContext; both are {'record': "
                    "'...'} with the record's number. DestinationKeyId is records_key.",
                    (
                        lambda attempt: _re_encrypted(attempt, same_key=True),
                        "A record was moved and has lost its context, or has another. Say "
                        "DestinationEncryptionContext, the same as the source's, and move the first ciphertext again. "
                        "(If it is overwritten, the cell that plays the eight months makes a new set.)",
                    ),
                    (
                        lambda attempt: _re_encrypted(attempt, same_key=False),
                        "A record was moved to another key. The same key has new key material, so DestinationKeyId is "
                        "records_key.",
                    ),
                    (
                        lambda attempt: failed(attempt.lab, "ReEncrypt", "InvalidCiphertextException"),
                        "KMS could not open a record: SourceEncryptionContext was missing, or not {'record': '...'} "
                        "with the number as a text.",
                    ),
                ),
            ),
            Task(
                "every record under older key material was",
                _moved_all,
                by_mistake(
                    "decrypt names the KeyMaterialId of a ciphertext, describe_key the CurrentKeyMaterialId of the "
                    "key. Move the records for which they differ.",
                    (
                        _moved,
                        "Some are still missing. The key has been rotated more than once, and records of more than one "
                        "older key material are among the six.",
                    ),
                ),
            ),
            Task(
                "no record under the current key material was",
                _moved_no_others,
                by_mistake(
                    "Compare before you move: only where the KeyMaterialId is not the current one.",
                    (
                        _moved,
                        "A record was moved to where it was already: a needless request. Run the cell that plays the "
                        "eight months again for a new set, and compare before you move.",
                    ),
                ),
            ),
            Task(
                "the list names the records that had to be moved",
                _named_them,
                by_mistake(
                    "Hand over a list of numbers, such as [7, 9]; of those, and only those, that were not current.",
                    (
                        lambda attempt: not _are_numbers(attempt),
                        "The list is to have the records' numbers, from 1 to 6, and not the records or their texts.",
                    ),
                    (
                        lambda attempt: _answers(attempt) and _answers(attempt) < _old_records(attempt),
                        "The list is too short: more records than these were not current.",
                    ),
                    (
                        lambda attempt: _answers(attempt) > _old_records(attempt),
                        "The list is too long: one of these was current already.",
                    ),
                ),
            ),
        ),
        hints=(
            "Two cells of this lesson print the key material of each ciphertext, and one moves a ciphertext.",
            "For each record compare decrypt(...)['KeyMaterialId'] with describe_key(...)['KeyMetadata']"
            "['CurrentKeyMaterialId'], and call re_encrypt where they differ.",
            "current = oregon.describe_key(KeyId=records_key)['KeyMetadata']['CurrentKeyMaterialId']\n"
            "answer = []\n"
            "for n, blob in records.items():\n"
            "    own = {'record': str(n)}\n"
            "    if oregon.decrypt(CiphertextBlob=blob, EncryptionContext=own)['KeyMaterialId'] != current:\n"
            "        both = {'SourceEncryptionContext': own, 'DestinationEncryptionContext': own}\n"
            "        oregon.re_encrypt(CiphertextBlob=blob, DestinationKeyId=records_key, **both)\n"
            "        answer.append(n)",
        ),
    ),
    Exercise(
        number="09.3",
        title="which one may go?",
        tasks=(
            Task(
                "the last use of all three keys was asked for",
                _asked_for_all,
                by_mistake(
                    "Call get_key_last_usage for each of the three keys of ap-southeast-2, by key id.",
                    (
                        _asked_for_some,
                        "Not for all three yet. Before you switch one off, know of each when it was used.",
                    ),
                ),
            ),
            Task(
                "the key that nothing has used for a year was disabled",
                _trials,
                by_mistake(
                    "Compare each Timestamp with lab.clock.now(). One of the three lies more than 365 days back; use "
                    "disable_key on that one.",
                    (
                        _touched_a_needed_one("DisableKey"),
                        "Another key was disabled, and it was used within the year. enable_key brings it back; then "
                        "compare the three Timestamps once more.",
                    ),
                    (
                        lambda attempt: _scheduled(attempt),
                        "Its deletion was scheduled without a trial. cancel_key_deletion leaves it disabled; enable "
                        "it, and begin with disable_key.",
                    ),
                ),
            ),
            Task(
                "at least two weeks later, still disabled, its deletion was scheduled",
                lambda attempt: _scheduled(attempt, _waited(attempt)),
                by_mistake(
                    "Two weeks are lab.clock.advance(days=14) or more, between disable_key and schedule_key_deletion.",
                    (
                        _switched_on_again,
                        "The key was enabled in between, and nobody could have complained. Cancel, disable it once "
                        "more, and wait for two weeks.",
                    ),
                    (
                        lambda attempt: _trials(attempt) and _scheduled(attempt),
                        "That was too fast. cancel_key_deletion leaves the key disabled: wait from there, and schedule "
                        "it anew.",
                    ),
                    (
                        _touched_a_needed_one("ScheduleKeyDeletion"),
                        "Another key waits for its deletion, and it is still used. cancel_key_deletion and enable_key "
                        "bring it back.",
                    ),
                ),
            ),
            Task(
                "with a waiting period of 30 days",
                lambda attempt: _scheduled(attempt, _waited(attempt), _is_long),
                by_mistake(
                    "PendingWindowInDays=30 is the longest, and the default.",
                    (
                        lambda attempt: _scheduled(attempt, _waited(attempt)),
                        "It is scheduled with less than 30 days. After cancel_key_deletion you can schedule it anew.",
                    ),
                ),
            ),
            Task(
                "the other two keys are enabled",
                _others_work,
                by_mistake(
                    "Nothing has happened to them yet; leave it so.",
                    (
                        _one_is_not_enabled,
                        "They are still used. cancel_key_deletion and then enable_key bring a key back; if one is "
                        "gone, run the cell that plays the year again.",
                    ),
                ),
            ),
        ),
        hints=(
            "Do what the lesson did with the key reports, in the same order, and spare yourself the surprise.",
            "get_key_last_usage for each, disable_key for one, lab.clock.advance, schedule_key_deletion.",
            "for name, k in inherited.items():\n"
            "    print(name, sydney.get_key_last_usage(KeyId=k)['KeyLastUsage']['Timestamp'])\n"
            "sydney.disable_key(KeyId=inherited['grey'])\n"
            "lab.clock.advance(days=14)\n"
            "print(sydney.schedule_key_deletion(KeyId=inherited['grey'], PendingWindowInDays=30)['KeyState'])",
        ),
    ),
    Exercise(
        number="09.4",
        title="Frankfurt fails",
        tasks=(
            Task(
                "a multi-Region key from eu-central-1 has a related key in eu-north-1",
                _pairs,
                by_mistake(
                    "create_key(Description='failover', MultiRegion=True) in eu-central-1, and there replicate_key "
                    "with ReplicaRegion='eu-north-1'.",
                    (
                        lambda attempt: _failovers(attempt, _FAILOVER[1]) and not _failovers(attempt, _STANDBY_REGION),
                        "The primary is there, and has no replica in eu-north-1 yet: replicate_key(KeyId=..., "
                        "ReplicaRegion='eu-north-1').",
                    ),
                    (
                        lambda attempt: _failovers(attempt, _FAILOVER[1]) and _failovers(attempt, _STANDBY_REGION),
                        "There are two keys with the same description, and they are not related: each has key material "
                        "of its own. replicate_key makes a related one.",
                    ),
                    (
                        lambda attempt: _failovers(attempt, multi_region=False),
                        "The key failover is a single-Region key. A key becomes multi-Region when it is created, or "
                        "never: create another with MultiRegion=True.",
                    ),
                    (
                        _failovers,
                        "The key failover was created in another Region. Begin in eu-central-1: it is the one that "
                        "will fail.",
                    ),
                ),
            ),
            Task(
                "what was encrypted in eu-central-1 was decrypted in eu-north-1",
                _read_elsewhere,
                by_mistake(
                    "encrypt with the client for eu-central-1, decrypt with one for eu-north-1.",
                    (
                        _tried_while_creating,
                        "While the replica is Creating, it cannot be used: lab.clock.advance(minutes=1) first.",
                    ),
                    (
                        lambda attempt: _in_region(attempt, "Decrypt", _FAILOVER[1]),
                        "It was decrypted in eu-central-1, where it was encrypted. Frankfurt fails: decrypt with the "
                        "client for eu-north-1.",
                    ),
                    (
                        lambda attempt: _in_region(attempt, "Encrypt", _STANDBY_REGION),
                        "It was encrypted in eu-north-1. Encrypt in eu-central-1, as long as Frankfurt is there.",
                    ),
                ),
            ),
            Task(
                "the key in eu-north-1 is the primary",
                _promoted,
                by_mistake(
                    "update_primary_region(KeyId=..., PrimaryRegion='eu-north-1') makes it the primary.",
                    (
                        lambda attempt: [
                            call
                            for call in attempt.lab.trail.events(name="UpdatePrimaryRegion").calls
                            if call.error_code and call.region in (_FAILOVER[1], _STANDBY_REGION)
                        ],
                        "update_primary_region was refused. It is called where the primary is now, with the client for "
                        "eu-central-1, and when both keys are Enabled.",
                    ),
                ),
            ),
            Task(
                "the keys rotate every 100 days",
                lambda attempt: any(_period(attempt, arn) == _HUNDRED for arn in _promoted(attempt)),
                by_mistake(
                    "enable_key_rotation(KeyId=..., RotationPeriodInDays=100), once the primary has moved.",
                    (
                        lambda attempt: any(_period(attempt, arn) for arn in _promoted(attempt)),
                        "They rotate with another period: RotationPeriodInDays=100.",
                    ),
                    (
                        _said_at_the_replica,
                        "KMS refused it: rotation is switched on at the primary. Which client is that, now?",
                    ),
                    (
                        lambda attempt: _in_region(attempt, "EnableKeyRotation", _FAILOVER[1]),
                        "That was said in Frankfurt, before the primary moved. Say it at the new primary, as you would "
                        "with Frankfurt away.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section on several Regions does all but the last step, with other Regions.",
            "create_key with MultiRegion, replicate_key, encrypt, decrypt, update_primary_region, enable_key_rotation. "
            "Let a minute pass after the second and the fifth.",
            "frankfurt = boto3.client('kms', region_name='eu-central-1')\n"
            "stockholm = boto3.client('kms', region_name='eu-north-1')\n"
            "k = frankfurt.create_key(Description='failover', MultiRegion=True)['KeyMetadata']['KeyId']\n"
            "frankfurt.replicate_key(KeyId=k, ReplicaRegion='eu-north-1')\n"
            "lab.clock.advance(minutes=1)\n"
            "c = frankfurt.encrypt(KeyId=k, Plaintext=b'x')['CiphertextBlob']\n"
            "print(stockholm.decrypt(CiphertextBlob=c)['Plaintext'])\n"
            "frankfurt.update_primary_region(KeyId=k, PrimaryRegion='eu-north-1')\n"
            "lab.clock.advance(minutes=1)\n"
            "_ = stockholm.enable_key_rotation(KeyId=k, RotationPeriodInDays=100)",
        ),
    ),
)
