"""Forecasts: worked by hand, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmslab.billing import prices
from kmslab.billing.bill import Bill, RequestCount, Usage
from kmslab.billing.forecast import Forecast
from kmslab.billing.prices import RequestPrice
from kmslab.errors import KmslabError

KEY, OTHER_KEY = "arn:one", "arn:two"
A_KEY = "Customer managed keys (key-months)"
MADE = "Customer managed keys made each time (key-months)"
ROTATIONS = "First and second rotations (key-months)"
SYMMETRIC = "Symmetric and management requests"


def one(
    price: RequestPrice = prices.SYMMETRIC_AND_MANAGEMENT, key: str | None = KEY, count: int = 1, **more: Any
) -> dict[RequestCount, int]:
    return {RequestCount("2026-01", "us-east-1", "Decrypt", key, price, **more): count}


def bill(
    requests: dict[RequestCount, int], keys: dict[str, int] | None = None, before: dict[str, int] | None = None
) -> Bill:
    now = {KEY: 1} if keys is None else keys
    return Bill.of(Usage(requests, {}, {}, now, now if before is None else before))


def lines(forecast: Forecast) -> dict[str, tuple[int, int, str]]:
    return {line.item: (line.quantity, line.free, str(line.amount)) for line in forecast.lines}


@pytest.mark.parametrize(
    ("price", "times", "total"),
    [
        (prices.SYMMETRIC_AND_MANAGEMENT, 15_000, "1.00"),
        (prices.SYMMETRIC_AND_MANAGEMENT, 20_000, "1.00"),
        (prices.SYMMETRIC_AND_MANAGEMENT, 20_001, "1.000003"),
        (prices.SYMMETRIC_AND_MANAGEMENT, 100_000, "1.24"),
        (prices.SYMMETRIC_AND_MANAGEMENT, 20_000_000, "60.94"),
        (prices.RSA_2048, 100_000, "1.30"),
        (prices.OTHER_ASYMMETRIC, 100_000, "2.50"),
        (prices.ECC_DATA_KEY_PAIRS, 10_000, "1.10"),
        (prices.RSA_DATA_KEY_PAIRS, 10_000, "13.00"),
        (prices.OF_CLOUDTRAIL, 1_000_000, "1.00"),
    ],
)
def test_one_request_many_times(price: RequestPrice, times: int, total: str) -> None:
    forecast = Forecast.of(bill(one(price)), times)
    assert forecast.total == Decimal(total)
    assert forecast.requests == times


def test_the_free_tier_is_taken_off_once_whatever_the_months_of_the_bill() -> None:
    spread = {
        RequestCount(month, region, "Decrypt", None, prices.SYMMETRIC_AND_MANAGEMENT): 1
        for month in ("2026-01", "2026-02")
        for region in ("us-east-1", "eu-west-1")
    }
    forecast = Forecast.of(bill(spread), 10_000)
    assert lines(forecast) == {SYMMETRIC: (40_000, 20_000, "0.060000")}


class TestKeys:
    def test_those_that_the_requests_name(self) -> None:
        forecast = Forecast.of(bill(one(), keys={KEY: 1, OTHER_KEY: 1}), 10)
        assert lines(forecast)[A_KEY] == (1, 0, "1.000000")

    def test_the_second_key_of_a_request_too(self) -> None:
        forecast = Forecast.of(bill(one(other_keys=(OTHER_KEY,)), keys={KEY: 1, OTHER_KEY: 1}), 10)
        assert lines(forecast)[A_KEY] == (2, 0, "2.000000")

    def test_not_a_managed_one_nor_one_of_another_account(self) -> None:
        assert A_KEY not in lines(Forecast.of(bill(one(), keys={}), 10))

    def test_not_one_that_waits_for_its_deletion(self) -> None:
        assert A_KEY not in lines(Forecast.of(bill(one(), keys={KEY: 0}, before={KEY: 1}), 10))

    def test_one_whose_deletion_was_cancelled(self) -> None:
        forecast = Forecast.of(bill(one(), keys={KEY: 3}, before={KEY: 0}), 10)
        assert (lines(forecast)[A_KEY][0], lines(forecast)[ROTATIONS][0]) == (1, 2)

    def test_what_was_made_is_made_each_time(self) -> None:
        forecast = Forecast.of(bill(one(), keys={KEY: 2}, before={}), 10)
        assert lines(forecast)[MADE] == (10, 0, "10.000000")
        assert lines(forecast)[ROTATIONS] == (10, 0, "10.000000")
        assert A_KEY not in lines(forecast)

    @pytest.mark.parametrize(
        ("before", "now", "times", "rotations"), [(1, 1, 9, 0), (2, 2, 9, 1), (3, 3, 9, 2), (1, 2, 1, 1), (1, 2, 9, 2)]
    )
    def test_rotations_cost_twice_and_no_more(self, before: int, now: int, times: int, rotations: int) -> None:
        forecast = Forecast.of(bill(one(), keys={KEY: now}, before={KEY: before}), times)
        assert lines(forecast).get(ROTATIONS, (0,))[0] == rotations


@given(st.integers(1, 10**9), st.integers(1, 1000), st.sampled_from(prices.PRICE_ROWS))
def test_it_is_the_bill_of_that_many_requests(times: int, count: int, price: RequestPrice) -> None:
    forecast = Forecast.of(bill(one(price, key=None, count=count)), times)
    assert forecast.total == Bill.of(Usage(one(price, key=None, count=count * times), {})).total


def test_of_nothing() -> None:
    forecast = Forecast.of(bill({}), 1000)
    assert (forecast.lines, forecast.total, forecast.requests) == ((), 0, 0)


@pytest.mark.parametrize("times", [0, -1, 1.5, "10", True, None])
def test_times_is_a_number(times: Any) -> None:
    with pytest.raises(KmslabError, match=f"a whole number above 0, not {times!r}"):
        Forecast.of(bill(one()), times)


def test_as_a_table() -> None:
    forecast = Forecast.of(bill(one()), 1_000_000)
    shown = repr(forecast).splitlines()
    assert shown[0] == "1,000,000 times a month, in US dollars"
    assert shown[4].split() == [*SYMMETRIC.split(), "1,000,000", "20,000", "2.940000"]
    assert shown[5].split() == ["Total", "3.940000"]
    assert forecast._repr_html_().count("<tr>") == 4
    assert repr(Forecast.of(bill(one()), 1)).startswith("Once a month")
