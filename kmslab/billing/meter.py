"""The meter: every call is counted, every key's hours are kept, and a bill can be drawn up at any moment.

Simplified: failed requests are metered too, and every related multi-Region key is charged for its own rotations, a
replica for those since it was made; AWS's price page says neither.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kmslab.billing.bill import Bill, RequestCount, Usage
from kmslab.billing.prices import CHARGED_ROTATIONS, PRICE_OF
from kmslab.call import Call

_HOUR = timedelta(hours=1)

#: The events that begin or end the time for which a key is charged, or that make it dearer.
_LIFE = frozenset({"CreateKey", "ScheduleKeyDeletion", "CancelKeyDeletion", "RotateKey"})


@dataclass(slots=True)
class _Lifetime:
    """When a key costs money: from `start` on, until `end`; and more from each of its first rotations on."""

    start: datetime
    end: datetime | None = None
    rotations: list[datetime] = field(default_factory=list)


class Meter:
    """Counts the calls of a Lab, account by account."""

    def __init__(self) -> None:
        """Start at zero."""
        #: Whether requests are charged. The lifetimes of keys are followed all the same.
        self.charges_requests = True
        self._requests: defaultdict[str, Counter[RequestCount]] = defaultdict(Counter)
        self._lifetimes: defaultdict[str, dict[str, _Lifetime]] = defaultdict(dict)

    def __call__(self, call: Call) -> None:
        """Count one call. What KMS does by itself, or to carry a call on in another Region, is no request."""
        if self.charges_requests and call.is_request:
            price = PRICE_OF[call.operation](call)
            key_arn = call.keys[0].arn if call.keys else None
            what = RequestCount(_month(call.time), call.region, call.operation, key_arn, price)
            self._requests[call.account_id][what] += 1
        if call.operation in _LIFE and call.error_code is None:
            self._follow(call)

    def bill(self, account_id: str, now: datetime) -> Bill:
        """What an account owes up to `now`, in UTC."""
        hours: Counter[tuple[str, str]] = Counter()
        rotation_hours: Counter[tuple[str, str]] = Counter()
        for key_arn, lifetime in self._lifetimes[account_id].items():
            end = lifetime.end or now
            for month, count in _hours_by_month(lifetime.start, end):
                hours[month, key_arn] += count
            for rotated in lifetime.rotations:
                for month, count in _hours_by_month(rotated, end):
                    rotation_hours[month, key_arn] += count
        return Bill.of(Usage(dict(self._requests[account_id]), dict(hours), dict(rotation_hours)))

    def _follow(self, call: Call) -> None:
        key = call.keys[0]
        lifetimes = self._lifetimes[key.account_id]
        if call.operation == "CreateKey":
            lifetimes[key.arn] = _Lifetime(call.time)
        elif key.arn not in lifetimes:
            # An AWS managed key, which costs nothing however often it rotates.
            return
        elif call.operation == "RotateKey":
            rotations = lifetimes[key.arn].rotations
            if len(rotations) < CHARGED_ROTATIONS:
                rotations.append(call.time)
        else:
            # A cancelled deletion is charged as though it had never been scheduled. Source: aws.amazon.com/kms/pricing.
            lifetimes[key.arn].end = call.time if call.operation == "ScheduleKeyDeletion" else None


def _month(when: datetime) -> str:
    return f"{when.year}-{when.month:02}"


def _hours_by_month(start: datetime, end: datetime) -> Iterator[tuple[str, int]]:
    """The clock hours that the time from `start` to `end` touches, month by month."""
    begin = start.replace(minute=0, second=0, microsecond=0)
    hours = math.ceil((end - begin) / _HOUR)
    while hours > 0:
        following = _next_month(begin)
        here = min(hours, (following - begin) // _HOUR)
        yield _month(begin), here
        begin, hours = following, hours - here


def _next_month(when: datetime) -> datetime:
    return datetime(when.year + when.month // 12, when.month % 12 + 1, 1, tzinfo=UTC)
