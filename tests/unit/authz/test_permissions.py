"""The table of permissions against AWS's. Source: KMS Developer Guide, "AWS KMS permissions"."""

from __future__ import annotations

from kmslab.authz.permissions import PERMISSIONS

CROSS_ACCOUNT = {
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GetPublicKey",
    "ReEncrypt",
    "Sign",
    "Verify",
    "VerifyMac",
}
IAM_POLICY_ONLY = {"CreateKey", "GenerateRandom", "ListAliases", "ListKeys"}
ON_ALIAS_AND_KEY = {"CreateAlias", "DeleteAlias", "UpdateAlias"}
OWN_ACCOUNT = {
    "CancelKeyDeletion",
    "DisableKey",
    "EnableKey",
    "GetKeyPolicy",
    "ListKeyPolicies",
    "ListResourceTags",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateKeyDescription",
}


def test_the_rows() -> None:
    for names, (cross_account, on_account, on_alias) in (
        (CROSS_ACCOUNT, (True, False, False)),
        (IAM_POLICY_ONLY, (False, True, False)),
        (ON_ALIAS_AND_KEY, (False, False, True)),
        (OWN_ACCOUNT, (False, False, False)),
    ):
        for name in names:
            row = PERMISSIONS[name]
            assert (row.cross_account, row.on_account, row.on_alias) == (cross_account, on_account, on_alias), name


def test_actions_are_named_like_operations_but_for_re_encrypt() -> None:
    for name, row in PERMISSIONS.items():
        expected = ("kms:ReEncryptFrom", "kms:ReEncryptTo") if name == "ReEncrypt" else (f"kms:{name}",)
        assert row.actions == expected


def test_tags_at_creation_need_a_permission_of_their_own() -> None:
    assert {name: row.also for name, row in PERMISSIONS.items() if row.also} == {
        "CreateKey": (("Tags", "kms:TagResource"),),
        "ReplicateKey": (("ReplicaRegion", "kms:CreateKey"), ("Tags", "kms:TagResource")),
    }
