"""Exercises of lesson 07: IAM and the key policy, an explicit deny, a grant, two accounts.

Each is read from the trail, or asked of the Lab (`lab.would`); a good part of the lines are what the learner reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from kmslab import Call, Lab
from kmslab.exercises.evidence import succeeded
from kmslab.exercises.model import Attempt, Exercise, Task

_DENIED = "AccessDeniedException"

_READER, _READER_REGION = "reader", "eu-west-1"
_ARCHIVE, _ARCHIVE_REGION = "archive", "us-west-2"
_WORKER, _WORKER_REGION, _TENANT = "worker", "eu-central-1", {"tenant": "green"}
_EXCHANGE, _EXCHANGE_REGION = "exchange", "eu-north-1"
_AUDITORS, _AUDITOR = "444455556666", "auditor"


def _described(lab: Lab, region: str, description: str) -> list[str]:
    """The ARNs of the keys of a Region with a description."""
    return [key.arn for key in lab.inventory.select(region=region) if key.description == description]


def _by_role(lab: Lab, role: str, region: str, operation: str | None = None) -> Sequence[Call]:
    """What sessions of a role called in a Region, oldest first."""
    return [
        call
        for call in lab.trail.calls
        if call.region == region
        and call.principal is not None
        and call.principal.issuer is not None
        and call.principal.issuer.name == role
        and operation in (None, call.operation)
    ]


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


def _worked(attempt: Attempt) -> Sequence[Call]:
    return [call for call in _decrypts(attempt, green=True) if call.error_code is None]


def _other_tenant_was_refused(attempt: Attempt) -> bool:
    since = _grants(attempt)[0].time
    return any(call.error_code == _DENIED and call.time > since for call in _decrypts(attempt, green=False))


def _taken_away(attempt: Attempt) -> Call:
    """The call that ended a grant; raises, and so counts as not done, while none did."""
    used, made = _worked(attempt)[0].time, {call.reply.get("GrantId") for call in _grants(attempt)}
    ended = [*succeeded(attempt.lab, "RetireGrant"), *succeeded(attempt.lab, "RevokeGrant")]
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


def _auditor_decrypted(attempt: Attempt) -> bool:
    account = next(each for each in attempt.lab.accounts if each.account_id == _AUDITORS)
    calls = account.trail.events(name="Decrypt", principal=_AUDITOR).calls
    return any(call.error_code is None and _on(call, _exchanges(attempt)) for call in calls)


EXERCISES = (
    Exercise(
        number="07.1",
        title="a role that may only read",
        tasks=(
            Task(
                "a role called reader has called KMS in eu-west-1",
                lambda attempt: _by_role(attempt.lab, _READER, _READER_REGION),
                "reader = lab.role('reader', policy={...}), and a client for it in the right Region: "
                "lab.client('kms', 'eu-west-1', principal=reader).",
            ),
            Task(
                "as reader, Decrypt under the key reports works",
                _read,
                "The role's IAM policy has to allow kms:Decrypt on the ARN of the key reports. If the role is there "
                "with another policy, change it with iam.put_role_policy, and try again.",
            ),
            Task(
                "as reader, Decrypt under the key salaries is refused",
                lambda attempt: _last_result(attempt, "Decrypt", "salaries") == _DENIED,
                "Try to decrypt payroll as the role. If it works, the policy's Resource is too wide: '*' is every key.",
            ),
            Task(
                "as reader, Encrypt under the key reports is refused",
                lambda attempt: _last_result(attempt, "Encrypt", "reports") == _DENIED,
                "Try to encrypt as the role. If it works, the policy's Action is too wide: only kms:Decrypt is wanted.",
            ),
            Task(
                "IAM alone allows it: the key policy is still the default one, and there is no grant",
                _by_iam_alone,
                "The key policies were to stay as they are. Run the cell that makes the keys again, and give the "
                "role an IAM policy for the new key instead.",
            ),
        ),
        hints=(
            "The role called encryption got its permission in the same way, for two actions.",
            "An IAM policy with Action 'kms:Decrypt' and Resource reports['Arn'], and a client with principal=reader.",
            "reader = lab.role('reader', policy={'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': "
            "'kms:Decrypt', 'Resource': reports['Arn']}]}), then with lab.client('kms', 'eu-west-1', "
            "principal=reader): decrypt report, and attempt() the other two",
        ),
    ),
    Exercise(
        number="07.2",
        title="an archive that nobody deletes",
        tasks=(
            Task(
                "there is a key with the description archive in us-west-2",
                _archives,
                "create_key(Description='archive') with a client for us-west-2.",
            ),
            Task(
                "neither the administrator nor root may schedule its deletion",
                lambda attempt: _nobody_may(attempt, "ScheduleKeyDeletion"),
                "Deny kms:ScheduleKeyDeletion to everybody: Principal '*', or the whole account. Naming one user "
                "leaves the others, and kms:Delete* does not cover it: the name begins with Schedule.",
            ),
            Task(
                "neither the administrator nor root may disable it",
                lambda attempt: _nobody_may(attempt, "DisableKey"),
                "kms:DisableKey belongs into the Deny as well; an Action may be a list.",
            ),
            Task(
                "everything else is as under the default key policy",
                _rest_is_as_before,
                "Keep the statement about root and add a second one. Both the administrator and root still have to be "
                "able to use the key and to change its policy.",
            ),
            Task(
                "scheduling its deletion was tried, and refused",
                _deletion_was_refused,
                "Try schedule_key_deletion as the administrator, after put_key_policy. (If it worked, cancel it first, "
                "with cancel_key_deletion and enable_key.)",
            ),
        ),
        hints=(
            "The section above denied one action to one user.",
            "get_key_policy, json.loads, append a statement with Effect Deny and Principal '*', put_key_policy.",
            "policy['Statement'].append({'Effect': 'Deny', 'Principal': '*', 'Action': ['kms:ScheduleKeyDeletion', "
            "'kms:DisableKey'], 'Resource': '*'})",
        ),
    ),
    Exercise(
        number="07.3",
        title="one tenant, one night",
        tasks=(
            Task(
                "in eu-central-1, a grant lets the role worker decrypt, and nothing else",
                lambda attempt: _grants(attempt, constrained=False),
                "create_grant with GranteePrincipal=worker.role_arn and Operations=['Decrypt'], with a client for "
                "eu-central-1.",
            ),
            Task(
                "its constraint is the encryption context tenant=green",
                _constraint_tells,
                "Constraints={'EncryptionContextSubset': {'tenant': 'green'}}. A grant cannot be changed: create "
                "another, and take the wide one away.",
            ),
            Task(
                "as worker, Decrypt with tenant=green works",
                _worked,
                "worker's client needs principal=worker, and Decrypt the context it was encrypted with.",
            ),
            Task(
                "as worker, Decrypt for another tenant is refused",
                _other_tenant_was_refused,
                "Encrypt something with another tenant, and try to decrypt it as worker, with that tenant's context. "
                "If that works, the role has more than the grant.",
            ),
            Task(
                "the grant was taken away after its use",
                _taken_away,
                "revoke_grant(KeyId=..., GrantId=...) as the administrator; or retire_grant, as whoever may.",
            ),
            Task(
                "as worker, Decrypt with tenant=green is refused then",
                _refused_afterwards,
                "Try once more, after the grant is gone. If it still works, there is another grant: list_grants.",
            ),
        ),
        hints=(
            "The section on grants does it with other names and another Region.",
            "lab.role('worker'), create_grant with Constraints, decrypt as worker, revoke_grant.",
            "g = frankfurt.create_grant(KeyId=k, GranteePrincipal=worker.role_arn, Operations=['Decrypt'], "
            "Constraints={'EncryptionContextSubset': {'tenant': 'green'}}), two calls of decrypt as worker, "
            "frankfurt.revoke_grant(KeyId=k, GrantId=g['GrantId']), one more",
        ),
    ),
    Exercise(
        number="07.4",
        title="a key for two accounts",
        tasks=(
            Task(
                "there is a key with the description exchange in eu-north-1",
                _exchanges,
                "create_key(Description='exchange') with a client for eu-north-1, in your own account.",
            ),
            Task(
                "its key policy lets the account 444455556666 decrypt",
                _is_let_in,
                "Add a statement whose Principal is {'AWS': 'arn:aws:iam::444455556666:root'}, the whole account, and "
                "open that account with lab.account('444455556666').",
            ),
            Task(
                "nothing more is allowed from outside, and to no other account",
                _nothing_more_and_nobody_else,
                "kms:Decrypt only, and the account's ARN: Principal '*' is everybody in every account of AWS.",
            ),
            Task(
                "auditor, a user of that account, has decrypted under it",
                _auditor_decrypted,
                "Their side has to agree too: lab.account('444455556666').user('auditor', policy={...}) with "
                "kms:Decrypt on your key's ARN, and a client of that account with principal=auditor in eu-north-1.",
            ),
        ),
        hints=(
            "The section on two accounts did your side. bob is what happens without theirs.",
            "put_key_policy with one statement more; lab.account(...).user(..., policy=...); .client('kms', "
            "'eu-north-1', principal=...).",
            "theirs = lab.account('444455556666'); auditor = theirs.user('auditor', policy={... 'kms:Decrypt' on "
            "exchange['Arn'] ...}); theirs.client('kms', 'eu-north-1', principal=auditor).decrypt(CiphertextBlob=...)",
        ),
    ),
)
