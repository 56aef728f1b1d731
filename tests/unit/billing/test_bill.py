"""Bills: worked by hand, to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kmslab.billing import prices
from kmslab.billing.bill import Bill, RequestCount, Usage
from kmslab.billing.prices import RequestPrice
from kmslab.errors import KmslabError

KEY = "arn:aws:kms:us-east-1:123456789010:key/1234abcd-12ab-34cd-56ef-1234567890ab"
WHOLE_MONTH = {("2026-01", KEY): 744}


def requests(
    count: int,
    price: RequestPrice = prices.SYMMETRIC_AND_MANAGEMENT,
    *,
    month: str = "2026-01",
    region: str = "us-east-1",
    operation: str = "Decrypt",
    key: str | None = KEY,
    account: str = "123456789010",
    service: str = "direct",
) -> dict[RequestCount, int]:
    return {RequestCount(month, region, operation, key, price, account, service): count}


@pytest.mark.parametrize(
    ("usage", "total"),
    [
        (Usage(requests(15_000), WHOLE_MONTH), "1.00"),
        (Usage(requests(100_000), WHOLE_MONTH), "1.24"),
        (Usage(requests(100_000, prices.OTHER_ASYMMETRIC), WHOLE_MONTH), "2.50"),
        (Usage(requests(100_000, prices.RSA_2048), WHOLE_MONTH), "1.30"),
        (Usage(requests(10_000, prices.RSA_DATA_KEY_PAIRS), WHOLE_MONTH), "13.00"),
        (Usage(requests(10_000, prices.ECC_DATA_KEY_PAIRS), WHOLE_MONTH), "1.10"),
        (Usage(requests(20_000_000), WHOLE_MONTH), "60.94"),
        (Usage(requests(200_000), WHOLE_MONTH), "1.54"),
        (Usage({}, {("2026-01", KEY + region): 744 for region in "abc"}), "3.00"),
        (Usage(requests(20_000), {}), "0.00"),
        (Usage(requests(20_001), {}), "0.000003"),
        (Usage({}, {}), "0"),
    ],
    ids=[
        "one key, 15,000 Decrypt",
        "one key, 100,000 symmetric calls",
        "ECC key, 100,000 Sign",
        "RSA_2048 key, 100,000 Sign",
        "10,000 RSA data key pairs and their key",
        "10,000 ECC data key pairs and their key",
        "S3 without Bucket Key",
        "S3 with Bucket Key",
        "three idle keys",
        "the free tier",
        "one request more",
        "nothing",
    ],
)
def test_worked_bills(usage: Usage, total: str) -> None:
    """Source: AWS's price page, rules and figures of 2026."""
    assert Bill.of(usage).total == Decimal(total)


def test_the_free_tier_is_one_for_all_regions_and_begins_anew_each_month() -> None:
    usage = Usage(
        requests(15_000, region="us-east-1")
        | requests(15_000, region="eu-west-1")
        | requests(15_000, region="eu-west-1", month="2026-02"),
        {},
    )
    january, february = Bill.of(usage).lines
    assert (january.month, january.quantity, january.free) == ("2026-01", 30_000, 20_000)
    assert january.amount == Decimal("0.03")
    assert (february.month, february.quantity, february.free, february.amount) == ("2026-02", 15_000, 15_000, 0)


def test_asymmetric_requests_neither_use_nor_get_the_free_tier() -> None:
    bill = Bill.of(Usage(requests(19_999) | requests(10_000, prices.RSA_2048), {}))
    assert {line.item: (line.free, line.amount) for line in bill.lines} == {
        "Requests with RSA_2048 keys": (0, Decimal("0.03")),
        "Symmetric and management requests": (19_999, Decimal(0)),
    }


