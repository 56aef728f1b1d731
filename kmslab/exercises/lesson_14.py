"""Exercises of lesson 14: an incident, from the first suspicion to the proof that it is over.

What is right is read from the trail, from the keys and from the bill. That somebody is shut out counts when they have
tried again and were refused; that something works again, when it was done again. A little over 300 lines: six
exercises, and for each mistake a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from kmslab import Call, Principal
from kmslab.exercises.evidence import quietly, succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

#: Otterquill's keys in eu-west-1, as its scenario has them.
_CUSTOMERS = "0ffeaded-14a1-4c25-8d0b-5a1c0de0ad01"
_MANUSCRIPTS = "b00cb00c-1492-4e11-a2f0-7d15ea5edb00"
_BACKUPS = "5c0ebac2-14d7-4a90-9b1e-0b4c4a9505f1"
_RECEIPTS = "51a9ed00-7ab1-4b0e-8c5d-2b9a1d3c0de5"
_REGION, _OTHER_REGION = "eu-west-1", "eu-central-1"
_AUDIT = "otterquill-audit"

#: Tom's two access keys. Only the first was misused; a script of his calls with it as well.
_LEAKED, _LAPTOP = "AKIA0OTTERQUILL0TOM1", "AKIA0OTTERQUILL0TOM2"
_BY_HAND = "aws-cli"
#: What somebody changed with it, as CloudTrail calls it. StopLogging is no call of KMS.
_CHANGES = {"creategrant", "schedulekeydeletion", "stoplogging"}

#: Who may read rows of readers or addresses; the administrator is whoever takes the lesson.
_MAY_READ = ("shop", "courier", "administrator", "root")
_NEWSLETTER, _FAIR = "newsletter", "book-fair"
_REFUSED = "AccessDeniedException"
#: The printer's program tries every twenty minutes.
_A_RETRY = timedelta(minutes=21)


def _who(call: Call) -> str:
    return "" if call.principal is None else call.principal.name


def _calls(attempt: Attempt, operation: str, who: str, key_id: str | None = None) -> Sequence[Call]:
    """All of somebody's calls of an operation, oldest first, refused ones included."""
    return attempt.lab.trail.events(name=operation, principal=who, key=key_id).calls


def _works(calls: Sequence[Call]) -> list[Call]:
    return [call for call in calls if call.error_code is None]


def _parts(attempt: Attempt, count: int) -> Sequence[object]:
    if not isinstance(attempt.answer, (list, tuple)) or len(attempt.answer) != count:
        raise TypeError("another answer is wanted")
    return attempt.answer


def _named(names: object) -> set[str]:
    if not isinstance(names, (list, tuple, set, frozenset)):
        raise TypeError("a list of names is wanted")
    return {str(name).strip().lower() for name in names}


def _written(when: object) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if isinstance(when, datetime) else str(when).strip()


# --- 14.1 ---


def _misuses(attempt: Attempt) -> list[Call]:
    """What was called by hand with the leaked access key."""
    calls = attempt.lab.trail.events(principal="tom").calls
    return [
        call
        for call in calls
        if call.principal and call.principal.access_key_id == _LEAKED and call.user_agent.startswith(_BY_HAND)
    ]


def _right_access_key(attempt: Attempt) -> bool:
    return bool(_misuses(attempt)) and str(_parts(attempt, 3)[0]).strip() == _LEAKED


def _right_begin(attempt: Attempt) -> bool:
    return _written(_parts(attempt, 3)[1]) == _written(_misuses(attempt)[0].time)


def _right_changes(attempt: Attempt) -> bool:
    return bool(_misuses(attempt)) and _named(_parts(attempt, 3)[2]) == _CHANGES


# --- 14.2 ---


def _thefts(attempt: Attempt) -> list[Call]:
    calls = succeeded(attempt.lab, "Decrypt", _CUSTOMERS)
    return [call for call in calls if _who(call) not in _MAY_READ]


def _row(call: Call) -> str:
    return str((call.params.get("EncryptionContext") or {}).get("row", ""))


def _stolen(attempt: Attempt) -> set[str]:
    return {_row(call) for call in _thefts(attempt)}


