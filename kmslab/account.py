"""One AWS account of a Lab: its principals, its clients, its bill, its trail, its keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import boto3
from botocore.exceptions import ClientError

from kmslab.billing.bill import Bill
from kmslab.billing.meter import Meter
from kmslab.clock import SimClock
from kmslab.errors import KmslabError
from kmslab.ids import Ids
from kmslab.keys.inventory import Inventory
from kmslab.keys.store import World
from kmslab.principals import Credentials, Directory, NamedPolicy, Principal, make_administrator, make_root
from kmslab.trail.recorder import Recorder, Trail

#: What is added to IAM's words when somebody is there with another policy; a cell that was corrected and run again.
_WAY_TO_CHANGE = (
    "The {what} {name} is there, and keeps the policy it has. This puts another in its place: "
    "boto3.client('iam').put_{what}_policy({What}Name='{name}', PolicyName='{name}', PolicyDocument=json.dumps(...)). "
    "Keep the PolicyName: under another one it would be a second policy, and both would count."
)
_WAY_TO_CHANGE_TRUST = (
    "The role {name} is there, and keeps the trust policy it has. This puts another in its place: "
    "boto3.client('iam').update_assume_role_policy(RoleName='{name}', PolicyDocument=json.dumps(...))."
)


class Ground(Protocol):
    """What an account stands on: the parts of a Lab that all its accounts share."""

    region: str
    ids: Ids
    clock: SimClock
    world: World
    directory: Directory
    meter: Meter
    recorder: Recorder

    def make_session(self, principal: Principal, region: str) -> boto3.Session:
        """A session of `principal`."""
        ...


class Account:
    """One AWS account of a Lab: its principals, its bill, its trail."""

    def __init__(self, ground: Ground, account_id: str, access_key: Credentials | None = None) -> None:
        """Open an account; use `lab.account(...)`. `access_key` is its administrator's, which is new otherwise."""
        self._ground = ground
        self.account_id = account_id
        #: The access key ids that were made here, by user name.
        self.access_keys: dict[str, str] = {}
        self.root: Principal = make_root(account_id, ground.region, ground.ids)
        self.administrator: Principal = make_administrator(account_id, ground.region, ground.ids, access_key)

    def session(self, principal: Principal | None = None, region_name: str | None = None) -> boto3.Session:
        """A boto3 session.

        Args:
            principal: Whom its clients act as; the account's administrator unless said otherwise.
            region_name: Its default Region; the Lab's unless said otherwise.
        """
        return self._ground.make_session(principal or self.administrator, region_name or self._ground.region)

    def client(
        self, service_name: str, region_name: str | None = None, *, principal: Principal | None = None, **options: Any
    ) -> Any:
        """An ordinary boto3 client that reaches the Lab.

        Args:
            service_name: Such as `kms` or `s3`.
            region_name: The Region it calls; the Lab's unless said otherwise.
            principal: Whom it acts as; the account's administrator unless said otherwise.
            options: Whatever else `boto3.client` takes.
        """
        return self.session(principal).client(service_name, region_name=region_name, **options)

    def user(self, name: str, policy: Mapping[str, Any] | None = None) -> Principal:
        """An IAM user with an access key, made through the IAM API when it is not there yet.

        A cell of a notebook may run twice: a user that is there is taken as it is, with the access key it got here the
        first time. With a policy it has to be the one that the user already has; another one is changed with IAM's own
        `put_user_policy`.

        Args:
            name: The user's name.
            policy: An IAM policy document to put on the user under the user's name, or None.

        Returns:
            The user as a principal, for `client(..., principal=...)`.

        Raises:
            botocore.exceptions.ClientError: IAM refuses, for instance because the name is taken by a user with another
                policy.
        """
        iam = self.client("iam")
        try:
            iam.create_user(UserName=name)
        except iam.exceptions.EntityAlreadyExistsException as error:
            if policy is not None and policy != _inline(iam, "get_user_policy", UserName=name, PolicyName=name):
                error.add_note(_WAY_TO_CHANGE.format(what="user", What="User", name=name))
                raise
        else:
            self.access_keys.pop(name, None)
            if policy is not None:
                text = json.dumps(policy)
                _or_undo(iam.put_user_policy, iam.delete_user, text, UserName=name, PolicyName=name)
        known = self._ground.directory.find(self.access_keys.get(name, ""))
        if known is not None:
            return known
        return self._principal(iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"], name)

    def role(
        self,
        name: str,
        policy: Mapping[str, Any] | None = None,
        trust: Mapping[str, Any] | None = None,
        *,
        session_name: str | None = None,
        session_policy: Mapping[str, Any] | None = None,
    ) -> Principal:
        """A session of an IAM role, made through the IAM API when it is not there yet, and assumed through STS.

        The account's administrator assumes it. A role that is there is taken as it is; a policy or a trust policy that
        is given has to be the one that it has. Every call begins a session of its own. It lasts an hour of the Lab's
        time; after that its clients get an ExpiredTokenException, and another call of `role` begins the next one.

        Args:
            name: The role's name.
            policy: An IAM policy document to put on the role under the role's name, or None.
            trust: Who may assume it; whoever the account's own IAM policies allow to, unless said otherwise.
            session_name: The name of the session; the administrator's unless said otherwise.
            session_policy: An IAM policy document that narrows this session, or None.

        Returns:
            The session as a principal, for `client(..., principal=...)`.

        Raises:
            botocore.exceptions.ClientError: IAM refuses, for instance because the name is taken by a role with another
                policy; or STS does, because `trust` does not let the administrator in. The role is there then.
        """
        iam = self.client("iam")
        try:
            text = json.dumps(self._own_trust() if trust is None else trust)
            made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=text)["Role"]
        except iam.exceptions.EntityAlreadyExistsException as error:
            made = iam.get_role(RoleName=name)["Role"]
            if trust is not None and trust != made["AssumeRolePolicyDocument"]:
                error.add_note(_WAY_TO_CHANGE_TRUST.format(name=name))
                raise
            if policy is not None and policy != _inline(iam, "get_role_policy", RoleName=name, PolicyName=name):
                error.add_note(_WAY_TO_CHANGE.format(what="role", What="Role", name=name))
                raise
        else:
            if policy is not None:
                _or_undo(iam.put_role_policy, iam.delete_role, json.dumps(policy), RoleName=name, PolicyName=name)
        narrowed = {} if session_policy is None else {"Policy": json.dumps(session_policy)}
        session = self.client("sts").assume_role(
            RoleArn=made["Arn"], RoleSessionName=session_name or self.administrator.name, **narrowed
        )
        return self._principal(session["Credentials"]["AccessKeyId"])

    def _own_trust(self) -> Mapping[str, Any]:
        statement = {"Effect": "Allow", "Principal": {"AWS": self.root.arn}, "Action": "sts:AssumeRole"}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def _principal(self, access_key_id: str, user_name: str | None = None) -> Principal:
        principal = self._ground.directory.find(access_key_id)
        if principal is None:
            raise KmslabError(f"The access key {access_key_id} is new, and the Lab cannot find it.")
        if user_name is not None:
            self.access_keys[user_name] = access_key_id
        return principal

    @property
    def service_control_policies(self) -> tuple[Mapping[str, Any], ...]:
        """What the organisation lets this account do, as policy documents; empty when it lets it do everything.

        Set it to a list of documents. Each counts on its own: something is let through when one of them allows it and
        none denies it. Simplified: in an organisation the policies of its first account have no effect; here they do.
        """
        kept = self._ground.directory.service_control_policies.get(self.account_id, ())
        return tuple(json.loads(policy.text) for policy in kept)

    @service_control_policies.setter
    def service_control_policies(self, documents: Iterable[Mapping[str, Any]]) -> None:
        listed = list(documents)
        for document in listed:
            _check_ceiling(document)
        self._ground.directory.service_control_policies[self.account_id] = tuple(
            NamedPolicy(f"service control policy {number}", json.dumps(document))
            for number, document in enumerate(listed, 1)
        )

    @property
    def bill(self) -> Bill:
        """What this account owes at this moment."""
        return self._ground.meter.bill(self.account_id, self._ground.clock.now())

    @property
    def trail(self) -> Trail:
        """What this account's CloudTrail shows at this moment, newest last."""
        return self._ground.recorder.trail(self.account_id)

    @property
    def inventory(self) -> Inventory:
        """The account's keys in every Region, read without a call: neither billed nor in the trail."""
        return Inventory.of(self._ground.world, self.account_id)

    def __repr__(self) -> str:
        """The account's id."""
        return f"<Account {self.account_id}>"


