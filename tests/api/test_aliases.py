"""Aliases, as a client sees them."""

from __future__ import annotations

from typing import Any

import pytest

ACCOUNT = "123456789010"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}"


def names(reply: Any) -> list[str]:
    return [entry["AliasName"] for entry in reply["Aliases"]]


class TestCreateAlias:
    def test_by_key_id_and_by_arn(self, kms: Any, make_key: Any, members: Any) -> None:
        key_id = make_key()
        assert members(kms.create_alias(AliasName="alias/one", TargetKeyId=key_id)) == set()
        kms.create_alias(AliasName="alias/two", TargetKeyId=f"{ARN}:key/{key_id}")
        for name in ("alias/one", "alias/two"):
            assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == key_id

    @pytest.mark.parametrize(
        "name",
        ["alias/a", "alias/A-Z_09/x", "alias/aws", "alias/awsome", "alias//", "alias/" + "n" * 250],
        ids=["short", "every character", "aws alone", "aws without slash", "slashes", "256 characters"],
    )
    def test_names_that_are_fine(self, kms: Any, make_key: Any, name: str) -> None:
        kms.create_alias(AliasName=name, TargetKeyId=make_key())
        assert names(kms.list_aliases()) == [name]

    def test_names_differ_by_case(self, kms: Any, make_key: Any) -> None:
        lower, upper = make_key(), make_key()
        kms.create_alias(AliasName="alias/app", TargetKeyId=lower)
        kms.create_alias(AliasName="alias/App", TargetKeyId=upper)
        assert kms.describe_key(KeyId="alias/App")["KeyMetadata"]["KeyId"] == upper

    def test_the_same_name_in_each_region_and_account(self, kms: Any, lab: Any, make_key: Any, refuses: Any) -> None:
        kms.create_alias(AliasName="alias/app", TargetKeyId=make_key())
        west = lab.client("kms", region_name="us-west-2")
        with refuses("NotFoundException", f"Alias arn:aws:kms:us-west-2:{ACCOUNT}:alias/app is not found."):
            west.describe_key(KeyId="alias/app")
        assert west.list_aliases()["Aliases"] == []
        western = west.create_key()["KeyMetadata"]["KeyId"]
        west.create_alias(AliasName="alias/app", TargetKeyId=western)
        assert west.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"] == western
        other = lab.account("999988887777").client("kms")
        other.create_alias(AliasName="alias/app", TargetKeyId=other.create_key()["KeyMetadata"]["KeyId"])
        assert len(other.list_aliases()["Aliases"]) == 1

    def test_fifty_on_one_key(self, kms: Any, make_key: Any, refuses: Any) -> None:
        key_id = make_key()
        for number in range(50):
            kms.create_alias(AliasName=f"alias/{number:02}", TargetKeyId=key_id)
        with refuses(
            "LimitExceededException",
            "Aliases per key quota for this account in this region is 50, current usage is 50.",
        ):
            kms.create_alias(AliasName="alias/one-more", TargetKeyId=key_id)
        kms.delete_alias(AliasName="alias/07")
        kms.create_alias(AliasName="alias/one-more", TargetKeyId=key_id)


class TestUpdateAlias:
    def test_moves_the_name(self, kms: Any, lab: Any, make_key: Any, members: Any) -> None:
        old, new = make_key(), make_key()
        kms.create_alias(AliasName="alias/app", TargetKeyId=old)
        created = lab.clock.now()
        assert members(kms.update_alias(AliasName="alias/app", TargetKeyId=f"{ARN}:key/{new}")) == set()
        moved = lab.clock.now()
        assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"] == new
        assert names(kms.list_aliases(KeyId=old)) == []
        (entry,) = kms.list_aliases(KeyId=new)["Aliases"]
        assert (entry["CreationDate"], entry["LastUpdatedDate"]) == (created, moved)

    def test_old_ciphertexts_stay_readable(self, kms: Any, make_key: Any) -> None:
        old, new = make_key(), make_key()
        kms.create_alias(AliasName="alias/app", TargetKeyId=old)
        blob = kms.encrypt(KeyId="alias/app", Plaintext=b"before")["CiphertextBlob"]
        kms.update_alias(AliasName="alias/app", TargetKeyId=new)
        reply = kms.decrypt(CiphertextBlob=blob)
        assert (reply["Plaintext"], reply["KeyId"]) == (b"before", f"{ARN}:key/{old}")

    def test_to_the_same_key(self, kms: Any, make_key: Any) -> None:
        key_id = make_key()
        for number in range(50):
            kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=key_id)
        # The key has as many aliases as it may, and gets none more by this.
        kms.update_alias(AliasName="alias/7", TargetKeyId=key_id)
        assert len(kms.list_aliases(KeyId=key_id, Limit=100)["Aliases"]) == 50

    def test_between_asymmetric_keys_of_one_usage(self, kms: Any, make_key: Any) -> None:
        rsa, ecc = make_key("RSA_2048"), make_key("ECC_NIST_P256")
        kms.create_alias(AliasName="alias/signer", TargetKeyId=rsa)
        kms.update_alias(AliasName="alias/signer", TargetKeyId=ecc)
        assert kms.describe_key(KeyId="alias/signer")["KeyMetadata"]["KeyId"] == ecc

    def test_to_a_key_that_has_fifty(self, kms: Any, make_key: Any, refuses: Any) -> None:
        full, key_id = make_key(), make_key()
        for number in range(50):
            kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=full)
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
        with refuses(
            "LimitExceededException",
            "Aliases per key quota for this account in this region is 50, current usage is 50.",
        ):
            kms.update_alias(AliasName="alias/app", TargetKeyId=full)


