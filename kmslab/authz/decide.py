"""The decision: may this principal do this to this key?

Simplified: two identities may act, and only under the default key policy: the account's root user, whom that policy
names, and an IAM user with AdministratorAccess, because that policy makes IAM policies count. Everybody else may not,
whatever their IAM policy says, and a key whose policy is another one admits nobody. The answer is always on the
strict side: nothing is allowed here that AWS would deny.

Source: KMS Developer Guide, "Default key policy" and "Determining access to AWS KMS keys".
"""

from __future__ import annotations

from kmslab.authz.policy import is_default_policy
from kmslab.call import Decision
from kmslab.keys.key import Key
from kmslab.principals import Principal, PrincipalType

#: What a caller of another account learns: not even whether the key exists.
_FOREIGN = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)

_DELEGATES = "The key policy is the default one: the IAM policies of the account count."


def decide_on_key(principal: Principal, action: str, key: Key) -> Decision:
    """May `principal` do `action` to `key`?"""
    if principal.account_id != key.account_id:
        return Decision(False, action, key.arn, _FOREIGN, ("The caller belongs to another account than the key.",))
    if not is_default_policy(key.policy, key.account_id, key.region):
        reason = f"because no resource-based policy allows the {action} action"
        return Decision(False, action, key.arn, reason, ("The key policy is not the default one; it admits nobody.",))
    if principal.type is PrincipalType.ROOT:
        reason = "the key policy names the account, and the root user is the account"
        return Decision(True, action, key.arn, reason, (_DELEGATES,))
    return _by_identity(principal, action, key.arn, _DELEGATES)


def decide_on_account(principal: Principal, action: str, resource: str) -> Decision:
    """May `principal` do `action` to something of its own account that has no policy of its own?

    Args:
        principal: Who asks.
        action: Such as `kms:CreateKey`.
        resource: An alias ARN, or `*`.
    """
    if principal.type is PrincipalType.ROOT:
        return Decision(True, action, resource, "the root user needs no IAM policy in its own account")
    return _by_identity(principal, action, resource)


def deny_unknown(principal: Principal, action: str, resource: str) -> Decision:
    """The denial for a key that cannot be found where the caller may not even learn that."""
    return Decision(False, action, resource, _FOREIGN, ("There is no such key in this Region.",))


def _by_identity(principal: Principal, action: str, resource: str, *considered: str) -> Decision:
    if principal.is_administrator:
        reason = "AdministratorAccess"
        return Decision(True, action, resource, reason, (*considered, "The caller has AdministratorAccess."))
    reason = f"because no identity-based policy allows the {action} action"
    return Decision(False, action, resource, reason, (*considered, "The caller does not have AdministratorAccess."))