@pytest.mark.parametrize(
    ("month", "hours"), [("2026-01", 744), ("2026-02", 672), ("2028-02", 696), ("2026-04", 720), ("2026-12", 744)]
)
def test_a_month_costs_a_dollar_however_long_it_is(month: str, hours: int) -> None:
    assert Bill.of(Usage({}, {(month, KEY): hours})).total == Decimal(1)
    assert Bill.of(Usage({}, {(month, KEY): hours // 2})).total == Decimal("0.5")


def test_amounts_are_exact_to_a_millionth() -> None:
    assert Bill.of(Usage({}, {("2026-01", KEY): 1})).total == Decimal("0.001344")
    assert Bill.of(Usage(requests(1, prices.OTHER_ASYMMETRIC), {})).total == Decimal("0.000015")


def test_lines_come_by_month_keys_first() -> None:
    usage = Usage(requests(1, month="2026-02") | requests(1), {("2026-02", KEY): 1, ("2026-01", KEY): 1})
    assert [(line.month, line.item[:4]) for line in Bill.of(usage).lines] == [
        ("2026-01", "Cust"),
        ("2026-02", "Cust"),
        ("2026-01", "Symm"),
        ("2026-02", "Symm"),
    ]


class TestBy:
    BILL = Bill.of(
        Usage(
            requests(5)
            | requests(3, region="eu-west-1", operation="Encrypt")
            | requests(1, prices.RSA_2048, month="2026-02", operation="Sign", key="arn:other")
            | requests(2, operation="ListKeys", key=None, account="999988887777", service="s3"),
            {},
        )
    )

    @pytest.mark.parametrize(
        ("what", "counts"),
        [
            ("month", {"2026-01": 10, "2026-02": 1}),
            ("region", {"us-east-1": 8, "eu-west-1": 3}),
            ("operation", {"Decrypt": 5, "Encrypt": 3, "ListKeys": 2, "Sign": 1}),
            ("key", {KEY: 8, "no key": 2, "arn:other": 1}),
            ("account", {"123456789010": 9, "999988887777": 2}),
            ("service", {"direct": 9, "s3": 2}),
            ("price", {"Symmetric and management requests": 10, "Requests with RSA_2048 keys": 1}),
        ],
    )
    def test_counts(self, what: str, counts: dict[str, int]) -> None:
        found = self.BILL.by(what)
        assert found == counts
        assert list(found) == list(counts), "most first"
        assert sum(found.values()) == self.BILL.requests == 11

    def test_equal_counts_come_by_name(self) -> None:
        bill = Bill.of(Usage(requests(1, operation="Sign") | requests(1, operation="Decrypt"), {}))
        assert list(bill.by("operation")) == ["Decrypt", "Sign"]

    def test_by_something_else(self) -> None:
        with pytest.raises(
            KmslabError, match=r"month, region, operation, key, price, account, service, not by 'colour'"
        ):
            self.BILL.by("colour")


class TestSince:
    def test_what_came_on_top(self) -> None:
        before = Bill.of(Usage(requests(19_999), {("2026-01", KEY): 10}))
        after = Bill.of(Usage(requests(20_002), {("2026-01", KEY): 12, ("2026-02", KEY): 5}))
        more = after.since(before)
        assert more.requests == 3
        assert [(line.month, line.item[:4], line.quantity, line.free) for line in more.lines] == [
            ("2026-01", "Cust", 2, 0),
            ("2026-02", "Cust", 5, 0),
            ("2026-01", "Symm", 3, 1),
        ]
        assert more.total == after.total - before.total
        assert more.by("operation") == {"Decrypt": 3}

    def test_nothing(self) -> None:
        bill = Bill.of(Usage(requests(5), WHOLE_MONTH))
        more = bill.since(bill)
        assert (more.lines, more.requests, more.total) == ((), 0, 0)

    def test_from_nothing(self) -> None:
        bill = Bill.of(Usage(requests(5), WHOLE_MONTH))
        more = bill.since(Bill.of(Usage({}, {})))
        assert (more.lines, more.requests) == (bill.lines, 5)

    def test_keys_at_both_ends(self) -> None:
        before = Bill.of(Usage({}, {}, {}, {KEY: 1}), "A title")
        after = Bill.of(Usage(requests(1), {}, {}, {KEY: 2, "arn:new": 1}), "A title")
        more = after.since(before)
        assert more.usage.keys == {KEY: 2, "arn:new": 1}
        assert more.usage.keys_before == {KEY: 1}
        assert repr(more).startswith("A title")

    def test_a_line_that_did_not_grow_is_left_out(self) -> None:
        before = Bill.of(Usage(requests(1), {("2026-01", KEY): 12}))
        after = Bill.of(Usage(requests(2), {("2026-01", KEY): 12}))
        assert [line.item for line in after.since(before).lines] == ["Symmetric and management requests"]


def test_as_a_table() -> None:
    bill = Bill.of(Usage(requests(1_234_567), WHOLE_MONTH))
    lines = repr(bill).splitlines()
    assert lines[0] == "KMS bill in US dollars"
    assert lines[3].split() == ["2026-01", "Customer", "managed", "keys", "(key-hours)", "744", "1.000000"]
    assert lines[4].split()[-3:] == ["1,234,567", "20,000", "3.643701"]
    assert lines[5].split() == ["Total", "4.643701"]
    assert bill._repr_html_().count("<tr>") == 4


def test_all_keys_of_a_request() -> None:
    first, second = RequestCount("2026-01", "us-east-1", "ReEncrypt", KEY, prices.RSA_2048), "arn:second"
    assert first.key_arns == (KEY,)
    assert first._replace(other_keys=(second,)).key_arns == (KEY, second)
    assert first._replace(key_arn=None).key_arns == ()