def test_delete_alias(kms: Any, make_key: Any, members: Any, refuses: Any) -> None:
    key_id = make_key()
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
    assert members(kms.delete_alias(AliasName="alias/app")) == set()
    assert kms.list_aliases()["Aliases"] == []
    with refuses("NotFoundException", f"Alias {ARN}:alias/app is not found."):
        kms.encrypt(KeyId="alias/app", Plaintext=b"x")
    assert kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"] == "Enabled"
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)


class TestListAliases:
    def test_members_and_order(self, kms: Any, lab: Any, make_key: Any, members: Any) -> None:
        key_id = make_key()
        for name in ("alias/b", "alias/a/c", "alias/B", "alias/a"):
            kms.create_alias(AliasName=name, TargetKeyId=key_id)
        reply = kms.list_aliases()
        # AWS also sends AliasCount, which its own model does not have and SDKs drop.
        assert members(reply) == {"Aliases", "Truncated"}
        assert names(reply) == ["alias/B", "alias/a", "alias/a/c", "alias/b"]
        for entry in reply["Aliases"]:
            assert set(entry) == {"AliasArn", "AliasName", "CreationDate", "LastUpdatedDate", "TargetKeyId"}
            assert entry["AliasArn"] == f"{ARN}:{entry['AliasName']}"
            assert entry["TargetKeyId"] == key_id
            assert entry["CreationDate"] == entry["LastUpdatedDate"]

    def test_of_one_key(self, kms: Any, make_key: Any) -> None:
        first, second = make_key(), make_key()
        for name, key_id in (("alias/a", first), ("alias/b", second), ("alias/c", first)):
            kms.create_alias(AliasName=name, TargetKeyId=key_id)
        assert names(kms.list_aliases(KeyId=first)) == ["alias/a", "alias/c"]
        assert names(kms.list_aliases(KeyId=f"{ARN}:key/{second}")) == ["alias/b"]
        assert names(kms.list_aliases(KeyId=make_key())) == []

    def test_pages(self, kms: Any, make_key: Any, members: Any) -> None:
        keys = [make_key(), make_key()]
        for number in range(60):
            kms.create_alias(AliasName=f"alias/{number:02}", TargetKeyId=keys[number % 2])
        first = kms.list_aliases()
        assert len(first["Aliases"]) == 50
        assert members(first) == {"Aliases", "Truncated", "NextMarker"}
        assert len(kms.list_aliases(Marker=first["NextMarker"])["Aliases"]) == 10
        assert len(kms.list_aliases(Limit=100)["Aliases"]) == 60
        pages = kms.get_paginator("list_aliases").paginate(KeyId=keys[0], PaginationConfig={"PageSize": 7})
        assert [name for page in pages for name in names(page)] == [f"alias/{n:02}" for n in range(0, 60, 2)]

    def test_aliases_that_come_and_go_between_pages(self, kms: Any, make_key: Any) -> None:
        key_id = make_key()
        for name in "bdfh":
            kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key_id)
        page = kms.list_aliases(Limit=2)
        kms.delete_alias(AliasName="alias/d")
        for name in "ace":
            kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key_id)
        assert names(kms.list_aliases(Marker=page["NextMarker"])) == ["alias/e", "alias/f", "alias/h"]

    def test_a_key_pending_deletion_keeps_its_aliases(self, kms: Any, make_key: Any) -> None:
        key_id, new = make_key(), make_key()
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_id)
        kms.schedule_key_deletion(KeyId=key_id)
        assert names(kms.list_aliases()) == ["alias/app"]
        kms.update_alias(AliasName="alias/app", TargetKeyId=new)
        assert names(kms.list_aliases(KeyId=new)) == ["alias/app"]
