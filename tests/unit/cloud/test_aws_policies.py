"""AWS's own managed policies are in every account, each account's apart from the others'."""

from __future__ import annotations

from typing import Any

import pytest
from moto.iam.models import IAMBackend

from kmslab import Lab
from kmslab.cloud.aws_policies import QuickIAMBackend

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def attached(iam: Any, policy_arn: str) -> int:
    return int(iam.get_policy(PolicyArn=policy_arn)["Policy"]["AttachmentCount"])


def test_they_are_those_of_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    usual, quick = IAMBackend("aws", "123456789010"), QuickIAMBackend("aws", "123456789010")
    assert len(usual.aws_managed_policies) > 1000
    # Their ids are random, and so each time others.
    assert [_told(each) for each in quick.aws_managed_policies] == [_told(each) for each in usual.aws_managed_policies]


def _told(policy: Any) -> dict[str, Any]:
    versions = [vars(each) for each in policy.versions]
    return {**vars(policy), "id": "", "versions": versions, "arn": policy.arn}


def test_what_one_account_attaches_is_attached_nowhere_else(lab: Lab) -> None:
    other = lab.account("999988887777").client("iam")
    iam = lab.client("iam")
    iam.create_user(UserName="reader")
    iam.attach_user_policy(UserName="reader", PolicyArn=READ_ONLY)
    assert (attached(iam, READ_ONLY), attached(other, READ_ONLY)) == (1, 0)
    assert attached(Lab(seed=2).client("iam"), READ_ONLY) == 0


def test_their_arns_are_those_of_the_partition() -> None:
    with Lab(region="cn-north-1", seed=1) as lab:
        policies = lab.client("iam").list_attached_user_policies(UserName="administrator")["AttachedPolicies"]
    assert [each["PolicyArn"] for each in policies] == ["arn:aws-cn:iam::aws:policy/AdministratorAccess"]
