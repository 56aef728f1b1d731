"""Exercises of lesson 07: IAM and the key policy, an explicit deny, a grant, two accounts.

Each is read from the trail, or asked of the Lab (`lab.would`); more than half of the lines are what the learner reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kmslab import Call, Lab
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task, by_mistake

_DENIED = "AccessDeniedException"

_READER, _READER_REGION = "reader", "eu-west-1"
_ARCHIVE, _ARCHIVE_REGION = "archive", "us-west-2"
_WORKER, _WORKER_REGION, _TENANT = "worker", "eu-central-1", {"tenant": "green"}
_EXCHANGE, _EXCHANGE_REGION = "exchange", "eu-north-1"
_AUDITORS, _AUDITOR = "444455556666", "auditor"


def _described(lab: Lab, region: str, description: str) -> list[str]:
    """The ARNs of the keys of a Region with a description."""
    return [key.arn for key in lab.inventory.select(region=region) if key.description == description]


def _by_role(lab: Lab, role: str, region: str | None, operation: str | None = None) -> Sequence[Call]:
    """What sessions of a role called, oldest first; in one Region, or in all."""
    return [
        call
        for call in lab.trail.calls
        if region in (None, call.region)
        and call.principal is not None
        and call.principal.issuer is not None
        and call.principal.issuer.name == role
        and operation in (None, call.operation)
    ]


def _elsewhere(description: str) -> Callable[[Attempt], list[str]]:
    """The keys with a description, wherever they are."""
    return lambda attempt: [key.arn for key in attempt.lab.inventory if key.description == description]


def _by_others(attempt: Attempt, operation: str, role: str, arns: Sequence[str]) -> list[Call]:
    """The successful calls of an operation on keys that somebody else than the role made."""
    by_role = _by_role(attempt.lab, role, None, operation)
    return [call for call in succeeded(attempt.lab, operation) if _on(call, arns) and call not in by_role]


def _on(call: Call, arns: Sequence[str]) -> bool:
    return any(used.arn in arns for used in call.keys)


# --- 07.1 ---


def _last_result(attempt: Attempt, operation: str, description: str) -> str | None:
    """How the reader's last call of an operation on a key ended; raises, and so counts as not done, without any."""
    arns = _described(attempt.lab, _READER_REGION, description)
    calls = [call for call in _by_role(attempt.lab, _READER, _READER_REGION, operation) if _on(call, arns)]
    return calls[-1].error_code


def _read(attempt: Attempt) -> bool:
    return _last_result(attempt, "Decrypt", "reports") is None


def _may_nothing_else(attempt: Attempt) -> bool:
    """Whether the reader may Decrypt and none of the other things that one does with a key, under none of the keys."""
    if not _by_role(attempt.lab, _READER, _READER_REGION):
        return False  # so that a check makes no role
    reader = attempt.lab.role(_READER)
    keys = [key.arn for key in attempt.lab.inventory.select(region=_READER_REGION)]
    others = ("Encrypt", "GenerateDataKey", "DescribeKey", "GetKeyPolicy", "CreateGrant", "DisableKey")
    return not any(attempt.lab.would(reader, action, arn).allowed for action in others for arn in keys)


def _reader_changed(attempt: Attempt, operation: str) -> bool:
    reports = _described(attempt.lab, _READER_REGION, "reports")
    return any(_on(call, reports) for call in succeeded(attempt.lab, operation))


def _by_iam_alone(attempt: Attempt) -> bool:
    reports = _described(attempt.lab, _READER_REGION, "reports")
    decrypted = [call for call in _by_role(attempt.lab, _READER, _READER_REGION, "Decrypt") if _on(call, reports)]
    keys = [used.arn for used in decrypted[-1].keys]
    changed = [*succeeded(attempt.lab, "PutKeyPolicy"), *succeeded(attempt.lab, "CreateGrant")]
    return _read(attempt) and not any(_on(call, keys) for call in changed)


# --- 07.2 ---


def _archives(attempt: Attempt) -> list[str]:
    return _described(attempt.lab, _ARCHIVE_REGION, _ARCHIVE)


