"""The meter: calls counted, hours kept, month by month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.billing.meter import Meter
from kmslab.call import Call, EventType, UsedKey

ACCOUNT, OTHER = "123456789010", "999988887777"
KEY = UsedKey(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k", ACCOUNT, "SYMMETRIC_DEFAULT")
START = datetime(2026, 1, 1, tzinfo=UTC)


def call(operation: str, time: datetime = START, **changes: Any) -> Call:
    values: dict[str, Any] = {
        "event_type": EventType.API_CALL,
        "operation": operation,
        "time": time,
        "account_id": ACCOUNT,
        "region": "us-east-1",
        "principal": None,
        "request_id": "r",
        "event_id": "e",
        "keys": (KEY,),
        **changes,
    }
    return Call(**values)


@pytest.fixture
def meter() -> Meter:
    return Meter()


def hours(meter: Meter, now: datetime, account_id: str = ACCOUNT) -> dict[str, int]:
    counted: dict[str, int] = {}
    for (month, _), count in meter.bill(account_id, now).usage.key_hours.items():
        counted[month] = counted.get(month, 0) + count
    return counted


class TestRequests:
    def test_every_request_counts_failed_ones_too(self, meter: Meter) -> None:
        meter(call("Encrypt"))
        meter(call("Encrypt"))
        meter(call("Encrypt", error_code="DisabledException"))
        meter(call("Encrypt", error_code="DryRunOperationException"))
        assert meter.bill(ACCOUNT, START).by("operation") == {"Encrypt": 4}

    def test_service_events_are_free(self, meter: Meter) -> None:
        meter(call("DeleteKey", event_type=EventType.SERVICE_EVENT))
        assert meter.bill(ACCOUNT, START).requests == 0

    def test_the_caller_pays_for_the_request_and_the_owner_for_the_key(self, meter: Meter) -> None:
        meter(call("CreateKey"))
        meter(call("Decrypt", account_id=OTHER))
        later = START + timedelta(hours=10)
        assert meter.bill(OTHER, later).by("operation") == {"Decrypt": 1}
        assert hours(meter, later, OTHER) == {}
        assert meter.bill(ACCOUNT, later).by("operation") == {"CreateKey": 1}
        assert hours(meter, later) == {"2026-01": 10}

    def test_the_first_key_is_the_one_that_is_counted(self, meter: Meter) -> None:
        second = UsedKey("arn:second", ACCOUNT, "RSA_4096")
        meter(call("ReEncrypt", keys=(KEY, second)))
        meter(call("ListKeys", keys=()))
        assert meter.bill(ACCOUNT, START).by("key") == {KEY.arn: 1, "no key": 1}
        assert set(meter.bill(ACCOUNT, START).by("price")) == {
            "Requests with other asymmetric keys",
            "Symmetric and management requests",
        }

    def test_month_and_region_are_those_of_the_call(self, meter: Meter) -> None:
        meter(call("ListKeys", datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC), keys=()))
        meter(call("ListKeys", datetime(2026, 2, 1, tzinfo=UTC), keys=(), region="eu-west-1"))
        bill = meter.bill(ACCOUNT, datetime(2026, 3, 1, tzinfo=UTC))
        assert bill.by("month") == {"2026-01": 1, "2026-02": 1}
        assert bill.by("region") == {"eu-west-1": 1, "us-east-1": 1}

    def test_a_bill_is_a_value(self, meter: Meter) -> None:
        meter(call("ListKeys", keys=()))
        before = meter.bill(ACCOUNT, START)
        meter(call("ListKeys", keys=()))
        assert before.requests == 1
        assert meter.bill(ACCOUNT, START).since(before).requests == 1


class TestHours:
    @pytest.mark.parametrize(
        ("created", "now", "expected"),
        [
            (START, START, {}),
            (START, START + timedelta(microseconds=1), {"2026-01": 1}),
            (START, START + timedelta(hours=1), {"2026-01": 1}),
            (START, START + timedelta(hours=1, seconds=1), {"2026-01": 2}),
            (START, datetime(2026, 2, 1, tzinfo=UTC), {"2026-01": 744}),
            (START, datetime(2026, 2, 1, 0, 0, 1, tzinfo=UTC), {"2026-01": 744, "2026-02": 1}),
            (
                datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
                datetime(2026, 1, 1, 0, 30, tzinfo=UTC),
                {"2025-12": 1, "2026-01": 1},
            ),
            (datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC), {"2028-02": 696}),
        ],
        ids=[
            "no time",
            "a moment",
            "an hour",
            "a second more",
            "a month",
            "the next month",
            "over new year",
            "a leap year",
        ],
    )
    def test_begun_hours_by_month(
        self, meter: Meter, created: datetime, now: datetime, expected: dict[str, int]
    ) -> None:
        meter(call("CreateKey", created))
        assert hours(meter, now) == expected

    def test_a_year_is_twelve_dollars(self, meter: Meter) -> None:
        meter(call("CreateKey"))
        bill = meter.bill(ACCOUNT, datetime(2027, 1, 1, tzinfo=UTC))
        assert bill.total == Decimal(12)
        assert [line.amount for line in bill.lines if "keys" in line.item] == [Decimal(1)] * 12

    def test_nothing_while_pending_deletion(self, meter: Meter) -> None:
        meter(call("CreateKey"))
        meter(call("ScheduleKeyDeletion", START + timedelta(hours=5)))
        meter(call("DeleteKey", START + timedelta(days=7), event_type=EventType.SERVICE_EVENT))
        assert hours(meter, START + timedelta(days=30)) == {"2026-01": 5}

    def test_a_cancelled_deletion_is_charged_as_though_never_scheduled(self, meter: Meter) -> None:
        meter(call("CreateKey"))
        meter(call("ScheduleKeyDeletion", START + timedelta(hours=5)))
        assert hours(meter, START + timedelta(hours=100)) == {"2026-01": 5}
        meter(call("CancelKeyDeletion", START + timedelta(hours=100)))
        assert hours(meter, START + timedelta(hours=100)) == {"2026-01": 100}

    def test_disabled_keys_cost_too(self, meter: Meter) -> None:
        meter(call("CreateKey"))
        meter(call("DisableKey", START + timedelta(hours=1)))
        assert hours(meter, START + timedelta(hours=50)) == {"2026-01": 50}

    def test_what_failed_changes_nothing(self, meter: Meter) -> None:
        meter(call("CreateKey", error_code="TagException", keys=()))
        assert hours(meter, START + timedelta(hours=9)) == {}
        meter(call("CreateKey"))
        meter(call("ScheduleKeyDeletion", START + timedelta(hours=1), error_code="ValidationException"))
        assert hours(meter, START + timedelta(hours=9)) == {"2026-01": 9}

    @given(st.datetimes(datetime(2025, 11, 1), datetime(2026, 4, 1)), st.integers(0, 4_000_000))
    def test_no_hour_is_lost_at_the_border_of_a_month(self, created: datetime, seconds: int) -> None:
        meter = Meter()
        start = created.replace(tzinfo=UTC)
        now = start + timedelta(seconds=seconds)
        meter(call("CreateKey", start))
        counted = hours(meter, now)
        first = start.replace(minute=0, second=0, microsecond=0)
        touched = 0
        while first + timedelta(hours=touched) < now:
            touched += 1
        assert sum(counted.values()) == touched
        for month, count in counted.items():
            assert 0 < count <= 744
            assert f"{start:%Y-%m}" <= month <= f"{now:%Y-%m}"


class TestRotations:
    def rotate(self, meter: Meter, *days: int, arn: str = KEY.arn) -> None:
        for day in days:
            used = (UsedKey(arn, ACCOUNT, "SYMMETRIC_DEFAULT"),)
            meter(call("RotateKey", START + timedelta(days=day), event_type=EventType.SERVICE_EVENT, keys=used))

    def test_the_first_two_are_charged_for_as_long_as_the_key_lives(self, meter: Meter) -> None:
        meter(call("CreateKey"))
        self.rotate(meter, 1, 2, 3, 4)
        usage = meter.bill(ACCOUNT, START + timedelta(days=10)).usage
        assert usage.key_hours == {("2026-01", KEY.arn): 240}
        assert usage.rotation_hours == {("2026-01", KEY.arn): (9 + 8) * 24}

    def test_they_end_with_the_key(self, meter: Meter) -> None:
        meter(call("CreateKey"))
        self.rotate(meter, 1)
        meter(call("ScheduleKeyDeletion", START + timedelta(days=3)))
        assert meter.bill(ACCOUNT, START + timedelta(days=10)).usage.rotation_hours == {("2026-01", KEY.arn): 48}

    def test_a_key_that_is_not_charged_rotates_for_nothing(self, meter: Meter) -> None:
        self.rotate(meter, 1, arn="arn:managed")
        usage = meter.bill(ACCOUNT, START + timedelta(days=10)).usage
        assert (usage.key_hours, usage.rotation_hours) == ({}, {})

    def test_since_leaves_out_what_was_charged_before(self, meter: Meter) -> None:
        meter(call("CreateKey"))
        self.rotate(meter, 1)
        before = meter.bill(ACCOUNT, START + timedelta(days=2))
        after = meter.bill(ACCOUNT, START + timedelta(days=3)).since(before)
        assert after.usage.rotation_hours == {("2026-01", KEY.arn): 24}
        assert [line.item for line in after.lines][1:] == ["First and second rotations (key-hours)"]


def test_what_kms_does_for_the_caller_in_another_region_is_no_request(meter: Meter) -> None:
    meter(call("ReplicateKey"))
    replica = UsedKey("arn:replica", ACCOUNT, "SYMMETRIC_DEFAULT")
    meter(call("CreateKey", keys=(replica,), region="eu-west-1", invoked_by="kms.amazonaws.com"))
    bill = meter.bill(ACCOUNT, START + timedelta(hours=5))
    assert bill.by("operation") == {"ReplicateKey": 1}
    assert bill.usage.key_hours == {("2026-01", "arn:replica"): 5}


class TestAccounts:
    def test_who_asked_and_through_what(self, meter: Meter) -> None:
        meter(call("Decrypt"))
        meter(call("Decrypt", invoked_by="fas.s3.amazonaws.com"))
        meter(call("Decrypt", invoked_by="fas.s3.amazonaws.com", error_code="AccessDeniedException"))
        bill = meter.bill(ACCOUNT, START)
        assert bill.by("service") == {"s3": 2, "direct": 1}
        assert bill.by("account") == {ACCOUNT: 3}

    def test_one_free_tier_for_an_organisation(self, meter: Meter) -> None:
        """Source: AWS Billing User Guide, "AWS Free Tier for AWS Organizations"."""
        for account in (ACCOUNT, OTHER):
            for _ in range(15_000):
                meter(call("ListKeys", keys=(), account_id=account))
        assert [meter.bill(account, START).total for account in (ACCOUNT, OTHER)] == [0, 0]
        bill = meter.consolidated_bill([ACCOUNT, OTHER], START)
        assert bill.total == Decimal("0.03")
        assert bill.by("account") == {ACCOUNT: 15_000, OTHER: 15_000}
        assert repr(bill).startswith("Consolidated KMS bill in US dollars")

    def test_the_keys_of_all(self, meter: Meter) -> None:
        meter(call("CreateKey"))
        theirs = UsedKey("arn:theirs", OTHER, "SYMMETRIC_DEFAULT")
        meter(call("CreateKey", account_id=OTHER, keys=(theirs,)))
        bill = meter.consolidated_bill([ACCOUNT, OTHER], START + timedelta(hours=3))
        assert bill.usage.key_hours == {("2026-01", KEY.arn): 3, ("2026-01", "arn:theirs"): 3}
        assert bill.lines[0].quantity == 6


class TestKeyMonths:
    def test_as_things_stand(self, meter: Meter) -> None:
        def key_months() -> int:
            return meter.bill(ACCOUNT, START).usage.keys[KEY.arn]

        meter(call("CreateKey"))
        assert key_months() == 1
        for expected in (2, 3, 3):
            meter(call("RotateKey", event_type=EventType.SERVICE_EVENT))
            assert key_months() == expected
        meter(call("ScheduleKeyDeletion"))
        assert key_months() == 0
        meter(call("CancelKeyDeletion"))
        assert key_months() == 3


class TestSpent:
    @given(
        st.lists(
            st.tuples(st.sampled_from(["CreateKey", "ScheduleKeyDeletion", "RotateKey", "Sign"]), st.integers(0, 90))
        )
    )
    def test_it_is_the_total_of_the_bill(self, events: list[tuple[str, int]]) -> None:
        meter, now = Meter(), START
        key = UsedKey("arn:ecc", ACCOUNT, "ECC_NIST_P256")
        for operation, minutes in events:
            now += timedelta(minutes=minutes)
            kind = EventType.SERVICE_EVENT if operation == "RotateKey" else EventType.API_CALL
            meter(call(operation, now, keys=(key,), event_type=kind))
            assert meter.spent(ACCOUNT, now) == meter.bill(ACCOUNT, now).total
        for later in (timedelta(microseconds=1), timedelta(hours=1), timedelta(days=40)):
            assert meter.spent(ACCOUNT, now + later) == meter.bill(ACCOUNT, now + later).total

    def test_of_nothing(self, meter: Meter) -> None:
        assert meter.spent(ACCOUNT, START) == 0


class TestCostOf:
    @pytest.mark.parametrize(
        ("operation", "spec", "cost"),
        [
            ("ListKeys", "SYMMETRIC_DEFAULT", "0.000000"),
            ("Sign", "RSA_2048", "0.000003"),
            ("Sign", "ECC_NIST_P256", "0.000015"),
            ("CreateKey", "SYMMETRIC_DEFAULT", "0.001344"),
        ],
    )
    def test_it_is_what_the_bill_grows_by(self, meter: Meter, operation: str, spec: str, cost: str) -> None:
        asked = call(operation, START + timedelta(minutes=1), keys=(UsedKey("arn:k", ACCOUNT, spec),))
        before = meter.spent(ACCOUNT, asked.time)
        assert meter.cost_of(asked) == Decimal(cost)
        meter(asked)
        assert meter.spent(ACCOUNT, asked.time) - before == Decimal(cost)

    def test_past_the_free_tier(self, meter: Meter) -> None:
        asked = call("ListKeys", keys=())
        for _ in range(20_000):
            meter(asked)
        assert meter.cost_of(asked) == Decimal("0.000003")
        assert meter.cost_of(call("ListKeys", datetime(2026, 2, 1, tzinfo=UTC), keys=())) == 0

    def test_of_what_is_no_request(self, meter: Meter) -> None:
        assert meter.cost_of(call("CreateKey", invoked_by="kms.amazonaws.com")) == 0
        assert meter.cost_of(call("RotateKey", event_type=EventType.SERVICE_EVENT)) == 0
