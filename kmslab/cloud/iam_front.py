"""What IAM answers and moto does not: permissions boundaries of users, and ids of users and keys as the Lab makes them.

Simplified: nobody is asked whether a caller may use IAM itself; every known caller may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.iam.models import iam_backends

from kmslab import arn
from kmslab.cloud.moto_bridge import MotoBridge
from kmslab.cloud.query import QueryError, has_operation, read_form, read_members, write_reply
from kmslab.cloud.terms import Asker
from kmslab.ids import Ids
from kmslab.wire.http import BodyStream

_ACCESS_KEY_ID = re.compile(r"<AccessKeyId>([^<]*)</AccessKeyId>")
_USER_ID = re.compile(r"<UserId>[^<]*</UserId>")


class IamFront:
    """Answers for IAM: a few things itself, everything else through moto."""

    def __init__(self, bridge: MotoBridge, region: str, ids: Ids) -> None:
        """Stand in front of `bridge`; `region` says in which partition."""
        self._bridge = bridge
        self._partition = arn.partition_of(region)
        self._ids = ids

    def answer(self, request: AWSPreparedRequest, asker: Asker) -> AWSResponse:
        """Answer a request.

        Raises:
            QueryError: IAM refuses.
        """
        caller, form = asker.principal, read_form(request)
        action = form.get("Action", "")
        if not has_operation("iam", action):
            raise QueryError("InvalidAction", f"Could not find operation {action} for version {form.get('Version')}")
        if action in ("PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"):
            members = read_members("iam", action, form)
            self._set_boundary(caller.account_id, members["UserName"], members.get("PermissionsBoundary"))
            return write_reply(request, "iam", action, {})
        if action == "CreateUser":
            return self._create_user(request, caller.account_id, form)
        if action == "CreateAccessKey":
            return self._create_access_key(request, caller.account_id)
        return self._bridge.answer(request, "iam")

    def _create_user(self, request: AWSPreparedRequest, account_id: str, form: Mapping[str, str]) -> AWSResponse:
        name = read_members("iam", "CreateUser", form)["UserName"]
        boundary = form.get("PermissionsBoundary")
        if boundary:
            self._check_policy(account_id, boundary)
        response = self._bridge.answer(request, "iam")
        if response.status_code != 200:
            return response
        user_id = "AIDA" + self._ids.letters("IAM user", 17)
        with self._bridge.in_place():
            iam_backends[account_id][self._partition].users[name].id = user_id
        body = _USER_ID.sub(f"<UserId>{user_id}</UserId>", response.text)
        if boundary:
            self._set_boundary(account_id, name, boundary)
            shown = (
                "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>"
                f"<PermissionsBoundaryArn>{boundary}</PermissionsBoundaryArn></PermissionsBoundary>"
            )
            body = body.replace("</User>", f"{shown}</User>")
        return AWSResponse(response.url, 200, response.headers, BodyStream(body.encode()))

    def _create_access_key(self, request: AWSPreparedRequest, account_id: str) -> AWSResponse:
        """An access key with an id of the Lab's, the same every time in a seeded one; its secret is moto's, random."""
        response = self._bridge.answer(request, "iam")
        found = _ACCESS_KEY_ID.search(response.text)
        if response.status_code != 200 or found is None:
            return response
        key_id = "AKIA" + self._ids.letters("IAM access key", 16)
        with self._bridge.in_place():
            keys = iam_backends[account_id][self._partition].access_keys
            key = keys.pop(found[1])
            key.access_key_id = key_id
            keys[key_id] = key
        body = response.text.replace(found[1], key_id)
        return AWSResponse(response.url, 200, response.headers, BodyStream(body.encode()))

    def _set_boundary(self, account_id: str, name: str, policy_arn: str | None) -> None:
        if policy_arn is not None:
            self._check_policy(account_id, policy_arn)
        with self._bridge.in_place():
            user: Any = iam_backends[account_id][self._partition].users.get(name)
            if user is None:
                raise QueryError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
            user.permissions_boundary_arn = policy_arn
            # moto's own replies show it from here, as they do for roles.
            user.permissions_boundary = policy_arn and {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": policy_arn,
            }

    def _check_policy(self, account_id: str, policy_arn: str) -> None:
        with self._bridge.in_place():
            known = policy_arn in iam_backends[account_id][self._partition].managed_policies
        if not known:
            raise QueryError("NoSuchEntity", f"Scope ARN: {policy_arn} does not exist or is not attachable.", 404)