def _inline(iam: Any, operation: str, **names: str) -> Any:
    """The document of an inline policy, or None."""
    try:
        return getattr(iam, operation)(**names)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return None


def _or_undo(put: Callable[..., Any], delete: Callable[..., Any], policy: str, **names: str) -> None:
    """Put a policy on somebody new, or let there be nobody: so that the corrected cell runs."""
    try:
        put(PolicyDocument=policy, **names)
    except ClientError:
        delete(**{name: value for name, value in names.items() if name != "PolicyName"})
        raise


def _check_ceiling(document: Mapping[str, Any]) -> None:
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    listed = [statements] if isinstance(statements, Mapping) else statements
    if not isinstance(listed, list) or not listed:
        raise KmslabError("A service control policy is a policy document: a dictionary with a list under 'Statement'.")
    for each in listed:
        if not isinstance(each, Mapping) or each.get("Effect") not in ("Allow", "Deny"):
            raise KmslabError("Each statement of a service control policy has an Effect, 'Allow' or 'Deny'.")
        if "Principal" in each or "NotPrincipal" in each:
            raise KmslabError("A service control policy names no Principal; it is about everybody in the account.")
        if not {"Action", "NotAction"} & set(each) or not {"Resource", "NotResource"} & set(each):
            raise KmslabError("Each statement of a service control policy has an Action and a Resource.")
