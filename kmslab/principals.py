"""Who calls: principals, their credentials, and the way from an access key id to a principal.

Owns what a principal is. Does not decide what one may do (authz) and does not make IAM users (cloud.identity).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from kmslab import arn
from kmslab.ids import Ids

# The AWS managed policy that allows every action on every resource; before it stand `arn:` and the partition.
_ADMINISTRATOR_ACCESS = ":iam::aws:policy/AdministratorAccess"


class PrincipalType(Enum):
    """What kind of identity calls; the value is CloudTrail's `userIdentity.type`."""

    ROOT = "Root"
    IAM_USER = "IAMUser"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key pair. Only the id may be shown."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, without anything secret: what may be logged.

    Attributes:
        type: Root user or IAM user.
        account_id: The twelve-digit account it belongs to.
        name: The user name; `root` for the root user.
        arn: Its ARN, as policies and CloudTrail name it.
        principal_id: Its unique id, such as `AIDA...`; the account id for the root user.
        access_key_id: The id of the access key it calls with.
    """

    type: PrincipalType
    account_id: str
    name: str
    arn: str
    principal_id: str
    access_key_id: str


@dataclass(frozen=True, slots=True)
class Principal:
    """An identity of an AWS account, with what it signs with and what it may do.

    Attributes:
        identity: Who it is.
        credentials: The access key it calls with.
        policy_arns: The managed policies attached to it.
    """

    identity: Identity
    credentials: Credentials
    policy_arns: tuple[str, ...] = ()

    @property
    def type(self) -> PrincipalType:
        """Root user or IAM user."""
        return self.identity.type

    @property
    def account_id(self) -> str:
        """The twelve-digit account it belongs to."""
        return self.identity.account_id

    @property
    def name(self) -> str:
        """The user name; `root` for the root user."""
        return self.identity.name

    @property
    def arn(self) -> str:
        """Its ARN, as policies and CloudTrail name it."""
        return self.identity.arn

    @property
    def is_administrator(self) -> bool:
        """Whether AdministratorAccess is attached to it."""
        return any(policy_arn.endswith(_ADMINISTRATOR_ACCESS) for policy_arn in self.policy_arns)


def _credentials(ids: Ids, kind: str) -> Credentials:
    # The id may be the same every time; the secret never is, not even in a seeded Lab.
    return Credentials("AKIA" + ids.letters(f"{kind} access key", 16), secrets.token_urlsafe(30))


def make_root(account_id: str, region: str, ids: Ids) -> Principal:
    """The root user of an account."""
    credentials = _credentials(ids, "root")
    root_arn = f"arn:{arn.partition_of(region)}:iam::{account_id}:root"
    identity = Identity(PrincipalType.ROOT, account_id, "root", root_arn, account_id, credentials.access_key_id)
    return Principal(identity, credentials)


def make_administrator(account_id: str, region: str, ids: Ids) -> Principal:
    """The account's first IAM user, `administrator`, with AdministratorAccess."""
    partition = arn.partition_of(region)
    credentials = _credentials(ids, "administrator")
    identity = Identity(
        type=PrincipalType.IAM_USER,
        account_id=account_id,
        name="administrator",
        arn=f"arn:{partition}:iam::{account_id}:user/administrator",
        principal_id="AIDA" + ids.letters("user", 17),
        access_key_id=credentials.access_key_id,
    )
    return Principal(identity, credentials, (f"arn:{partition}{_ADMINISTRATOR_ACCESS}",))


#: From an access key id to its principal; None when the source does not know the id.
PrincipalSource = Callable[[str], Principal | None]


class Directory:
    """All principals of one Lab: those it made itself, then those that other sources know."""

    def __init__(self) -> None:
        """Start empty."""
        self._own: dict[str, Principal] = {}
        self._sources: list[PrincipalSource] = []

    def add(self, principal: Principal) -> None:
        """Register a principal under its access key id."""
        self._own[principal.credentials.access_key_id] = principal

    def hand_over(self, principal: Principal) -> None:
        """Forget a principal that one of the other sources knows from now on."""
        self._own.pop(principal.credentials.access_key_id, None)

    def add_source(self, source: PrincipalSource) -> None:
        """Ask `source` for access key ids that are not registered here."""
        self._sources.append(source)

    def find(self, access_key_id: str) -> Principal | None:
        """The principal with this access key id, or None."""
        own = self._own.get(access_key_id)
        if own is not None:
            return own
        return next((found for source in self._sources if (found := source(access_key_id)) is not None), None)