def _may(lab: Lab, action: str, arn: str) -> list[bool]:
    """Whether the administrator may, and whether root may."""
    return [lab.would(who, action, arn).allowed for who in (lab.administrator, lab.root)]


def _nobody_may(attempt: Attempt, action: str) -> bool:
    return any(not any(_may(attempt.lab, action, arn)) for arn in _archives(attempt))


def _rest_is_as_before(attempt: Attempt) -> bool:
    actions = ("PutKeyPolicy", "Encrypt", "Decrypt", "EnableKeyRotation", "CreateGrant")
    return any(all(all(_may(attempt.lab, action, arn)) for action in actions) for arn in _archives(attempt))


def _only_the_administrator_may_not(attempt: Attempt, action: str) -> bool:
    return any(_may(attempt.lab, action, arn) == [False, True] for arn in _archives(attempt))


def _policies(attempt: Attempt) -> str:
    """What was put as key policy on the archive, all of it."""
    calls = [
        call
        for name in ("CreateKey", "PutKeyPolicy")
        for call in succeeded(attempt.lab, name)
        if _on(call, _archives(attempt))
    ]
    return " ".join(str(call.params.get("Policy", "")) for call in calls)


def _nobody_may_change_it(attempt: Attempt) -> bool:
    return _nobody_may(attempt, "PutKeyPolicy")


def _deletion_was_refused(attempt: Attempt) -> bool:
    calls = attempt.lab.trail.events(name="ScheduleKeyDeletion").calls
    return any(call.error_code == _DENIED and _on(call, _archives(attempt)) for call in calls)


# --- 07.3 ---


def _grants(attempt: Attempt, *, constrained: bool = True) -> Sequence[Call]:
    """The calls that made a grant for the worker: Decrypt only, and for the tenant if wanted."""
    return [
        call
        for call in succeeded(attempt.lab, "CreateGrant")
        if call.region == _WORKER_REGION
        and f"role/{_WORKER}" in str(call.params.get("GranteePrincipal"))
        and list(call.params.get("Operations", ())) == ["Decrypt"]
        and (not constrained or _TENANT in (call.params.get("Constraints") or {}).values())
    ]


def _other_grants(attempt: Attempt) -> list[Call]:
    """The calls that made a grant, whatever it says; those of the exercise's Region."""
    return [call for call in succeeded(attempt.lab, "CreateGrant") if call.region == _WORKER_REGION]


def _constraint_tells(attempt: Attempt) -> Call:
    return _grants(attempt)[0]


def _decrypts(attempt: Attempt, *, green: bool) -> Sequence[Call]:
    """The worker's calls of Decrypt on the grants' keys, with the tenant's context or with another."""
    arns = [used.arn for call in _grants(attempt) for used in call.keys]
    return [
        call
        for call in _by_role(attempt.lab, _WORKER, _WORKER_REGION, "Decrypt")
        if _on(call, arns) and ((call.params.get("EncryptionContext") or {}).get("tenant") == "green") is green
    ]


def _worker_calls(attempt: Attempt, *, with_tenant: bool) -> list[Call]:
    """The worker's calls of Decrypt, with a tenant in the context or without."""
    calls = _by_role(attempt.lab, _WORKER, _WORKER_REGION, "Decrypt")
    return [call for call in calls if ("tenant" in (call.params.get("EncryptionContext") or {})) is with_tenant]


def _ended(attempt: Attempt) -> list[Call]:
    return [*succeeded(attempt.lab, "RetireGrant"), *succeeded(attempt.lab, "RevokeGrant")]


def _worked(attempt: Attempt) -> Sequence[Call]:
    return [call for call in _decrypts(attempt, green=True) if call.error_code is None]


def _other_tenant_was_refused(attempt: Attempt) -> bool:
    since = _grants(attempt)[0].time
    return any(call.error_code == _DENIED and call.time > since for call in _decrypts(attempt, green=False))


def _taken_away(attempt: Attempt) -> Call:
    """The call that ended a grant; raises, and so counts as not done, while none did."""
    used, made = _worked(attempt)[0].time, {call.reply.get("GrantId") for call in _grants(attempt)}
    ended = _ended(attempt)
    keys = [used.arn for call in _grants(attempt) for used in call.keys]
    return next(
        call for call in ended if call.time > used and _on(call, keys) and call.params.get("GrantId") in (None, *made)
    )


