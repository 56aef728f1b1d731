"""A bill: what was used, what each part of it costs, and the sum. A value; the meter draws it up."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from kmslab.billing.prices import DIRECT, FREE_REQUESTS, KEY_MONTH, RequestPrice
from kmslab.errors import KmslabError
from kmslab.tables import Table

#: A bill is exact to a millionth of a dollar; one request costs three of them.
_CENT_OF_A_CENT = Decimal("0.000001")

TITLE = "KMS bill in US dollars"


class RequestCount(NamedTuple):
    """What one counter counts.

    Attributes:
        month: The calendar month, such as `2026-01`.
        region: The Region that was called.
        operation: The operation.
        key_arn: The first key of the call, or None.
        price: The row of the price list.
        account_id: The account that made the request, and pays for it.
        service: The service that made it in the account's name, such as `s3`, or `direct`.
        other_keys: The further keys of the call; ReEncrypt has two.
    """

    month: str
    region: str
    operation: str
    key_arn: str | None
    price: RequestPrice
    account_id: str = ""
    service: str = DIRECT
    other_keys: tuple[str, ...] = ()

    @property
    def key_arns(self) -> tuple[str, ...]:
        """All keys of the call."""
        return () if self.key_arn is None else (self.key_arn, *self.other_keys)


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account has used.

    Attributes:
        requests: Requests by kind.
        key_hours: Hours of keys, by month and key ARN.
        rotation_hours: Hours of the rotations that are charged, by month and key ARN.
        keys: How many key-months each key costs a month as things stand, by key ARN: one, and one for each rotation
            that is charged; none for a key that waits for its deletion.
        keys_before: The same at the mark, for what came on top of one; empty otherwise.
    """

    requests: Mapping[RequestCount, int]
    key_hours: Mapping[tuple[str, str], int]
    rotation_hours: Mapping[tuple[str, str], int] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)
    keys_before: Mapping[str, int] = field(default_factory=dict)

    @property
    def by_price(self) -> Counter[tuple[str, RequestPrice]]:
        """Requests by month and row of the price list."""
        counts: Counter[tuple[str, RequestPrice]] = Counter()
        for request, count in self.requests.items():
            counts[request.month, request.price] += count
        return counts


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill.

    Attributes:
        month: The calendar month, such as `2026-01`.
        item: What is charged.
        quantity: How many requests or key-hours were used.
        free: How many of them cost nothing.
        amount: US dollars, to a millionth.
    """

    month: str
    item: str
    quantity: int
    free: int
    amount: Decimal


@dataclass(frozen=True, repr=False)
class Bill:
    """What an account owes.

    Attributes:
        lines: One line per month and item.
        usage: What the lines are drawn up from.
        title: What it is called.
    """

    lines: tuple[Line, ...]
    usage: Usage = field(repr=False)
    title: str = TITLE

    @classmethod
    def of(cls, usage: Usage, title: str = TITLE) -> Bill:
        """Price what was used."""
        return cls((*key_lines(usage), *request_lines(usage.by_price)), usage, title)

    @property
    def total(self) -> Decimal:
        """The sum in US dollars, to a millionth."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def requests(self) -> int:
        """How many requests were made, failed ones included."""
        return sum(self.usage.requests.values())

    def by(self, what: str) -> dict[str, int]:
        """Requests counted by `month`, `region`, `operation`, `key`, `price`, `account` or `service`, most first.

        By `service` they are counted by who made them: the caller, `direct`, or a service in the caller's name.

        Raises:
            KmslabError: nothing is counted by `what`.
        """
        if what not in _GROUPS:
            raise KmslabError(f"A bill is counted by {', '.join(_GROUPS)}, not by {what!r}.")
        counts: Counter[str] = Counter()
        for request, count in self.usage.requests.items():
            counts[_GROUPS[what](request)] += count
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def for_key(self, key_arn: str) -> Bill:
        """The part that is about one key: its key-hours, its charged rotations, and the requests that named it.

        The account's free requests are taken off as if the key were the only one: they belong to no key.
        """
        usage = self.usage
        named = {request: count for request, count in usage.requests.items() if key_arn in request.key_arns}
        hours, rotations = (
            {each: count for each, count in counted.items() if each[1] == key_arn}
            for counted in (usage.key_hours, usage.rotation_hours)
        )
        keys = {arn: months for arn, months in usage.keys.items() if arn == key_arn}
        return Bill.of(Usage(named, hours, rotations, keys), f"{self.title}, of one key")

    def since(self, mark: Bill) -> Bill:
        """What came on top since `mark`, an earlier bill of the same account: `before = lab.bill`."""
        earlier = {(line.month, line.item): line for line in mark.lines}
        lines = []
        for line in self.lines:
            old = earlier.get((line.month, line.item), Line(line.month, line.item, 0, 0, Decimal(0)))
            if line.quantity > old.quantity:
                lines.append(
                    Line(
                        line.month,
                        line.item,
                        line.quantity - old.quantity,
                        line.free - old.free,
                        line.amount - old.amount,
                    )
                )
        usage = Usage(
            dict(Counter(self.usage.requests) - Counter(mark.usage.requests)),
            dict(Counter(self.usage.key_hours) - Counter(mark.usage.key_hours)),
            dict(Counter(self.usage.rotation_hours) - Counter(mark.usage.rotation_hours)),
            self.usage.keys,
            mark.usage.keys,
        )
        return Bill(tuple(lines), usage, self.title)

    def table(self) -> Table:
        """The bill as a table, with its sum in the last row."""
        rows = [
            (line.month, line.item, f"{line.quantity:,}", f"{line.free:,}" if line.free else "", f"{line.amount:,.6f}")
            for line in self.lines
        ]
        rows.append(("", "Total", "", "", f"{self.total:,.6f}"))
        columns = ("Month", "Item", "Quantity", "Of it free", "USD")
        return Table(self.title, columns, rows, frozenset({"Quantity", "Of it free", "USD"}))

    def __repr__(self) -> str:
        """The bill as a plain text table."""
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()


