"""Who calls: principals, their credentials, and the way from an access key id to a principal.

Owns what a principal is. Does not decide what one may do (authz) and does not make IAM users (cloud.identity). Over 300
lines, because every room asks for these together, and half of it is documentation.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from kmslab import arn
from kmslab.errors import ExpiredTokenException, UnrecognizedClientException
from kmslab.ids import Ids


class PrincipalType(Enum):
    """What kind of identity calls; the value is CloudTrail's `userIdentity.type`."""

    ROOT = "Root"
    IAM_USER = "IAMUser"
    ASSUMED_ROLE = "AssumedRole"
    FEDERATED_USER = "FederatedUser"
    SERVICE = "AWSService"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key pair, and for a session its token and its end, in UTC. Only the id and the end may be shown."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires: datetime | None = None

    def is_same_as(self, other: Credentials) -> bool:
        """Whether it is the same access key pair; how long that takes says nothing about the secret."""
        same_secret = hmac.compare_digest(self.secret_access_key.encode(), other.secret_access_key.encode())
        return self.access_key_id == other.access_key_id and same_secret


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whom a session was made from: the role that was assumed, or the user that federated.

    Attributes:
        type: CloudTrail's `sessionIssuer.type`, `Role` or `IAMUser`.
        arn: Its ARN.
        principal_id: Its unique id, such as `AROA...`.
        name: Its name.
    """

    type: str
    arn: str
    principal_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, without anything secret: what may be logged.

    Attributes:
        type: Root user, IAM user, session of a role, federated user or AWS service.
        account_id: The twelve-digit account it belongs to; empty for a service.
        name: The user name; `root` for the root user; `<role>/<session>` for a session of a role.
        arn: Its ARN, as policies and CloudTrail name it; for a service its name, such as `s3.amazonaws.com`.
        principal_id: Its unique id, such as `AIDA...`, or `AROA...:<session>`; the account id for the root user.
        access_key_id: The id of the access key it calls with.
        issuer: For a session, whom it was made from.
        since: For a session, when it began, in UTC.
        mfa: For a session, whether it began with the code of an MFA device.
    """

    type: PrincipalType
    account_id: str
    name: str
    arn: str
    principal_id: str
    access_key_id: str
    issuer: Issuer | None = None
    since: datetime | None = None
    mfa: bool = False

    def __hash__(self) -> int:
        """By what tells it from all others; it is looked up for every request."""
        return hash((self.access_key_id, self.principal_id))


class NamedPolicy(NamedTuple):
    """A policy document with a name for people.

    Attributes:
        name: Such as `identity policy AdministratorAccess`.
        text: The document, JSON.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Rights:
    """What policies say of somebody: all of a principal that a decision without conditions depends on, and no secret.

    Attributes:
        identity: Who it is.
        policies: Its identity-based policies.
        boundary: Its permissions boundary, or None.
        session_policies: The policies its session was narrowed with.
    """

    identity: Identity
    policies: tuple[NamedPolicy, ...] = ()
    boundary: NamedPolicy | None = None
    session_policies: tuple[NamedPolicy, ...] = ()

    def __hash__(self) -> int:
        """By who it is, as policies rarely change; it is looked up for every request."""
        return hash(self.identity.access_key_id)


@dataclass(frozen=True, slots=True)
class Principal:
    """An identity of an AWS account, with what it signs with and the policies that speak of what it may do.

    Attributes:
        identity: Who it is.
        credentials: The access key it calls with.
        policies: Its identity-based policies: inline and managed, its own and its groups'; for a session, the role's.
        boundary: Its permissions boundary, or None.
        session_policies: The policies its session was narrowed with.
        tags: Its tags, by tag key; for a session, the role's and the session's.
        role_arn: The ARN of the role, for a session of one; otherwise None.
        issuer_arn: The ARN of the role or user that a session was made from: a policy that names it speaks of the
            session too; otherwise None.
        account_names: What a Principal element may call its account; empty for a service.
        names: What a Principal element may call it by itself: its ARN; for the root user, what it calls the account.
        rights: Its identity and its policies, together.
    """

    identity: Identity
    credentials: Credentials
    policies: tuple[NamedPolicy, ...] = ()
    boundary: NamedPolicy | None = None
    session_policies: tuple[NamedPolicy, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    role_arn: str | None = field(init=False, repr=False)
    issuer_arn: str | None = field(init=False, repr=False)
    account_names: frozenset[str] = field(init=False, repr=False)
    names: frozenset[str] = field(init=False, repr=False)
    rights: Rights = field(init=False, repr=False, compare=False)

    @property
    def type(self) -> PrincipalType:
        """What kind of identity it is."""
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

    def __post_init__(self) -> None:
        """Write down once what every statement of every policy compares."""
        identity = self.identity
        issuer = identity.issuer
        role_arn = issuer.arn if issuer is not None and identity.type is PrincipalType.ASSUMED_ROLE else None
        account_names: frozenset[str] = frozenset()
        if identity.account_id:
            # Simplified: an account of the Lab is the same in every partition, as no account of AWS is.
            roots = (f"arn:{partition}:iam::{identity.account_id}:root" for partition in arn.partitions())
            account_names = frozenset({identity.account_id, *roots})
        names = account_names if identity.type is PrincipalType.ROOT else frozenset({identity.arn})
        object.__setattr__(self, "role_arn", role_arn)
        object.__setattr__(self, "issuer_arn", None if issuer is None else issuer.arn)
        object.__setattr__(self, "account_names", account_names)
        object.__setattr__(self, "names", names)
        rights = Rights(identity, self.policies, self.boundary, self.session_policies)
        object.__setattr__(self, "rights", rights)


#: The AWS managed policy that allows every action on every resource.
ADMINISTRATOR_ACCESS = NamedPolicy(
    "identity policy AdministratorAccess",
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
)


def _credentials(ids: Ids, kind: str) -> Credentials:
    # The id may be the same every time; the secret never is, not even in a seeded Lab.
    return Credentials("AKIA" + ids.letters(f"{kind} access key", 16), secrets.token_urlsafe(30))


def make_root(account_id: str, region: str, ids: Ids) -> Principal:
    """The root user of an account."""
    credentials = _credentials(ids, "root")
    root_arn = f"arn:{arn.partition_of(region)}:iam::{account_id}:root"
    identity = Identity(PrincipalType.ROOT, account_id, "root", root_arn, account_id, credentials.access_key_id)
    return Principal(identity, credentials)


def make_administrator(account_id: str, region: str, ids: Ids, credentials: Credentials | None = None) -> Principal:
    """The account's first IAM user, `administrator`, with AdministratorAccess. Its access key is new unless given."""
    partition = arn.partition_of(region)
    credentials = credentials or _credentials(ids, "administrator")
    identity = Identity(
        type=PrincipalType.IAM_USER,
        account_id=account_id,
        name="administrator",
        arn=f"arn:{partition}:iam::{account_id}:user/administrator",
        principal_id="AIDA" + ids.letters("user", 17),
        access_key_id=credentials.access_key_id,
    )
    return Principal(identity, credentials, (ADMINISTRATOR_ACCESS,))