def _refused_afterwards(attempt: Attempt) -> bool:
    ended = _taken_away(attempt).time
    return any(call.error_code == _DENIED and call.time > ended for call in _decrypts(attempt, green=True))


# --- 07.4 ---


def _exchanges(attempt: Attempt) -> list[str]:
    return _described(attempt.lab, _EXCHANGE_REGION, _EXCHANGE)


def _may_from_outside(attempt: Attempt, action: str, arn: str) -> set[str]:
    """The other accounts, as far as they were opened, whose administrator may."""
    others = attempt.lab.accounts[1:]
    return {each.account_id for each in others if attempt.lab.would(each.administrator, action, arn).allowed}


def _is_let_in(attempt: Attempt) -> bool:
    return any(_AUDITORS in _may_from_outside(attempt, "Decrypt", arn) for arn in _exchanges(attempt))


def _nothing_more_and_nobody_else(attempt: Attempt) -> bool:
    actions = ("Encrypt", "GenerateDataKey", "CreateGrant", "DescribeKey")
    return any(
        _may_from_outside(attempt, "Decrypt", arn) == {_AUDITORS}
        and not any(_may_from_outside(attempt, action, arn) for action in actions)
        for arn in _exchanges(attempt)
    )


def _is_not_open(attempt: Attempt) -> bool:
    return _AUDITORS not in {account.account_id for account in attempt.lab.accounts}


def _from_their_account(attempt: Attempt) -> list[Call]:
    """Their calls of Decrypt in the exercise's Region; raises, and so counts as not done, before it was opened."""
    account = next(each for each in attempt.lab.accounts if each.account_id == _AUDITORS)
    return [call for call in account.trail.events(name="Decrypt").calls if call.region == _EXCHANGE_REGION]


def _is_auditor(call: Call) -> bool:
    return call.principal is not None and call.principal.name == _AUDITOR


def _auditor_decrypted(attempt: Attempt) -> bool:
    return any(
        _is_auditor(call) and call.error_code is None and _on(call, _exchanges(attempt))
        for call in _from_their_account(attempt)
    )


