"""One question put to all policies that have a say in it, and what each of them said.

Owns who is heard and how AWS calls them. What follows from it is decided in `authz.decide`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from msgspec import Struct

from kmslab.authz.grants import Request, consider
from kmslab.authz.language import Question, read_policy
from kmslab.call import Decision, Finding, Reach
from kmslab.keys.grants import FEW, Grants
from kmslab.principals import NamedPolicy, Principal, PrincipalType

#: How AWS calls each kind of policy in a denial.
SERVICE_CONTROL, RESOURCE, IDENTITY = "service control", "resource-based", "identity-based"
BOUNDARY, SESSION = "permissions boundary", "session"


#: Who can have IAM policies.
_WITH_POLICIES = (PrincipalType.IAM_USER, PrincipalType.ASSUMED_ROLE, PrincipalType.FEDERATED_USER)


_NO_PARAMS: Mapping[str, Any] = {}


class Caller(Struct, frozen=True, gc=False):
    """Who asks, and what is true of the request whatever it is about.

    Attributes:
        principal: Who calls.
        now: The simulated time.
        service_control_policies: What the organisation lets the caller's account do; empty for everything.
        tokens: The grant tokens of the request.
        params: The request's members.
        settling: How long a new grant takes until it counts without its token.
        source_arn: The resource that an AWS service calls for, or empty.
    """

    principal: Principal
    now: datetime
    service_control_policies: tuple[NamedPolicy, ...] = ()
    tokens: frozenset[str] = frozenset()
    params: Mapping[str, Any] = _NO_PARAMS
    settling: timedelta = timedelta(0)
    source_arn: str = ""

    def __repr__(self) -> str:
        """Who; never the request's members, among which there are plaintexts."""
        return f"<caller {self.principal.arn}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Nothing more, to whom wants it in parts."""
        return []


class Hearing:
    """All policies of one question, each heard once; what they said, in order."""

    def __init__(self, caller: Caller, question: Question, key_policy: str | None) -> None:
        """Hear everybody."""
        principal = caller.principal
        self.question = question
        self.said: list[Finding] = []
        self._by_kind: dict[str, list[Finding]] = {
            SERVICE_CONTROL: self._hear(caller.service_control_policies),
            RESOURCE: [] if key_policy is None else self._hear([NamedPolicy("key policy", key_policy)]),
            IDENTITY: self._hear(principal.policies),
            BOUNDARY: self._hear([principal.boundary] if principal.boundary else []),
            SESSION: self._hear(principal.session_policies),
        }
        if not principal.policies and principal.type in _WITH_POLICIES:
            self.said.append(
                Finding("identity-based policies", "(none)", "", Reach.NOT, "the caller has no IAM policy")
            )
        self._narrowing = {
            SERVICE_CONTROL: bool(caller.service_control_policies),
            BOUNDARY: principal.boundary is not None,
            SESSION: bool(principal.session_policies),
        }

    def _hear(self, policies: Iterable[NamedPolicy]) -> list[Finding]:
        found = [
            finding for policy in policies for finding in read_policy(policy.name, policy.text).consider(self.question)
        ]
        self.said += found
        return found

    def hear_grants(self, grants: Grants, request: Request) -> Reach:
        """What the key's grants say: by how much the best one speaks of the caller.

        Of many grants only those to the caller are heard that may allow it, and only a few are quoted.
        """
        if len(grants) <= FEW:
            found = [consider(grant, request) for grant in grants]
            self.said += found
            return best(finding.reach for finding in found)
        reach, quoted = Reach.NOT, len(self.said)
        mine = [grants.to(grantee) for grantee in _grantees(request.principal)]
        for grant in chain.from_iterable(each.that_may_allow(request.operation, request.context) for each in mine):
            finding = consider(grant, request)
            before, reach = reach, best((reach, finding.reach))
            if len(self.said) - quoted < FEW or reach is not before:
                self.said.append(finding)
            if reach is Reach.DIRECT:
                break
        if len(self.said) == quoted:
            others = islice(chain.from_iterable(each.in_order for each in mine), FEW)
            self.said += [consider(grant, request) for grant in others]
        left = f"{len(grants) - len(self.said) + quoted:,} more"
        self.said.append(Finding("grants", left, "Allow", Reach.NOT, "not for the caller and this call, or not needed"))
        return reach

    def denial(self) -> str | None:
        """The reason of an explicit deny, or None."""
        for kind, findings in self._by_kind.items():
            if any(finding.matched and finding.effect == "Deny" for finding in findings):
                return f"with an explicit deny in {_a(kind)}"
        return None

    def allows(self, kind: str) -> Reach:
        """By how much the policies of a kind allow it to the caller."""
        return best(finding.reach for finding in self._by_kind[kind] if finding.effect == "Allow")

    def leaves_out(self, kind: str) -> str | None:
        """The reason why a kind of policy that only narrows leaves it out, or None."""
        if self._narrowing[kind] and self.allows(kind) is Reach.NOT:
            return f"because no {policy_of(kind)} allows the {self.question.action} action"
        return None

    def narrowed(self) -> str | None:
        """The reason why boundary or session policy leaves it out, or None."""
        return self.leaves_out(BOUNDARY) or self.leaves_out(SESSION)

    def answer(self, allowed: bool, reason: str) -> Decision:
        """The decision, with everything that was said."""
        question = self.question
        return Decision(allowed, question.action, question.resource, reason, tuple(self.said))


#: From the least to the most direct.
_ORDER = (Reach.NOT, Reach.ACCOUNT, Reach.ROLE, Reach.DIRECT)


def best(reaches: Iterable[Reach]) -> Reach:
    """The most direct of several."""
    return max(reaches, key=_ORDER.index, default=Reach.NOT)


def _grantees(principal: Principal) -> Iterable[str]:
    """Whom a grant can name to speak of a caller, its own names first."""
    role = [principal.issuer_arn] if principal.issuer_arn is not None else []
    return dict.fromkeys((*principal.names, *role, *principal.account_names))


def policy_of(kind: str) -> str:
    """How AWS calls a policy of a kind."""
    return kind if kind == BOUNDARY else f"{kind} policy"


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {policy_of(kind)}"