def _right_readers(attempt: Attempt) -> bool:
    return bool(_thefts(attempt)) and _named(_parts(attempt, 2)[0]) == {_who(call) for call in _thefts(attempt)}


def _right_rows(attempt: Attempt) -> bool:
    return bool(_thefts(attempt)) and _named(_parts(attempt, 2)[1]) == _stolen(attempt)


# --- 14.3 ---


def _principal(attempt: Attempt, access_key_id: str) -> Principal | None:
    return attempt.lab.directory.find(access_key_id)


def _access_key_is_off(attempt: Attempt) -> bool:
    return bool(_misuses(attempt)) and _principal(attempt, _LEAKED) is None


def _tom_works(attempt: Attempt) -> bool:
    return _access_key_is_off(attempt) and _principal(attempt, _LAPTOP) is not None


def _last_theft(attempt: Attempt, who: str) -> Call:
    return [call for call in _thefts(attempt) if _who(call) == who][-1]


def _is_shut_out(attempt: Attempt, who: str) -> bool:
    """Whether somebody has tried again and was refused, or cannot call at all any more; and would not get in now."""
    last = _last_theft(attempt, who)
    caller = _principal(attempt, "" if last.principal is None else last.principal.access_key_id)
    if caller is None:
        return True
    context = last.params.get("EncryptionContext")
    tries = [call for call in _calls(attempt, "Decrypt", who, _CUSTOMERS) if call.time > last.time]
    would = attempt.lab.would(caller, "Decrypt", _CUSTOMERS, encryption_context=context).allowed
    return not would and any(call.error_code == _REFUSED for call in tries)


def _no_grant_is_left(attempt: Attempt) -> bool:
    """Whether no grant lets the two in any more. An access key is made in a minute, and a grant waits for it."""
    with quietly(attempt.lab):
        grants = attempt.lab.client("kms", _REGION).list_grants(KeyId=_CUSTOMERS)["Grants"]
    grantees = {grant["GranteePrincipal"].rpartition("/")[2] for grant in grants}
    return bool(_thefts(attempt)) and not grantees & {_NEWSLETTER, _FAIR}


def _a_door_is_shut(attempt: Attempt) -> bool:
    return any(_is_shut_out(attempt, who) for who in (_NEWSLETTER, _FAIR))


def _readers_work(attempt: Attempt) -> bool:
    """Whether shop and courier have read since the last theft."""
    since = _thefts(attempt)[-1].time
    last = [_calls(attempt, "Decrypt", who, _CUSTOMERS)[-1] for who in ("shop", "courier")]
    return _a_door_is_shut(attempt) and all(call.error_code is None and call.time > since for call in last)


def _log_files_come(attempt: Attempt) -> bool:
    """Whether there is a log file from a time after logging was stopped, which was on the night of the first theft."""
    stopped = _thefts(attempt)[0].time + timedelta(hours=1)
    s3 = attempt.lab.client("s3", _REGION)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=_AUDIT)
    names = [each["Key"] for page in pages for each in page.get("Contents", ())]
    # A file's name ends in account_CloudTrail_Region_time_random.json.gz.
    times = [name.split("_")[3] for name in names if name.endswith(".json.gz") and "/CloudTrail/" in name]
    return any(datetime.strptime(time, "%Y%m%dT%H%MZ").replace(tzinfo=UTC) > stopped for time in times)


# --- 14.4 ---


def _state(attempt: Attempt, key_id: str) -> str:
    key = attempt.lab.inventory.get(key_id)
    return "" if key is None else key.state


def _was_threatened(attempt: Attempt) -> datetime:
    return succeeded(attempt.lab, "ScheduleKeyDeletion", _BACKUPS)[0].time


def _backup_does(attempt: Attempt, operation: str) -> bool:
    since = _was_threatened(attempt)
    return any(call.time > since for call in _works(_calls(attempt, operation, "backup", _BACKUPS)))


def _backup_goes_elsewhere(attempt: Attempt) -> bool:
    """Whether the alias of the backups stands for another key, which lets the backup in or does not."""
    key = attempt.lab.inventory.named("alias/backups", _REGION)
    return bool(_was_threatened(attempt)) and key is not None and key.key_id != _BACKUPS


