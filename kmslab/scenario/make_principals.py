"""The IAM side of a scenario: managed policies, groups, users with their access keys, roles."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kmslab.scenario.parts import Part
from kmslab.scenario.stage import Stage, tags


def check_managed_policies(stage: Stage) -> None:
    """Note managed policies of AWS that there are not."""
    known: dict[str, bool] = {}
    for account_id, account in stage.names.accounts.items():
        for section in ("groups", "users", "roles"):
            for _, owner in account.get(section).members():
                for attached in owner.get("managed_policies").items():
                    policy_arn = stage.names.policy_arn(account_id, attached.text)
                    if ":iam::aws:" not in policy_arn:
                        continue
                    if policy_arn not in known:
                        iam = stage.client(stage.lab.account_id, "iam")
                        known[policy_arn] = _is_there(iam, iam.get_policy, PolicyArn=policy_arn)
                    if not known[policy_arn]:
                        attached.report(
                            f"Neither this account nor AWS has a managed policy '{attached.text}'; "
                            "AWS's are listed by `aws iam list-policies --scope AWS`."
                        )


def check_access_keys(stage: Stage) -> None:
    """Note given access keys that somebody else has in this Lab."""
    for account_id, account in stage.names.accounts.items():
        for name, user in account.get("users").members():
            access_key = user.get("access_key").get("id")
            owner = stage.lab.directory.find(access_key.text)
            if owner is not None and (owner.account_id, owner.name) != (account_id, name):
                access_key.report(f"The Lab has this access key already, for {owner.arn}; write another one.")


def make_principals(stage: Stage, account_id: str, account: Part) -> None:
    """Make an account's policies, groups, users and roles, each unless it is there."""
    iam = stage.client(account_id, "iam")
    for name, policy in account.get("managed_policies").members():
        policy_arn = stage.names.policy_arn(account_id, name)
        made = not _is_there(iam, iam.get_policy, PolicyArn=policy_arn)
        if made:
            stage.call(policy, iam.create_policy, PolicyName=name, PolicyDocument=json.dumps(policy.value))
        stage.note(account_id, "managed policy", name, made=made)
    for name, group in account.get("groups").members():
        made = not _is_there(iam, iam.get_group, GroupName=name)
        if made:
            stage.call(group, iam.create_group, GroupName=name)
            _put_policies(stage, account_id, group, iam.put_group_policy, iam.attach_group_policy, GroupName=name)
        stage.note(account_id, "group", name, made=made)
    for name, user in account.get("users").members():
        _make_user(stage, account_id, iam, name, user)
    for name, role in account.get("roles").members():
        _make_role(stage, account_id, iam, name, role)


def _make_user(stage: Stage, account_id: str, iam: Any, name: str, user: Part) -> None:
    made = not _is_there(iam, iam.get_user, UserName=name)
    if made:
        stage.call(user, iam.create_user, UserName=name, Tags=tags(user))
        _put_policies(stage, account_id, user, iam.put_user_policy, iam.attach_user_policy, UserName=name)
        for group in user.get("groups").items():
            stage.call(group, iam.add_user_to_group, GroupName=group.text, UserName=name)
    stage.note(account_id, "user", name, made=made)
    access_key_id, key_made = _access_key(stage, account_id, iam, name, user, is_new=made)
    principal = stage.lab.directory.find(access_key_id)
    if principal is not None:
        stage.report.principals[account_id, name] = principal
        stage.note(account_id, "access key", name, made=key_made, item_id=access_key_id)


def _access_key(stage: Stage, account_id: str, iam: Any, name: str, user: Part, *, is_new: bool) -> tuple[str, bool]:
    """The id of the user's access key, or nothing, and whether it was made: when it is given, or the user is new."""
    wanted = user.get("access_key")
    listed = stage.call(user, iam.list_access_keys, UserName=name)["AccessKeyMetadata"]
    present = [each["AccessKeyId"] for each in listed if each["Status"] == "Active"]
    given = wanted.get("id").text
    if given in present or (not given and (not is_new or wanted.value is False)):
        return given or next(iter(present), ""), False
    made = str(stage.call(user, iam.create_access_key, UserName=name)["AccessKey"]["AccessKeyId"])
    if not given:
        return made, True
    stage.lab.replace_access_key(account_id, made, given, wanted.get("secret").text)
    return given, True


def _make_role(stage: Stage, account_id: str, iam: Any, name: str, role: Part) -> None:
    made = not _is_there(iam, iam.get_role, RoleName=name)
    if made:
        trust = role.get("trust").value or _own_trust(stage, account_id)
        stage.call(
            role,
            iam.create_role,
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(trust),
            Description=role.get("description").text,
            Tags=tags(role),
        )
        _put_policies(stage, account_id, role, iam.put_role_policy, iam.attach_role_policy, RoleName=name)
    stage.note(account_id, "role", name, made=made)


def _own_trust(stage: Stage, account_id: str) -> dict[str, Any]:
    """Whoever the account's own IAM policies allow to may assume a role that says nothing about it."""
    who = {"AWS": stage.names.principal_arn(account_id, "root")}
    statement = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _put_policies(
    stage: Stage, account_id: str, owner: Part, put: Callable[..., Any], attach: Callable[..., Any], **whom: str
) -> None:
    for name, policy in owner.get("policies").members():
        stage.call(policy, put, PolicyName=name, PolicyDocument=json.dumps(policy.value), **whom)
    for attached in owner.get("managed_policies").items():
        stage.call(attached, attach, PolicyArn=stage.names.policy_arn(account_id, attached.text), **whom)


def _is_there(iam: Any, read: Callable[..., Any], **names: str) -> bool:
    try:
        read(**names)
    except iam.exceptions.NoSuchEntityException:
        return False
    return True
