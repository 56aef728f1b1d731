"""`lab.user()` and `lab.role()` on real AWS: made through IAM, tagged, and waited for.

A new access key or role is not known everywhere in AWS at once. Source: IAM User Guide, "Troubleshoot IAM": changes are
eventually consistent.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from kmslab.errors import KmslabError
from kmslab.principals import Credentials, Identity, Principal
from kmslab.real.connection import HOME, identity_of
from kmslab.real.rules import Kind

#: How long somebody new is waited for, and how often he is looked for, in seconds.
PATIENCE, PAUSE = 30.0, 2.0

_UNKNOWN_YET = frozenset({"InvalidClientTokenId", "AccessDenied", "AccessDeniedException", "InvalidAccessKeyId"})

Document = Mapping[str, Any]


class People:
    """The users and roles that a notebook has made."""

    def __init__(
        self,
        session: boto3.Session,
        session_of: Callable[[Principal], boto3.Session],
        identity: Identity,
        ours: Callable[[Kind, str], bool],
    ) -> None:
        """Know nobody yet.

        Args:
            session: Whose IAM and STS make them.
            session_of: A session of somebody made here.
            identity: Who makes them.
            ours: Whether a user or a role of this name was made by kmslab.
        """
        self._iam = session.client("iam", region_name=HOME)
        self._sts = session.client("sts", region_name=HOME)
        self._session_of = session_of
        self._identity = identity
        self._ours = ours
        self._users: dict[str, Principal] = {}

    def user(self, name: str, policy: Document | None = None) -> Principal:
        """An IAM user with an access key; see `Account.user`."""
        made = self._made(self._iam.create_user, Kind.USER, name, UserName=name)
        if policy is not None:
            self._iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
        if not made and name in self._users:
            return self._users[name]
        key = self._iam.create_access_key(UserName=name)["AccessKey"]
        user = self._iam.get_user(UserName=name)["User"]
        identity = identity_of(user["Arn"], self._identity.account_id, user["UserId"], key["AccessKeyId"])
        principal = Principal(identity, Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
        sts = self._session_of(principal).client("sts", region_name=HOME)
        _patiently(sts.get_caller_identity)
        self._users[name] = principal
        return principal

    def role(
        self,
        name: str,
        policy: Document | None = None,
        trust: Document | None = None,
        *,
        session_name: str | None = None,
        session_policy: Document | None = None,
    ) -> Principal:
        """A session of an IAM role; see `Account.role`."""
        text = json.dumps(self._own_trust() if trust is None else trust)
        made = self._made(self._iam.create_role, Kind.ROLE, name, RoleName=name, AssumeRolePolicyDocument=text)
        if policy is not None:
            self._iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
        arn = self._iam.get_role(RoleName=name)["Role"]["Arn"]
        narrowed = {} if session_policy is None else {"Policy": json.dumps(session_policy)}
        asked = {"RoleArn": arn, "RoleSessionName": session_name or "kmslab", **narrowed}
        answer = _patiently(self._sts.assume_role, PATIENCE if made and trust is None else 0, **asked)
        key, user = answer["Credentials"], answer["AssumedRoleUser"]
        identity = identity_of(user["Arn"], self._identity.account_id, user["AssumedRoleId"], key["AccessKeyId"])
        credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], key["Expiration"])
        return Principal(identity, credentials)

    def _made(self, create: Callable[..., Any], kind: Kind, name: str, **params: Any) -> bool:
        """Make somebody, or find that kmslab has made them before.

        Raises:
            KmslabError: somebody else has this name.
        """
        try:
            create(**params)
        except self._iam.exceptions.EntityAlreadyExistsException:
            if self._ours(kind, name):
                return False
            raise KmslabError(
                f"This account has an {kind.value} {name} that kmslab has not made, and does not touch; choose another "
                "name in this cell."
            ) from None
        return True

    def _own_trust(self) -> Document:
        arn = f"arn:{self._identity.arn.split(':')[1]}:iam::{self._identity.account_id}:root"
        statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
        return {"Version": "2012-10-17", "Statement": [statement]}


def _patiently(call: Callable[..., Any], patience: float = PATIENCE, **params: Any) -> Any:
    """The answer of a call, once AWS knows everywhere whom it is about."""
    until = time.monotonic() + patience
    while True:
        try:
            return call(**params)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _UNKNOWN_YET or time.monotonic() > until:
                raise
        time.sleep(PAUSE)
