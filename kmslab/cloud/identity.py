"""IAM as moto holds it, read as principals. Users, roles and access keys are made through the ordinary IAM API.

Reads moto's objects where they lie, without putting them in place, because it is asked at every request of a Lab.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from moto.iam.models import AccessKey, IAMBackend, iam_backends
from moto.iam.models import Role as MotoRole
from moto.iam.models import User as MotoUser

from kmslab import arn
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.ids import Ids
from kmslab.principals import Credentials, Identity, NamedPolicy, Principal, PrincipalType

#: In each account of an organisation: the role by which the account that opened it administers it.
ACCESS_ROLE = "OrganizationAccountAccessRole"

#: What a policy that is named and does not exist allows.
_NOTHING = '{"Version": "2012-10-17", "Statement": []}'

_DEFAULT_SESSION_SECONDS = 3600

Found = TypeVar("Found")


class Remembered(Generic[Found]):
    """Answers about IAM that hold until moto may have changed something."""

    def __init__(self, bridge: MotoBridge, ask: Callable[[str], Found | None]) -> None:
        """Remember what `ask` answers."""
        self._bridge = bridge
        self._ask = ask
        self._known: dict[str, tuple[int, Found]] = {}

    def __call__(self, name: str) -> Found | None:
        """The answer, as of now. That there is none is not remembered."""
        # Read before the answer is looked for: a change meanwhile makes the answer old at once.
        version = self._bridge.version
        known = self._known.get(name)
        if known is not None and known[0] == version:
            return known[1]
        found = self._ask(name)
        if found is not None:
            self._known[name] = version, found
        return found


class Role(NamedTuple):
    """An IAM role.

    Attributes:
        account_id: The account it belongs to.
        name: Its name.
        arn: Its ARN, with its path.
        role_id: Its unique id, `AROA...`.
        trust: Its trust policy, JSON.
        longest_session: Its maximum session duration, in seconds.
        policies: Its identity-based policies.
        boundary: Its permissions boundary, or None.
        tags: Its tags.
    """

    account_id: str
    name: str
    arn: str
    role_id: str
    trust: str
    longest_session: int
    policies: tuple[NamedPolicy, ...] = ()
    boundary: NamedPolicy | None = None
    tags: Mapping[str, str] = {}


class Iam:
    """The users and roles of all accounts."""

    def __init__(self, bridge: MotoBridge, region: str, ids: Ids) -> None:
        """Read IAM through `bridge`; `region` says in which partition."""
        self._bridge = bridge
        self._region = region
        #: Such as `aws` or `aws-cn`.
        self.partition = arn.partition_of(region)
        self._ids = ids
        self.find: Callable[[str], Principal | None] = Remembered(bridge, self._find)

    # --- what the Lab makes by itself ---

    def introduce(self, principal: Principal) -> None:
        """Make an IAM user of a principal that the Lab had before anybody asked IAM: its administrator."""
        with self._bridge.in_place():
            backend = iam_backends[principal.account_id][self.partition]
            user = backend.create_user(self._region, principal.name)
            user.id = principal.identity.principal_id
            key = backend.create_access_key(principal.name, prefix="AKIA")
            backend.attach_user_policy(self._administrator_access, principal.name)
        self.replace_access_key(principal.account_id, key.access_key_id, principal.credentials)

    def make_access_role(self, account_id: str, trusted_account_id: str) -> None:
        """Make the role by which another account administers this one. Source: AWS Organizations User Guide."""
        with self._bridge.in_place():
            backend = iam_backends[account_id][self.partition]
            trust = access_role_trust(trusted_account_id, self.partition)
            backend.create_role(ACCESS_ROLE, trust, "/", None, "", [], None)
            backend.attach_role_policy(self._administrator_access, ACCESS_ROLE)

    @property
    def _administrator_access(self) -> str:
        return f"arn:{self.partition}:iam::aws:policy/AdministratorAccess"

    def replace_access_key(self, account_id: str, access_key_id: str, credentials: Credentials) -> None:
        """Give an access key another id and secret, as IAM itself never does."""
        with self._bridge.in_place():
            backend = iam_backends[account_id][self.partition]
            key = backend.access_keys.pop(access_key_id)
            key.access_key_id, key.secret_access_key = credentials.access_key_id, credentials.secret_access_key
            backend.access_keys[key.access_key_id] = key

    # --- what is there ---

    def _find(self, access_key_id: str) -> Principal | None:
        """The IAM user with this active access key, or None."""
        with self._bridge.looking_at(iam_backends) as accounts:
            for account_id, partitions in accounts.items():
                backend = _backend(partitions, self.partition)
                key = None if backend is None else backend.access_keys.get(access_key_id)
                if key is not None and key.status == "Active" and key.user_name in backend.users:
                    return _principal(account_id, backend, backend.users[key.user_name], key)
        return None

    def user(self, user_arn: str) -> Principal | None:
        """An IAM user by its ARN, without an access key; or None."""
        with self._bridge.looking_at(iam_backends) as accounts:
            backend = self._of(accounts, user_arn)
            found = None if backend is None else _user(backend, user_arn)
            return None if found is None else _principal(backend.account_id, backend, found, None)

    def role(self, role_arn: str) -> Role | None:
        """A role by its ARN, or None."""
        with self._bridge.looking_at(iam_backends) as accounts:
            backend = self._of(accounts, role_arn)
            found = None if backend is None else _role_of(backend, role_arn)
            return None if found is None else _role(backend, found)

    def managed_policy(self, account_id: str, policy_arn: str) -> str | None:
        """The document of a managed policy that the principals of an account may have, or None."""
        with self._bridge.looking_at(iam_backends) as accounts:
            backend = _backend(accounts.get(account_id, {}), self.partition)
            policy = None if backend is None else backend.managed_policies.get(policy_arn)
            return None if policy is None else _document(policy)

    def has_mfa_device(self, principal_arn: str, serial_number: str) -> bool:
        """Whether an IAM user has enabled an MFA device."""
        with self._bridge.looking_at(iam_backends) as accounts:
            backend = self._of(accounts, principal_arn)
            found = None if backend is None else _user(backend, principal_arn)
            return found is not None and serial_number in found.mfa_devices

    def exists(self, principal_arn: str) -> bool:
        """Whether there is such a user or role; a session exists where its role or its account does."""
        account, _, resource = principal_arn.rpartition(":")
        kind, _, rest = resource.partition("/")
        with self._bridge.looking_at(iam_backends) as accounts:
            backend = self._of(accounts, principal_arn)
            if backend is None or not rest:
                return False
            if account.split(":")[2] == "iam" and kind in ("user", "role"):
                find = _user if kind == "user" else _role_of
                return find(backend, principal_arn) is not None
            role, _, session = rest.partition("/")
            is_session = account.split(":")[2] == "sts" and kind == "assumed-role" and bool(session)
            return is_session and any(each.name == role for each in backend.roles.values())

    def _of(self, accounts: Mapping[str, Any], principal_arn: str) -> Any:
        parts = principal_arn.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or parts[1] != self.partition:
            return None
        return _backend(accounts.get(parts[4], {}), self.partition)


def access_role_trust(trusted_account_id: str, partition: str) -> str:
    """The trust policy of `ACCESS_ROLE`."""
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": '
        f'{{"AWS": "arn:{partition}:iam::{trusted_account_id}:root"}}, "Action": "sts:AssumeRole"}}]}}'
    )


def _backend(partitions: Mapping[str, Any], partition: str) -> Any:
    # moto makes what is missing; `get` does not.
    return partitions.get(partition)


def _user(backend: IAMBackend, user_arn: str) -> MotoUser | None:
    found = backend.users.get(user_arn.rpartition("/")[2])
    return found if found is not None and found.arn == user_arn else None


def _role_of(backend: IAMBackend, role_arn: str) -> MotoRole | None:
    # moto has its roles by their ids.
    return next((each for each in backend.roles.values() if each.arn == role_arn), None)


def _principal(account_id: str, backend: IAMBackend, user: MotoUser, key: AccessKey | None) -> Principal:
    groups = [group for group in backend.groups.values() if user in group.users]
    credentials = Credentials("", "") if key is None else Credentials(key.access_key_id, key.secret_access_key)
    return Principal(
        Identity(PrincipalType.IAM_USER, account_id, user.name, user.arn, user.id, credentials.access_key_id),
        credentials,
        policies=(
            *_policies("identity policy {}", user),
            *(policy for group in groups for policy in _policies(f"policy {{}} of group {group.name}", group)),
        ),
        # moto has no permissions boundaries of users; `iam_front` keeps them as moto keeps those of roles.
        boundary=_boundary(backend, getattr(user, "permissions_boundary_arn", None)),
        tags=_tags(backend.tagger.list_tags_for_resource(user.arn)["Tags"]),
    )


def _role(backend: IAMBackend, role: MotoRole) -> Role:
    return Role(
        account_id=backend.account_id,
        name=role.name,
        arn=role.arn,
        role_id=role.id,
        trust=role.assume_role_policy_document,
        longest_session=int(role.max_session_duration or _DEFAULT_SESSION_SECONDS),
        policies=tuple(_policies("identity policy {}", role)),
        boundary=_boundary(backend, role.permissions_boundary_arn),
        tags=_tags(role.tags or ()),
    )


def _policies(named: str, owner: Any) -> list[NamedPolicy]:
    """The inline and the managed policies of a user, role or group."""
    inline = [NamedPolicy(named.format(name), text) for name, text in owner.policies.items()]
    return inline + [NamedPolicy(named.format(each.name), _document(each)) for each in owner.managed_policies.values()]


def _document(policy: Any) -> str:
    default = policy.default_version_id
    return next((str(each.document) for each in policy.versions if each.version_id == default), _NOTHING)


def _boundary(backend: IAMBackend, policy_arn: str | None) -> NamedPolicy | None:
    if not policy_arn:
        return None
    policy = backend.managed_policies.get(policy_arn)
    # A boundary that was deleted lets nothing through.
    name = policy_arn.rpartition("/")[2]
    return NamedPolicy(f"permissions boundary {name}", _NOTHING if policy is None else _document(policy))


def _tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
