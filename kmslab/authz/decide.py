"""The decision: may this principal do this to this key?

Simplified: two identities may act, and only under the default key policy: the account's root user, whom that policy
names, and an IAM user with AdministratorAccess, because that policy makes IAM policies count. Everybody else may not,
whatever their IAM policy says, and a key whose policy is another one admits nobody. The answer is always on the
strict side: nothing is allowed here that AWS would deny.

Source: KMS Developer Guide, "Default key policy" and "Determining access to AWS KMS keys".
"""

from __future__ import annotations

from kmslab.authz.policy import gives_account_everything
from kmslab.call import Decision
from kmslab.keys.grant import Grant
from kmslab.keys.key import Key
from kmslab.keys.specs import KeyManager
from kmslab.principals import Principal, PrincipalType

#: What a caller of another account learns: not even whether the key exists.
_FOREIGN = (
    "because the resource does not exist in this Region, no resource-based policies allow access, "
    "or a resource-based policy explicitly denies access"
)

_DELEGATES = "The key policy gives the account everything: its IAM policies count."


def decide_on_key(principal: Principal, action: str, key: Key) -> Decision:
    """May `principal` do `action` to `key`?"""
    if principal.account_id != key.account_id:
        return Decision(False, action, key.arn, _FOREIGN, ("The caller belongs to another account than the key.",))
    if key.manager is KeyManager.AWS:
        return _on_aws_managed_key(principal, action, key)
    if not gives_account_everything(key.policy, key.account_id, key.region):
        reason = f"because no resource-based policy allows the {action} action"
        return Decision(False, action, key.arn, reason, ("The key policy does not let IAM policies count.",))
    if principal.type is PrincipalType.ROOT:
        reason = "the key policy names the account, and the root user is the account"
        return Decision(True, action, key.arn, reason, (_DELEGATES,))
    return _by_identity(principal, action, key.arn, _DELEGATES)


def _on_aws_managed_key(principal: Principal, action: str, key: Key) -> Decision:
    # Its policy lets the account look and nothing else; AWS writes it, and nobody can change it.
    if action.startswith(("kms:Describe", "kms:Get", "kms:List")):
        considered = "The key policy of an AWS managed key lets the account look."
        if principal.type is PrincipalType.ROOT:
            return Decision(True, action, key.arn, "the key policy names the account", (considered,))
        return _by_identity(principal, action, key.arn, considered)
    reason = f"because no resource-based policy allows the {action} action"
    return Decision(False, action, key.arn, reason, ("The key policy of an AWS managed key allows only its service.",))


def decide_on_grant(principal: Principal, action: str, grant: Grant) -> Decision:
    """May `principal` retire this grant?

    The retiring principal may, and the grantee if the grant allows RetireGrant. So may the account that issued it, and
    an account that is one of those two: its root user, and whom its IAM policies let. A key policy cannot allow it.
    Source: KMS Developer Guide, "Retiring and revoking grants".
    """
    arn = grant.key.arn
    named = {grant.retiring: "the grant names the caller as its retiring principal"}
    if "RetireGrant" in grant.operations:
        named.setdefault(grant.grantee, "the grant allows its grantee to retire it")
    if principal.arn in named:
        return Decision(True, action, arn, named[principal.arn])
    accounts = {grant.issuing_account} | {each.split(":")[4] for each in named if each and each.endswith(":root")}
    if principal.account_id in accounts:
        if principal.type is PrincipalType.ROOT:
            return Decision(True, action, arn, "the caller is the root user of an account that may retire the grant")
        return _by_identity(principal, action, arn, "The caller's account may retire the grant.")
    considered = ("Neither the caller nor its account may retire the grant.",)
    if principal.account_id != grant.key.account_id:
        return Decision(False, action, arn, _FOREIGN, considered)
    # Simplified: AWS's text is not published.
    return Decision(False, action, arn, f"because no resource-based policy allows the {action} action", considered)


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
