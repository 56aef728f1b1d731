"""The table of request quotas against a transcription of AWS's, and the count of what is used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kmslab.keys.specs import KEY_SPECS
from kmslab.service.quotas import CUSTOM_KEY_STORE, REQUEST_QUOTAS, Charge, Quota, Quotas, charges
from kmslab.wire.model import operation_names, regions, service_model

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ACCOUNT = "123456789010"
OTHER = "999988887777"
STORE = "cks-1234567890abcdef0"


@pytest.fixture
def table(vectors: Any) -> Any:
    return vectors("quotas")


def per_second(quota: Quota, region: str) -> float:
    requests, seconds = quota.limit(region)
    return requests / seconds


def one(found: list[Charge]) -> Quota:
    assert [(charge.requests, charge.key_store) for charge in found] == [(1, None)], found
    return found[0].quota


def names(found: list[Charge]) -> list[str]:
    return [charge.quota.name for charge in found]


class TestTable:
    def test_every_operation_of_the_model_has_a_row(self, table: Any) -> None:
        listed = set(table["operations"]) | set(table["data_key_pairs"]["operations"])
        listed |= {name for row in table["shared"] for name in row["operations"]}
        listed |= set(table["unpublished"]["operations"])
        assert len(listed) == 56
        assert {name for row in REQUEST_QUOTAS for name in row.operations} == listed
        assert listed >= operation_names()

    def test_there_are_no_rows_but_aws_and_those_of_ml_kem(self, table: Any) -> None:
        expected = {f"{name} request rate" for name in table["operations"]}
        expected |= {row["name"] for row in table["shared"]}
        expected |= {f"GenerateDataKeyPair ({spec}) request rate" for spec in table["data_key_pairs"]["specs"]}
        ours = {row.name: row for row in REQUEST_QUOTAS}
        assert len(ours) == len(REQUEST_QUOTAS)
        more = {name: ours[name].rate for name in set(ours) - expected}
        assert more == {
            "Cryptographic operations (ML-KEM) request rate": 1000,
            "GenerateDataKeyPair (ML_KEM_512) request rate": 100,
            "GenerateDataKeyPair (ML_KEM_768) request rate": 100,
            "GenerateDataKeyPair (ML_KEM_1024) request rate": 100,
        }
        assert expected <= set(ours)

    def test_every_management_operation_has_its_own_rate_everywhere(self, table: Any) -> None:
        for operation, rate in table["operations"].items():
            if operation in table["elsewhere"]:
                continue
            for specs in ([], ["SYMMETRIC_DEFAULT"], ["RSA_2048"]):
                quota = one(charges(operation, "us-east-1", specs=specs))
                assert quota.name == f"{operation} request rate"
                assert {per_second(quota, region) for region in regions()} == {rate}, operation

    def test_cryptographic_operations_share_by_the_type_of_key(self, table: Any) -> None:
        rows = {(name, spec): row for row in table["shared"] for name in row["operations"] for spec in row["key_specs"]}
        operations, specs = {name for name, _ in rows}, {spec for _, spec in rows}
        for operation in operations:
            for spec in specs:
                found = charges(operation, "us-east-1", specs=[spec])
                row = rows.get((operation, spec))
                if row is None:
                    # SM2 shares a row with the elliptic curves, which cannot encrypt and fail at the key's usage.
                    encrypts = operation in {"Decrypt", "Encrypt", "ReEncrypt"} and spec.startswith("ECC")
                    assert encrypts or found == [], (operation, spec)
                    continue
                quota = one(found)
                assert quota.name == row["name"]
                for region in regions():
                    assert per_second(quota, region) == row["regions"].get(region, row["per_second"]), (quota, region)
                assert set(row["regions"]) <= regions()

    def test_data_key_pairs_are_counted_by_their_spec(self, table: Any) -> None:
        for operation in table["data_key_pairs"]["operations"]:
            for spec, row in table["data_key_pairs"]["specs"].items():
                quota = one(charges(operation, "us-east-1", specs=["SYMMETRIC_DEFAULT"], params={"KeyPairSpec": spec}))
                assert quota.name == f"GenerateDataKeyPair ({spec}) request rate"
                for region in regions():
                    assert per_second(quota, region) == row["regions"].get(region, row["per_second"])

    def test_no_spec_goes_uncounted(self, table: Any) -> None:
        counted = {spec for row in table["shared"] for spec in row["key_specs"]} | set(
            table["unpublished"]["key_specs"]
        )
        assert counted >= set(service_model().shape_for("KeySpec").enum) | set(KEY_SPECS)
        assert {spec for row in REQUEST_QUOTAS for spec in row.specs} == counted
        for spec in service_model().shape_for("DataKeyPairSpec").enum:
            assert len(charges("GenerateDataKeyPair", "us-east-1", params={"KeyPairSpec": spec})) == 1

    def test_ml_kem_is_counted_too(self) -> None:
        for operation in ("Encapsulate", "Decapsulate"):
            quota = one(charges(operation, "us-east-1", specs=["ML_KEM_768"]))
            assert (quota.name, quota.rate) == ("Cryptographic operations (ML-KEM) request rate", 1000)


class TestCharges:
    def test_random_bytes_count_as_symmetric(self) -> None:
        assert names(charges("GenerateRandom", "us-east-1")) == ["Cryptographic operations (symmetric) request rate"]

    def test_two_keys_of_one_type_count_once_and_of_two_types_for_both(self) -> None:
        assert len(charges("ReEncrypt", "us-east-1", specs=["SYMMETRIC_DEFAULT"] * 2)) == 1
        assert names(charges("ReEncrypt", "us-east-1", specs=["SYMMETRIC_DEFAULT", "RSA_2048"])) == [
            "Cryptographic operations (symmetric) request rate",
            "Cryptographic operations (RSA) request rate",
        ]

    def test_what_counts_in_a_second_region(self, table: Any) -> None:
        assert set(table["elsewhere"]) == {"ReplicateKey", "UpdatePrimaryRegion"}
        for operation, row in table["elsewhere"].items():
            here, there = charges(
                operation, "us-east-1", specs=["SYMMETRIC_DEFAULT"], params={row["member"]: "eu-west-1"}
            )
            assert (here.quota.name, here.region, here.requests) == (f"{operation} request rate", "us-east-1", 1)
            assert (there.quota.name, there.region, there.requests) == (row["quota"], "eu-west-1", row["requests"])
            assert here.quota.rate == table["operations"][operation]

    def test_a_key_in_a_custom_key_store_counts_for_the_store_too(self, table: Any) -> None:
        for operation in table["custom_key_store"]["operations"]:
            found = charges(operation, "us-east-1", key_stores=[STORE, STORE])
            stores = [(charge.quota, charge.key_store) for charge in found if charge.key_store]
            assert stores == [(CUSTOM_KEY_STORE, STORE)], operation
        assert set(CUSTOM_KEY_STORE.operations) == set(table["custom_key_store"]["operations"])
        assert CUSTOM_KEY_STORE.rate == table["custom_key_store"]["per_second"]
        assert len(charges("DescribeKey", "us-east-1", key_stores=[STORE])) == 1

    def test_random_bytes_of_a_custom_key_store_count_for_it_too(self) -> None:
        found = charges("GenerateRandom", "us-east-1", params={"CustomKeyStoreId": STORE})
        assert [charge.key_store for charge in found] == [None, STORE]


class TestQuotas:
    def test_as_many_as_the_rate_and_then_none_until_the_next_second(self) -> None:
        quotas, wanted = Quotas(), charges("DescribeKey", "us-east-1")
        late = NOW + timedelta(microseconds=999_999)
        answers = [quotas.admit(ACCOUNT, wanted, NOW) for _ in range(1_999)]
        assert all(answers)
        assert quotas.admit(ACCOUNT, wanted, late)
        assert not quotas.admit(ACCOUNT, wanted, late)
        assert quotas.admit(ACCOUNT, wanted, NOW + timedelta(seconds=1))

    def test_a_group_shares_one_quota_across_operations(self) -> None:
        quotas, symmetric = Quotas(), ["SYMMETRIC_DEFAULT"]
        mixed = [
            charges("Encrypt", "eu-north-1", specs=symmetric),
            charges("GenerateRandom", "eu-north-1"),
            charges("GenerateMac", "eu-north-1", specs=["HMAC_256"]),
            charges("Decrypt", "eu-north-1", specs=symmetric),
        ]
        assert all(quotas.admit(ACCOUNT, mixed[number % 4], NOW) for number in range(10_000))
        assert [quotas.admit(ACCOUNT, wanted, NOW) for wanted in mixed] == [False] * 4
        rsa = charges("Encrypt", "eu-north-1", specs=["RSA_2048"])
        assert quotas.admit(ACCOUNT, rsa, NOW)

    def test_accounts_and_regions_are_apart(self) -> None:
        quotas = Quotas()
        here, there = (charges("GetParametersForImport", region) for region in ("us-east-1", "eu-west-1"))
        assert [quotas.admit(ACCOUNT, here, NOW) for _ in range(2)] == [True, False]
        assert [quotas.admit(ACCOUNT, there, NOW), quotas.admit(OTHER, here, NOW)] == [True, True]

    @pytest.mark.parametrize(("spec", "seconds"), [("RSA_2048", 1), ("RSA_3072", 2), ("RSA_4096", 10)])
    def test_a_rate_below_one_is_one_request_in_several_seconds(self, spec: str, seconds: int) -> None:
        quotas = Quotas()
        wanted = charges("GenerateDataKeyPair", "cn-north-1", params={"KeyPairSpec": spec})
        admitted = [quotas.admit(ACCOUNT, wanted, NOW + timedelta(seconds=second)) for second in range(30)]
        assert sum(admitted) == 30 // seconds
        assert admitted[:1] + admitted[seconds : seconds + 1] == [True, True]

    def test_a_replica_is_refused_when_its_region_has_no_key_left(self) -> None:
        """Two of five CreateKey for each replica: two replicas and one key, and nothing of a refused one is counted."""
        quotas = Quotas()
        replica = charges("ReplicateKey", "us-east-1", params={"ReplicaRegion": "eu-west-1"})
        assert [quotas.admit(ACCOUNT, replica, NOW) for _ in range(3)] == [True, True, False]
        assert [quotas.admit(ACCOUNT, charges("CreateKey", "eu-west-1"), NOW) for _ in range(2)] == [True, False]
        elsewhere = charges("ReplicateKey", "us-east-1", params={"ReplicaRegion": "eu-west-2"})
        assert [quotas.admit(ACCOUNT, elsewhere, NOW) for _ in range(3)] == [True, True, False]
        assert quotas.admit(ACCOUNT, charges("CreateKey", "us-east-1"), NOW)

    def test_one_region_named_twice_is_counted_twice(self) -> None:
        quotas = Quotas()
        wanted = charges("UpdatePrimaryRegion", "us-east-1", params={"PrimaryRegion": "us-east-1"})
        assert [quotas.admit(ACCOUNT, wanted, NOW) for _ in range(3)] == [True, True, False]

    def test_a_custom_key_store_counts_for_all_accounts_together(self) -> None:
        quotas = Quotas()
        one_store, another = (
            charges("GenerateRandom", "us-east-1", params={"CustomKeyStoreId": f"cks-{number}234567890abcdef0"})
            for number in range(2)
        )
        assert all(quotas.admit((ACCOUNT, OTHER)[number % 2], one_store, NOW) for number in range(1_800))
        assert not quotas.admit(ACCOUNT, one_store, NOW)
        assert quotas.admit(ACCOUNT, another, NOW)
        assert quotas.admit(ACCOUNT, charges("GenerateRandom", "us-east-1"), NOW)