EXERCISES = (
    Exercise(
        number="07.1",
        title="a role that may only read",
        tasks=(
            Task(
                "a role called reader has called KMS in eu-west-1",
                lambda attempt: _by_role(attempt.lab, _READER, _READER_REGION),
                by_mistake(
                    "reader = lab.role('reader', policy={...}), and a client for it in the right Region: "
                    "lab.client('kms', 'eu-west-1', principal=reader).",
                    (
                        lambda attempt: _by_role(attempt.lab, _READER, None),
                        "reader has called another Region. The keys are in eu-west-1, and so must the client be.",
                    ),
                    (
                        lambda attempt: _by_others(
                            attempt, "Decrypt", _READER, _described(attempt.lab, _READER_REGION, "reports")
                        ),
                        "The report was decrypted by you, and you may do everything. Make a client for the role: "
                        "lab.client('kms', 'eu-west-1', principal=reader).",
                    ),
                ),
            ),
            Task(
                "as reader, Decrypt under the key reports works",
                _read,
                by_mistake(
                    "Decrypt report with the role's client.",
                    (
                        lambda attempt: _last_result(attempt, "Decrypt", "reports") == _DENIED,
                        "It was refused. The role's IAM policy has to allow kms:Decrypt on the ARN of the key reports. "
                        "Change it with iam.put_role_policy, and try again.",
                    ),
                ),
            ),
            Task(
                "as reader, Decrypt under the key salaries is refused",
                lambda attempt: _last_result(attempt, "Decrypt", "salaries") == _DENIED,
                by_mistake(
                    "Try to decrypt payroll as the role, too. What a permission does not cover has to be seen refused.",
                    (
                        lambda attempt: _last_result(attempt, "Decrypt", "salaries") is None,
                        "It worked: the policy's Resource is too wide: '*' is every key, and salaries are no reports. "
                        "Name one ARN.",
                    ),
                ),
            ),
            Task(
                "as reader, Encrypt under the key reports is refused",
                lambda attempt: _last_result(attempt, "Encrypt", "reports") == _DENIED,
                by_mistake(
                    "Try to encrypt under the key reports as the role, too.",
                    (
                        lambda attempt: _last_result(attempt, "Encrypt", "reports") is None,
                        "It worked: the policy's Action is too wide: only kms:Decrypt is wanted.",
                    ),
                    (
                        lambda attempt: _last_result(attempt, "Encrypt", "salaries"),
                        "You tried it under the key salaries. Which of two reasons refused it? Try it under reports.",
                    ),
                ),
            ),
            Task(
                "and nothing else would be allowed, under any key of the Region",
                _may_nothing_else,
                by_mistake(
                    "The policy's Action is kms:Decrypt, and nothing else; its Resource is one key.",
                    (
                        lambda attempt: _by_role(attempt.lab, _READER, _READER_REGION),
                        "The policy allows more than it was seen to do, such as data keys or DescribeKey. Its Action "
                        "is kms:Decrypt, and nothing else.",
                    ),
                ),
            ),
            Task(
                "IAM alone allows it: the key policy is still the default one, and there is no grant",
                _by_iam_alone,
                by_mistake(
                    "The role's permission is to come from its own IAM policy; see whether it can decrypt report.",
                    (
                        lambda attempt: _reader_changed(attempt, "CreateGrant"),
                        "There is a grant. Run the cell that makes the keys again, and give the role an IAM policy for "
                        "the new key instead.",
                    ),
                    (
                        lambda attempt: _reader_changed(attempt, "PutKeyPolicy"),
                        "The key policies were to stay as they are. Run the cell that makes the keys again, and give "
                        "the role an IAM policy for the new key instead.",
                    ),
                ),
            ),
        ),
        hints=(
            "The role called encryption got its permission in the same way, for two actions.",
            "An IAM policy with Action 'kms:Decrypt' and Resource reports['Arn'], and a client with principal=reader.",
            "one = {'Effect': 'Allow', 'Action': 'kms:Decrypt', 'Resource': reports['Arn']}\n"
            "reader = lab.role('reader', policy={'Version': '2012-10-17', 'Statement': [one]})\n"
            "reader_kms = lab.client('kms', 'eu-west-1', principal=reader)\n"
            "print(reader_kms.decrypt(CiphertextBlob=report)['Plaintext'])\n"
            "print(attempt(reader_kms.decrypt, CiphertextBlob=payroll))\n"
            "print(attempt(reader_kms.encrypt, KeyId=reports['KeyId'], Plaintext=b'x'))",
        ),
    ),
    Exercise(
        number="07.2",
        title="an archive that nobody deletes",
        tasks=(
            Task(
                "there is a key with the description archive in us-west-2",
                _archives,
                by_mistake(
                    "create_key(Description='archive') with a client for us-west-2.",
                    (
                        _elsewhere(_ARCHIVE),
                        "The key archive is in another Region. Make it with a client for us-west-2.",
                    ),
                    (
                        lambda attempt: attempt.lab.inventory.select(region=_ARCHIVE_REGION),
                        "No key of us-west-2 has exactly this description: archive, in small letters.",
                    ),
                ),
            ),
            Task(
                "neither the administrator nor root may schedule its deletion",
                lambda attempt: _nobody_may(attempt, "ScheduleKeyDeletion"),
                by_mistake(
                    "Add a statement with Effect Deny and Action kms:ScheduleKeyDeletion for everybody: Principal '*'.",
                    (
                        lambda attempt: _only_the_administrator_may_not(attempt, "ScheduleKeyDeletion"),
                        "The administrator may not, and root still may: the Principal names one user. Deny it to '*', "
                        "or to the whole account.",
                    ),
                    (
                        lambda attempt: "kms:Delete" in _policies(attempt),
                        "The action is not called Delete...: kms:Delete* does not cover it, since its name begins with "
                        "Schedule.",
                    ),
                ),
            ),
            Task(
                "neither the administrator nor root may disable it",
                lambda attempt: _nobody_may(attempt, "DisableKey"),
                by_mistake(
                    "kms:DisableKey belongs into the Deny as well; an Action may be a list.",
                    (
                        lambda attempt: _only_the_administrator_may_not(attempt, "DisableKey"),
                        "The administrator may not, and root still may. Deny it to everybody.",
                    ),
                ),
            ),
            Task(
                "everything else is as under the default key policy",
                _rest_is_as_before,
                by_mistake(
                    "Keep the statement about root and add a second one. Both the administrator and root still have to "
                    "be able to use the key and to change its policy.",
                    (
                        _nobody_may_change_it,
                        "Now nobody may change the policy again, and this key is lost. Make another key archive, and "
                        "deny the two actions only. lab.support.recover(key_id) shows what it would take.",
                    ),
                ),
            ),
            Task(
                "scheduling its deletion was tried, and refused",
                _deletion_was_refused,
                by_mistake(
                    "Try schedule_key_deletion as the administrator, after put_key_policy.",
                    (
                        lambda attempt: any(
                            _on(call, _archives(attempt)) for call in succeeded(attempt.lab, "ScheduleKeyDeletion")
                        ),
                        "It was tried, and it worked: the key waits for its deletion. Bring it back with "
                        "cancel_key_deletion and enable_key, deny it, and try again.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section above denied one action to one user.",
            "get_key_policy, json.loads, append a statement with Effect Deny and Principal '*', put_key_policy.",
            "oregon = boto3.client('kms', region_name='us-west-2')\n"
            "k = oregon.create_key(Description='archive')['KeyMetadata']['KeyId']\n"
            "rules = json.loads(oregon.get_key_policy(KeyId=k)['Policy'])\n"
            "two = ['kms:ScheduleKeyDeletion', 'kms:DisableKey']\n"
            "rules['Statement'].append({'Effect': 'Deny', 'Principal': '*', 'Action': two, 'Resource': '*'})\n"
            "oregon.put_key_policy(KeyId=k, Policy=json.dumps(rules))\n"
            "print(attempt(oregon.schedule_key_deletion, KeyId=k))",
        ),
    ),
    Exercise(
        number="07.3",
        title="one tenant, one night",
        tasks=(
            Task(
                "in eu-central-1, a grant lets the role worker decrypt, and nothing else",
                lambda attempt: _grants(attempt, constrained=False),
                by_mistake(
                    "create_grant with GranteePrincipal=worker.role_arn and Operations=['Decrypt'], with a client for "
                    "eu-central-1.",
                    (
                        lambda attempt: any(
                            len(call.params.get("Operations", ())) > 1 for call in _other_grants(attempt)
                        ),
                        "Your grant allows more than one operation. Take it away and create one with "
                        "Operations=['Decrypt'].",
                    ),
                    (
                        _other_grants,
                        "There is a grant in eu-central-1 for somebody else, or for another operation. It is for "
                        "worker.role_arn, with Operations=['Decrypt'].",
                    ),
                    (
                        lambda attempt: any(
                            f"role/{_WORKER}" in str(call.params.get("GranteePrincipal"))
                            for call in succeeded(attempt.lab, "CreateGrant")
                        ),
                        "worker has a grant in another Region. Make key and grant with a client for eu-central-1.",
                    ),
                ),
            ),
            Task(
                "its constraint is the encryption context tenant=green",
                _constraint_tells,
                by_mistake(
                    "Constraints={'EncryptionContextSubset': {'tenant': 'green'}} belongs into create_grant.",
                    (
                        lambda attempt: any(
                            call.params.get("Constraints") for call in _grants(attempt, constrained=False)
                        ),
                        "The constraint asks for another context. It is {'tenant': 'green'}, to the letter. Create "
                        "another grant, and take this one away.",
                    ),
                    (
                        lambda attempt: _grants(attempt, constrained=False),
                        "Your grant has no constraint. A grant cannot be changed: create another, and take the wide "
                        "one away.",
                    ),
                ),
            ),
            Task(
                "as worker, Decrypt with tenant=green works",
                _worked,
                by_mistake(
                    "Decrypt what is green with the client lab.client('kms', 'eu-central-1', principal=worker).",
                    (
                        lambda attempt: (
                            _worker_calls(attempt, with_tenant=False) and not _worker_calls(attempt, with_tenant=True)
                        ),
                        "worker called Decrypt without the context. Give it the one that it was encrypted with.",
                    ),
                    (
                        lambda attempt: _decrypts(attempt, green=True),
                        "worker was refused. Is the grant for this key, and still there? lab.explain(error) tells.",
                    ),
                    (
                        lambda attempt: _by_others(
                            attempt,
                            "Decrypt",
                            _WORKER,
                            [used.arn for call in _grants(attempt) for used in call.keys],
                        ),
                        "It was decrypted by you, and you need no grant. worker's client needs principal=worker.",
                    ),
                ),
            ),
            Task(
                "as worker, Decrypt for another tenant is refused",
                _other_tenant_was_refused,
                by_mistake(
                    "Encrypt something with another tenant, and try to decrypt it as worker, with that tenant's "
                    "context, while the grant is there.",
                    (
                        lambda attempt: any(call.error_code is None for call in _decrypts(attempt, green=False)),
                        "It worked, so the role has more than this grant: a second grant without a constraint, or an "
                        "IAM policy. Take it away.",
                    ),
                    (
                        lambda attempt: _decrypts(attempt, green=False),
                        "It was refused before there was a grant, when everything was. Try it again now.",
                    ),
                ),
            ),
            Task(
                "the grant was taken away after its use",
                _taken_away,
                by_mistake(
                    "revoke_grant(KeyId=..., GrantId=...) as the administrator; or retire_grant, as whoever may.",
                    (
                        lambda attempt: [call for call in _ended(attempt) if call.region == _WORKER_REGION],
                        "A grant was taken away before worker had used one, or another one was. Create it again, use "
                        "it, then take it away.",
                    ),
                ),
            ),
            Task(
                "as worker, Decrypt with tenant=green is refused then",
                _refused_afterwards,
                by_mistake(
                    "Try once more as worker, after the grant is gone.",
                    (
                        lambda attempt: any(
                            call.time > _taken_away(attempt).time for call in _decrypts(attempt, green=True)
                        ),
                        "It still worked, so there is another grant. list_grants shows it.",
                    ),
                ),
            ),
        ),
        hints=(
            "The section on grants does it with other names and another Region.",
            "lab.role('worker'), create_grant with Constraints, decrypt as worker, revoke_grant.",
            "frankfurt = boto3.client('kms', region_name='eu-central-1')\n"
            "k = frankfurt.create_key()['KeyMetadata']['KeyId']\n"
            "green, white = ({'tenant': name} for name in ('green', 'white'))\n"
            "g = frankfurt.encrypt(KeyId=k, Plaintext=b'x', EncryptionContext=green)['CiphertextBlob']\n"
            "w = frankfurt.encrypt(KeyId=k, Plaintext=b'x', EncryptionContext=white)['CiphertextBlob']\n"
            "worker = lab.role('worker')\n"
            "decrypt = lab.client('kms', 'eu-central-1', principal=worker).decrypt\n"
            "only = {'EncryptionContextSubset': green}\n"
            "to = {'GranteePrincipal': worker.role_arn, 'Operations': ['Decrypt'], 'Constraints': only}\n"
            "grant_id = frankfurt.create_grant(KeyId=k, **to)['GrantId']\n"
            "print(attempt(decrypt, CiphertextBlob=g, EncryptionContext=green))\n"
            "print(attempt(decrypt, CiphertextBlob=w, EncryptionContext=white))\n"
            "frankfurt.revoke_grant(KeyId=k, GrantId=grant_id)\n"
            "print(attempt(decrypt, CiphertextBlob=g, EncryptionContext=green))",
        ),
    ),
    Exercise(
        number="07.4",
        title="a key for two accounts",
        tasks=(
            Task(
                "there is a key with the description exchange in eu-north-1",
                _exchanges,
                by_mistake(
                    "create_key(Description='exchange') with a client for eu-north-1, in your own account.",
                    (_elsewhere(_EXCHANGE), "The key exchange is in another Region. Take a client for eu-north-1."),
                ),
            ),
            Task(
                "its key policy lets the account 444455556666 decrypt",
                _is_let_in,
                by_mistake(
                    "Add a statement to its key policy: Principal {'AWS': 'arn:aws:iam::444455556666:root'}, the whole "
                    "account, and Action kms:Decrypt.",
                    (
                        _is_not_open,
                        "Let the Principal be {'AWS': 'arn:aws:iam::444455556666:root'}, and open that account with "
                        "lab.account('444455556666'), so that the check can ask for it.",
                    ),
                    (
                        lambda attempt: any(
                            _on(call, _exchanges(attempt)) and _AUDITORS in str(call.params.get("Policy"))
                            for name in ("CreateKey", "PutKeyPolicy")
                            for call in succeeded(attempt.lab, name)
                        ),
                        "The policy names their account, and does not let it decrypt. See the Action, and whether the "
                        "Principal is the account or only one user of it.",
                    ),
                ),
            ),
            Task(
                "nothing more is allowed from outside, and to no other account",
                _nothing_more_and_nobody_else,
                by_mistake(
                    "The statement is to allow kms:Decrypt, to that one account.",
                    (
                        lambda attempt: any(
                            len(_may_from_outside(attempt, "Decrypt", arn)) > 1 for arn in _exchanges(attempt)
                        ),
                        "Another account may decrypt, too: Principal '*' is everybody in every account of AWS. Name "
                        "the account's ARN.",
                    ),
                    (
                        _is_let_in,
                        "They may do more than decrypt. The Action is kms:Decrypt, and not kms:*.",
                    ),
                ),
            ),
            Task(
                "auditor, a user of that account, has decrypted under it",
                _auditor_decrypted,
                by_mistake(
                    "Their side has to agree too: lab.account('444455556666').user('auditor', policy={...}) with "
                    "kms:Decrypt on your key's ARN, and a client of that account with principal=auditor in eu-north-1.",
                    (
                        lambda attempt: any(_is_auditor(call) for call in _from_their_account(attempt)),
                        "auditor was refused. Read the message from its end: does it speak of their IAM policy, or of "
                        "your key policy?",
                    ),
                    (
                        lambda attempt: [call for call in _from_their_account(attempt) if call.error_code is None],
                        "Somebody of their account decrypted, and not auditor. Give their client principal=auditor.",
                    ),
                    (
                        lambda attempt: attempt.lab.trail.events(name="Decrypt", principal=_AUDITOR).calls,
                        "This auditor is a user of your own account. Make the user with "
                        "lab.account('444455556666').user(...).",
                    ),
                ),
            ),
        ),
        hints=(
            "The section on two accounts did your side. bob is what happens without theirs.",
            "put_key_policy with one statement more; lab.account(...).user(..., policy=...); .client('kms', "
            "'eu-north-1', principal=...).",
            "theirs, north = lab.account('444455556666'), boto3.client('kms', region_name='eu-north-1')\n"
            "key = north.create_key(Description='exchange')['KeyMetadata']\n"
            "rules = json.loads(north.get_key_policy(KeyId=key['KeyId'])['Policy'])\n"
            "one = {'Effect': 'Allow', 'Action': 'kms:Decrypt'}\n"
            "them = {'AWS': 'arn:aws:iam::444455556666:root'}\n"
            "rules['Statement'].append({**one, 'Principal': them, 'Resource': '*'})\n"
            "north.put_key_policy(KeyId=key['KeyId'], Policy=json.dumps(rules))\n"
            "c = north.encrypt(KeyId=key['KeyId'], Plaintext=b'the books')['CiphertextBlob']\n"
            "their_side = {'Version': '2012-10-17', 'Statement': [{**one, 'Resource': key['Arn']}]}\n"
            "auditor = theirs.user('auditor', policy=their_side)\n"
            "print(theirs.client('kms', 'eu-north-1', principal=auditor).decrypt(CiphertextBlob=c)['Plaintext'])",
        ),
    ),
)
