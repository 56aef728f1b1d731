"""The sessions of a Lab: what temporary credentials stand for, from when they are handed out.

A session is not frozen: each look-up reads its role or user anew, so that a policy taken away is gone at once. A
session whose role or user is gone is nobody's.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kmslab.cloud.identity import Iam, Remembered
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.errors import KmslabError
from kmslab.ids import Ids
from kmslab.principals import (
    ADMINISTRATOR_ACCESS,
    Credentials,
    Identity,
    Issuer,
    NamedPolicy,
    Principal,
    PrincipalType,
)

# With these AWS's own tokens begin; what follows is not for clients to read.
_TOKEN_START = base64.b64decode("IQoJb3JpZ2luX2Vj")


@dataclass(frozen=True, slots=True)
class Session:
    """What was handed out.

    Attributes:
        type: AssumedRole, FederatedUser, or what its user is when it is a session of the user itself.
        origin: The ARN of the role or the user that it is a session of.
        origin_id: The unique id of that; another one of the same name is not it.
        name: The session name, or the name of the federated user.
        credentials: The key with its token and its end.
        since: When it began.
        policies: What it was narrowed with; empty for a session that was not.
        tags: Its session tags.
        transitive: Those of its tags that go on to the next role.
        mfa: Whether it began with the code of an MFA device.
    """

    type: PrincipalType
    origin: str
    origin_id: str
    name: str
    credentials: Credentials
    since: datetime
    policies: tuple[NamedPolicy, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: Mapping[str, str] = field(default_factory=dict)
    mfa: bool = False


class Sessions:
    """All sessions of one Lab."""

    def __init__(self, bridge: MotoBridge, iam: Iam, ids: Ids, root_of: Callable[[str], Principal]) -> None:
        """Start without any.

        Args:
            bridge: Says when IAM may have changed.
            iam: The roles and users that sessions are made from.
            ids: Where access key ids come from; secrets and tokens are random.
            root_of: From an account id to its root user.
        """
        self._iam = iam
        self._ids = ids
        self._root_of = root_of
        self._sessions: dict[str, Session] = {}
        self.find: Callable[[str], Principal | None] = Remembered(bridge, self._find)

    def new_credentials(self, now: datetime, seconds: int) -> Credentials:
        """Temporary credentials that end `seconds` from now."""
        token = base64.b64encode(_TOKEN_START + secrets.token_bytes(500)).decode()
        access_key_id = "ASIA" + self._ids.letters("session access key", 16)
        # To the second, as it is told.
        expires = now.replace(microsecond=0) + timedelta(seconds=seconds)
        return Credentials(access_key_id, secrets.token_urlsafe(30), token, expires)

    def add(self, session: Session) -> Principal:
        """Keep a session, and say who it is.

        Raises:
            KmslabError: what it is a session of has just been deleted.
        """
        self._sessions[session.credentials.access_key_id] = session
        principal = self.find(session.credentials.access_key_id)
        if principal is None:
            raise KmslabError(f"{session.origin} is gone, so there is no session of it.")
        return principal

    @property
    def all(self) -> Mapping[str, Session]:
        """Every session, by its access key id."""
        return self._sessions

    def put_back(self, sessions: Iterable[Session]) -> None:
        """Keep sessions that were handed out in an earlier life of the Lab."""
        self._sessions |= {session.credentials.access_key_id: session for session in sessions}

    def session(self, access_key_id: str) -> Session | None:
        """The session of an access key id, or None."""
        return self._sessions.get(access_key_id)

    def _find(self, access_key_id: str) -> Principal | None:
        session = self._sessions.get(access_key_id)
        if session is None:
            return None
        if session.type is PrincipalType.ASSUMED_ROLE:
            return self._of_role(session)
        user = self._user(session)
        if user is None or user.identity.principal_id != session.origin_id:
            return None
        return _federated(session, user) if session.type is PrincipalType.FEDERATED_USER else _own(session, user)

    def _user(self, session: Session) -> Principal | None:
        account_id, resource = session.origin.split(":", 5)[4:]
        return self._root_of(account_id) if resource == "root" else self._iam.user(session.origin)

    def _of_role(self, session: Session) -> Principal | None:
        role = self._iam.role(session.origin)
        if role is None or role.role_id != session.origin_id:
            return None
        partition = role.arn.split(":")[1]
        identity = Identity(
            type=PrincipalType.ASSUMED_ROLE,
            account_id=role.account_id,
            name=f"{role.name}/{session.name}",
            arn=f"arn:{partition}:sts::{role.account_id}:assumed-role/{role.name}/{session.name}",
            principal_id=f"{role.role_id}:{session.name}",
            access_key_id=session.credentials.access_key_id,
            issuer=Issuer("Role", role.arn, role.role_id, role.name),
            since=session.since,
            mfa=session.mfa,
        )
        tags = merged(role.tags, session.tags)
        return Principal(identity, session.credentials, role.policies, role.boundary, session.policies, tags)


def merged(tags: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Tags with others over them; their keys do not know upper and lower case."""
    over = {name.lower() for name in more}
    return {name: value for name, value in tags.items() if name.lower() not in over} | dict(more)


def _own(session: Session, user: Principal) -> Principal:
    """A session of a user itself: the same name, the same permissions."""
    access_key_id = session.credentials.access_key_id
    identity = replace(user.identity, access_key_id=access_key_id, since=session.since, mfa=session.mfa)
    return replace(user, identity=identity, credentials=session.credentials)


def _federated(session: Session, user: Principal) -> Principal:
    partition = user.arn.split(":")[1]
    kind = "Root" if user.type is PrincipalType.ROOT else "IAMUser"
    identity = Identity(
        type=PrincipalType.FEDERATED_USER,
        account_id=user.account_id,
        name=session.name,
        arn=f"arn:{partition}:sts::{user.account_id}:federated-user/{session.name}",
        principal_id=f"{user.account_id}:{session.name}",
        access_key_id=session.credentials.access_key_id,
        issuer=Issuer(kind, user.arn, user.identity.principal_id, user.name),
        since=session.since,
    )
    # The root user may do everything in its account, without a policy that says so.
    policies = user.policies or ((ADMINISTRATOR_ACCESS,) if user.type is PrincipalType.ROOT else ())
    return Principal(identity, session.credentials, policies, user.boundary, session.policies, session.tags)