_GROUPS: dict[str, Callable[[RequestCount], str]] = {
    "month": lambda request: request.month,
    "region": lambda request: request.region,
    "operation": lambda request: request.operation,
    "key": lambda request: request.key_arn or "no key",
    "price": lambda request: request.price.name,
    "account": lambda request: request.account_id,
    "service": lambda request: request.service,
}


def key_lines(usage: Usage) -> list[Line]:
    """What keys cost, month by month."""
    items = (
        ("Customer managed keys (key-hours)", usage.key_hours),
        ("First and second rotations (key-hours)", usage.rotation_hours),
    )
    lines = []
    for item, hours_by_key in items:
        hours: Counter[str] = Counter()
        for (month, _), count in hours_by_key.items():
            hours[month] += count
        lines += [
            Line(month, item, count, 0, rounded(KEY_MONTH * count / hours_in(month)))
            for month, count in sorted(hours.items())
        ]
    return lines


def request_lines(counts: Mapping[tuple[str, RequestPrice], int]) -> list[Line]:
    """What requests cost, month by month, from their numbers by month and row of the price list."""
    lines = []
    for (month, price), count in sorted(counts.items(), key=lambda pair: (pair[0][0], pair[0][1].name)):
        free = min(count, FREE_REQUESTS) if price.free_tier else 0
        lines.append(Line(month, price.name, count, free, rounded(price.per_10000 * (count - free) / 10_000)))
    return lines


def hours_in(month: str) -> int:
    """How many hours a month has, such as `2026-02`."""
    return 24 * calendar.monthrange(int(month[:4]), int(month[5:]))[1]


def rounded(amount: Decimal) -> Decimal:
    """To a millionth of a dollar."""
    return amount.quantize(_CENT_OF_A_CENT)
