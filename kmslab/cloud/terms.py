"""What a request for a session asks for: how long, narrowed by what, and what its conditions may look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from kmslab.authz import context_keys
from kmslab.authz.language import read_policy
from kmslab.authz.patterns import ContextValue
from kmslab.cloud.identity import Role
from kmslab.cloud.query import QueryError
from kmslab.principals import NamedPolicy, Principal, PrincipalType
from kmslab.service.visit import OnBehalf

#: A session of a role that assumes a role lasts an hour at most, and so does one of the root user.
HOUR = 3600
_HALF_A_DAY = 43_200

#: The members of a request.
Members = Mapping[str, Any]

#: How a service calls KMS in somebody's name; raises what KMS answers instead.
Kms = Callable[[OnBehalf], Mapping[str, Any]]


class Asker(NamedTuple):
    """Who asks a service for something.

    Attributes:
        principal: Who asks.
        now: The simulated time.
        region: The Region that is called.
        user_agent: What the client calls itself.
    """

    principal: Principal
    now: datetime
    region: str
    user_agent: str


def seconds(caller: Principal, members: Members) -> int:
    """How long a session of a user lasts; one of the root user never more than an hour."""
    longest = HOUR if caller.type is PrincipalType.ROOT else None
    wanted = int(members.get("DurationSeconds", longest or _HALF_A_DAY))
    return min(wanted, longest or wanted)


def check_duration(lasting: int, role: Role, caller: Principal) -> None:
    """Refuse a session of a role that would last too long.

    Raises:
        QueryError: it would.
    """
    if caller.type is PrincipalType.ASSUMED_ROLE and lasting > HOUR:
        raise QueryError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    if lasting > role.longest_session:
        raise QueryError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def check_policy(policy: NamedPolicy) -> None:
    """Refuse a session policy that is no policy of an identity.

    Raises:
        QueryError: it is none.
    """
    try:
        document = json.loads(policy.text)
    except ValueError:
        raise QueryError("MalformedPolicyDocument", "This policy contains invalid Json") from None
    try:
        statements = read_policy(policy.name, policy.text).statements
    except (AttributeError, KeyError, TypeError, ValueError):
        statements = ()
    if not isinstance(document, dict) or not statements or any(each.who is not None for each in statements):
        raise QueryError("MalformedPolicyDocument", "Syntax errors in policy.")


def context(
    asker: Asker, members: Members, role: Role | None, tags: Mapping[str, str], *, mfa: bool
) -> dict[str, ContextValue]:
    """The condition keys of a request to STS. Source: Service Authorization Reference, AWS Security Token Service."""
    answers: dict[str, ContextValue] = context_keys.of_request(
        asker.principal, now=asker.now, region=asker.region, source_ip="", user_agent=asker.user_agent
    )
    if mfa or asker.principal.identity.since is not None:
        answers["aws:multifactorauthpresent"] = "true" if mfa or asker.principal.identity.mfa else "false"
    for name, member in (("sts:externalid", "ExternalId"), ("sts:rolesessionname", "RoleSessionName")):
        if members.get(member):
            answers[name] = str(members[member])
    if members.get("TransitiveTagKeys"):
        answers["sts:transitivetagkeys"] = tuple(members["TransitiveTagKeys"])
    if tags:
        answers["aws:tagkeys"] = tuple(tags)
        answers |= {f"aws:requesttag/{name.lower()}": value for name, value in tags.items()}
    if role is not None:
        answers["aws:resourceaccount"] = role.account_id
        for kind in ("aws", "iam"):
            answers |= {f"{kind}:resourcetag/{name.lower()}": value for name, value in role.tags.items()}
    return answers
