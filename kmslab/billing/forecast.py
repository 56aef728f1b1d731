"""A forecast: what something that was done once would cost if it were done many times in one month."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from kmslab.billing.bill import Bill, Line, Usage, request_lines, rounded
from kmslab.billing.prices import CHARGED_ROTATIONS, KEY_MONTH, RequestPrice
from kmslab.errors import KmslabError
from kmslab.tables import Table

#: A forecast is of one month and not of a certain one.
_A_MONTH = "a month"


@dataclass(frozen=True, repr=False)
class Forecast:
    """What a month would cost.

    The requests are those of the bill, `times` over, with the free tier taken off once. The keys are those that the
    requests name and that the account pays for, a whole month of each, with the rotations that are charged by then. A
    key that was made, or rotated, is made or rotated each time: take the mark after making the keys that stay.

    Attributes:
        lines: One line for each item; quantities are requests or key-months.
        times: How many times in the month.
        bill: What it cost to do it once.
    """

    lines: tuple[Line, ...]
    times: int
    bill: Bill = field(repr=False)

    @classmethod
    def of(cls, bill: Bill, times: int) -> Forecast:
        """Forecast a month.

        Args:
            bill: What it cost to do it once, such as `lab.bill.since(mark)`.
            times: How many times it would be done in the month.

        Raises:
            KmslabError: `times` is no whole number above 0.
        """
        if not isinstance(times, int) or isinstance(times, bool) or times < 1:
            raise KmslabError(f"A forecast takes how many times in a month, a whole number above 0, not {times!r}.")
        counts: Counter[tuple[str, RequestPrice]] = Counter()
        for (_, price), count in bill.usage.by_price.items():
            counts[_A_MONTH, price] += count * times
        return cls((*_key_lines(bill.usage, times), *request_lines(counts)), times, bill)

    @property
    def total(self) -> Decimal:
        """The sum in US dollars, to a millionth."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def requests(self) -> int:
        """How many requests that would be."""
        return self.bill.requests * self.times

    def table(self) -> Table:
        """The forecast as a table, with its sum in the last row."""
        rows = [
            (line.item, f"{line.quantity:,}", f"{line.free:,}" if line.free else "", f"{line.amount:,.6f}")
            for line in self.lines
        ]
        rows.append(("Total", "", "", f"{self.total:,.6f}"))
        columns = ("Item", "Quantity", "Of it free", "USD")
        often = "Once" if self.times == 1 else f"{self.times:,} times"
        return Table(f"{often} a month, in US dollars", columns, rows, frozenset({"Quantity", "Of it free", "USD"}))

    def __repr__(self) -> str:
        """The forecast as a plain text table."""
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()


def _key_lines(usage: Usage, times: int) -> list[Line]:
    named = {key_arn for request in usage.requests for key_arn in request.key_arns}
    charged = {key_arn: now for key_arn, now in usage.keys.items() if now}
    there = {key_arn: now for key_arn, now in charged.items() if key_arn in usage.keys_before and key_arn in named}
    made = [now for key_arn, now in charged.items() if key_arn not in usage.keys_before]
    rotations = sum(now - 1 for now in made) * times
    for key_arn, now in there.items():
        # A key that was waiting for its deletion does not tell how often it had been rotated.
        before = usage.keys_before[key_arn] or now
        rotations += min(before - 1 + (now - before) * times, CHARGED_ROTATIONS)
    items = (
        ("Customer managed keys (key-months)", len(there)),
        ("Customer managed keys made each time (key-months)", len(made) * times),
        ("First and second rotations (key-months)", rotations),
    )
    return [Line(_A_MONTH, item, count, 0, rounded(KEY_MONTH * count)) for item, count in items if count]
