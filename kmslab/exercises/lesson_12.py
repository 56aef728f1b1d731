"""Exercises of lesson 12: who did what. What is right is read from the same trail in which learners look for it.

More than 300 lines, because each typical mistake has a test and a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from kmslab import Call
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

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


def _switched_on(attempt: Attempt) -> Call:
    return succeeded(attempt.lab, "EnableKey", _key(attempt, _LEDGER, _LEDGER_REGION))[0]


def _first_part(attempt: Attempt) -> str:
    return str(_parts(attempt, 2)[0])


def _time_in_another_spelling(attempt: Attempt) -> bool:
    given = datetime.fromisoformat(str(_parts(attempt, 2)[1]).strip())
    return given.replace(tzinfo=given.tzinfo or UTC) == _switched_off(attempt).time.replace(microsecond=0)


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


def _thieves(attempt: Attempt) -> set[str]:
    return {_who(call) for call in _thefts(attempt)}


def _suspects_the_innocent(attempt: Attempt) -> bool:
    return not set(_named(_parts(attempt, 3)[0])) <= _thieves(attempt)


def _misses_the_first_thief(attempt: Attempt) -> bool:
    return _who(_thefts(attempt)[0]) not in _named(_parts(attempt, 3)[0])


def _misses_a_thief(attempt: Attempt) -> bool:
    return not set(_named(_parts(attempt, 3)[0])) >= _thieves(attempt)


def _begin(attempt: Attempt) -> str:
    return _written(_parts(attempt, 3)[1])


def _is_of_a_refused_call(attempt: Attempt) -> bool:
    calls = [call for call in attempt.lab.trail.calls if call.region == _VAULT_REGION and call.error_code is not None]
    return _begin(attempt) in {_written(call.time) for call in calls}


def _is_of_another_theft(attempt: Attempt) -> bool:
    return _begin(attempt) in {_written(call.time) for call in _thefts(attempt)}


def _rows_too_many(attempt: Attempt) -> bool:
    return not set(_named(_parts(attempt, 3)[2])) <= {_row(call)[1] for call in _thefts(attempt)}


def _are_tables(attempt: Attempt) -> bool:
    return set(_named(_parts(attempt, 3)[2])) <= set(_ALLOWED.values())


# --- 12.3 ---


def _ended(attempt: Attempt) -> list[Call]:
    """The calls that ended a grant on the vault, oldest first."""
    calls = [
        *succeeded(attempt.lab, "RevokeGrant", _vault(attempt)),
        *succeeded(attempt.lab, "RetireGrant", _vault(attempt)),
    ]
    return sorted(calls, key=lambda call: call.time)


def _after_the_change(attempt: Attempt, who: str, operation: str) -> Call:
    """The last call of a user on the vault, if it came after a grant had ended."""
    first = _ended(attempt)[0]
    calls = attempt.lab.trail.events(name=operation, principal=who, key=_vault(attempt)).calls
    return [call for call in calls if call.time > first.time][-1]


def _is_shut_out(attempt: Attempt, who: str) -> bool:
    return _after_the_change(attempt, who, "Decrypt").error_code == _REFUSED


def _works(attempt: Attempt, who: str, operation: str) -> bool:
    return _after_the_change(attempt, who, operation).error_code is None


def _is_disabled(attempt: Attempt) -> bool:
    key = attempt.lab.inventory.get(_vault(attempt))
    return key is not None and key.state != "Enabled"


def _nobody_tried_since(attempt: Attempt) -> bool:
    """Whether a grant has ended, and the intruder has not come back since."""
    return bool(_ended(attempt)) and not any(
        call.time > _ended(attempt)[0].time
        for who in (_BACKUP, _INTERN)
        for call in attempt.lab.trail.events(name="Decrypt", principal=who, key=_vault(attempt)).calls
    )


def _granted(attempt: Attempt, operation: str) -> Call:
    """The last call that made a grant with an operation for the backup."""
    calls = succeeded(attempt.lab, "CreateGrant", _vault(attempt))
    for_backup = [call for call in calls if str(call.params["GranteePrincipal"]).endswith(f":user/{_BACKUP}")]
    return [call for call in for_backup if operation in call.params["Operations"]][-1]


def _granted_too_much(attempt: Attempt) -> bool:
    return _granted(attempt, "Decrypt").time > _ended(attempt)[0].time


def _granted_but_not_run(attempt: Attempt) -> bool:
    runs = attempt.lab.trail.events(name="GenerateDataKey", principal=_BACKUP, key=_vault(attempt)).calls
    return _granted(attempt, "GenerateDataKey").time > runs[-1].time


def _lost(attempt: Attempt) -> bool:
    """Whether one of those who must go on was refused for want of permission."""
    last = [_after_the_change(attempt, who, "Decrypt") for who in _ALLOWED]
    return any(call.error_code == _REFUSED for call in last)


_NIGHT = "Nobody has tried since your change, and so nothing is proved: call a_night()."
_DISABLED = (
    "The key is disabled, and that stops everybody, Otterquill too: enable_key, take away the grants instead, and call "
    "a_night()."
)


EXERCISES = (
    Exercise(
        number="12.1",
        title="who switched it off?",
        tasks=(
            Task(
                "a user name and a time were handed over",
                lambda attempt: all(isinstance(part, (str, datetime)) for part in _parts(attempt, 2)),
                by_mistake(
                    "A pair: answer = ('name', '2026-...Z'). Run the cell that plays the month first.",
                    (
                        lambda attempt: isinstance(attempt.answer, str),
                        "That is one of two. Hand over both in brackets: answer = ('name', '2026-...Z').",
                    ),
                    (
                        lambda attempt: isinstance(attempt.answer, dict),
                        "That is a whole event. Take two things out of it: the user name and the eventTime.",
                    ),
                ),
            ),
            Task(
                "the user is the one who disabled the key",
                _right_person,
                by_mistake(
                    "The event is called DisableKey, and its userIdentity says who.",
                    (
                        lambda attempt: _first_part(attempt) == _who(_switched_on(attempt)),
                        "That is who switched it on again, with EnableKey. Look for DisableKey.",
                    ),
                    (
                        lambda attempt: "arn:" in _first_part(attempt),
                        "Only the user name is wanted: userIdentity has it as userName, beside the arn.",
                    ),
                    (
                        _first_part,
                        "It was somebody else. Who encrypted last need not be the one: ask for the event DisableKey, "
                        "in the history of ap-southeast-2.",
                    ),
                ),
            ),
            Task(
                "the time is that of the event",
                _right_time,
                by_mistake(
                    "eventTime in the CloudTrailEvent, as it stands there, such as '2026-04-01T12:00:00Z'.",
                    (
                        _time_in_another_spelling,
                        "The right moment, in another spelling. Take eventTime out of the CloudTrailEvent as it stands "
                        "there: a report quotes, and does not rewrite.",
                    ),
                    (
                        lambda attempt: _written(_parts(attempt, 2)[1]) == _written(_switched_on(attempt).time),
                        "At that time it was switched on again. When was it switched off?",
                    ),
                ),
            ),
        ),
        hints=(
            "The section 'Looking events up' has a function for one attribute. Which Region's history do you ask?",
            "A client boto3.client('cloudtrail', region_name='ap-southeast-2'), and lookup_events by EventName.",
            "history = boto3.client('cloudtrail', region_name='ap-southeast-2')\n"
            "one = {'AttributeKey': 'EventName', 'AttributeValue': 'DisableKey'}\n"
            "found = history.lookup_events(LookupAttributes=[one])['Events'][0]\n"
            "event = json.loads(found['CloudTrailEvent'])\n"
            "answer = (event['userIdentity']['userName'], event['eventTime'])",
        ),
    ),
    Exercise(
        number="12.2",
        title="the intruder",
        tasks=(
            Task(
                "users, a time and rows were handed over",
                lambda attempt: _named(_parts(attempt, 3)[0]) and _named(_parts(attempt, 3)[2]),
                by_mistake(
                    "A tuple of three: (['user', ...], '2026-...Z', ['row', ...]). Run the cells that play the week "
                    "first.",
                    (
                        lambda attempt: any(isinstance(_parts(attempt, 3)[part], str) for part in (0, 2)),
                        "The first and the third part are lists, even if there is one name in them: ['user'].",
                    ),
                ),
            ),
            Task(
                "these are the users whose names were misused, all of them and no others",
                _right_users,
                by_mistake(
                    "Compare user and table of every successful Decrypt with the table of rules.",
                    (
                        _suspects_the_innocent,
                        "You suspect somebody who kept to the rules: working at night is no offence, and payroll reads "
                        "salaries at any time. Compare user and table of each Decrypt that worked.",
                    ),
                    (
                        _misses_the_first_thief,
                        "So far right, and there is one more user under whose name rows were read, and earlier. Look "
                        "at every Decrypt of the week, oldest first.",
                    ),
                    (
                        _misses_a_thief,
                        "So far right, and there is one more user under whose name rows were read. Look at the later "
                        "days too: somebody decrypts who may do nothing at all.",
                    ),
                ),
            ),
            Task(
                "it is the first Decrypt that broke the rules",
                _right_begin,
                by_mistake(
                    "The eventTime of the oldest Decrypt of these users that worked, as it stands in the event.",
                    (
                        _is_of_a_refused_call,
                        "At that time a call was refused: somebody looked around, and nothing was lost yet. Take only "
                        "events without an errorCode.",
                    ),
                    (
                        _is_of_another_theft,
                        "That is a theft, but not the first one. The history gives the newest event first; the "
                        "lesson's list events is turned round.",
                    ),
                ),
            ),
            Task(
                "these are the rows that are lost, all of them and no others",
                _right_rows,
                by_mistake(
                    "The 'row' in the encryption contexts of these Decrypt events, of all the users of part 1.",
                    (
                        _are_tables,
                        "These are tables. The name of the row is beside it in the encryption context: context['row'].",
                    ),
                    (
                        _rows_too_many,
                        "There are rows among them that only payroll or web has read. Those are not lost.",
                    ),
                    (
                        lambda attempt: _parts(attempt, 3),
                        "Some are missing: the rows of every user of part 1, and not of the first one only.",
                    ),
                ),
            ),
        ),
        hints=(
            "Only Decrypt events without an errorCode count. For each: is this user allowed this table?",
            "event['userIdentity']['userName'] and event['requestParameters']['encryptionContext']['table'] make a "
            "pair; two pairs are allowed: ('web', 'orders') and ('payroll', 'salaries').",
            "allowed = {('web', 'orders'), ('payroll', 'salaries')}\n"
            "users, times, rows_lost = [], [], []\n"
            "for event in events:\n"
            "    if event['eventName'] == 'Decrypt' and 'errorCode' not in event:\n"
            "        who, of = event['userIdentity']['userName'], event['requestParameters']['encryptionContext']\n"
            "        if (who, of['table']) not in allowed:\n"
            "            users.append(who)\n"
            "            times.append(event['eventTime'])\n"
            "            rows_lost.append(of['row'])\n"
            "answer = (users, times[0], rows_lost)",
        ),
    ),
    Exercise(
        number="12.3",
        title="contain it, and prove it",
        tasks=(
            Task(
                "a grant on the vault was revoked",
                _ended,
                by_mistake(
                    "list_grants(KeyId=vault['KeyId']), then revoke_grant with KeyId and GrantId, with the client for "
                    "eu-west-1.",
                    (_is_disabled, _DISABLED),
                ),
            ),
            Task(
                "after that, backup tried to decrypt and was refused",
                lambda attempt: _is_shut_out(attempt, _BACKUP),
                by_mistake(
                    "The old grant of backup allows Decrypt: revoke it. Then call a_night(), which lets the intruder "
                    "try.",
                    (_is_disabled, _DISABLED),
                    (_nobody_tried_since, _NIGHT),
                    (
                        _granted_too_much,
                        "The intruder has the access key of backup, and your new grant lets it decrypt again: revoke "
                        "that, grant GenerateDataKey alone, and call a_night().",
                    ),
                ),
            ),
            Task(
                "so did old-intern",
                lambda attempt: _is_shut_out(attempt, _INTERN),
                by_mistake(
                    "The second door is a grant of its own: revoke it, too. Then call a_night().",
                    (_is_disabled, _DISABLED),
                    (_nobody_tried_since, _NIGHT),
                    (
                        lambda attempt: _works(attempt, _INTERN, "Decrypt"),
                        "old-intern still decrypts: that grant was made with the one you have revoked, and does not "
                        "end with it. list_grants shows it; revoke it, and call a_night() again.",
                    ),
                ),
            ),
            Task(
                "the backup still gets its data keys",
                lambda attempt: _works(attempt, _BACKUP, "GenerateDataKey"),
                by_mistake(
                    "create_grant for people['backup'].arn with Operations=['GenerateDataKey'], and then a_night().",
                    (_is_disabled, _DISABLED),
                    (_granted_but_not_run, "The grant is there. Has the backup run since? Call a_night() again."),
                    (
                        lambda attempt: _after_the_change(attempt, _BACKUP, "GenerateDataKey"),
                        "Tonight's backup was refused, for the grant that let it run has gone: create_grant for "
                        "people['backup'].arn with Operations=['GenerateDataKey'], and a_night() again.",
                    ),
                ),
            ),
            Task(
                "web and payroll still work",
                lambda attempt: _works(attempt, "web", "Decrypt") and _works(attempt, "payroll", "Decrypt"),
                by_mistake(
                    "They must not notice anything. a_night() shows whether they do.",
                    (_is_disabled, _DISABLED),
                    (
                        _lost,
                        "One of them was refused: they have no grants, their IAM policies let them in through the key "
                        "policy. Put back what you took away, and call a_night() again.",
                    ),
                ),
            ),
        ),
        hints=(
            "How many grants does the key have, and for whom? One of them was needed for one thing only.",
            "list_grants, revoke_grant for each that allows Decrypt, create_grant with GenerateDataKey for backup, "
            "then a_night().",
            "for grant in ireland.list_grants(KeyId=vault['KeyId'])['Grants']:\n"
            "    ireland.revoke_grant(KeyId=vault['KeyId'], GrantId=grant['GrantId'])\n"
            "backup, needed = people['backup'].arn, ['GenerateDataKey']\n"
            "ireland.create_grant(KeyId=vault['KeyId'], GranteePrincipal=backup, Operations=needed)\n"
            "a_night()",
        ),
    ),
)
