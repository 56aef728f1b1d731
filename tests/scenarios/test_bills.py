"""The worked bills, from real calls. Source: aws.amazon.com/kms/pricing, figures of 2026 for us-east-1."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from kmslab import Lab

FEBRUARY, MARCH = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def month(lab: Lab) -> Lab:
    """A Lab at the first moment of a month."""
    lab.clock.travel_to(FEBRUARY)
    return lab


def many(lab: Lab, call: Any, count: int) -> None:
    """Have one real call counted `count` times: what the meter sees of a call does not depend on who made it."""
    call()
    seen = lab.trail.calls[-1]
    for _ in range(count - 1):
        lab.meter(seen._replace())


def cents(lab: Lab) -> Decimal:
    """What February costs, to the cent."""
    lab.clock.travel_to(MARCH)
    lines = [line for line in lab.bill.lines if line.month == "2026-02"]
    return sum((line.amount for line in lines), Decimal(0)).quantize(Decimal("0.01"))


def key(lab: Lab, **params: Any) -> str:
    return str(lab.client("kms").create_key(**params)["KeyMetadata"]["KeyId"])


def test_one_key_and_15_000_decrypts_cost_the_key(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    many(month, lambda: kms.decrypt(CiphertextBlob=blob), 15_000)
    assert cents(month) == Decimal("1.00")


def test_one_key_and_100_000_symmetric_calls(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    many(month, lambda: kms.encrypt(KeyId=key_id, Plaintext=b"x"), 100_000 - 1)  # CreateKey is the hundred thousandth
    assert month.bill.requests == 100_000
    assert cents(month) == Decimal("1.24")


def test_an_ecc_key_and_100_000_signatures(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    many(month, lambda: kms.sign(KeyId=key_id, Message=b"x", SigningAlgorithm="ECDSA_SHA_256"), 100_000)
    assert cents(month) == Decimal("2.50")


def test_an_rsa_2048_key_and_100_000_signatures(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    many(month, lambda: kms.sign(KeyId=key_id, Message=b"x", SigningAlgorithm="RSASSA_PSS_SHA_256"), 100_000)
    assert cents(month) == Decimal("1.30")


def test_10_000_rsa_data_key_pairs(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    many(month, lambda: kms.generate_data_key_pair(KeyId=key_id, KeyPairSpec="RSA_2048"), 10_000)
    assert cents(month) == Decimal("13.00")


@pytest.mark.parametrize(
    ("calls", "dollars"),
    [(20_000_000, "60.94"), (200_000, "1.54")],
    ids=["an object each, without Bucket Key", "with a Bucket Key that saves 99 percent"],
)
def test_the_requests_of_a_busy_bucket(month: Lab, calls: int, dollars: str) -> None:
    """S3 asks for a data key per object put and decrypts one per object read; with a Bucket Key, far less often."""
    kms, key_id = month.client("kms"), key(month)
    blob = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")["CiphertextBlob"]
    kms.decrypt(CiphertextBlob=blob)
    seen = month.trail.calls[-1]
    counter = month.meter._requests[month.account_id]
    one = next(count for count in counter if count.operation == "Decrypt")
    counter[one] += calls - month.bill.requests
    assert seen.operation == "Decrypt"
    assert month.bill.requests == calls
    assert cents(month) == Decimal(dollars)


def test_one_request_past_the_free_tier(month: Lab) -> None:
    kms = month.client("kms")
    many(month, kms.list_keys, 20_001)
    assert month.bill.total == Decimal("0.000003")


def test_the_free_tier_is_shared_by_all_regions(month: Lab) -> None:
    many(month, month.client("kms", "us-east-1").list_keys, 15_000)
    many(month, month.client("kms", "eu-west-1").list_keys, 15_000)
    assert month.bill.total == Decimal("0.030000")


def test_a_key_costs_by_the_hour_and_nothing_while_it_waits_for_its_deletion(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    month.clock.advance(days=7)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=30)
    hours = sum(month.bill.usage.key_hours.values())
    assert hours == 7 * 24 + 1  # the hour that has begun
    month.clock.advance(days=10)
    assert sum(month.bill.usage.key_hours.values()) == hours
    kms.cancel_key_deletion(KeyId=key_id)
    # Charged as though its deletion had never been scheduled.
    assert sum(month.bill.usage.key_hours.values()) == 17 * 24 + 1
    assert cents(month) == Decimal("1.00")


def test_failed_calls_are_metered(month: Lab) -> None:
    kms = month.client("kms")
    with pytest.raises(kms.exceptions.NotFoundException):
        kms.describe_key(KeyId="nobody")
    assert month.bill.by("operation") == {"DescribeKey": 1}


def test_since_shows_what_came_on_top(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month)
    before = month.bill
    for _ in range(3):
        kms.encrypt(KeyId=key_id, Plaintext=b"x")
    assert month.bill.since(before).by("operation") == {"Encrypt": 3}
    assert month.bill.since(before).total == Decimal(0)
    month.clock.advance(hours=10)
    assert month.bill.since(before).total == (Decimal(10) / (28 * 24)).quantize(Decimal("0.000001"))


@pytest.mark.parametrize(("rotations", "dollars"), [(0, "1.24"), (1, "2.24"), (2, "3.24"), (5, "3.24")])
def test_rotations_are_charged_twice_and_no_more(month: Lab, rotations: int, dollars: str) -> None:
    """Rotated at the month's first moments, so that each rotation counts for the whole of it."""
    kms, key_id = month.client("kms"), key(month)
    for _ in range(rotations):
        kms.rotate_key_on_demand(KeyId=key_id)
        month.clock.advance(seconds=1)
    many(month, lambda: kms.encrypt(KeyId=key_id, Plaintext=b"x"), 100_000 - 1 - rotations)
    assert month.bill.requests == 100_000
    assert cents(month) == Decimal(dollars)


def test_every_related_key_costs_a_key(month: Lab) -> None:
    kms, key_id = month.client("kms"), key(month, MultiRegion=True)
    for region in ("eu-west-1", "ap-southeast-2"):
        kms.replicate_key(KeyId=key_id, ReplicaRegion=region)
    assert cents(month) == Decimal("3.00")
