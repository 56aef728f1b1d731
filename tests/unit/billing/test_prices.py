"""Which row of the price list a call is priced by."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from kmslab.billing.prices import FREE_REQUESTS, KEY_MONTH, PRICE_OF
from kmslab.call import Call, EventType, UsedKey

SYMMETRIC = ("0.03", True)
RSA_2048 = ("0.03", False)
OTHER = ("0.15", False)
ECC_PAIR = ("0.10", False)
RSA_PAIR = ("12.00", False)


def price(operation: str, *specs: str, **params: Any) -> tuple[str, bool]:
    keys = tuple(UsedKey(f"arn:{spec}", "123456789010", spec) for spec in specs)
    row = PRICE_OF[operation](
        Call(
            event_type=EventType.API_CALL,
            operation=operation,
            time=datetime(2026, 1, 5, tzinfo=UTC),
            account_id="123456789010",
            region="us-east-1",
            principal=None,
            request_id="r",
            event_id="e",
            params=params,
            keys=keys,
        )
    )
    return str(row.per_10000), row.free_tier


def test_the_two_numbers() -> None:
    assert Decimal(1) == KEY_MONTH
    assert FREE_REQUESTS == 20_000


@pytest.mark.parametrize("operation", ["Encrypt", "Decrypt", "ReEncrypt", "Sign", "Verify", "GetPublicKey"])
@pytest.mark.parametrize(
    ("spec", "row"),
    [
        ("SYMMETRIC_DEFAULT", SYMMETRIC),
        ("HMAC_256", SYMMETRIC),
        ("RSA_2048", RSA_2048),
        ("RSA_3072", OTHER),
        ("RSA_4096", OTHER),
        ("ECC_NIST_P256", OTHER),
        ("ECC_SECG_P256K1", OTHER),
    ],
)
def test_by_the_kind_of_key(operation: str, spec: str, row: tuple[str, bool]) -> None:
    assert price(operation, spec) == row


@pytest.mark.parametrize(
    "operation",
    [
        "CreateAlias",
        "CreateKey",
        "DescribeKey",
        "EnableKey",
        "GenerateDataKey",
        "GenerateMac",
        "GenerateRandom",
        "GetKeyPolicy",
        "ListKeys",
        "ScheduleKeyDeletion",
        "TagResource",
        "VerifyMac",
    ],
)
def test_management_whatever_the_key(operation: str) -> None:
    for spec in ("SYMMETRIC_DEFAULT", "RSA_4096", "HMAC_512"):
        assert price(operation, spec) == SYMMETRIC
    assert price(operation) == SYMMETRIC


@pytest.mark.parametrize("operation", ["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"])
@pytest.mark.parametrize(
    ("spec", "row"),
    [
        ("RSA_2048", RSA_PAIR),
        ("RSA_3072", RSA_PAIR),
        ("RSA_4096", RSA_PAIR),
        ("ECC_NIST_P256", ECC_PAIR),
        ("ECC_NIST_P521", ECC_PAIR),
        ("ECC_SECG_P256K1", ECC_PAIR),
    ],
)
def test_pairs_by_the_kind_of_pair(operation: str, spec: str, row: tuple[str, bool]) -> None:
    assert price(operation, "SYMMETRIC_DEFAULT", KeyPairSpec=spec) == row


def test_two_keys() -> None:
    assert price("ReEncrypt", "SYMMETRIC_DEFAULT", "RSA_4096") == OTHER
    assert price("ReEncrypt", "RSA_4096", "SYMMETRIC_DEFAULT") == OTHER


def test_no_key_was_found() -> None:
    assert price("Decrypt") == SYMMETRIC
