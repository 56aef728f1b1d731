"""What one finished request looked like from outside, and what was decided about it. Frozen, and free of secrets.

A `Call` is what the bill and the trail are made from. It never holds a plaintext, a ciphertext, a message, a
signature, a MAC, a data key or a token: the front door leaves out every member that is or holds a blob, a secret or a
token.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from msgspec import Struct

from kmslab.principals import Identity


class Reach(Enum):
    """How a Principal element speaks of a caller."""

    NOT = "not at all"
    #: By its account: in a key policy that lets the account's IAM policies count, and admits nobody by itself.
    ACCOUNT = "by its account"
    #: By the role or user that its session was made from: what narrows the session narrows this too.
    ROLE = "by its role"
    DIRECT = "by name"


class Finding(NamedTuple):
    """What one statement says about one request.

    Attributes:
        policy: Which policy it stands in, for people.
        statement: Its Sid, or its place in the policy.
        effect: `Allow` or `Deny`.
        reach: How it speaks of the caller, when it matches; NOT when it does not match.
        because: Why it matches or which element does not, a sentence without its full stop.
    """

    policy: str
    statement: str
    effect: str
    reach: Reach
    because: str

    @property
    def matched(self) -> bool:
        """Whether all of its elements match."""
        return self.reach is not Reach.NOT

    def __str__(self) -> str:
        """As one line."""
        verdict = "matches" if self.matched else "does not match"
        return f"{self.policy}, {self.statement} ({self.effect}) {verdict}: {self.because}."


class Decision(NamedTuple):
    """Whether a principal may do one thing, and why.

    Attributes:
        allowed: The answer.
        action: What was asked for, such as `kms:Encrypt`.
        resource: The ARN it was asked for, or `*`.
        reason: For an allow, what allowed it; for a denial, AWS's words from `because` on.
        considered: What was looked at, in order.
    """

    allowed: bool
    action: str
    resource: str
    reason: str
    considered: tuple[Finding, ...] = ()


class EventType(StrEnum):
    """Who started it; the value is CloudTrail's `eventType`."""

    API_CALL = "AwsApiCall"
    SERVICE_EVENT = "AwsServiceEvent"


class UsedKey(NamedTuple):
    """A KMS key that a call resolved, as it was at that moment."""

    arn: str
    account_id: str
    spec: str


#: What a call has where it has nothing.
NOTHING: Mapping[str, Any] = {}

#: `invoked_by` of what KMS does in another Region to carry a call on.
KMS_ITSELF = "kms.amazonaws.com"


class Call(Struct, frozen=True, array_like=True, gc=False):
    """One request, answered or refused, or one thing KMS did by itself.

    A Struct, because one is made for every request and kept: that takes a fifth of the time of a tuple with names, and
    the search for garbage passes it by.

    Attributes:
        event_type: A request, or something that fell due.
        operation: The operation, or the name of the service event.
        time: The simulated time, in UTC.
        account_id: The account that called and pays; for a service event, the key's account.
        region: The Region that was called.
        principal: Who called; None for a service event.
        request_id: A UUID; empty for a service event.
        event_id: A UUID.
        params: The request's members that may be shown.
        reply: The reply's members that may be shown; empty when the call failed.
        keys: The keys it resolved, in the order in which the operation names them.
        alias_arn: The alias that the call created, changed or deleted, or None.
        notes: Ids worth logging that are in neither request nor reply, such as the key material's.
        decisions: What was decided about each permission it needed, as far as it came.
        error_code: AWS's code, or None when the call succeeded.
        error_message: AWS's text; empty where AWS sends none.
        request_bytes: Length of the request body.
        reply_bytes: Length of the reply body.
        source_ip: Where it came from.
        user_agent: What the client calls itself.
        host: The host that the client called.
        invoked_by: The service that made the call in the caller's name, such as `fas.s3.amazonaws.com`; `KMS_ITSELF`
            for what KMS does in another Region to carry a call on; empty for a call of the caller's own.
        details: For a service event, the members of `serviceEventDetails`.
    """

    event_type: EventType
    operation: str
    time: datetime
    account_id: str
    region: str
    principal: Identity | None
    request_id: str
    event_id: str
    params: Mapping[str, Any] = NOTHING
    reply: Mapping[str, Any] = NOTHING
    keys: tuple[UsedKey, ...] = ()
    alias_arn: str | None = None
    notes: Mapping[str, str] = NOTHING
    decisions: tuple[Decision, ...] = ()
    error_code: str | None = None
    error_message: str = ""
    request_bytes: int = 0
    reply_bytes: int = 0
    source_ip: str = ""
    user_agent: str = ""
    host: str = ""
    invoked_by: str = ""
    details: Mapping[str, Any] = NOTHING

    @property
    def is_request(self) -> bool:
        """Whether somebody asked for it, and not KMS did it by itself."""
        return self.event_type is EventType.API_CALL and self.invoked_by != KMS_ITSELF
