"""Who may assume a role: the role's trust policy and the caller's own policies, heard together.

    - the root user may not assume roles;
    - an explicit deny in either denies;
    - within one account it is enough that the trust policy names the caller; where it names the account, the caller's
      own policies must allow it;
    - from another account both must allow;
    - what a permissions boundary or session policy leaves out is not allowed, but to a user whom the trust policy of
      its own account names; what a service control policy leaves out is allowed to nobody.

Source: IAM User Guide, "Roles terms and concepts", "Policy evaluation logic", "Granting a user permissions to switch
roles"; STS API Reference, AssumeRole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from kmslab.authz.language import Question, read_policy
from kmslab.authz.patterns import Context
from kmslab.call import Finding, Reach
from kmslab.cloud.identity import Role
from kmslab.principals import NamedPolicy, Principal


def may_assume(
    caller: Principal, action: str, role: Role, context: Context, ceiling: Sequence[NamedPolicy] = ()
) -> bool:
    """Whether `caller` may do `action` to a role.

    Args:
        caller: Who asks; not a root user.
        action: `sts:AssumeRole` or `sts:TagSession`.
        role: The role.
        context: The values of condition keys.
        ceiling: The service control policies of the caller's account.
    """
    question = Question(caller, action, role.arn, context)
    trust = read_policy("trust policy", _complete(role.trust)).consider(question)
    own = _hear(caller.policies, question)
    # Each of these has to allow it; one that is not there does not narrow.
    organisation, boundary, session = (
        _hear(policies, question) if policies else None
        for policies in (ceiling, (caller.boundary,) if caller.boundary else (), caller.session_policies)
    )
    said = [*trust, *own, *(organisation or ()), *(boundary or ()), *(session or ())]
    if any(each.matched and each.effect == "Deny" for each in said):
        return False
    if not _lets_through(organisation):
        return False
    reach = {each.reach for each in trust if each.matched and each.effect == "Allow"}
    at_home = caller.account_id == role.account_id
    if at_home and Reach.DIRECT in reach:
        return True
    if not (_lets_through(boundary) and _lets_through(session)):
        return False
    return (at_home and Reach.ROLE in reach) or (bool(reach) and _lets_through(own))


def _hear(policies: Iterable[NamedPolicy], question: Question) -> list[Finding]:
    return [found for policy in policies for found in read_policy(policy.name, policy.text).consider(question)]


def _lets_through(heard: Iterable[Finding] | None) -> bool:
    return heard is None or any(each.matched and each.effect == "Allow" for each in heard)


@lru_cache(maxsize=256)
def _complete(trust: str) -> str:
    """A trust policy with the Resource that it leaves out: the role that it belongs to."""
    document = json.loads(trust)
    statements = document.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return json.dumps({**document, "Statement": [{**each, "Resource": "*"} for each in listed]})
