"""Exercises of lesson 09: rotation and lifecycle.

Four stories of months and years, each read from the trail in the order in which it happened. Half of the lines are what
learners read: tasks, advice and hints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from kmslab import Call
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

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
    off = _trials(attempt)
    on = succeeded(attempt.lab, "EnableKey", _inherited(attempt, _MAY_GO))

    def holds(call: Call) -> bool:
        begun = [
            each.time
            for each in off
            if each.time < call.time and not any(each.time < again.time < call.time for again in on)
        ]
        return bool(begun) and call.time - begun[0] >= _TRIAL

    return holds


def _is_long(call: Call) -> bool:
    return bool(call.reply["PendingWindowInDays"] == _LONGEST_WINDOW)


def _others_work(attempt: Attempt) -> bool:
    keys = [attempt.lab.inventory.get(_inherited(attempt, name)) for name in _NEEDED]
    # Nobody has done anything yet if the third one is untouched.
    return bool(_scheduled(attempt)) and all(key is not None and key.state == "Enabled" for key in keys)


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
                "Create it with a client for eu-west-1 and Description='payroll'; symmetric, as keys are by default.",
            ),
            Task(
                "it rotates by itself every 180 days",
                lambda attempt: _any_payroll(attempt, _is_half_yearly),
                "enable_key_rotation takes RotationPeriodInDays. Without it, a period is 365 days long.",
            ),
            Task(
                "something was encrypted under its first key material",
                lambda attempt: _any_payroll(attempt, _is_half_yearly, _has_old_data),
                "Encrypt before time passes. If the key has been rotated already, begin with another key.",
            ),
            Task(
                "KMS has rotated it twice by the calendar",
                lambda attempt: _any_payroll(attempt, _is_half_yearly, _rotated_twice),
                "Let two periods pass with lab.clock.advance. Rotations on demand do not count here.",
            ),
            Task(
                "something new was encrypted after that",
                lambda attempt: _any_payroll(attempt, _is_half_yearly, _rotated_twice, _has_new_data),
                "Encrypt once more under the same key, after its second rotation.",
            ),
            Task(
                "the old ciphertext was decrypted after that",
                lambda attempt: _any_payroll(attempt, _is_half_yearly, _rotated_twice, _read_old_data),
                "Hand the ciphertext from before the first rotation to decrypt, with the client for eu-west-1.",
            ),
            Task(
                "the number is what a month of it costs",
                lambda attempt: float(attempt.answer) == _DOLLARS,
                "The key itself costs 1 USD. Add what its first and its second rotation cost, and hand the sum over.",
            ),
        ),
        hints=(
            "The first half of this lesson does it with the orders. You need another client and another period.",
            "create_key, enable_key_rotation(KeyId=..., RotationPeriodInDays=...), encrypt, lab.clock.advance, "
            "encrypt, decrypt. The bars show the price.",
            "k = ireland.create_key(Description='payroll')['KeyMetadata']['KeyId'], ireland.enable_key_rotation("
            "KeyId=k, RotationPeriodInDays=180), c = ireland.encrypt(...)['CiphertextBlob'], "
            "lab.clock.advance(days=361), encrypt again, ireland.decrypt(CiphertextBlob=c), answer = 1 + 1 + 1",
        ),
    ),
    Exercise(
        number="09.2",
        title="only what is old",
        tasks=(
            Task(
                "a record was re-encrypted under the same key, with its context",
                _moves,
                "re_encrypt takes SourceEncryptionContext and DestinationEncryptionContext; both are {'record': '...'} "
                "with the record's number. DestinationKeyId is records_key.",
            ),
            Task(
                "every record under older key material was",
                _moved_all,
                "decrypt names the KeyMaterialId of a ciphertext, describe_key the CurrentKeyMaterialId of the key. "
                "Records of more than one older key material are among them.",
            ),
            Task(
                "no record under the current key material was",
                _moved_no_others,
                "Moving a record to where it is already is a needless request. Run the cell that plays the eight "
                "months again for a new set, and compare before you move.",
            ),
            Task(
                "the list names the records that had to be moved",
                _named_them,
                "Hand over a list of numbers, such as [7, 9]; of those, and only those, that were not current.",
            ),
        ),
        hints=(
            "Two cells of this lesson print the key material of each ciphertext, and one moves a ciphertext.",
            "For each record compare decrypt(...)['KeyMaterialId'] with describe_key(...)['KeyMetadata']"
            "['CurrentKeyMaterialId'], and call re_encrypt where they differ.",
            "oregon.re_encrypt(CiphertextBlob=records[n], SourceEncryptionContext={'record': str(n)}, "
            "DestinationKeyId=records_key, DestinationEncryptionContext={'record': str(n)}) for each n whose decrypt, "
            "with that context, names another KeyMaterialId than describe_key",
        ),
    ),
    Exercise(
        number="09.3",
        title="which one may go?",
        tasks=(
            Task(
                "the last use of all three keys was asked for",
                _asked_for_all,
                "Call get_key_last_usage for each of the three keys of ap-southeast-2, by key id.",
            ),
            Task(
                "the key that nothing has used for a year was disabled",
                _trials,
                "Compare each Timestamp with lab.clock.now(). One of the three lies more than 365 days back; use "
                "disable_key on that one.",
            ),
            Task(
                "at least two weeks later, still disabled, its deletion was scheduled",
                lambda attempt: _scheduled(attempt, _waited(attempt)),
                "Two weeks are lab.clock.advance(days=14) or more, between disable_key and schedule_key_deletion. If "
                "you were too fast: cancel_key_deletion, and wait from there.",
            ),
            Task(
                "with a waiting period of 30 days",
                lambda attempt: _scheduled(attempt, _waited(attempt), _is_long),
                "PendingWindowInDays=30 is the longest, and the default. After cancel_key_deletion you can schedule it "
                "anew.",
            ),
            Task(
                "the other two keys are enabled",
                _others_work,
                "They are still used. cancel_key_deletion and then enable_key bring a key back; if one is gone, run "
                "the cell that plays the year again.",
            ),
        ),
        hints=(
            "Do what the lesson did with the key reports, in the same order, and spare yourself the surprise.",
            "get_key_last_usage for each, disable_key for one, lab.clock.advance, schedule_key_deletion.",
            "sydney.disable_key(KeyId=inherited['grey']), lab.clock.advance(days=14), sydney.schedule_key_deletion("
            "KeyId=inherited['grey'], PendingWindowInDays=30), after get_key_last_usage for all of inherited.values()",
        ),
    ),
    Exercise(
        number="09.4",
        title="Frankfurt fails",
        tasks=(
            Task(
                "a multi-Region key from eu-central-1 has a related key in eu-north-1",
                _pairs,
                "create_key(Description='failover', MultiRegion=True) in eu-central-1, and there replicate_key with "
                "ReplicaRegion='eu-north-1'. A key becomes multi-Region when it is created, or never.",
            ),
            Task(
                "what was encrypted in eu-central-1 was decrypted in eu-north-1",
                _read_elsewhere,
                "encrypt with the client for eu-central-1, decrypt with one for eu-north-1. While the replica is "
                "Creating, it cannot be used: lab.clock.advance(minutes=1).",
            ),
            Task(
                "the key in eu-north-1 is the primary",
                _promoted,
                "update_primary_region(KeyId=..., PrimaryRegion='eu-north-1') is called where the primary is now.",
            ),
            Task(
                "the keys rotate every 100 days",
                lambda attempt: any(_period(attempt, arn) == _HUNDRED for arn in _promoted(attempt)),
                "Rotation is switched on at the primary, and the primary has moved: which client calls "
                "enable_key_rotation with RotationPeriodInDays=100?",
            ),
        ),
        hints=(
            "The section on several Regions does all but the last step, with other Regions.",
            "create_key with MultiRegion, replicate_key, encrypt, decrypt, update_primary_region, enable_key_rotation. "
            "Let a minute pass after the second and the fifth.",
            "k = frankfurt.create_key(Description='failover', MultiRegion=True)['KeyMetadata']['KeyId'], "
            "frankfurt.replicate_key(KeyId=k, ReplicaRegion='eu-north-1'), then encrypt and decrypt, "
            "frankfurt.update_primary_region(KeyId=k, PrimaryRegion='eu-north-1'), "
            "stockholm.enable_key_rotation(KeyId=k, RotationPeriodInDays=100)",
        ),
    ),
)
