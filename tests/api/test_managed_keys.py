"""AWS managed keys through boto3: made when asked about, seen by everybody, changed by nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kmslab import Lab


@pytest.fixture
def managed(kms: Any) -> Any:
    return kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]


def test_asking_about_a_predefined_alias_makes_its_key_once(kms: Any, managed: Any) -> None:
    assert (managed["KeyManager"], managed["KeyState"], managed["Origin"]) == ("AWS", "Enabled", "AWS_KMS")
    assert kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyId"] == managed["KeyId"]
    aliases = kms.list_aliases()["Aliases"]
    assert [(each["AliasName"], each["TargetKeyId"]) for each in aliases] == [("alias/aws/s3", managed["KeyId"])]
    assert kms.list_keys()["Keys"] == [{"KeyId": managed["KeyId"], "KeyArn": managed["Arn"]}]


def test_each_region_and_account_has_its_own(lab: Lab, managed: Any) -> None:
    there = lab.client("kms", "eu-west-1").describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    other = lab.account("999988887777").client("kms").describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert len({managed["KeyId"], there["KeyId"], other["KeyId"]}) == 3
    assert other["AWSAccountId"] == "999988887777"


def test_only_describe_key_makes_one(kms: Any, refuses: Any) -> None:
    text = "Alias arn:aws:kms:us-east-1:123456789010:alias/aws/ebs is not found."
    with refuses("NotFoundException", text):
        kms.encrypt(KeyId="alias/aws/ebs", Plaintext=b"x")
    with refuses("NotFoundException", text.replace("ebs", "no-such-service")):
        kms.describe_key(KeyId="alias/aws/no-such-service")


def test_the_policy_names_the_service_and_lets_the_account_look(kms: Any, managed: Any) -> None:
    policy = json.loads(kms.get_key_policy(KeyId=managed["KeyId"])["Policy"])
    condition = policy["Statement"][0]["Condition"]["StringEquals"]
    assert condition == {"kms:CallerAccount": "123456789010", "kms:ViaService": "s3.us-east-1.amazonaws.com"}
    assert kms.list_key_policies(KeyId=managed["KeyId"])["PolicyNames"] == ["default"]


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("DisableKey", {}),
        ("ScheduleKeyDeletion", {}),
        ("UpdateKeyDescription", {"Description": "mine"}),
        ("TagResource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("Encrypt", {"Plaintext": b"x"}),
        ("GenerateDataKey", {"KeySpec": "AES_256"}),
    ],
)
@pytest.mark.parametrize("who", ["administrator", "root"])
def test_nobody_may_change_or_use_it_directly(
    lab: Lab, managed: Any, refuses: Any, who: str, operation: str, params: dict[str, Any]
) -> None:
    principal = getattr(lab, who)
    kms = lab.client("kms", principal=principal)
    text = (
        f"User: {principal.arn} is not authorized to perform: kms:{operation} on resource: {managed['Arn']} "
        f"because no resource-based policy allows the kms:{operation} action"
    )
    call = getattr(kms, "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_"))
    with refuses("AccessDeniedException", text):
        call(KeyId=managed["KeyId"], **params)


def test_root_may_look(lab: Lab, managed: Any) -> None:
    root = lab.client("kms", principal=lab.root)
    assert root.describe_key(KeyId=managed["KeyId"])["KeyMetadata"]["KeyManager"] == "AWS"


def test_its_alias_cannot_be_taken_away(kms: Any, managed: Any, refuses: Any) -> None:
    with refuses("AccessDeniedException", None):
        kms.delete_alias(AliasName="alias/aws/s3")


def test_it_rotates_every_year_and_costs_nothing(lab: Lab, kms: Any, managed: Any) -> None:
    before = lab.bill
    lab.clock.advance(days=3 * 365 + 1)
    rotated = lab.trail.events("RotateKey")
    assert len(rotated) == 3
    assert rotated[-1]["serviceEventDetails"]["rotationType"] == "AUTOMATIC"
    shown = kms.describe_key(KeyId=managed["KeyId"])["KeyMetadata"]
    assert shown["CurrentKeyMaterialId"] == rotated[-1]["serviceEventDetails"]["currentKeyMaterialId"]
    assert lab.bill.since(before).total == 0