# --- 14.5 ---


def _repaired(attempt: Attempt) -> datetime:
    """When the policy of the manuscripts was last put by somebody who is not Tom."""
    puts = [call for call in succeeded(attempt.lab, "PutKeyPolicy", _MANUSCRIPTS) if _who(call) != "tom"]
    return puts[-1].time


def _through_s3(attempt: Attempt, who: str) -> list[Call]:
    """Who has opened the manuscript, or tried to, since the repair."""
    calls = _calls(attempt, "Decrypt", who, _MANUSCRIPTS)
    return [call for call in calls if call.invoked_by and call.time > _repaired(attempt)]


def _shop_opens(attempt: Attempt) -> bool:
    return _through_s3(attempt, "shop")[-1].error_code is None


def _past_s3(attempt: Attempt) -> list[Call]:
    calls = _calls(attempt, "GenerateDataKey", "shop", _MANUSCRIPTS)
    return [call for call in calls if not call.invoked_by and call.time > _repaired(attempt)]


def _shop_only_through_s3(attempt: Attempt) -> bool:
    return _past_s3(attempt)[-1].error_code == _REFUSED


def _would_read(attempt: Attempt) -> bool:
    return any(
        attempt.lab.would(who, "Decrypt", _MANUSCRIPTS).allowed for who in (attempt.lab.administrator, attempt.lab.root)
    )


def _others_open(attempt: Attempt) -> bool:
    tries = [call for who in ("tom", _NEWSLETTER) for call in _through_s3(attempt, who)[-1:]]
    return any(call.error_code is None for call in tries)


def _nobody_else(attempt: Attempt) -> bool:
    return bool(_through_s3(attempt, "tom")) and not _others_open(attempt) and not _would_read(attempt)


def _is_managed(attempt: Attempt) -> bool:
    _repaired(attempt)
    return attempt.lab.would(attempt.lab.administrator, "PutKeyPolicy", _MANUSCRIPTS).allowed


# --- 14.6 ---


def _batch_keys(attempt: Attempt) -> list[str]:
    return [call.keys[0].arn for call in _works(_calls(attempt, "CreateKey", "printer"))]


def _of_use(attempt: Attempt) -> set[str]:
    return {call.keys[0].arn for call in _works(_calls(attempt, "Encrypt", "printer"))}


def _of_no_use(attempt: Attempt) -> list[str]:
    used = _of_use(attempt)
    return [arn for arn in _batch_keys(attempt) if arn not in used]


def _printer_is_stopped(attempt: Attempt) -> bool:
    tries = _calls(attempt, "CreateKey", "printer")
    identity = tries[-1].principal
    gone = identity is not None and _principal(attempt, identity.access_key_id) is None
    return gone or tries[-1].error_code is not None


def _shop_signs(attempt: Attempt) -> bool:
    last_key, last = _works(_calls(attempt, "CreateKey", "printer"))[-1], _calls(attempt, "Sign", "shop")[-1]
    return last.error_code is None and last.time > last_key.time + _A_RETRY


def _key_months(attempt: Attempt, arns: Sequence[str]) -> int:
    charged = attempt.lab.bill.usage.keys
    return sum(charged.get(arn, 0) for arn in arns)


def _nothing_idle(attempt: Attempt) -> bool:
    return bool(_of_no_use(attempt)) and _key_months(attempt, _of_no_use(attempt)) == 0


def _some_are_off(attempt: Attempt) -> bool:
    return any(_state(attempt, arn) == "Disabled" for arn in _of_no_use(attempt))


def _invoices_are_safe(attempt: Attempt) -> bool:
    """Whether the keys with invoices under them are as they were, once others have gone."""
    gone = _key_months(attempt, _of_no_use(attempt)) < len(_of_no_use(attempt))
    return gone and all(_state(attempt, arn) == "Enabled" for arn in _of_use(attempt))


_AN_HOUR = "Then otterquill.an_hour(): the proof is in what happens next."

