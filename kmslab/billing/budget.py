"""A budget: a sum in US dollars that requests may cost, and the request that would exceed it is not carried out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import TypeVar

from kmslab.billing.bill import Bill, rounded
from kmslab.billing.meter import Meter
from kmslab.call import Call
from kmslab.errors import KmslabError
from kmslab.wire.refusals import RefusedError

Given = TypeVar("Given")
Result = TypeVar("Result")

Now = Callable[[], datetime]


class BudgetExceededError(KmslabError):
    """A request would cost more than the budget has left. It was not carried out, and is neither billed nor logged."""


class Budget:
    """What an account may spend from one moment on: requests, and the hours of keys that begin meanwhile.

    Attributes:
        usd: The sum in US dollars.
        account_id: The account.
        since: When it began, in UTC.
    """

    def __init__(self, usd: Decimal | float | str, meter: Meter, account_id: str, now: Now) -> None:
        """Begin to watch.

        Args:
            usd: The sum in US dollars.
            meter: Knows what was used.
            account_id: The account.
            now: The simulated time.

        Raises:
            KmslabError: `usd` is no sum of money.
        """
        self.usd = _dollars(usd)
        self.account_id = account_id
        self.since = now()
        self._meter = meter
        self._now = now
        self._mark = meter.bill(account_id, self.since)

    @property
    def bill(self) -> Bill:
        """What was spent on what."""
        return self._meter.bill(self.account_id, self._now()).since(self._mark)

    @property
    def spent(self) -> Decimal:
        """What was spent, in US dollars."""
        return self._spent(self._now())

    @property
    def left(self) -> Decimal:
        """What may still be spent, in US dollars; less than nothing when time has passed and keys went on costing."""
        return self.usd - self.spent

    def __call__(self, call: Call) -> None:
        """Look at a request before it does anything.

        Raises:
            BudgetExceededError: it would cost more than is left.
        """
        if call.account_id != self.account_id:
            return
        spent, cost = self._spent(call.time), self._meter.cost_of(call)
        if cost and spent + cost > self.usd:
            raise BudgetExceededError(self._sentence(call, spent, cost))

    def _spent(self, now: datetime) -> Decimal:
        return rounded(self._meter.spent(self.account_id, now) - self._mark.total)

    def _sentence(self, call: Call, spent: Decimal, cost: Decimal) -> str:
        used = self._meter.bill(self.account_id, call.time).since(self._mark)
        hours = sum(used.usage.key_hours.values()) + sum(used.usage.rotation_hours.values())
        most = ", ".join(f"{operation} {count:,}" for operation, count in list(used.by("operation").items())[:3])
        on = f"{used.requests:,} request{'s' * (used.requests != 1)}"
        on += f" ({most})" * bool(most) + f" and {hours:,} key-hour{'s' * (hours != 1)}" * bool(hours)
        return (
            f"The budget of {self.usd:f} USD does not allow this {call.operation} for {cost:f} USD: since "
            f"{self.since:%Y-%m-%d %H:%M:%S} UTC, {spent:f} USD were spent on {on}."
        )

    def __repr__(self) -> str:
        """The sum and what is left of it."""
        return f"<Budget {self.usd:f} USD, {self.left:f} USD left>"


def refusing(handler: Callable[[Given], Result]) -> Callable[[Given], Result]:
    """A handler of requests that come over HTTP: what exceeds a budget is refused as a service refuses something.

    The code is none of AWS's: SDKs take LimitExceededException for throttling, and try again.

    Raises:
        RefusedError: BudgetExceededException, with the sentence.
    """

    @wraps(handler)
    def answer(request: Given) -> Result:
        try:
            return handler(request)
        except BudgetExceededError as error:
            raise RefusedError("BudgetExceededException", str(error)) from None

    return answer


def _dollars(usd: Decimal | float | str) -> Decimal:
    try:
        amount = Decimal(str(usd))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise KmslabError(f"A budget is a sum of US dollars, such as 0.05, not {usd!r}.")
    return amount
