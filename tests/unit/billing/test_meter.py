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
