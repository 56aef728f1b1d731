"""AWS STS: temporary credentials, handed out as AWS would, or refused.

Answers AssumeRole, GetCallerIdentity, GetSessionToken, GetFederationToken and GetAccessKeyInfo. Who may assume a role
is decided in `cloud.trust`.

Simplified: the code of an MFA device is taken as right when the device is the caller's; packed policy sizes are a
guess; what STS does is not in the trail.

Source: STS API Reference; IAM User Guide, "Temporary security credentials in IAM".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from kmslab import arn
from kmslab.authz.decide import decide_on_account
from kmslab.authz.hearing import Caller
from kmslab.cloud.identity import ACCESS_ROLE, Iam, Role, access_role_trust
from kmslab.cloud.query import QueryError, has_operation, read_form, read_members, write_reply
from kmslab.cloud.sessions import Session, Sessions, merged
from kmslab.cloud.terms import HOUR, Asker, Members, check_duration, check_policy, context, seconds
from kmslab.cloud.trust import may_assume
from kmslab.errors import KmslabError
from kmslab.principals import Credentials, Directory, NamedPolicy, Principal, PrincipalType

#: All session policies together. Source: STS API Reference, AssumeRole, Policy.
_POLICY_CHARACTERS = 2048

_ALLOWS_NOTHING = NamedPolicy("session policy (there is none)", '{"Version": "2012-10-17", "Statement": []}')

_NO_SUCH_DEVICE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid "
    "and associated with this user."
)


class Sts:
    """STS of one Lab."""

    def __init__(
        self, iam: Iam, sessions: Sessions, directory: Directory, home: str, open_account: Callable[[str], object]
    ) -> None:
        """Hand out sessions.

        Args:
            iam: Roles and users.
            sessions: Where sessions are kept.
            directory: All principals, and the service control policies.
            home: The id of the account that administers all others.
            open_account: Opens an account.
        """
        self._iam = iam
        self._sessions = sessions
        self._directory = directory
        self._home = home
        self._open_account = open_account
        self._operations: dict[str, Callable[[Asker, Members], dict[str, Any]]] = {
            "AssumeRole": self._assume_role,
            "GetAccessKeyInfo": self._get_access_key_info,
            "GetCallerIdentity": self._get_caller_identity,
            "GetFederationToken": self._get_federation_token,
            "GetSessionToken": self._get_session_token,
        }

    def answer(self, request: AWSPreparedRequest, asker: Asker) -> AWSResponse:
        """Answer one request.

        Raises:
            KmslabError: the Lab does not run that operation, or not with that member.
            QueryError: STS refuses.
        """
        form = read_form(request)
        action = form.get("Action", "")
        if not has_operation("sts", action):
            raise QueryError("InvalidAction", f"Could not find operation {action} for version {form.get('Version')}")
        if action not in self._operations:
            raise KmslabError(f"This Lab does not run STS's {action}; a role is assumed with AssumeRole.")
        return write_reply(request, "sts", action, self._operations[action](asker, read_members("sts", action, form)))

    # --- who is it ---

    def _get_caller_identity(self, asker: Asker, members: Members) -> dict[str, Any]:
        identity = asker.principal.identity
        return {"UserId": identity.principal_id, "Account": identity.account_id, "Arn": identity.arn}

    def _get_access_key_info(self, asker: Asker, members: Members) -> dict[str, Any]:
        found = self._directory.find(members["AccessKeyId"])
        if found is None:
            # Simplified: AWS reads the account out of the id itself and does not look whether the key exists.
            raise QueryError("ValidationError", f"The access key id {members['AccessKeyId']} is of no known account")
        return {"Account": found.account_id}

    # --- a session of a role ---

    def _assume_role(self, asker: Asker, members: Members) -> dict[str, Any]:
        for member in ("SourceIdentity", "ProvidedContexts"):
            if members.get(member):
                raise KmslabError(f"This Lab's AssumeRole takes no {member}.")
        tags = {tag["Key"]: tag["Value"] for tag in members.get("Tags", ())}
        inherited = self._inherited(asker.principal)
        role = self._assumable(asker, members, merged(tags, inherited), must_tag=bool(tags))
        lasting = members.get("DurationSeconds", HOUR)
        check_duration(lasting, role, asker.principal)
        policies = self._session_policies(role.account_id, members)
        passed_on = {name.lower() for name in members.get("TransitiveTagKeys", ())}
        transitive = {name: value for name, value in tags.items() if name.lower() in passed_on}
        session = Session(
            type=PrincipalType.ASSUMED_ROLE,
            origin=role.arn,
            origin_id=role.role_id,
            name=members["RoleSessionName"],
            credentials=self._sessions.new_credentials(asker.now, lasting),
            since=asker.now,
            policies=policies,
            tags=merged(tags, inherited),
            transitive=merged(transitive, inherited),
        )
        principal = self._sessions.add(session)
        user = {"AssumedRoleId": principal.identity.principal_id, "Arn": principal.arn}
        return {"Credentials": _shown(session.credentials), "AssumedRoleUser": user} | _packed(policies, tags)

    def _assumable(self, asker: Asker, members: Members, tags: Mapping[str, str], *, must_tag: bool) -> Role:
        """The role that is asked for, if the caller may assume it."""
        caller, role_arn = asker.principal, members["RoleArn"]
        if caller.type is PrincipalType.ROOT:
            raise _denied("Roles may not be assumed by root accounts.")
        mfa = self._has_code(caller, members)
        role = self._iam.role(role_arn) or self._unopened(role_arn)
        for action in ("sts:AssumeRole", "sts:TagSession") if must_tag else ("sts:AssumeRole",):
            # A federated user may ask who it is and nothing else. Source: IAM User Guide, "Compare AWS STS
            # credentials".
            if role is None or caller.type is PrincipalType.FEDERATED_USER:
                raise _not_authorised(caller, action, role_arn)
            answers = context(asker, members, role, tags, mfa=mfa)
            if not may_assume(caller, action, role, answers, self._ceiling(caller)):
                raise _not_authorised(caller, action, role_arn)
        if role is not None and role.role_id:
            return role
        self._open_account(role_arn.split(":")[4])
        return self._assumable(asker, members, tags, must_tag=must_tag)

    def _unopened(self, role_arn: str) -> Role | None:
        """The role by which the first account administers another, in an account that nobody has used yet."""
        account_id = role_arn.split(":")[4] if role_arn.count(":") == 5 else ""
        if not arn.is_account_id(account_id) or self._directory.exists(account_id):
            return None
        if role_arn != f"arn:{self._iam.partition}:iam::{account_id}:role/{ACCESS_ROLE}":
            return None
        trust = access_role_trust(self._home, self._iam.partition)
        return Role(account_id, ACCESS_ROLE, role_arn, "", trust, HOUR)

    def _inherited(self, caller: Principal) -> Mapping[str, str]:
        session = self._sessions.session(caller.credentials.access_key_id)
        return {} if session is None else session.transitive

    def _ceiling(self, caller: Principal) -> tuple[NamedPolicy, ...]:
        return self._directory.service_control_policies.get(caller.account_id, ())

    def _has_code(self, caller: Principal, members: Members) -> bool:
        """Whether the request comes with the code of an MFA device of the caller."""
        serial_number = members.get("SerialNumber")
        if not serial_number and not members.get("TokenCode"):
            return False
        if not members.get("TokenCode") or not self._iam.has_mfa_device(caller.arn, serial_number or ""):
            raise _denied(_NO_SUCH_DEVICE)
        return True

    def _session_policies(self, account_id: str, members: Members) -> tuple[NamedPolicy, ...]:
        policies = []
        if members.get("Policy"):
            policies.append(NamedPolicy("session policy", members["Policy"]))
        for each in members.get("PolicyArns", ()):
            text = self._iam.managed_policy(account_id, each.get("arn", ""))
            if text is None:
                raise QueryError("ValidationError", f"The policy {each.get('arn')} does not exist.")
            policies.append(NamedPolicy(f"session policy {each['arn'].rpartition('/')[2]}", text))
        for policy in policies:
            check_policy(policy)
        return tuple(policies)

    # --- sessions of users ---

    def _get_session_token(self, asker: Asker, members: Members) -> dict[str, Any]:
        caller = asker.principal
        _refuse_sessions(caller, "GetSessionToken")
        mfa = self._has_code(caller, members)
        session = Session(
            type=caller.type,
            origin=caller.arn,
            origin_id=caller.identity.principal_id,
            name=caller.name,
            credentials=self._sessions.new_credentials(asker.now, seconds(caller, members)),
            since=asker.now,
            mfa=mfa,
        )
        self._sessions.add(session)
        return {"Credentials": _shown(session.credentials)}

    def _get_federation_token(self, asker: Asker, members: Members) -> dict[str, Any]:
        caller, name = asker.principal, members["Name"]
        _refuse_sessions(caller, "GetFederationToken")
        federated_arn = f"arn:{self._iam.partition}:sts::{caller.account_id}:federated-user/{name}"
        answers = context(asker, members, None, {}, mfa=False)
        who = Caller(caller, asker.now, self._ceiling(caller))
        if not decide_on_account(who, "sts:GetFederationToken", federated_arn, answers).allowed:
            raise _not_authorised(caller, "sts:GetFederationToken", federated_arn)
        policies = self._session_policies(caller.account_id, members)
        tags = {tag["Key"]: tag["Value"] for tag in members.get("Tags", ())}
        session = Session(
            type=PrincipalType.FEDERATED_USER,
            origin=caller.arn,
            origin_id=caller.identity.principal_id,
            name=name,
            credentials=self._sessions.new_credentials(asker.now, seconds(caller, members)),
            since=asker.now,
            # Without a session policy the user's own policies give it nothing. Source: API Reference,
            # GetFederationToken.
            policies=policies or (_ALLOWS_NOTHING,),
            tags=tags,
        )
        principal = self._sessions.add(session)
        user = {"FederatedUserId": principal.identity.principal_id, "Arn": principal.arn}
        return {"Credentials": _shown(session.credentials), "FederatedUser": user} | _packed(policies, tags)


def _denied(message: str) -> QueryError:
    return QueryError("AccessDenied", message, 403)


def _not_authorised(caller: Principal, action: str, resource: str) -> QueryError:
    return _denied(f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}")


def _refuse_sessions(caller: Principal, operation: str) -> None:
    if caller.credentials.session_token is not None:
        raise _denied(f"Cannot call {operation} with session credentials")


def _shown(credentials: Credentials) -> dict[str, Any]:
    return {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expires,
    }


def _packed(policies: Sequence[NamedPolicy], tags: Mapping[str, str]) -> dict[str, Any]:
    """How much of the room for session policies and tags is used, in per cent; AWS says it when there are some."""
    size = sum(len(policy.text) for policy in policies) + sum(len(name) + len(value) for name, value in tags.items())
    return {"PackedPolicySize": max(1, size * 100 // _POLICY_CHARACTERS)} if size else {}
