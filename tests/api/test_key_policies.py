"""Reading key policies, as a client sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest

ACCOUNT = "123456789010"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"

# What AWS gives a key that is created without a policy, in the layout in which GetKeyPolicy returned it in recordings.
DEFAULT = """{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::123456789010:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"""


def test_the_default_policy(kms: Any, make_key: Any, members: Any) -> None:
    key_id = make_key()
    for ref in (key_id, f"{ARN}:key/{key_id}"):
        reply = kms.get_key_policy(KeyId=ref)
        assert members(reply) == {"Policy", "PolicyName"}
        assert reply["PolicyName"] == "default"
        assert reply["Policy"] == DEFAULT
    assert kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"] == DEFAULT


@pytest.mark.parametrize(
    ("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eu-west-3", "aws")]
)
def test_the_default_policy_names_the_partition(lab: Any, region: str, partition: str) -> None:
    kms = lab.client("kms", region_name=region)
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": f"arn:{partition}:iam::{ACCOUNT}:root"}


def test_list_key_policies(kms: Any, make_key: Any, members: Any) -> None:
    key_id = make_key()
    for ref in (key_id, f"{ARN}:key/{key_id}"):
        reply = kms.list_key_policies(KeyId=ref)
        assert members(reply) == {"PolicyNames", "Truncated"}
        assert (reply["PolicyNames"], reply["Truncated"]) == (["default"], False)
    assert kms.list_key_policies(KeyId=key_id, Limit=1)["PolicyNames"] == ["default"]
    pages = kms.get_paginator("list_key_policies").paginate(KeyId=key_id)
    assert [page["PolicyNames"] for page in pages] == [["default"]]
