"""One request on its way through the front door, and what the gates may use to judge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from msgspec import Struct

from kmslab.call import Decision
from kmslab.errors import AwsError
from kmslab.ids import Ids
from kmslab.keys.alias import Alias
from kmslab.keys.grant import Grant
from kmslab.keys.key import Key
from kmslab.keys.store import World
from kmslab.operations.registry import Context, Operation, Param
from kmslab.principals import Directory, Principal, PrincipalType
from kmslab.service.quotas import Quotas
from kmslab.wire.http import Request
from kmslab.wire.model import Codec


@dataclass(frozen=True, slots=True)
class Service:
    """What every request meets: the keys of the Lab, its principals, its source of ids."""

    world: World
    directory: Directory
    ids: Ids
    #: What is used of the request quotas; None where nobody is throttled.
    quotas: Quotas | None = None
    #: How long a new grant takes until it counts without its token.
    grants_settle_in: timedelta = timedelta(0)


class OnBehalf(NamedTuple):
    """A call of KMS that another service makes in somebody's name, with their permissions and on their bill.

    Attributes:
        service: The service, such as `s3`.
        principal: In whose name.
        region: The Region that is called.
        operation: The operation, such as `GenerateDataKey`.
        params: Its members, blobs as bytes.
    """

    service: str
    principal: Principal
    region: str
    operation: str
    params: Mapping[str, Any]

    def __repr__(self) -> str:
        """Who asks for what; never the members, among which there are plaintexts."""
        return f"<{self.operation} for {self.service}, on behalf of {self.principal.arn}>"

    @property
    def name(self) -> str:
        """What CloudTrail calls the service, as address, user agent and `invokedBy`.

        FAS is the forward access session, by which services call one another. Source: two independent samples of 2025.
        """
        principal = self.principal
        return principal.arn if principal.type is PrincipalType.SERVICE else f"fas.{self.service}.amazonaws.com"

    @property
    def source_arn(self) -> str:
        """The resource that an AWS service calls for by itself, such as a trail; empty for a call for somebody else."""
        return self.principal.identity.principal_id if self.principal.type is PrincipalType.SERVICE else ""

    @property
    def via(self) -> str:
        """The value of kms:ViaService, such as `s3.us-east-1.amazonaws.com`."""
        return f"{self.service}.{self.region}.amazonaws.com"


class Target(Struct, frozen=True, gc=False):
    """What a member that names a key turned out to be.

    Attributes:
        param: How the operation declares the member.
        key: The key; None when an optional member is missing.
        alias: The alias, for a member that names one.
        from_blob: Whether the key was found in the ciphertext, and not named.
        grant: The grant, for a member that names one.
    """

    param: Param
    key: Key | None
    alias: Alias | None = None
    from_blob: bool = False
    grant: Grant | None = None


@dataclass(slots=True)
class Visit:
    """A request and what the gates have found out, in the order in which they find it out.

    An attribute without a default is unset until its gate has passed; reading it earlier is a bug and raises.
    """

    request: Request
    time: datetime
    # route
    operation: Operation = field(init=False)
    codec: Codec = field(init=False)
    region: str = field(init=False)
    access_key_id: str = field(init=False)
    # identify
    principal: Principal = field(init=False)
    # Of a call that another service makes; None for one that came by itself.
    on_behalf: OnBehalf | None = None
    # decode
    params: dict[str, Any] = field(default_factory=dict)
    # resolve
    targets: list[Target] = field(default_factory=list)
    # Whether the guards have seen it.
    guarded: bool = False
    # authorise
    decisions: list[Decision] = field(default_factory=list)
    # run
    context: Context = field(init=False)
    reply: Mapping[str, Any] | None = None
    # encode, or the error's
    body: bytes = b""
    # What stopped it, if anything did.
    failure: AwsError | None = None

    def __repr__(self) -> str:
        """What is wanted; never the members of request and reply, among which there are plaintexts and data keys."""
        # Before its gate has passed there is no operation.
        operation: Operation | None = getattr(self, "operation", None)
        return f"<visit for {'an unknown operation' if operation is None else operation.name}>"

    @property
    def keys(self) -> list[Key]:
        """The keys resolved or made so far, each once."""
        found = [target.key for target in self.targets if target.key is not None]
        if hasattr(self, "context") and self.context.created is not None:
            found.append(self.context.created)
        return found if len(found) < 2 else list(dict.fromkeys(found))
