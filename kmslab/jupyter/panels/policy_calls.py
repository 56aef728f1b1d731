"""What can be tried in the policy playground, and who can try it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kmslab import Lab, Principal

Params = dict[str, Any]


class Try(NamedTuple):
    """One call that can be chosen.

    Attributes:
        method: The client's method; empty where the panel does not really call, because that would change the key.
        params: The request's members but for the key, from the encryption context.
    """

    method: str
    params: Callable[[Mapping[str, str]], Params]


def _with_context(**members: Any) -> Callable[[Mapping[str, str]], Params]:
    return lambda context: {**members, **({"EncryptionContext": dict(context)} if context else {})}


def _grant(context: Mapping[str, str]) -> Params:
    constraints = {"Constraints": {"EncryptionContextSubset": dict(context)}} if context else {}
    return {"GranteePrincipal": "", "Operations": ["Decrypt"], "DryRun": True, **constraints}


def _nothing(context: Mapping[str, str]) -> Params:
    return {}


#: What can be tried. Where the operation has a dry run, the real call is one.
CALLS: dict[str, Try] = {
    "Encrypt": Try("encrypt", _with_context(Plaintext=b"playground", DryRun=True)),
    "Decrypt": Try("decrypt", _with_context(DryRun=True, DryRunModifiers=["IGNORE_CIPHERTEXT"])),
    "GenerateDataKey": Try("generate_data_key", _with_context(KeySpec="AES_256", DryRun=True)),
    "DescribeKey": Try("describe_key", _nothing),
    "GetKeyPolicy": Try("get_key_policy", _nothing),
    "ListGrants": Try("list_grants", _nothing),
    "CreateGrant": Try("create_grant", _grant),
    "PutKeyPolicy": Try("", _nothing),
    "TagResource": Try("", _nothing),
    "DisableKey": Try("", _nothing),
    "ScheduleKeyDeletion": Try("", _nothing),
}


def people(lab: Lab) -> dict[str, Callable[[], Principal]]:
    """Who can call: everybody of the Lab's account, and the administrator of each other account.

    A role is assumed when it calls, because its sessions end after an hour.
    """
    iam = lab.client("iam")
    names = [each["UserName"] for page in iam.get_paginator("list_users").paginate() for each in page["Users"]]
    roles = [each["RoleName"] for page in iam.get_paginator("list_roles").paginate() for each in page["Roles"]]
    found: dict[str, Callable[[], Principal]] = {
        "administrator": lambda: lab.administrator,
        "root user": lambda: lab.root,
    }
    for name in sorted(set(names) - {lab.administrator.name}):
        found[f"user {name}"] = lambda name=name: lab.user(name)  # type: ignore[misc]
    for name in sorted(roles):
        found[f"role {name}"] = lambda name=name: lab.role(name)  # type: ignore[misc]
    for account in lab.accounts[1:]:
        found[f"administrator of {account.account_id}"] = lambda account=account: account.administrator  # type: ignore[misc]
    return found
