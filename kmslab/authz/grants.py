"""What a grant says about a request. A grant allows or says nothing; it never denies.

Source: KMS Developer Guide, "Grants in AWS KMS", "Using grant constraints", "Eventual consistency for grants".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kmslab.authz.patterns import arn_like
from kmslab.call import Finding, Reach
from kmslab.keys.grant import WITHOUT_CONTEXT, Grant
from kmslab.principals import Principal

#: The request member with the encryption context, where it has another name.
_CONTEXT_MEMBER = {"ReEncryptFrom": "SourceEncryptionContext", "ReEncryptTo": "DestinationEncryptionContext"}


@dataclass(frozen=True, slots=True)
class Request:
    """What a grant is asked about.

    Attributes:
        principal: Who calls.
        operation: The grant operation that is needed, such as `ReEncryptFrom`.
        params: The request's members.
        source_arn: The resource that an AWS service calls for; empty for everybody else.
        tokens: The grant tokens that came with the request.
        now: The simulated time.
        settling: How long a new grant takes until it counts without its token.
    """

    principal: Principal
    operation: str
    params: Mapping[str, Any] = field(repr=False)
    source_arn: str
    tokens: frozenset[str] = field(repr=False)
    now: datetime
    settling: timedelta

    @property
    def context(self) -> Mapping[str, str]:
        """The encryption context that comes with the operation; empty when there is none."""
        return self.params.get(_CONTEXT_MEMBER.get(self.operation, "EncryptionContext")) or {}


def consider(grant: Grant, request: Request) -> Finding:
    """What a grant says about a request; the first thing that does not fit is named."""
    reach, because = _judge(grant, request)
    return Finding("grant", grant.name or grant.grant_id[:12], "Allow", reach, because)


def _judge(grant: Grant, request: Request) -> tuple[Reach, str]:
    reach = _reach(grant, request.principal)
    if reach is Reach.NOT:
        return reach, f"its grantee is {grant.grantee}"
    if request.operation not in grant.operations:
        return Reach.NOT, f"its operations are {', '.join(grant.operations)}"
    obstacle = _constraint(grant, request) or _parentage(grant, request)
    if obstacle:
        return Reach.NOT, obstacle
    if request.now < grant.created + request.settling and not request.tokens.intersection(grant.tokens):
        return Reach.NOT, "it is too new to count without its grant token"
    return reach, f"it allows {request.operation}"


def _reach(grant: Grant, principal: Principal) -> Reach:
    if grant.grantee in principal.names:
        return Reach.DIRECT
    if grant.grantee == principal.issuer_arn:
        return Reach.ROLE
    return Reach.ACCOUNT if grant.grantee in principal.account_names else Reach.NOT


def _constraint(grant: Grant, request: Request) -> str:
    constraints = grant.constraints
    source = constraints.get("SourceArn")
    if source is not None and not arn_like(request.source_arn, source):
        return f"its constraint is the source {source}"
    if request.operation in WITHOUT_CONTEXT:
        return ""
    context = request.context
    equals, subset = constraints.get("EncryptionContextEquals"), constraints.get("EncryptionContextSubset")
    if equals and dict(context) != dict(equals):
        return f"its constraint is the encryption context {dict(equals)} exactly, and the request has {dict(context)}"
    if subset and not dict(subset).items() <= dict(context).items():
        return f"its constraint is an encryption context with {dict(subset)}, and the request has {dict(context)}"
    return ""


def _parentage(grant: Grant, request: Request) -> str:
    """Whether the grant that a grantee wants to create gives away no more than the grantee has."""
    if request.operation != "CreateGrant":
        return ""
    if not set(request.params.get("Operations", ())) <= set(grant.operations):
        return "the new grant would allow more than this one"
    if not _is_at_least_as_strict(request.params.get("Constraints") or {}, grant.constraints):
        return "the new grant would be constrained less than this one"
    return ""


def _is_at_least_as_strict(child: Mapping[str, Any], parent: Mapping[str, Any]) -> bool:
    if parent.get("SourceArn") not in (None, child.get("SourceArn")):
        return False
    equals, subset = parent.get("EncryptionContextEquals"), parent.get("EncryptionContextSubset")
    child_equals = dict(child.get("EncryptionContextEquals") or {})
    if equals:
        return child_equals == dict(equals)
    pairs = child_equals or dict(child.get("EncryptionContextSubset") or {})
    return dict(subset or {}).items() <= pairs.items()
