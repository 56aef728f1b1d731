"""The decision: may this caller do this to this key? From the key policy, the caller's policies, and the key's grants.

The rule, in this order:
    - an explicit deny in any policy denies;
    - what the organisation does not let the account do is denied;
    - in the key's own account: the key policy that names the caller allows, and so does a grant; where the key policy
      names the account, an IAM policy allows;
    - from another account: the key's side must allow as above, or by naming the account, and the caller's IAM policies
      must allow too, unless a grant does; and only operations that exist across accounts;
    - what a permissions boundary or a session policy leaves out is not allowed by an IAM policy, nor by what was given
      to the caller's role;
    - all else is denied, to the root user and to the key's creator too.

Source: KMS Developer Guide, "Determining access to AWS KMS keys" and "Default key policy"; IAM User Guide, "Policy
evaluation logic" and "Troubleshoot access denied error messages" (the words of the reasons).
Simplified: AWS names one policy type where several deny; which one is not published. Here it is the first of: service
control policy, key policy, identity-based policy, permissions boundary, session policy.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from kmslab.authz.grants import Request
from kmslab.authz.hearing import IDENTITY, RESOURCE, SERVICE_CONTROL, Caller, Hearing, policy_of
from kmslab.authz.language import Question, is_for_every_resource, is_plain
from kmslab.authz.patterns import Context
from kmslab.call import Decision, Finding, Reach
from kmslab.keys.grant import Grant
from kmslab.keys.grants import NO_GRANTS
from kmslab.keys.key import Key
from kmslab.principals import Credentials, NamedPolicy, Principal, PrincipalType, Rights

#: What a caller of another account learns: not even whether the key exists.
FOREIGN = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)


def decide_on_key(
    caller: Caller,
    action: str,
    key: Key,
    context: Context | None = None,
    *,
    cross_account: bool = True,
    policy: str | None = None,
) -> Decision:
    """May the caller do `action` to `key`?

    Args:
        caller: Who asks.
        action: Such as `kms:Encrypt`.
        key: The key.
        context: The values of condition keys.
        cross_account: Whether the operation exists for keys of other accounts.
        policy: The key policy to judge by, instead of the one that the key has.
    """
    key_policy = key.policy if policy is None else policy
    plain = decide_plainly(caller.principal, caller.service_control_policies, action, key, key_policy, cross_account)
    if plain is not None:
        return plain
    principal = caller.principal
    question = Question(principal, action, key.arn, {} if context is None else context)
    hearing = Hearing(caller, question, key_policy)
    request = Request(
        principal,
        action.removeprefix("kms:"),
        caller.params,
        caller.source_arn,
        caller.tokens,
        caller.now,
        caller.settling,
    )
    by_grant = hearing.hear_grants(key.grants, request)
    return _judge(hearing, by_grant, key.account_id, cross_account=cross_account)


def decide_plainly(
    principal: Principal,
    ceiling: tuple[NamedPolicy, ...],
    action: str,
    key: Key,
    key_policy: str,
    cross_account: bool,
) -> Decision | None:
    """The decision where nothing has a say but who the caller is; None where conditions or grants may have one.

    Most policies have no conditions and most keys no grants, and the same is asked again and again.
    """
    if key.grants is not NO_GRANTS and key.grants:
        return None
    return _plain_decision(principal.rights, ceiling, action, key.arn, key.account_id, key_policy, cross_account)


def _all(are: Callable[[str], bool], rights: Rights, ceiling: tuple[NamedPolicy, ...], key_policy: str) -> bool:
    """Whether something is true of all policies that have a say."""
    policies = (*rights.policies, *rights.session_policies, *ceiling)
    if rights.boundary is not None:
        policies = (*policies, rights.boundary)
    return all(map(are, (key_policy, *(policy.text for policy in policies))))


@lru_cache(maxsize=4096)
def _plain_decision(
    rights: Rights,
    ceiling: tuple[NamedPolicy, ...],
    action: str,
    key_arn: str,
    key_account: str,
    key_policy: str,
    cross_account: bool,
) -> Decision | None:
    """A decision that depends on nothing else; None where a policy says that it does."""
    if not _all(is_plain, rights, ceiling, key_policy):
        return None
    if not _all(is_for_every_resource, rights, ceiling, key_policy):
        return _decided(rights, ceiling, action, key_arn, key_account, key_policy, cross_account)
    # Most policies say the same of all keys: it is found out once, and not for each of a hundred thousand.
    same = _decided(rights, ceiling, action, "*", key_account, key_policy, cross_account)
    return same._replace(resource=key_arn)


@lru_cache(maxsize=4096)
def _decided(
    rights: Rights,
    ceiling: tuple[NamedPolicy, ...],
    action: str,
    resource: str,
    key_account: str,
    key_policy: str,
    cross_account: bool,
) -> Decision:
    principal = Principal(
        rights.identity, Credentials("", ""), rights.policies, rights.boundary, rights.session_policies
    )
    caller = Caller(principal, datetime.min, ceiling)
    hearing = Hearing(caller, Question(principal, action, resource, {}), key_policy)
    return _judge(hearing, Reach.NOT, key_account, cross_account=cross_account)


def _judge(hearing: Hearing, by_grant: Reach, key_account: str, *, cross_account: bool) -> Decision:
    if hearing.question.principal.account_id not in ("", key_account):
        return _across_accounts(hearing, by_grant, cross_account=cross_account)
    return _within_account(hearing, by_grant)


def _within_account(hearing: Hearing, by_grant: Reach) -> Decision:
    denied = hearing.denial() or hearing.leaves_out(SERVICE_CONTROL)
    if denied:
        return hearing.answer(False, denied)
    by_key = hearing.allows(RESOURCE)
    if by_key is Reach.DIRECT:
        return hearing.answer(True, "the key policy allows it to the caller")
    if by_grant is Reach.DIRECT:
        return hearing.answer(True, "a grant allows it to the caller")
    narrowed = hearing.narrowed()
    if Reach.ROLE in (by_key, by_grant) and narrowed is None:
        return hearing.answer(True, "it is allowed to the caller's role")
    delegates = Reach.ACCOUNT in (by_key, by_grant)
    if delegates and hearing.allows(IDENTITY) is not Reach.NOT:
        return hearing.answer(narrowed is None, narrowed or "the account is let in, and an IAM policy allows it")
    if Reach.ROLE in (by_key, by_grant):
        return hearing.answer(False, str(narrowed))
    kind = IDENTITY if delegates else RESOURCE
    return hearing.answer(False, f"because no {kind} policy allows the {hearing.question.action} action")


def _across_accounts(hearing: Hearing, by_grant: Reach, *, cross_account: bool) -> Decision:
    by_key = hearing.allows(RESOURCE)
    if not cross_account or (by_key is Reach.NOT and by_grant is Reach.NOT):
        return hearing.answer(False, FOREIGN)
    denied = hearing.denial()
    if denied:
        # What the key's side denies is not told to the other account.
        return hearing.answer(False, FOREIGN if denied.endswith(policy_of(RESOURCE)) else denied)
    left_out = hearing.leaves_out(SERVICE_CONTROL)
    if left_out:
        return hearing.answer(False, left_out)
    if by_grant is Reach.DIRECT:
        return hearing.answer(True, "a grant allows it to the caller")
    narrowed = hearing.narrowed()
    if by_grant is Reach.ROLE:
        return hearing.answer(narrowed is None, narrowed or "a grant allows it to the caller's role")
    if hearing.allows(IDENTITY) is Reach.NOT and hearing.question.principal.type is not PrincipalType.ROOT:
        return hearing.answer(False, f"because no {IDENTITY} policy allows the {hearing.question.action} action")
    return hearing.answer(narrowed is None, narrowed or "both accounts allow it")


def decide_on_account(caller: Caller, action: str, resource: str, context: Context | None = None) -> Decision:
    """May the caller do `action` to something of its own account that has no policy of its own?

    Args:
        caller: Who asks.
        action: Such as `kms:CreateKey`.
        resource: An alias ARN, or `*`.
        context: The values of condition keys.
    """
    hearing = Hearing(caller, Question(caller.principal, action, resource, {} if context is None else context), None)
    denied = hearing.denial() or hearing.leaves_out(SERVICE_CONTROL)
    if denied:
        return hearing.answer(False, denied)
    if caller.principal.type is PrincipalType.ROOT:
        return hearing.answer(True, "the root user needs no IAM policy in its own account")
    if hearing.allows(IDENTITY) is Reach.NOT:
        return hearing.answer(False, f"because no {IDENTITY} policy allows the {action} action")
    narrowed = hearing.narrowed()
    return hearing.answer(narrowed is None, narrowed or "an IAM policy allows it")


def decide_on_grant(caller: Caller, grant: Grant, context: Context | None = None) -> Decision:
    """May the caller retire this grant?

    The retiring principal may, and the grantee if the grant allows RetireGrant; and root, or whom IAM allows it, in the
    accounts that issued it or that it names. The key policy cannot allow it, but any policy can deny it.

    Source: KMS Developer Guide, "Retiring and revoking grants"; API Reference, RetireGrant.
    """
    principal = caller.principal
    hearing = Hearing(
        caller,
        Question(principal, "kms:RetireGrant", grant.key.arn, {} if context is None else context),
        grant.key.policy,
    )
    denied = hearing.denial() or hearing.leaves_out(SERVICE_CONTROL)
    if denied:
        foreign_key = principal.account_id != grant.key.account_id and denied.endswith(policy_of(RESOURCE))
        return hearing.answer(False, FOREIGN if foreign_key else denied)
    named = {grant.retiring, grant.grantee if "RetireGrant" in grant.operations else None}
    may = not named.isdisjoint({principal.arn, principal.issuer_arn} - {None})
    hearing.said.append(_may_retire(grant, may=may))
    # What narrows a session narrows what its role was given, and not what the session itself was.
    narrowed = None if principal.arn in named else hearing.narrowed()
    if may:
        return hearing.answer(narrowed is None, narrowed or "the grant says so")
    if not _may_delegate(principal, grant):
        # Simplified: AWS's text within the key's account is not published.
        foreign = principal.account_id != grant.key.account_id
        reason = FOREIGN if foreign else f"because no {RESOURCE} policy allows the kms:RetireGrant action"
        return hearing.answer(False, reason)
    if principal.type is PrincipalType.ROOT:
        return hearing.answer(True, "the caller is the root user of an account of the grant")
    if hearing.allows(IDENTITY) is Reach.NOT:
        return hearing.answer(False, f"because no {IDENTITY} policy allows the kms:RetireGrant action")
    return hearing.answer(narrowed is None, narrowed or "an IAM policy of an account of the grant allows it")


def _may_retire(grant: Grant, *, may: bool) -> Finding:
    """What a grant itself says about who wants to retire it."""
    because = "it names the caller" if may else f"its retiring principal is {grant.retiring or 'nobody'}"
    if not may and "RetireGrant" in grant.operations:
        because += f", and its grantee, who may retire it too, is {grant.grantee}"
    return Finding("grant", grant.name or grant.grant_id[:12], "Allow", Reach.DIRECT if may else Reach.NOT, because)


def _may_delegate(principal: Principal, grant: Grant) -> bool:
    names = {grant.issuing_account, grant.retiring or ""}
    if "RetireGrant" in grant.operations:
        names.add(grant.grantee)
    return not principal.account_names.isdisjoint(names)


def deny_unknown(action: str, resource: str) -> Decision:
    """The denial for a key that cannot be found where the caller may not even learn that."""
    return Decision(False, action, resource, FOREIGN)
