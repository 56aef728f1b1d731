"""IAM as moto holds it, read as principals. Users and access keys are made through the ordinary IAM API."""

from __future__ import annotations

from moto.iam.models import AccessKey, IAMBackend, User, iam_backends

from kmslab import arn
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.principals import Credentials, Identity, Principal, PrincipalType


class IamUsers:
    """The users of IAM, as a source of principals."""

    def __init__(self, bridge: MotoBridge, region: str) -> None:
        """Read IAM through `bridge`; `region` says in which partition."""
        self._bridge = bridge
        self._region = region

    def introduce(self, principal: Principal) -> None:
        """Make an IAM user of a principal that the Lab had before anybody asked IAM: its administrator."""
        with self._bridge.in_place():
            backend = self._backend(principal.account_id)
            user = backend.create_user(self._region, principal.name)
            user.id = principal.identity.principal_id
            key = backend.create_access_key(principal.name, prefix="AKIA")
            del backend.access_keys[key.access_key_id]
            key.access_key_id = principal.credentials.access_key_id
            key.secret_access_key = principal.credentials.secret_access_key
            backend.access_keys[key.access_key_id] = key
            for policy_arn in principal.policy_arns:
                backend.attach_user_policy(policy_arn, principal.name)

    def find(self, access_key_id: str) -> Principal | None:
        """The IAM user with this active access key, or None."""
        with self._bridge.in_place():
            for account_id in list(iam_backends):
                backend = self._backend(account_id)
                key = backend.access_keys.get(access_key_id)
                if key is not None and key.status == "Active" and key.user_name is not None:
                    return _principal(account_id, backend.users[key.user_name], key)
        return None

    def _backend(self, account_id: str) -> IAMBackend:
        return iam_backends[account_id][arn.partition_of(self._region)]


def _principal(account_id: str, user: User, key: AccessKey) -> Principal:
    identity = Identity(PrincipalType.IAM_USER, account_id, user.name, user.arn, user.id, key.access_key_id)
    credentials = Credentials(key.access_key_id, key.secret_access_key)
    return Principal(identity, credentials, tuple(user.managed_policies))
