"""Exercises of lesson 12: who did what. What is right is read from the same trail in which learners look for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kmslab import Call
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

_LEDGER, _LEDGER_REGION = "ledger", "ap-southeast-2"

_VAULT, _VAULT_REGION = "vault", "eu-west-1"
#: The tables from which users may decrypt.
_ALLOWED = {"web": "orders", "payroll": "salaries"}
_OWNER = "administrator"
_BACKUP, _INTERN = "backup", "old-intern"
_REFUSED = "AccessDeniedException"


def _key(attempt: Attempt, description: str, region: str) -> str:
    """The ARN of the key with a description, the newest if the lesson's cell was run again."""
    calls = [call for call in succeeded(attempt.lab, "CreateKey") if call.region == region]
    return [call.keys[0].arn for call in calls if call.params.get("Description") == description][-1]


def _who(call: Call) -> str:
    return "" if call.principal is None else call.principal.name


def _written(when: object) -> str:
    """A time as events have it; a learner may hand over a date as well."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if isinstance(when, datetime) else str(when).strip()


def _named(names: object) -> list[str]:
    """The names of a list, each once, in order; anything else raises, and so counts as not done."""
    if not isinstance(names, (list, tuple, set, frozenset)):
        raise TypeError("a list of names is wanted")
    return sorted({str(name).strip().lower() for name in names})


def _parts(attempt: Attempt, count: int) -> Sequence[object]:
    if not isinstance(attempt.answer, (list, tuple)) or len(attempt.answer) != count:
        raise TypeError("another answer is wanted")
    return attempt.answer


# --- 12.1 ---


def _switched_off(attempt: Attempt) -> Call:
    return succeeded(attempt.lab, "DisableKey", _key(attempt, _LEDGER, _LEDGER_REGION))[0]


def _right_person(attempt: Attempt) -> bool:
    return str(_parts(attempt, 2)[0]).strip().lower() == _who(_switched_off(attempt))


def _right_time(attempt: Attempt) -> bool:
    return _written(_parts(attempt, 2)[1]) == _written(_switched_off(attempt).time)


# --- 12.2 ---


def _vault(attempt: Attempt) -> str:
    return _key(attempt, _VAULT, _VAULT_REGION)


def _row(call: Call) -> tuple[str, str]:
    context = call.params.get("EncryptionContext") or {}
    return str(context.get("table", "")), str(context.get("row", ""))


def _thefts(attempt: Attempt) -> list[Call]:
    """The successful Decrypt calls that the company's rules do not allow, oldest first."""
    calls = succeeded(attempt.lab, "Decrypt", _vault(attempt))
    return [call for call in calls if _who(call) != _OWNER and _ALLOWED.get(_who(call)) != _row(call)[0]]


def _right_users(attempt: Attempt) -> bool:
    return _named(_parts(attempt, 3)[0]) == _named([_who(call) for call in _thefts(attempt)])


def _right_begin(attempt: Attempt) -> bool:
    return _written(_parts(attempt, 3)[1]) == _written(_thefts(attempt)[0].time)


def _right_rows(attempt: Attempt) -> bool:
    return _named(_parts(attempt, 3)[2]) == _named([_row(call)[1] for call in _thefts(attempt)])


# --- 12.3 ---


def _after_the_change(attempt: Attempt, who: str, operation: str) -> Call:
    """The last call of a user on the vault, if it came after a grant had been revoked."""
    first = succeeded(attempt.lab, "RevokeGrant", _vault(attempt))[0]
    calls = attempt.lab.trail.events(name=operation, principal=who, key=_vault(attempt)).calls
    return [call for call in calls if call.time > first.time][-1]


def _is_shut_out(attempt: Attempt, who: str) -> bool:
    return _after_the_change(attempt, who, "Decrypt").error_code == _REFUSED


def _works(attempt: Attempt, who: str, operation: str) -> bool:
    return _after_the_change(attempt, who, operation).error_code is None


