"""Which row of the price list a call is priced by."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from kmslab.billing.prices import (
    FREE_REQUESTS,
    KEY_MONTH,
    OF_CLOUDTRAIL,
    PRICE_OF,
    PRICE_ROWS,
    PRICES,
    SYMMETRIC_AND_MANAGEMENT,
    price_of,
    service_of,
    table,
)
from kmslab.call import Call, EventType, UsedKey
from kmslab.principals import Identity, PrincipalType

SYMMETRIC = ("0.03", True)
RSA_2048 = ("0.03", False)
OTHER = ("0.15", False)
ECC_PAIR = ("0.10", False)
RSA_PAIR = ("12.00", False)


def call(operation: str, *specs: str, invoked_by: str = "", **params: Any) -> Call:
    return Call(
        event_type=EventType.API_CALL,
        operation=operation,
        time=datetime(2026, 1, 5, tzinfo=UTC),
        account_id="123456789010",
        region="us-east-1",
        principal=None,
        request_id="r",
        event_id="e",
        params=params,
        keys=tuple(UsedKey(f"arn:{spec}", "123456789010", spec) for spec in specs),
        invoked_by=invoked_by,
    )


def price(operation: str, *specs: str, **params: Any) -> tuple[str, bool]:
    row = PRICE_OF[operation](call(operation, *specs, **params))
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


@pytest.mark.parametrize(
    ("invoked_by", "service"),
    [
        ("", "direct"),
        ("fas.s3.amazonaws.com", "s3"),
        ("fas.ssm.amazonaws.com", "ssm"),
        ("fas.secretsmanager.amazonaws.com", "secretsmanager"),
        ("cloudtrail.amazonaws.com", "cloudtrail"),
    ],
)
def test_who_made_it(invoked_by: str, service: str) -> None:
    assert service_of(call("Decrypt", invoked_by=invoked_by)) == service


def test_services_are_charged_like_callers_but_for_cloudtrail() -> None:
    assert price_of(call("Decrypt", "SYMMETRIC_DEFAULT", invoked_by="fas.s3.amazonaws.com")) is SYMMETRIC_AND_MANAGEMENT
    assert price_of(call("GenerateDataKey", invoked_by="fas.cloudtrail.amazonaws.com")) is OF_CLOUDTRAIL
    assert OF_CLOUDTRAIL.per_10000 == 0


def test_what_cloudtrail_stores_in_s3_is_cloudtrails() -> None:
    identity = Identity(
        PrincipalType.SERVICE, "123456789010", "cloudtrail.amazonaws.com", "cloudtrail.amazonaws.com", "", ""
    )
    storing = replace(call("GenerateDataKey", invoked_by="fas.s3.amazonaws.com"), principal=identity)
    assert service_of(storing) == "cloudtrail"
    assert price_of(storing) is OF_CLOUDTRAIL


class TestTheList:
    def test_every_row_of_requests_is_in_it(self) -> None:
        listed = {price.item: price for price in PRICES if price.is_billed}
        for row in PRICE_ROWS:
            assert listed[row.name].usd == row.per_10000
            assert (listed[row.name].free == "20,000 a month") is row.free_tier

    def test_every_row_that_a_request_can_have_is_listed(self) -> None:
        pairs = {"KeyPairSpec": "RSA_2048"}, {"KeyPairSpec": "ECC_NIST_P256"}, {}
        found = {
            row(call(operation, spec, **params))
            for operation, row in PRICE_OF.items()
            for spec in ("SYMMETRIC_DEFAULT", "RSA_2048", "ECC_NIST_P256")
            for params in pairs
        }
        assert found == set(PRICE_ROWS) - {OF_CLOUDTRAIL}

    def test_each_has_a_date_and_a_source(self) -> None:
        for each in PRICES:
            assert re.fullmatch(r"202\d(-(0[1-9]|1[0-2]))?", each.seen)
            assert each.source.startswith(("aws.amazon.com", "AWS "))
            assert each.regions

    def test_as_a_table(self) -> None:
        shown = table()
        assert shown.columns == ("Item", "Per", "USD", "Free", "Regions", "Seen", "Source", "On the bill")
        assert [(row[0], row[1], row[2], row[-1]) for row in shown.rows if row[0].startswith("S3")] == [
            ("S3 PUT, COPY, POST and LIST requests", "1,000", "0.005", "no"),
            ("S3 GET and all other requests", "10,000", "0.004", "no"),
            ("S3 DELETE requests", "10,000", "0.00", "no"),
        ]
        assert "key-month" in shown.text()