EXERCISES = (
    Exercise(
        number="14.1",
        title="whose hand was it?",
        tasks=(
            Task(
                "an access key, a time and a list of changes were handed over",
                lambda attempt: _parts(attempt, 3)[0] and _parts(attempt, 3)[1] and _named(_parts(attempt, 3)[2]),
                "A tuple of three: ('AKIA...', '2026-..Z', ['EventName', ...]).",
            ),
            Task(
                "it is the access key that was misused",
                _right_access_key,
                by_mistake(
                    "userIdentity.accessKeyId tells apart what one user name does not. Group tom's events by it, by "
                    "hour and by userAgent.",
                    (
                        lambda attempt: str(_parts(attempt, 3)[0]).strip() == _LAPTOP,
                        "That is the key of Tom's laptop: by day, and once on Sunday evening. He has another one.",
                    ),
                    (
                        lambda attempt: not str(_parts(attempt, 3)[0]).strip().startswith("AKIA"),
                        "A user name accuses a person. Tom has two access keys, and only one of them was misused: hand "
                        "over its id, AKIA...",
                    ),
                ),
            ),
            Task(
                "it is the first call of somebody who is not Tom",
                _right_begin,
                by_mistake(
                    "The oldest event of this access key by another program than Tom's script, as eventTime has it. "
                    "Looking around counts.",
                    (
                        lambda attempt: _written(_parts(attempt, 3)[1]) < _written(_misuses(attempt)[0].time),
                        "That is too early: Tom's script uses the same access key, every morning. Look at the "
                        "userAgent.",
                    ),
                    (
                        lambda attempt: _written(_parts(attempt, 3)[1]) > _written(_misuses(attempt)[0].time),
                        "It began earlier: before somebody changes anything, they look around. Turn all pages, and "
                        "take the oldest event.",
                    ),
                ),
            ),
            Task(
                "these are the changes that were made with it",
                _right_changes,
                by_mistake(
                    "The names of the events of this access key whose readOnly is false, of all services, each once.",
                    (
                        lambda attempt: "putkeypolicy" in _named(_parts(attempt, 3)[2]),
                        "The key policy was put with the access key of Tom's laptop: that was Tom. A mistake is no "
                        "break-in.",
                    ),
                    (
                        lambda attempt: _named(_parts(attempt, 3)[2]) == _CHANGES - {"stoplogging"},
                        "One is missing. KMS is not the only service: look the access key up without an EventSource.",
                    ),
                    (
                        lambda attempt: _named(_parts(attempt, 3)[2]) > _CHANGES,
                        "Some of these changed nothing, or were made with another access key: readOnly tells.",
                    ),
                ),
            ),
        ),
        hints=(
            "Changes are rare, so begin with them: which events have readOnly false, by whom, with which access key?",
            "lookup_events takes the attribute AccessKeyId, too. The program is the first word of userAgent; Tom's "
            "script is stock-report.",
            "leaked = 'AKIA0OTTERQUILL0TOM1'\n"
            "calls = history('eu-west-1', AccessKeyId=leaked)\n"
            "by_hand = [call for call in calls if call['userAgent'].startswith('aws-cli')]\n"
            "changed = {call['eventName'] for call in by_hand if not call['readOnly']}\n"
            "answer = (leaked, by_hand[0]['eventTime'], changed)",
        ),
    ),
    Exercise(
        number="14.2",
        title="what is lost",
        tasks=(
            Task(
                "users and rows were handed over",
                lambda attempt: _named(_parts(attempt, 2)[0]) and _named(_parts(attempt, 2)[1]),
                "A pair of lists: (['user', ...], ['row', ...]).",
            ),
            Task(
                "these are the users who read what they should not, all of them and no others",
                _right_readers,
                by_mistake(
                    "Every Decrypt under alias/customers without an errorCode: the rules say who may.",
                    (
                        lambda attempt: _named(_parts(attempt, 2)[0]) == {_NEWSLETTER},
                        "There is a second reader. What did newsletter do after reading?",
                    ),
                    (
                        lambda attempt: "courier" in _named(_parts(attempt, 2)[0]),
                        "The courier may read addresses, late on a Saturday too. Compare with the rules.",
                    ),
                    (
                        lambda attempt: "tom" in _named(_parts(attempt, 2)[0]),
                        "Nobody decrypted a row with an access key of Tom's. It opened the door, and others went in.",
                    ),
                ),
            ),
            Task(
                "these are the rows that are lost, all of them and no others",
                _right_rows,
                by_mistake(
                    "The 'row' in the encryption context of each of these Decrypt events, of both users.",
                    (
                        lambda attempt: "huge" in _named(_parts(attempt, 2)[1]),
                        "One Decrypt failed, because of its context: it has an errorCode, and that row is not lost.",
                    ),
                    (
                        lambda attempt: _named(_parts(attempt, 2)[1]) < _stolen(attempt),
                        "There are more rows: of all the readers, until this morning.",
                    ),
                    (
                        lambda attempt: _named(_parts(attempt, 2)[1]) > _stolen(attempt),
                        "That is too many: what the shop and the courier read is not lost.",
                    ),
                ),
            ),
        ),
        hints=(
            "What is the only operation by which a row becomes readable? And who may call it for which table?",
            "Decrypt events of alias/customers without errorCode, whose userName is neither shop nor courier.",
            "readers, rows = set(), set()\n"
            "for call in history('eu-west-1', ResourceName=customers):\n"
            "    user = call['userIdentity'].get('userName')\n"
            "    if call['eventName'] == 'Decrypt' and 'errorCode' not in call and user not in ('shop', 'courier'):\n"
            "        readers.add(user)\n"
            "        rows.add(call['requestParameters']['encryptionContext']['row'])\n"
            "answer = (readers, rows)",
        ),
    ),
    Exercise(
        number="14.3",
        title="shut all the doors",
        tasks=(
            Task(
                "the leaked access key is off, and Tom's other one works",
                _tom_works,
                by_mistake(
                    "iam.update_access_key(UserName='tom', AccessKeyId=..., Status='Inactive'), for the access key of "
                    "exercise 14.1.",
                    (
                        lambda attempt: _principal(attempt, _LAPTOP) is None,
                        "Tom's laptop is shut out, too, and he is needed today. Make that access key Active again; if "
                        "you have deleted it, %reload_ext kmslab and begin anew.",
                    ),
                ),
            ),
            Task(
                "newsletter tried again and was refused",
                lambda attempt: _is_shut_out(attempt, _NEWSLETTER),
                f"list_grants shows what lets newsletter in; revoke_grant takes it away. {_AN_HOUR}",
            ),
            Task(
                "book-fair tried again and was refused",
                lambda attempt: _is_shut_out(attempt, _FAIR),
                by_mistake(
                    f"Each grant is a door of its own: revoke that of book-fair, too. {_AN_HOUR}",
                    (
                        lambda attempt: _is_shut_out(attempt, _NEWSLETTER),
                        "A grant made with another grant does not end with that one. Look at the grantees and not at "
                        f"the names: two grants have the same name. {_AN_HOUR}",
                    ),
                ),
            ),
            Task(
                "no grant lets newsletter or book-fair in",
                _no_grant_is_left,
                by_mistake(
                    "list_grants shows who is let in, and revoke_grant ends it: one for newsletter, one for book-fair.",
                    (
                        lambda attempt: _is_shut_out(attempt, _NEWSLETTER) and _is_shut_out(attempt, _FAIR),
                        "They cannot call, and their grants wait: whoever makes a new access key for one of them reads "
                        "again. list_grants and revoke_grant.",
                    ),
                ),
            ),
            Task(
                "the shop and the courier go on reading",
                _readers_work,
                by_mistake(
                    f"They must not notice anything. {_AN_HOUR}",
                    (
                        lambda attempt: _state(attempt, _CUSTOMERS) != "Enabled",
                        "The key is not enabled: that stops the thief and the shop. cancel_key_deletion if need be, "
                        f"enable_key, and revoke only what is wrong. {_AN_HOUR}",
                    ),
                    (
                        lambda attempt: _calls(attempt, "Decrypt", "courier", _CUSTOMERS)[-1].error_code == _REFUSED,
                        "You have taken away a grant that was needed. The courier's: Decrypt, with the constraint "
                        "EncryptionContextSubset {'table': 'addresses'}; the shop's: Encrypt and Decrypt. "
                        f"create_grant. {_AN_HOUR}",
                    ),
                ),
            ),
            Task(
                "log files are written again",
                _log_files_come,
                f"boto3.client('cloudtrail', region_name='eu-west-1').start_logging(Name='otterquill'). {_AN_HOUR}",
            ),
        ),
        hints=(
            "Undo the three changes of 14.1 but one (the deletion has its own exercise), and what came of them.",
            "iam.update_access_key, revoke_grant for two grantees, cloudtrail.start_logging, otterquill.an_hour().",
            "iam.update_access_key(UserName='tom', AccessKeyId='AKIA0OTTERQUILL0TOM1', Status='Inactive')\n"
            "for grant in kms.list_grants(KeyId=customers)['Grants']:\n"
            "    if grant['GranteePrincipal'].rpartition('/')[2] in ('newsletter', 'book-fair'):\n"
            "        kms.revoke_grant(KeyId=customers, GrantId=grant['GrantId'])\n"
            "boto3.client('cloudtrail', region_name='eu-west-1').start_logging(Name='otterquill')\n"
            "otterquill.an_hour()",
        ),
    ),
    Exercise(
        number="14.4",
        title="five days left",
        tasks=(
            Task(
                "the key of the backups is there and enabled",
                lambda attempt: _state(attempt, _BACKUPS) == "Enabled" and _was_threatened(attempt),
                by_mistake(
                    "kms.cancel_key_deletion(KeyId=...), while there is time.",
                    (
                        lambda attempt: _state(attempt, _BACKUPS) == "Disabled",
                        "cancel_key_deletion leaves a key Disabled. kms.enable_key(KeyId=...) is the second half.",
                    ),
                    (
                        lambda attempt: _was_threatened(attempt) and _state(attempt, _BACKUPS) == "",
                        "It is too late: the key is gone, and every backup with it. %reload_ext kmslab, and run the "
                        "lesson from the top.",
                    ),
                ),
            ),
            Task(
                "a backup was stored under it",
                lambda attempt: _backup_does(attempt, "GenerateDataKey"),
                by_mistake(
                    f"The backup tries by itself. {_AN_HOUR}",
                    (
                        _backup_goes_elsewhere,
                        "alias/backups stands for another key now, and a new key opens no old backup. Rescue the "
                        f"old one first, then update_alias back to it. {_AN_HOUR}",
                    ),
                ),
            ),
            Task(
                "Friday's backup can be opened",
                lambda attempt: _backup_does(attempt, "Decrypt"),
                f"Only the key under which it was stored opens it. {_AN_HOUR}",
            ),
        ),
        hints=(
            "describe_key says in which state the key is, and until when (lesson 09).",
            "Two calls of KMS, in this order, and one hour.",
            "kms.cancel_key_deletion(KeyId=backups['KeyId'])\n"
            "kms.enable_key(KeyId=backups['KeyId'])\n"
            "otterquill.an_hour()",
        ),
    ),
    Exercise(
        number="14.5",
        title="the book that nobody can open",
        tasks=(
            Task(
                "the shop has opened the manuscript",
                _shop_opens,
                by_mistake(
                    f"lab.explain(error) says which condition does not hold. Put the policy again, mended. {_AN_HOUR}",
                    (
                        lambda attempt: _repaired(attempt) and not _through_s3(attempt, "shop"),
                        "There is a new policy, and nobody has tried it yet: otterquill.an_hour().",
                    ),
                ),
            ),
            Task(
                "the shop cannot use the key past S3",
                _shop_only_through_s3,
                by_mistake(
                    f"Vera tests it: a call to KMS that does not come through S3 has to be refused. {_AN_HOUR}",
                    (
                        lambda attempt: _past_s3(attempt)[-1].error_code is None,
                        "Vera's test came through: whoever has the shop's access key can now use the key without S3. "
                        "The condition kms:ViaService stays; only its Region is wrong.",
                    ),
                ),
            ),
            Task(
                "nobody else can open it",
                _nobody_else,
                by_mistake(
                    f"Tom tries it, and so does somebody. They have to be refused. {_AN_HOUR}",
                    (
                        _would_read,
                        "Administrators could read manuscripts: kms:* for the account, or a Principal '*', is more "
                        "than the rule says. The statement Administrators stays as it was.",
                    ),
                    (
                        _others_open,
                        "Others than the shop have opened it. Only arn:aws:iam::123456789010:user/shop may be the "
                        "Principal of Decrypt; '*' is everybody.",
                    ),
                ),
            ),
            Task(
                "administrators can still change the policy",
                _is_managed,
                by_mistake(
                    "Keep the statement Administrators as it is, with PutKeyPolicy in it.",
                    (
                        lambda attempt: _repaired(attempt),
                        "Nobody can change this policy any more. Only AWS Support can help: lab.support.recover(key), "
                        "and three days are gone. Then put both statements.",
                    ),
                ),
            ),
        ),
        hints=(
            "Open it as the shop, keep the error, and let lab.explain tell you. Read the condition's last column.",
            "get_key_policy, one text changed in it, put_key_policy; then an_hour(). Nothing else has to change.",
            "text = kms.get_key_policy(KeyId=manuscripts)['Policy']\n"
            "kms.put_key_policy(KeyId=manuscripts, Policy=text.replace('s3.us-east-1', 's3.eu-west-1'))\n"
            "otterquill.an_hour()",
        ),
    ),
    Exercise(
        number="14.6",
        title="the bill",
        tasks=(
            Task(
                "the printer makes no more keys",
                _printer_is_stopped,
                f"Take away what lets it call: its access key, or its place in the group. {_AN_HOUR}",
            ),
            Task(
                "the shop signs on",
                _shop_signs,
                by_mistake(
                    f"An hour without a new key, and a receipt at its end. {_AN_HOUR}",
                    (
                        lambda attempt: _state(attempt, _RECEIPTS) != "Enabled",
                        "alias/receipts is not enabled, and the shop signs with it. enable_key (after "
                        "cancel_key_deletion, if need be); stop the caller and not the key.",
                    ),
                    (
                        lambda attempt: _calls(attempt, "Sign", "shop")[-1].error_code == _REFUSED,
                        "The shop may not sign any more: the policy of the group programs is the shop's as well. Give "
                        f"it back, and stop the printer alone. {_AN_HOUR}",
                    ),
                ),
            ),
            Task(
                "the keys that nothing was encrypted under cost nothing",
                _nothing_idle,
                by_mistake(
                    "schedule_key_deletion, in eu-central-1, for each key of the printer's that nothing has used.",
                    (
                        _some_are_off,
                        "A disabled key costs as much as an enabled one. schedule_key_deletion: a key that waits for "
                        "its deletion costs nothing.",
                    ),
                    (
                        lambda attempt: 0 < _key_months(attempt, _of_no_use(attempt)) < len(_of_no_use(attempt)),
                        "Some are left. list_keys answers with 100 at most: use its paginator, and look again after "
                        "the printer has stopped. Keys that are PendingDeletion already take no second schedule.",
                    ),
                ),
            ),
            Task(
                "the keys with invoices under them are untouched",
                _invoices_are_safe,
                by_mistake(
                    "get_key_last_usage tells which keys were used: these stay Enabled, and others go.",
                    (
                        lambda attempt: any(_state(attempt, arn) != "Enabled" for arn in _of_use(attempt)),
                        "Invoices were encrypted under some of these keys. cancel_key_deletion and enable_key for each "
                        "that get_key_last_usage knows a use of.",
                    ),
                ),
            ),
        ),
        hints=(
            "lab.bill.by('region') leads to the place. Who creates keys there, by which permission, and which of the "
            "keys were ever used?",
            "iam.remove_user_from_group or iam.update_access_key for printer; an_hour(); then, with a client for "
            "eu-central-1, list_keys, get_key_last_usage and schedule_key_deletion.",
            "iam.remove_user_from_group(GroupName='programs', UserName='printer')\n"
            "frankfurt = boto3.client('kms', region_name='eu-central-1')\n"
            "for page in frankfurt.get_paginator('list_keys').paginate():\n"
            "    for key in page['Keys']:\n"
            "        if not frankfurt.get_key_last_usage(KeyId=key['KeyId'])['KeyLastUsage']:\n"
            "            frankfurt.schedule_key_deletion(KeyId=key['KeyId'])\n"
            "otterquill.an_hour()",
        ),
    ),
)