EXERCISES = (
    Exercise(
        number="12.1",
        title="who switched it off?",
        tasks=(
            Task(
                "a user name and a time were handed over",
                lambda attempt: all(isinstance(part, (str, datetime)) for part in _parts(attempt, 2)),
                "A pair: check('12.1', ('name', '2026-...Z')). Run the cell that plays the month first.",
            ),
            Task(
                "the user is the one who disabled the key",
                _right_person,
                "The event is called DisableKey, and userIdentity says who. EnableKey was somebody else, and the last "
                "who encrypted need not be the one.",
            ),
            Task(
                "the time is that of the event",
                _right_time,
                "eventTime in the CloudTrailEvent, as it stands there, such as '2026-04-01T12:00:00Z'.",
            ),
        ),
        hints=(
            "The section 'Looking events up' has a function for one attribute. Which Region's history do you ask?",
            "A client boto3.client('cloudtrail', region_name='ap-southeast-2'), and lookup_events by EventName.",
            "e = json.loads(client.lookup_events(LookupAttributes=[{'AttributeKey': 'EventName', 'AttributeValue': "
            "'DisableKey'}])['Events'][0]['CloudTrailEvent']), then (e['userIdentity']['userName'], e['eventTime'])",
        ),
    ),
    Exercise(
        number="12.2",
        title="the intruder",
        tasks=(
            Task(
                "users, a time and rows were handed over",
                lambda attempt: _named(_parts(attempt, 3)[0]) and _named(_parts(attempt, 3)[2]),
                "A tuple of three: (['user', ...], '2026-...Z', ['row', ...]). Run the cells that play the week first.",
            ),
            Task(
                "these are the users whose names were misused, all of them and no others",
                _right_users,
                "Compare user and table of every successful Decrypt with the table of rules. It is more than one user, "
                "and working at night is no offence.",
            ),
            Task(
                "it is the first Decrypt that broke the rules",
                _right_begin,
                "Oldest first, and only events without an errorCode: looking around and being refused came earlier.",
            ),
            Task(
                "these are the rows that are lost, all of them and no others",
                _right_rows,
                "The 'row' in the encryption contexts of these Decrypt events, of all the users of part 1. What "
                "payroll read is not lost.",
            ),
        ),
        hints=(
            "Only Decrypt events without an errorCode count. For each: is this user allowed this table?",
            "event['userIdentity']['userName'] and event['requestParameters']['encryptionContext']['table'] make a "
            "pair; two pairs are allowed: ('web', 'orders') and ('payroll', 'salaries').",
            "wrong = [e for e in events if e['eventName'] == 'Decrypt' and 'errorCode' not in e and (e['userIdentity']"
            "['userName'], e['requestParameters']['encryptionContext']['table']) not in allowed]; then the set of "
            "users, wrong[0]['eventTime'], and the set of rows",
        ),
    ),
    Exercise(
        number="12.3",
        title="contain it, and prove it",
        tasks=(
            Task(
                "a grant on the vault was revoked",
                lambda attempt: succeeded(attempt.lab, "RevokeGrant", _vault(attempt)),
                "list_grants(KeyId=vault['KeyId']), then revoke_grant with KeyId and GrantId, with the client for "
                "eu-west-1. Disabling the key would stop everybody.",
            ),
            Task(
                "after that, backup tried to decrypt and was refused",
                lambda attempt: _is_shut_out(attempt, _BACKUP),
                "Its old grant allows Decrypt: revoke it. Then call a_night(), which lets the intruder try.",
            ),
            Task(
                "so did old-intern",
                lambda attempt: _is_shut_out(attempt, _INTERN),
                "The second door is a grant of its own, and revoking the first does not end it. Revoke it, and call "
                "a_night() again.",
            ),
            Task(
                "the backup still gets its data keys",
                lambda attempt: _works(attempt, _BACKUP, "GenerateDataKey"),
                "create_grant for users['backup'].arn with Operations=['GenerateDataKey'], and a_night() again.",
            ),
            Task(
                "web and payroll still work",
                lambda attempt: _works(attempt, "web", "Decrypt") and _works(attempt, "payroll", "Decrypt"),
                "They must not notice anything: the key stays enabled, and their IAM policies stay. Then a_night().",
            ),
        ),
        hints=(
            "How many grants does the key have, and for whom? One of them was needed for one thing only.",
            "list_grants, revoke_grant for each that allows Decrypt, create_grant with GenerateDataKey for backup, "
            "then a_night().",
            "for g in ireland.list_grants(KeyId=vault['KeyId'])['Grants']: ireland.revoke_grant(KeyId=vault['KeyId'], "
            "GrantId=g['GrantId']); ireland.create_grant(KeyId=vault['KeyId'], GranteePrincipal=users['backup'].arn, "
            "Operations=['GenerateDataKey']); a_night()",
        ),
    ),
)