#: From an access key id to its principal; None when the source does not know the id.
PrincipalSource = Callable[[str], Principal | None]

#: Whether there is a principal of this ARN.
PrincipalRegister = Callable[[str], bool]


class Directory:
    """All principals of one Lab: those it made itself, then those that other sources know."""

    def __init__(self) -> None:
        """Start empty."""
        self._own: dict[str, Principal] = {}
        self._sources: list[PrincipalSource] = []
        self._registers: list[PrincipalRegister] = []
        #: Service control policies by account id: what an organisation lets its accounts do. None: everything.
        self.service_control_policies: dict[str, tuple[NamedPolicy, ...]] = {}

    def add(self, principal: Principal) -> None:
        """Register a principal under its access key id."""
        self._own[principal.credentials.access_key_id] = principal

    def hand_over(self, principal: Principal) -> None:
        """Forget a principal that one of the other sources knows from now on."""
        self._own.pop(principal.credentials.access_key_id, None)

    def add_source(self, source: PrincipalSource) -> None:
        """Ask `source` for access key ids that are not registered here."""
        self._sources.append(source)

    def add_register(self, register: PrincipalRegister) -> None:
        """Ask `register` whether there are principals that are not registered here."""
        self._registers.append(register)

    def find(self, access_key_id: str) -> Principal | None:
        """The principal with this access key id, or None."""
        own = self._own.get(access_key_id)
        if own is not None:
            return own
        return next((found for source in self._sources if (found := source(access_key_id)) is not None), None)

    def identify(self, access_key_id: str, session_token: str | None, now: datetime) -> Principal:
        """Who sends a request.

        Args:
            access_key_id: The access key that the request is signed with.
            session_token: The session token that came with it, or None.
            now: The simulated time.

        Raises:
            ExpiredTokenException: the session is over.
            UnrecognizedClientException: nobody has this access key, or the token is not the one that belongs to it.
        """
        principal = self.find(access_key_id)
        if principal is None:
            raise UnrecognizedClientException.unknown_access_key()
        credentials = principal.credentials
        # A key that is no session's must come without a token.
        if not hmac.compare_digest((session_token or "").encode(), (credentials.session_token or "").encode()):
            raise UnrecognizedClientException.unknown_access_key()
        if credentials.expires is not None and now >= credentials.expires:
            raise ExpiredTokenException.over()
        return principal

    def may_be_named(self, principal_arn: str) -> bool:
        """Whether a key policy may name a principal: it exists, or is an account, which opens on first use.

        Simplified: every account that is not open yet is taken to exist, and every federated user.
        """
        resource = principal_arn.rpartition(":")[2]
        return resource == "root" or resource.startswith("federated-user/") or self.exists(principal_arn)

    def exists(self, principal_arn: str) -> bool:
        """Whether there is such a principal: a user, a role, a session of a role that exists, or an opened account.

        Args:
            principal_arn: Its ARN; for an account also its twelve digits.
        """
        # The root user of each account stands for the account.
        if any(principal_arn in principal.names for principal in self._own.values()):
            return True
        return any(register(principal_arn) for register in self._registers)
